section-inbox = To read
inbox-title = To read
inbox-purpose = What is addressed to you, then the discussions that you follow.
inbox-unseen = to see
inbox-told = For you
inbox-new = New
inbox-see = Mark as seen
inbox-see-of = Mark as seen, message of { $name }
inbox-see-all = Mark all as seen
inbox-nothing-told = Nobody has mentioned or answered you yet.
inbox-level = This discussion:
inbox-followed = Followed discussions
inbox-read-all = Mark all as read
inbox-unread = { $count ->
    [0] You have read everything.
    [one] { $count } discussion with something new.
   *[other] { $count } discussions with something new.
}
inbox-nothing-followed = You follow no discussion. Those in which you write, and those in which you are mentioned, come here by themselves.
notification-why-mention = Because you are mentioned
notification-why-answer = Because your question is answered
notification-why-territory = Because your territory is mentioned
notification-why-channel = Because a channel that you hear is mentioned
notification-why-announcement = Because it is announced to the whole group
notification-why-reminder = Because you asked to be reminded
notification-why-report = Because this message is reported to you
remind = Remind me
remind-hour = In an hour
remind-tomorrow = Tomorrow morning
remind-monday = On Monday morning
remind-week = In a week
remind-at = On another date
