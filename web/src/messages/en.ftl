message-edited = (edited)
message-removed = Message removed
message-actions = Actions, message from { $name }
message-actions-title = This message
message-said = What it says
message-sending = Sending…
message-unsent = Not sent — send again?
message-resend = Send again
message-take-back = Take the text back
message-discard = Discard this message
message-discard-confirm = Discard this message? Its text will be lost.
message-back = Back to the thread
message-react = React
message-edit = Edit the text
message-edit-submit = Save the change
message-unpreview = Take the preview of links away
message-remove = Remove this message
message-remove-hint = Its text goes; its place stays, marked “Message removed”. You have ten minutes to undo it.
message-restore = Undo the removal
message-restorable = You removed this message. You can undo it until { $name }; then its text is erased.
message-removed-told = Message removed. The button “Undo the removal” stays for ten seconds, and as long as you are on it.
message-restored = The message is back.
reaction-thanks = Thanks
reaction-useful = Useful
reaction-me_too = Me too
attachment-in-library = added to the library
typing-one = {"{a}"} is writing…
typing-two = {"{a}"} and {"{b}"} are writing…
typing-many = Several people are writing…
composer-label = Your reply
composer-audience = { $count ->
    [one] { $count } member can read it
   *[other] { $count } members can read it
}
composer-attach = Attach documents
composer-submit = Reply
composer-failed = Message not sent. It is still in the list: send it again or take its text back.
message-answers = Chosen answer
message-moved = Message moved.
message-moved-to = Read it in its new place
message-moved-from = Came from another discussion
message-more = Other actions
message-quote = Quote in my answer
message-unread = Mark as unread from here
message-answer = This answers the question
message-history = See what it said before
message-history-title = History of the message
message-history-none = This message was not edited.
message-now = What it says now
message-said-until = Until { $name }
message-split = Continue in a new discussion
message-split-title = Title of the new discussion (optional: the first line otherwise)
message-split-extent = Messages to move there
message-split-following = This one and all after it
message-split-this = This one only
message-split-submit = Create the discussion
quote-of = { $name } wrote:
favourites-title = My favourites
favourites-purpose = The messages that you keep. Only you see them.
favourites-none = No favourite yet. Among the actions of a message, choose “Add to my favourites”.
favourite-add = Add to my favourites
favourite-drop = Remove from my favourites
message-pinned = Pinned
message-pin = Pin in the discussion
message-pins = { $count ->
    [one] { $count } pinned message
   *[other] { $count } pinned messages
}
poll-title = Ask to choose
poll-purpose = Everybody sees who chooses what, as for reactions.
poll-body = Your question
poll-options = What there is to choose, one a line
poll-multiple = Several may be chosen
poll-closes-at = Answer until (optional)
poll-submit = Publish the poll
poll-one = Poll, one choice
poll-several = Poll, several choices
poll-until = until { $name }
poll-vote = Send my choice
poll-votes = { $count ->
    [one] { $count } vote
   *[other] { $count } votes
}
poll-voters = { $count ->
    [one] { $count } answer
   *[other] { $count } answers
}
poll-new = Ask to choose (poll)
composer-to-one = to {"{a}"}
composer-to-two = to {"{a}"} and {"{b}"}
composer-to-three = to {"{a}"}, {"{b}"} and {"{c}"}
composer-hint = Enter begins a line, Ctrl+Enter sends.
composer-hint-enter = Enter sends, Shift+Enter begins a line.
composer-waits = Will go with the files…
composer-holds = The files are still on their way: the message will go with them. Go on writing to wait.
composer-file-failed = A file did not arrive: try again or remove it, then send.
tools-label = Formatting
tool-bold = Bold
tool-italic = Italics
tool-list = Bulleted list
tool-numbers = Numbered list
tool-tasks = Task list
tool-quote = Quote
tool-code = Code
tool-link = Link
tool-table = Table
tool-table-column = Column
preview-label = Preview
preview-shown = Preview shown below your text
preview-failed = The preview is not available at the moment.
files-label = Attached files
file-attached = {"{name}"} is attached
file-cancelled = Cancelled.
file-failed = The upload was cut off.
file-ready = Attached
file-cancel = Stop sending {"{name}"}
file-retry = Try again
file-retry-named = Try again to send {"{name}"}
file-remove = Remove
file-remove-named = Remove {"{name}"}
draft-saved = Draft saved
draft-here = Draft kept in this browser
draft-other = Another version of this draft was written elsewhere:
draft-other-take = Add this text to mine
draft-other-drop = Ignore it
edit-label = Edit your message
edit-hint = Ctrl+Enter saves, Esc gives up.
edit-cancel = Give up the change
edit-saved = Change saved
edit-away = No connection at the moment: your text is here, save it in a while.
completion-label = Suggestions
completion-count = { $count ->
    [0] No suggestion
    [one] { $count } suggestion
   *[other] { $count } suggestions
}
completion-channel = channel
completion-territory = territory · { $name }
completion-meeting = meeting · { $name }
completion-thread = thread · { $name }
message-do = React, quote, keep
message-copy = Copy the link
message-copied = Link copied
message-all-actions = All actions
message-menu-close = Close
