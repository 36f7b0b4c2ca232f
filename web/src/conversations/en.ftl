section-conversations = Conversations
unread-conversations = { $count ->
    [one] unread conversation
   *[other] unread conversations
}
conversations-title = Conversations
conversations-purpose = Between you and a few people. Nobody else can read them.
conversations-none = No conversation yet. For a question that may help others, a channel is better: everybody can then find the answer.
conversations-newest = Latest conversations
conversations-older = Older conversations
conversation-write = Write
conversation-new = New conversation
conversation-new-purpose = To one person or a few. To be read by the whole group, write in a channel instead.
conversation-who = Look for a name or a territory
conversation-look = Search
conversation-people = To whom do you want to write?
conversation-nobody-found = Nobody matches. Try a part of the name.
conversation-begin = Open the conversation
conversation-choose = Choose a conversation, or begin one.
conversation-you = You
conversation-leave = Leave the conversation
conversation-leave-hint = You will no longer read what is said there. To come back, open a conversation with the same people again.
conversation-audience = { $count ->
    [0] nobody else can read it
    [one] one other person can read it, and nobody else
   *[other] { $count } other people can read it, and nobody else
}
conversation-write-to = Write to { $name }
notification-why-conversation = Because somebody writes to you
error-field-nobody = Choose at least one person.
error-field-too_many_people = A conversation holds ten people at most, you included. For more, ask the person who animates the network for a group.
error-field-unknown_person = One of the people you chose has no account any more. Remove them, then try again.
error-field-too_many_silent = You have opened twenty conversations in which nobody has written yet. Write in one of them first.
