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
message-remove = Remove this message
message-remove-hint = Its text goes; its place stays, marked “Message removed”.
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
