meeting-next = Next meeting: { $name }
meeting-answers = { $asked ->
    [one] { $count } answer out of { $asked }
   *[other] { $count } answers out of { $asked }
}
meeting-question = Will you be with us?
meeting-answer-send = Send my answer
meeting-answer-change = Change my answer
meeting-see = See the agenda and the documents
answer-in_person = I come in person
answer-remote = I join by video
answer-no = I cannot come
mode-in_person = in person
mode-remote = by video
mode-hybrid = in person and by video
meetings-title = Meetings
meetings-coming = To come
meetings-past = Past
meetings-none = No meeting is planned.
meetings-none-past = No meeting has taken place.
meeting-schedule = Schedule a meeting in “{ $name }”
meeting-schedule-submit = Schedule this meeting
meeting-title = Title
meeting-objective = Objective
meeting-date = Date
meeting-from = From
meeting-to = To
meeting-mode = Where
meeting-place = Place
meeting-link = Video link
meeting-agenda = Agenda
meeting-agenda-hint = An item a line, followed by its duration: Round of the territories | 45
meeting-yours = Your answer
meeting-answer-save = Save
meeting-to-calendar = Add to my calendar
meeting-who = Who comes?
meeting-territories = { $count ->
    [one] { $count } territory has answered
   *[other] { $count } territories have answered
}
meeting-silent = { $count } without an answer
meeting-counted-in_person = { $count } in person
meeting-counted-remote = { $count } by video
meeting-counted-no = { $count ->
    [one] { $count } excused
   *[other] { $count } excused
}
meeting-minutes = { $count } min
meeting-join = Join by video
meeting-thread = Discuss this meeting
meeting-cancelled = This meeting is cancelled.
meeting-back = Go back
meeting-edit = Change “{ $name }”
meeting-edit-open = Change the meeting
meeting-edit-submit = Save the changes
meeting-cancel = Cancel the meeting
meeting-restore = Take the meeting up again
feed-title = In your calendar
feed-purpose = Subscribe your calendar (Outlook, Thunderbird, phone): each meeting comes to it by itself, and so do its changes.
feed-create = Get my subscription address
feed-renew = Get a new address
feed-since = You have had an address since { $name }: a new one ends the old one.
feed-address = Your subscription address
feed-address-hint = It is yours alone, and shown only this once: copy it into your calendar, or open it.
feed-open = Open in my calendar
feed-end = End the subscription
