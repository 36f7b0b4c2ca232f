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
message-unpreview = Retirer l’aperçu des liens
message-remove = Retirer ce message
message-remove-hint = Son texte disparaît ; sa place reste, avec la mention « Message retiré ». Vous avez dix minutes pour annuler.
message-restore = Annuler le retrait
message-restorable = Vous avez retiré ce message. Vous pouvez annuler jusqu’à { $name } ; ensuite, son texte est effacé.
message-removed-told = Message retiré. Le bouton « Annuler le retrait » reste dix secondes, et tant que vous y êtes.
message-restored = Le message est de nouveau là.
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
message-answers = Réponse retenue
message-moved = Message déplacé.
message-moved-to = Le lire à sa nouvelle place
message-moved-from = Venu d’une autre discussion
message-more = Autres actions
message-quote = Citer dans ma réponse
message-unread = Marquer comme non lu à partir d’ici
message-answer = C’est la réponse à la question
message-history = Voir ce qu’il disait avant
message-history-title = Historique du message
message-history-none = Ce message n’a pas été modifié.
message-now = Ce qu’il dit maintenant
message-said-until = Jusqu’au { $name }
message-split = Continuer dans une nouvelle discussion
message-split-title = Titre de la nouvelle discussion (facultatif : à défaut, la première ligne)
message-split-extent = Messages à y déplacer
message-split-following = Celui-ci et tous les suivants
message-split-this = Celui-ci seulement
message-split-submit = Créer la discussion
quote-of = { $name } a écrit :
favourites-title = Mes favoris
favourites-purpose = Les messages que vous gardez. Vous seul ou vous seule les voyez.
favourites-none = Aucun favori pour l’instant. Dans les actions d’un message, choisissez « Ajouter à mes favoris ».
favourite-add = Ajouter à mes favoris
favourite-drop = Retirer de mes favoris
message-pinned = Épinglé
message-pin = Épingler dans la discussion
message-pins = { $count ->
    [one] { $count } message épinglé
   *[other] { $count } messages épinglés
}
poll-title = Poser un choix
poll-purpose = Chacun voit qui choisit quoi, comme pour les réactions.
poll-body = Votre question
poll-options = Choix proposés, un par ligne
poll-multiple = On peut en choisir plusieurs
poll-closes-at = Répondre jusqu’au (facultatif)
poll-submit = Publier le sondage
poll-one = Sondage, un seul choix
poll-several = Sondage, plusieurs choix possibles
poll-until = jusqu’au { $name }
poll-vote = Envoyer mon choix
poll-votes = { $count ->
    [one] { $count } voix
   *[other] { $count } voix
}
poll-voters = { $count ->
    [one] { $count } réponse
   *[other] { $count } réponses
}
poll-new = Poser un choix (sondage)
composer-to-one = à {"{a}"}
composer-to-two = à {"{a}"} et {"{b}"}
composer-to-three = à {"{a}"}, {"{b}"} et {"{c}"}
composer-hint = Entrée va à la ligne, Ctrl+Entrée envoie.
composer-hint-enter = Entrée envoie, Maj+Entrée va à la ligne.
composer-waits = Partira avec les fichiers…
composer-holds = Les fichiers sont encore en route : le message partira avec eux. Reprenez votre texte pour attendre.
composer-file-failed = Un fichier n’est pas arrivé : réessayez ou retirez-le, puis envoyez.
tools-label = Mise en forme
tool-bold = Gras
tool-italic = Italique
tool-list = Liste à puces
tool-numbers = Liste numérotée
tool-tasks = Liste de tâches
tool-quote = Citation
tool-code = Code
tool-link = Lien
tool-table = Tableau
tool-table-column = Colonne
preview-label = Aperçu
preview-shown = Aperçu affiché sous votre texte
preview-failed = L’aperçu n’est pas disponible pour l’instant.
files-label = Fichiers joints
file-attached = {"{name}"} est joint
file-cancelled = Annulé.
file-failed = L’envoi a été interrompu.
file-ready = Joint
file-cancel = Arrêter l’envoi de {"{name}"}
file-retry = Réessayer
file-retry-named = Réessayer l’envoi de {"{name}"}
file-remove = Retirer
file-remove-named = Retirer {"{name}"}
draft-saved = Brouillon enregistré
draft-here = Brouillon gardé dans ce navigateur
draft-other = Une autre version de ce brouillon a été écrite ailleurs :
draft-other-take = Ajouter ce texte au mien
draft-other-drop = L’ignorer
edit-label = Modifier votre message
edit-hint = Ctrl+Entrée enregistre, Échap abandonne.
edit-cancel = Abandonner la modification
edit-saved = Modification enregistrée
edit-away = Pas de connexion pour l’instant : votre texte est là, enregistrez-le dans un moment.
completion-label = Propositions
completion-count = { $count ->
    [0] Aucune proposition
    [one] { $count } proposition
   *[other] { $count } propositions
}
completion-channel = salon
completion-territory = territoire · { $name }
completion-meeting = rencontre · { $name }
completion-thread = discussion · { $name }
message-do = Réagir, citer, garder
message-copy = Copier le lien
message-copied = Lien copié
message-all-actions = Toutes les actions
message-menu-close = Fermer
