post-cpo_city = Coordinator, town
post-cpo_education = Coordinator, national education
post-lead = Lead
post-state_delegate = Prefect’s delegate
post-parent_contact = Contact for parents
post-sports_educator = Sports educator
post-intern = Intern
post-facilitator = Network animator
post-speaker = Speaker
post-partner = Partner
directory-title = Directory
directory-territories = { $count ->
    [one] { $count } territory
   *[other] { $count } territories
}
directory-vacant = Vacant or unknown
directory-others = In the network
territory-label-since = First labelled in { $name }
territory-people = Who works there, and who did
person-posts = Posts
person-no-post = No post is told.
