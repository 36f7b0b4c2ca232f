today-hello = Bonjour { $name }
today-first-visit = Bienvenue dans le réseau.
today-since = Depuis votre dernière visite, le { $name } :
today-waits = { $count ->
    [0] rien ne vous attend
    [one] { $count } chose vous attend
   *[other] { $count } choses vous attendent
}
today-new-count = { $count ->
    [0] rien de nouveau dans le réseau
    [one] { $count } nouveauté dans le réseau
   *[other] { $count } nouveautés dans le réseau
}
today-to-do = À traiter
today-nothing = Rien ne vous attend.
today-join-request = { $name } demande à rejoindre votre groupe
today-news = Nouveau dans le réseau
today-no-news = Rien de nouveau depuis votre dernière visite. Une question, un outil, une date à partager ?
today-messages = { $count ->
    [one] { $count } message
   *[other] { $count } messages
}
today-document = Ressource
today-welcome = Bienvenue
today-arrival = { $name } rejoint le réseau
today-useful = Toujours utile
today-go-groups = Voir les groupes
today-go-documents = Toute la bibliothèque
today-go-help = L’aide
today-told = { $name } vous écrit
today-go-inbox = Voir tout ce qui vous est adressé
