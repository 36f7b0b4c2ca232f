section-conversations = Conversations
unread-conversations = { $count ->
    [one] conversation non lue
   *[other] conversations non lues
}
conversations-title = Conversations
conversations-purpose = Entre vous et quelques personnes. Personne d’autre ne peut les lire.
conversations-none = Aucune conversation pour l’instant. Pour une question qui peut servir à d’autres, préférez un salon : tout le monde profitera de la réponse.
conversations-newest = Conversations les plus récentes
conversations-older = Conversations plus anciennes
conversation-write = Écrire
conversation-new = Nouvelle conversation
conversation-new-purpose = À une personne ou à quelques-unes. Pour être lu de tout le groupe, écrivez plutôt dans un salon.
conversation-who = Chercher un nom ou un territoire
conversation-look = Chercher
conversation-people = À qui voulez-vous écrire ?
conversation-nobody-found = Personne ne correspond. Essayez une partie du nom.
conversation-begin = Ouvrir la conversation
conversation-choose = Choisissez une conversation, ou commencez-en une.
conversation-you = Vous
conversation-leave = Quitter la conversation
conversation-leave-hint = Vous ne lirez plus ce qui s’y dit. Pour y revenir, rouvrez une conversation avec les mêmes personnes.
conversation-audience = { $count ->
    [0] personne d’autre ne peut la lire
    [one] une autre personne peut la lire, et personne d’autre
   *[other] { $count } autres personnes peuvent la lire, et personne d’autre
}
conversation-write-to = Écrire à { $name }
notification-why-conversation = Parce qu’on vous écrit
error-field-nobody = Choisissez au moins une personne.
error-field-too_many_people = Une conversation réunit dix personnes au plus, vous compris. Au-delà, demandez un groupe à la personne qui anime le réseau.
error-field-unknown_person = Une des personnes choisies n’a plus de compte. Retirez-la, puis recommencez.
error-field-too_many_silent = Vous avez ouvert vingt conversations où personne n’a encore écrit. Écrivez d’abord dans l’une d’elles.
