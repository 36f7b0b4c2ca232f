meeting-next = Prochaine rencontre : { $name }
meeting-answers = { $asked ->
    [one] { $count } réponse sur { $asked }
   *[other] { $count } réponses sur { $asked }
}
meeting-question = Serez-vous des nôtres ?
meeting-answer-send = Envoyer ma réponse
meeting-answer-change = Changer ma réponse
meeting-see = Voir l’ordre du jour et les documents
answer-in_person = Je viens sur place
answer-remote = Je participe en visio
answer-no = Je ne peux pas venir
mode-in_person = sur place
mode-remote = en visio
mode-hybrid = sur place et en visio
meetings-title = Rencontres
meetings-coming = À venir
meetings-past = Passées
meetings-none = Aucune rencontre prévue.
meetings-none-past = Aucune rencontre passée.
meeting-schedule = Programmer une rencontre dans « { $name } »
meeting-schedule-submit = Programmer cette rencontre
meeting-title = Titre
meeting-objective = Objectif
meeting-date = Date
meeting-from = De
meeting-to = À
meeting-mode = Où
meeting-place = Lieu
meeting-link = Lien de visio
meeting-agenda = Ordre du jour
meeting-agenda-hint = Un point par ligne, suivi de sa durée : Tour des territoires | 45
meeting-yours = Votre réponse
meeting-answer-save = Enregistrer
meeting-to-calendar = Ajouter à mon agenda
meeting-who = Qui vient ?
meeting-territories = { $count ->
    [one] { $count } territoire a répondu
   *[other] { $count } territoires ont répondu
}
meeting-silent = { $count } sans réponse
meeting-counted-in_person = { $count } sur place
meeting-counted-remote = { $count } en visio
meeting-counted-no = { $count ->
    [one] { $count } excusé
   *[other] { $count } excusés
}
meeting-minutes = { $count } min
meeting-join = Rejoindre en visio
meeting-thread = Discuter de cette rencontre
meeting-cancelled = Cette rencontre est annulée.
meeting-back = Revenir
meeting-edit = Modifier « { $name } »
meeting-edit-open = Modifier la rencontre
meeting-edit-submit = Enregistrer les changements
meeting-cancel = Annuler la rencontre
meeting-restore = Rétablir la rencontre
feed-title = Dans votre agenda
feed-purpose = Abonnez votre agenda (Outlook, Thunderbird, téléphone) : chaque rencontre y vient d’elle-même, et ses changements aussi.
feed-create = Obtenir mon adresse d’abonnement
feed-renew = Obtenir une nouvelle adresse
feed-since = Vous avez une adresse depuis le { $name } : une nouvelle met fin à l’ancienne.
feed-address = Votre adresse d’abonnement
feed-address-hint = Elle n’est qu’à vous, et ne s’affiche que cette fois : copiez-la dans votre agenda, ou ouvrez-la.
feed-open = Ouvrir dans mon agenda
feed-end = Arrêter l’abonnement
