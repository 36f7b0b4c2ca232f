search-title = Recherche
search-form = Recherche détaillée
search-submit = Rechercher
search-narrow = Préciser la recherche
search-author = De (nom d’une personne)
search-place = Dans (groupe, salon ou discussion)
search-territory = Territoire (nom ou code)
search-after = Après le
search-before = Avant le
search-kind = Type
search-any = Tous les types
search-has = Avec
search-whatever = Avec ou sans pièce jointe
search-with-document = Un document joint
search-with-link = Un lien
search-typed = Ces filtres s’écrivent aussi dans la recherche : de:camille dans:évaluation territoire:Lille avec:document apres:2026-01-31 avant:"octobre 2026" type:rencontre. Une expression se met entre guillemets, un début de mot se termine par *, un mot à écarter commence par un tiret.
search-active = Filtres actifs
search-remove = (retirer ce filtre)
search-is-author = De : { $name }
search-is-place = Dans : { $name }
search-is-has = Avec : { $name }
search-is-after = Après le : { $name }
search-is-before = Avant le : { $name }
search-is-territory = Territoire : { $name }
search-is-kind = Type : { $name }
search-count = { $count ->
    [one] { $count } résultat
   *[other] { $count } résultats
}
search-first = { $count ->
    [one] { $count } premier résultat, d’autres suivent
   *[other] { $count } premiers résultats, d’autres suivent
}
search-none = Aucun résultat pour « { $name } ».
search-none-such = Aucun résultat avec ces filtres.
search-none-advice = Essayez un autre mot, ou retirez un filtre. Le réseau connaît peut-être la réponse.
search-ask = Poser la question au réseau
search-nothing-asked = Cherchez un message, un document, une rencontre, une personne ou un territoire. Les accents, le pluriel et les sigles sont compris : « QPV » trouve aussi « quartier prioritaire ».
search-corrected = Résultats pour « { $name } » :
search-exactly = Chercher plutôt « { $name } »
search-whole = Voir tous les résultats
search-more = Voir la suite
search-found-answer = Réponses (questions résolues)
search-found-document = Documents
search-found-minutes = Comptes rendus
search-found-meeting = Rencontres
search-found-message = Messages
search-found-thread = Discussions
search-found-person = Personnes
search-found-territory = Territoires
search-unknown-filter = « { $name } : » n’est pas un filtre connu ; ces mots ont été cherchés tels quels.
search-unknown-date = « { $name } » n’est pas une date reconnue ; écrivez 2026-10-02, 02/10/2026 ou octobre 2026.
search-unknown-kind = « { $name } » n’est pas un type connu ; choisissez-en un dans la liste.
search-unknown-has = « { $name } » ne se cherche pas ainsi ; écrivez document ou lien.
search-unknown-author = Personne ne porte le nom « { $name } » ; la recherche porte sur tout le monde.
search-unknown-place = Aucun de vos groupes, salons ou discussions ne s’appelle « { $name } » ; la recherche porte sur tous.
search-unknown-territory = Aucun territoire ne s’appelle « { $name } » ; la recherche porte sur tous.
search-no-time = Aucun jour n’est à la fois après et avant ces dates ; la recherche porte sur toutes les dates.
search-too-long = La recherche est longue ; seuls les premiers mots ont été cherchés.

switcher-open = Aller à…
switcher-title = Aller à un salon, une discussion, une personne, un document, une rencontre ou un territoire
switcher-recent = Lieux récents
switcher-found = Lieux trouvés
switcher-none = Aucun lieu trouvé ; Entrée lance la recherche
switcher-count = { $count ->
    [one] { $count } lieu
   *[other] { $count } lieux
}
switcher-help = Flèches pour choisir, Entrée pour y aller, Échap pour fermer.
switcher-close = Fermer
switcher-kind-answer = Réponse
switcher-kind-document = Document
switcher-kind-minutes = Compte rendu
switcher-kind-meeting = Rencontre
switcher-kind-message = Message
switcher-kind-thread = Discussion
switcher-kind-person = Personne
switcher-kind-territory = Territoire
glossary-title = Les sigles
glossary-link = Voir les sigles que la recherche comprend
glossary-purpose = La recherche comprend ces sigles : qui cherche l’un trouve aussi ce qui est écrit en toutes lettres, et l’inverse.
glossary-settings = Les sigles que la recherche comprend : ajoutez ceux de votre réseau, corrigez ou retirez les autres.
glossary-administration = Administration
glossary-done = C’est fait. La recherche en tient compte dès maintenant.
glossary-removed = Le sigle { $name } est retiré. Vous pouvez le rétablir pendant un jour.
glossary-restore = Rétablir ce sigle
glossary-add = Ajouter un sigle
glossary-add-submit = Ajouter
glossary-acronym = Sigle
glossary-expansion = Ce qu’il veut dire, en toutes lettres
glossary-count = { $count ->
    [0] Aucun sigle
    [one] { $count } sigle connu
   *[other] { $count } sigles connus
}
glossary-change = Modifier
glossary-edit = Modifier le sigle { $name }
glossary-save = Enregistrer
glossary-remove = Retirer ce sigle
glossary-remove-hint = La recherche ne le comprendra plus. Rien de ce qui est écrit ne change.
error-field-no_acronym = Un sigle compte de 2 à 12 lettres ou chiffres, sans espace ; les signes + et - sont permis après le premier.
error-field-known_acronym = Ce sigle est déjà là avec ce sens.
error-field-too_many_acronyms = Il y a déjà mille sigles. Retirez-en un avant d’en ajouter.
