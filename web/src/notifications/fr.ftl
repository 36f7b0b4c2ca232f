section-inbox = À lire
inbox-title = À lire
inbox-purpose = Ce qui vous est adressé, puis les discussions que vous suivez.
inbox-unseen = à voir
inbox-told = Pour vous
inbox-new = Nouveau
inbox-see = Marquer comme vu
inbox-see-of = Marquer comme vu, message de { $name }
inbox-see-all = Tout marquer comme vu
inbox-nothing-told = Personne ne vous a mentionné ni répondu pour l’instant.
inbox-level = Cette discussion :
inbox-followed = Discussions suivies
inbox-read-all = Tout marquer comme lu
inbox-unread = { $count ->
    [0] Vous avez tout lu.
    [one] { $count } discussion avec du nouveau.
   *[other] { $count } discussions avec du nouveau.
}
inbox-nothing-followed = Vous ne suivez aucune discussion. Celles où vous écrivez et celles où l’on vous mentionne arrivent ici d’elles-mêmes.
notification-why-mention = Parce qu’on vous mentionne
notification-why-answer = Parce qu’on répond à votre question
notification-why-territory = Parce qu’on mentionne votre territoire
notification-why-channel = Parce qu’on mentionne un salon que vous recevez
notification-why-announcement = Parce que c’est une annonce à tout le groupe
notification-why-reminder = Parce que vous avez demandé un rappel
notification-why-report = Parce que ce message vous est signalé
remind = Me le rappeler
remind-hour = Dans une heure
remind-tomorrow = Demain matin
remind-monday = Lundi matin
remind-week = Dans une semaine
remind-at = À une autre date
