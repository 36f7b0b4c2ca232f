colon = :
thread-standing = Day by day
thread-untitled = Thread
thread-empty = No message yet
thread-status-open = Answer expected
thread-status-resolved = Resolved
thread-kind-message = A message
thread-kind-question = A question
thread-kind-announcement = An announcement
thread-kind-experience = An experience
thread-unread = { $count ->
    [one] { $count } new
   *[other] { $count } new
}
thread-unread-many = {"{n}"} new
thread-new = New thread
thread-new-body = Your message
thread-new-title = Title (optional: otherwise the first line)
thread-new-kind = It is
thread-new-submit = Publish
thread-new-examples = Begin for example with: “Who has worked with…?”, “Here is the tool that we use”, “What would you do otherwise?”
thread-choose = Choose a thread in the list.
thread-opened-by = Opened by { $name }
thread-earlier = Earlier messages
thread-messages = Messages of the thread
thread-new-messages = New messages
thread-latest = { $count ->
    [one] { $count } new message — go down
   *[other] { $count } new messages — go down
}
thread-latest-many = {"{n}"} new messages — go down
thread-resolve = Mark as resolved
thread-reopen = Ask again
thread-rename = Rename
thread-rename-submit = Rename the discussion
thread-title = Title (empty: the first line stands for it)
