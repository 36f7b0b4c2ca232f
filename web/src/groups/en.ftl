groups-title = Groups
groups-empty = No group is open to you yet. Ask whoever animates the network for an invitation.
group-create = Make a group
group-create-submit = Make this group
group-name = Name of the group
group-purpose = What it is for
group-access = How one enters
access-open = Open
access-request = On request
access-invite = By invitation
group-join = Join this group
group-request = Ask to join
group-requested = Your request has left. The group’s animator will answer you.
group-animated-by = Animated by
group-members = { $count ->
    [one] { $count } member
   *[other] { $count } members
}
group-channels = Channels
group-no-channel = No channel yet. Make the first: a theme, a question that comes back…
group-leave = Leave this group
channel-create = Make a channel
channel-create-submit = Make this channel
channel-name = Name of the channel
channel-purpose = What it is for, in one line
members-title = Members
members-invite = Invite somebody
members-invite-submit = Invite
members-role = Role
members-role-save = Change the role
members-change = Change
members-requests = Requests
members-accept = Accept { $name }
members-remove = Remove { $name }
role-animator = Animator
role-member = Member
role-guest = Guest
