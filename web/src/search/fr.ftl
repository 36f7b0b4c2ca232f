search-title = Recherche
search-submit = Rechercher
search-none = Aucun résultat pour « { $name } ». Essayez un autre mot, ou posez la question dans un salon.
search-count = { $count ->
    [one] { $count } résultat
   *[other] { $count } résultats
}
search-messages = Messages
search-documents = Documents
search-meetings = Rencontres
search-people = Personnes
