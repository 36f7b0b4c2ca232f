post-cpo_city = CPO Ville
post-cpo_education = CPO Éducation nationale
post-lead = Chef de file
post-state_delegate = Délégué du préfet
post-parent_contact = Référent parentalité
post-sports_educator = Éducateur sportif
post-intern = Stagiaire
post-facilitator = Animation du réseau
post-speaker = Intervenant
post-partner = Partenaire
directory-title = Annuaire
directory-territories = { $count ->
    [one] { $count } territoire
   *[other] { $count } territoires
}
directory-vacant = Poste à pourvoir ou inconnu
directory-others = Au réseau
territory-label-since = Première labellisation en { $name }
territory-people = Qui y travaille, et qui y a travaillé
person-posts = Postes
person-no-post = Aucun poste n’est indiqué.
