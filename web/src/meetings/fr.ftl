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
