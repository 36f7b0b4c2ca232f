message-edited = (modifié)
message-removed = Message retiré
message-actions = Actions, message de { $name }
message-actions-title = Ce message
message-said = Ce qu’il dit
message-sending = En cours d’envoi…
message-unsent = Non envoyé — renvoyer ?
message-resend = Renvoyer
message-take-back = Reprendre le texte
message-discard = Abandonner ce message
message-discard-confirm = Abandonner ce message ? Son texte sera perdu.
message-back = Revenir à la discussion
message-react = Réagir
message-edit = Modifier le texte
message-edit-submit = Enregistrer la modification
message-remove = Retirer ce message
message-remove-hint = Son texte disparaît ; sa place reste, avec la mention « Message retiré ».
reaction-thanks = Merci
reaction-useful = Utile
reaction-me_too = Moi aussi
attachment-in-library = ajouté à la bibliothèque
typing-one = {"{a}"} écrit…
typing-two = {"{a}"} et {"{b}"} écrivent…
typing-many = Plusieurs personnes écrivent…
composer-label = Votre réponse
composer-audience = { $count ->
    [one] { $count } membre peut la lire
   *[other] { $count } membres peuvent la lire
}
composer-attach = Joindre des documents
composer-submit = Répondre
composer-failed = Message non envoyé. Il est resté dans la liste : renvoyez-le ou reprenez son texte.
