search-title = Search
search-submit = Search
search-none = No result for “{ $name }”. Try another word, or ask in a channel.
search-count = { $count ->
    [one] { $count } result
   *[other] { $count } results
}
search-messages = Messages
search-documents = Documents
search-meetings = Meetings
search-people = People
