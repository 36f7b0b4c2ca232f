push-title = Notifications sur mes appareils
push-link = Recevoir des notifications sur mes appareils
push-settings = Un téléphone ou un ordinateur peut vous prévenir quand on s’adresse à vous, même si aucune page n’est ouverte. Vous choisissez quand.
push-purpose = Quand on s’adresse à vous, vos appareils peuvent l’afficher même si aucune page n’est ouverte. Le texte est chiffré jusqu’à l’appareil : le service de notifications du navigateur ne peut pas le lire.
push-this = Cet appareil
push-needs-script = Pour activer les notifications ici, il faut que ce navigateur exécute JavaScript.
push-ready = Les notifications ne sont pas activées sur cet appareil. Le navigateur vous demandera votre accord.
push-asking = Activation en cours…
push-on = Les notifications sont activées sur cet appareil.
push-denied = Ce navigateur refuse les notifications de ce site. Pour les permettre, ouvrez les réglages du site (le cadenas ou l’icône à gauche de l’adresse), puis Notifications, puis Autoriser, et rechargez cette page.
push-install = Sur iPhone et iPad, ajoutez d’abord le site à l’écran d’accueil : bouton Partager, puis « Sur l’écran d’accueil ». Ouvrez-le de là, et revenez sur cette page.
push-unsupported = Ce navigateur ne sait pas recevoir de notifications, ou l’adresse du site n’est pas en https. Essayez avec une version récente de Firefox, d’Edge, de Chrome ou de Safari, hors de la navigation privée.
push-unreachable = Ce navigateur n’a pas pu joindre son service de notifications. Le réseau de votre administration le bloque peut-être : réessayez plus tard, ou depuis un autre réseau.
push-failed = L’activation n’a pas abouti. Réessayez dans un instant.
push-activate = Activer sur cet appareil
push-devices = Mes appareils
push-none = Aucun appareil n’est prévenu pour l’instant.
push-some-browser = Un navigateur
push-current = Celui-ci
push-since = Depuis le { $name }
push-remove = Retirer
push-remove-of = Retirer { $name }
push-test = Envoyer un essai
push-test-hint = L’essai part tout de suite vers tous vos appareils, même pendant les heures calmes.
push-test-arrived = Les notifications arrivent bien sur cet appareil.
push-test-accepted = { $count ->
    [one] L’essai est parti vers { $count } appareil : il s’affiche d’ici une minute si l’appareil est allumé et connecté.
   *[other] L’essai est parti vers { $count } appareils : il s’affiche d’ici une minute s’ils sont allumés et connectés.
}
push-test-gone = { $count ->
    [one] { $count } appareil n’accepte plus de notifications : il est retiré de la liste. Activez-les de nouveau depuis cet appareil.
   *[other] { $count } appareils n’acceptent plus de notifications : ils sont retirés de la liste. Activez-les de nouveau depuis ces appareils.
}
push-test-refused = { $count ->
    [one] Le service de notifications de { $count } appareil a refusé l’essai. Retirez cet appareil, puis activez de nouveau les notifications depuis lui.
   *[other] Les services de notifications de { $count } appareils ont refusé l’essai. Retirez ces appareils, puis activez de nouveau les notifications depuis eux.
}
push-test-unreachable = { $count ->
    [one] Le service de notifications de { $count } appareil ne répond pas. Réessayez plus tard ; si cela dure, prévenez la personne qui administre le site.
   *[other] Les services de notifications de { $count } appareils ne répondent pas. Réessayez plus tard ; si cela dure, prévenez la personne qui administre le site.
}
push-says-mention = { $name } vous mentionne
push-says-conversation = { $name } vous écrit
push-says-answer = { $name } répond à votre question
push-says-territory = { $name } mentionne votre territoire
push-says-channel = { $name } mentionne un salon que vous recevez
push-says-announcement = { $name } fait une annonce
push-says-reminder = Rappel : ce qu’a écrit { $name }
push-says-report = Message signalé, écrit par { $name }
push-waiting = { $count ->
    [one] { $count } notification vous attend
   *[other] { $count } notifications vous attendent
}
quiet-title = Heures calmes
quiet-purpose = Pendant ces heures, rien ne s’affiche sur vos appareils. Ce qui est arrivé entre-temps est annoncé en une fois, à la fin, si vous ne l’avez pas lu.
quiet-enabled = Observer des heures calmes
quiet-from = À partir de
quiet-to = Jusqu’à
quiet-weekends = Le samedi et le dimanche aussi, toute la journée
quiet-holidays = Les jours fériés aussi, toute la journée
quiet-save = Enregistrer mes heures calmes
