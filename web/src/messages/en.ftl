message-edited = (edited)
message-removed = Message removed
message-actions = Actions, message from { $name }
message-actions-title = This message
message-said = What it says
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
composer-label = Your reply
composer-audience = { $count ->
    [one] { $count } member can read it
   *[other] { $count } members can read it
}
composer-attach = Attach documents
composer-submit = Reply
composer-failed = Message not sent. Your text is here: send it again.
