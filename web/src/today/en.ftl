today-hello = Hello { $name }
today-first-visit = Welcome to the network.
today-since = Since your last visit, on { $name }:
today-waits = { $count ->
    [0] nothing waits for you
    [one] { $count } thing waits for you
   *[other] { $count } things wait for you
}
today-new-count = { $count ->
    [0] nothing new in the network
    [one] { $count } new thing in the network
   *[other] { $count } new things in the network
}
today-to-do = To do
today-nothing = Nothing waits for you.
today-join-request = { $name } asks to join your group
today-news = New in the network
today-no-news = Nothing new since your last visit. A question, a tool, a date to share?
today-messages = { $count ->
    [one] { $count } message
   *[other] { $count } messages
}
today-document = Resource
today-welcome = Welcome
today-arrival = { $name } joins the network
today-useful = Always useful
today-go-groups = See the groups
today-go-documents = The whole library
today-go-help = The help
today-told = { $name } writes to you
today-go-inbox = See all that is addressed to you
