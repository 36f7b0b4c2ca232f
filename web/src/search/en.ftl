search-title = Search
search-form = Detailed search
search-submit = Search
search-narrow = Narrow the search
search-author = From (a person’s name)
search-place = In (group, channel or thread)
search-territory = Territory (name or code)
search-after = After
search-before = Before
search-kind = Type
search-any = All types
search-has = With
search-whatever = With or without attachment
search-with-document = A document attached
search-with-link = A link
search-typed = These filters can be typed in the search too: from:camille in:évaluation territory:Lille has:document after:2026-01-31 before:"october 2026" type:meeting. A phrase goes between quotes, the beginning of a word ends with *, a word to leave out begins with a hyphen.
search-active = Active filters
search-remove = (remove this filter)
search-is-author = From: { $name }
search-is-place = In: { $name }
search-is-has = With: { $name }
search-is-after = After: { $name }
search-is-before = Before: { $name }
search-is-territory = Territory: { $name }
search-is-kind = Type: { $name }
search-count = { $count ->
    [one] { $count } result
   *[other] { $count } results
}
search-first = { $count ->
    [one] First { $count } result, others follow
   *[other] First { $count } results, others follow
}
search-none = No result for “{ $name }”.
search-none-such = No result with these filters.
search-none-advice = Try another word, or remove a filter. The network may know the answer.
search-ask = Ask the network
search-nothing-asked = Look for a message, a document, a meeting, a person or a territory. Accents, plurals and acronyms are understood: “QPV” finds “quartier prioritaire” too.
search-corrected = Results for “{ $name }”:
search-exactly = Search for “{ $name }” instead
search-whole = See all results
search-more = See more
search-found-answer = Answers (resolved questions)
search-found-document = Documents
search-found-minutes = Minutes
search-found-meeting = Meetings
search-found-message = Messages
search-found-thread = Threads
search-found-person = People
search-found-territory = Territories
search-unknown-filter = “{ $name }:” is no filter that we know; these words were searched as they are.
search-unknown-date = “{ $name }” is no date that we know; write 2026-10-02, 02/10/2026 or October 2026.
search-unknown-kind = “{ $name }” is no type that we know; choose one from the list.
search-unknown-has = “{ $name }” cannot be searched like this; write document or link.
search-unknown-author = Nobody is called “{ $name }”; the search is over everybody.
search-unknown-place = None of your groups, channels or threads is called “{ $name }”; the search is over all.
search-unknown-territory = No territory is called “{ $name }”; the search is over all.
search-no-time = No day is both after and before these dates; the search is over all dates.
search-too-long = The search is long; only its first words were searched.

switcher-open = Go to…
switcher-title = Go to a channel, a thread, a person, a document, a meeting or a territory
switcher-recent = Recent places
switcher-found = Places found
switcher-none = No place found; Enter starts a search
switcher-count = { $count ->
    [one] { $count } place
   *[other] { $count } places
}
switcher-help = Arrows to choose, Enter to go there, Escape to close.
switcher-close = Close
switcher-kind-answer = Answer
switcher-kind-document = Document
switcher-kind-minutes = Minutes
switcher-kind-meeting = Meeting
switcher-kind-message = Message
switcher-kind-thread = Thread
switcher-kind-person = Person
switcher-kind-territory = Territory
glossary-title = Acronyms
glossary-link = See the acronyms that the search understands
glossary-purpose = The search understands these acronyms: who looks for one also finds what is written in full, and the other way round.
glossary-settings = The acronyms that the search understands: add those of your network, put the others right or remove them.
glossary-administration = Administration
glossary-done = Done. The search knows it from now on.
glossary-removed = The acronym { $name } is removed. You can bring it back for a day.
glossary-restore = Bring it back
glossary-add = Add an acronym
glossary-add-submit = Add
glossary-acronym = Acronym
glossary-expansion = What it stands for, in full
glossary-count = { $count ->
    [0] No acronym
    [one] { $count } known acronym
   *[other] { $count } known acronyms
}
glossary-change = Change
glossary-edit = Change the acronym { $name }
glossary-save = Save
glossary-remove = Remove this acronym
glossary-remove-hint = The search will not understand it any more. Nothing that is written changes.
error-field-no_acronym = An acronym has 2 to 12 letters or digits, without a space; the signs + and - may follow the first.
error-field-known_acronym = This acronym is there already with this meaning.
error-field-too_many_acronyms = There are a thousand acronyms already. Remove one before you add another.
