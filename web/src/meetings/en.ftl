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
