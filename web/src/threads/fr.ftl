colon = {"\u00A0"}:
thread-standing = Au fil de l’eau
thread-untitled = Discussion
thread-empty = Aucun message pour l’instant
thread-status-open = Réponse attendue
thread-status-resolved = Résolu
thread-kind-message = Un message
thread-kind-question = Une question
thread-kind-announcement = Une annonce
thread-kind-experience = Un retour d’expérience
thread-unread = { $count ->
    [one] { $count } nouveau
   *[other] { $count } nouveaux
}
thread-unread-many = {"{n}"} nouveaux
thread-new = Nouvelle discussion
thread-new-body = Votre message
thread-new-title = Titre (facultatif : à défaut, la première ligne)
thread-new-kind = C’est
thread-new-submit = Publier
thread-new-examples = Commencez par exemple par : « Qui a déjà travaillé avec… ? », « Voici l’outil que nous utilisons », « Que referiez-vous autrement ? »
thread-choose = Choisissez une discussion dans la liste.
thread-opened-by = Ouverte par { $name }
thread-earlier = Messages plus anciens
thread-messages = Messages de la discussion
thread-new-messages = Nouveaux messages
thread-latest = { $count ->
    [one] { $count } nouveau message — aller en bas
   *[other] { $count } nouveaux messages — aller en bas
}
thread-latest-many = {"{n}"} nouveaux messages — aller en bas
thread-resolve = Marquer comme résolue
thread-reopen = Reposer la question
thread-rename = Renommer
thread-rename-submit = Renommer la discussion
thread-title = Titre (vide : la première ligne en tient lieu)
