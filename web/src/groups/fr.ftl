groups-title = Groupes
groups-empty = Aucun groupe ne vous est ouvert pour l’instant. Demandez une invitation à la personne qui anime le réseau.
group-create = Créer un groupe
group-create-submit = Créer ce groupe
group-name = Nom du groupe
group-purpose = À quoi il sert
group-access = Comment on y entre
access-open = Ouvert
access-request = Sur demande
access-invite = Sur invitation
group-join = Rejoindre ce groupe
group-request = Demander à rejoindre
group-requested = Votre demande est partie. La personne qui anime le groupe vous répondra.
group-animated-by = Animé par
group-members = { $count ->
    [one] { $count } membre
   *[other] { $count } membres
}
group-channels = Salons
group-no-channel = Aucun salon pour l’instant. Créez le premier : un thème, une question qui revient…
group-leave = Quitter ce groupe
channel-create = Créer un salon
channel-create-submit = Créer ce salon
channel-name = Nom du salon
channel-purpose = À quoi il sert, en une ligne
members-title = Membres
members-invite = Inviter une personne
members-invite-submit = Inviter
members-role = Rôle
members-role-save = Changer le rôle
members-change = Modifier
members-requests = Demandes
members-accept = Accepter { $name }
members-remove = Retirer { $name }
role-animator = Animation
role-member = Membre
role-guest = Invité
