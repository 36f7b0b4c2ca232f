//! Values: the closed lists that the product knows, each with the word that the API, the database and the locales use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A word that is not in its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseValueError;

impl std::fmt::Display for ParseValueError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not one of the known words")
    }
}

impl std::error::Error for ParseValueError {}

macro_rules! value {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, JsonSchema, sqlx::Type)]
        #[sqlx(type_name = "text")]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] #[sqlx(rename = $word)] $variant,)*
        }

        impl $name {
            /// Every value, in the order in which people read them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word of the API, the database and the locales' keys.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseValueError;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word { $($word => Ok(Self::$variant),)* _ => Err(ParseValueError) }
            }
        }

        impl TryFrom<String> for $name {
            type Error = ParseValueError;

            fn try_from(word: String) -> Result<Self, Self::Error> {
                word.parse()
            }
        }
    )*};
}

value! {
    /// The languages of the interface, the first one first.
    Locale {
        /// French.
        Fr = "fr",
        /// English.
        En = "en",
    }
    /// How the pages are lit.
    Theme {
        /// As the system says.
        System = "system",
        /// Always light.
        Light = "light",
        /// Always dark.
        Dark = "dark",
    }
    /// What a screen reader is told of messages that come to an open thread.
    Announce {
        /// Who wrote, and what.
        Words = "words",
        /// How many there are.
        Count = "count",
        /// Nothing.
        Nothing = "nothing",
    }
    /// What a person may do in a group.
    Role {
        /// Runs the group: invites, schedules, removes.
        Animator = "animator",
        /// Reads and writes everywhere in the group.
        Member = "member",
        /// Reads, and answers in threads that exist.
        Guest = "guest",
    }
    /// How one enters a group.
    Access {
        /// Whoever is signed in may join.
        Open = "open",
        /// An animator says yes.
        Request = "request",
        /// An animator invites; strangers do not learn that it exists.
        Invite = "invite",
    }
    /// The post that a person holds, in a territory or in the network.
    Post {
        /// Coordinator employed by the town.
        CpoCity = "cpo_city",
        /// Coordinator employed by the national education.
        CpoEducation = "cpo_education",
        /// Head of the lead school.
        Lead = "lead",
        /// Delegate of the prefect.
        StateDelegate = "state_delegate",
        /// Contact person for parents.
        ParentContact = "parent_contact",
        /// Sports educator.
        SportsEducator = "sports_educator",
        /// Intern.
        Intern = "intern",
        /// The network's animator.
        Facilitator = "facilitator",
        /// Speaker.
        Speaker = "speaker",
        /// Partner institution.
        Partner = "partner",
    }
    /// What a thread is for.
    ThreadKind {
        /// A plain thread.
        Message = "message",
        /// A question, which has a status.
        Question = "question",
        /// An announcement: animators open it.
        Announcement = "announcement",
        /// An experience told.
        Experience = "experience",
        /// The channel's standing thread.
        Standing = "standing",
        /// A conversation: the one thread of its group.
        Conversation = "conversation",
    }
    /// Where a question stands.
    ThreadStatus {
        /// An answer is expected.
        Open = "open",
        /// Answered.
        Resolved = "resolved",
    }
    /// Which threads of a channel are listed.
    ThreadFilter {
        /// Every one.
        All = "all",
        /// Those with something that the reader has not read.
        Unread = "unread",
        /// The questions that wait for an answer.
        Unanswered = "unanswered",
        /// The questions that were answered.
        Resolved = "resolved",
    }
    /// How much of a thread a person wants to hear.
    ThreadLevel {
        /// It is in their inbox.
        Followed = "followed",
        /// As the channel's level says.
        Normal = "normal",
        /// Nothing of it, unless they are named.
        Muted = "muted",
    }
    /// How much of a channel a person wants to hear.
    ChannelLevel {
        /// Every thread of it is in their inbox.
        All = "all",
        /// Those that they take part in.
        Mine = "mine",
        /// Nothing of it, unless they are named.
        None = "none",
    }
    /// What a message names.
    MentionKind {
        /// A person.
        Person = "person",
        /// A territory: whoever holds a post there.
        Territory = "territory",
        /// A channel: whoever wants to hear of it.
        Channel = "channel",
    }
    /// Why a person is told of a message, the most pressing first.
    NotificationReason {
        /// They are named.
        Mention = "mention",
        /// It is said in a conversation of theirs.
        Conversation = "conversation",
        /// They asked to be reminded of it.
        Reminder = "reminder",
        /// Somebody reports it, in a group that they animate.
        Report = "report",
        /// It answers in a thread whose question is theirs.
        Answer = "answer",
        /// Their territory is named.
        Territory = "territory",
        /// A channel is named of which they want to hear.
        Channel = "channel",
        /// It announces something to the group.
        Announcement = "announcement",
    }
    /// Why a person follows a thread.
    FollowReason {
        /// They opened it.
        Author = "author",
        /// They answered in it.
        Answer = "answer",
        /// They were named in it.
        Mention = "mention",
        /// Their territory was named in it.
        Territory = "territory",
        /// They chose to.
        Choice = "choice",
    }
    /// The three named reactions.
    ReactionName {
        /// Thanks.
        Thanks = "thanks",
        /// Useful.
        Useful = "useful",
        /// Me too.
        MeToo = "me_too",
    }
    /// What a document is.
    DocumentType {
        /// A monitoring tool.
        Tool = "tool",
        /// Slides.
        Slides = "slides",
        /// Minutes of a meeting.
        Minutes = "minutes",
        /// A guide.
        Guide = "guide",
        /// An experience report.
        Experience = "experience",
        /// A link to something elsewhere.
        Link = "link",
        /// Anything else.
        Other = "other",
    }
    /// Where a meeting takes place.
    Mode {
        /// In a room.
        InPerson = "in_person",
        /// By video.
        Remote = "remote",
        /// Both.
        Hybrid = "hybrid",
    }
    /// Where a meeting is in its life.
    MeetingState {
        /// Being prepared: its animators see it.
        Draft = "draft",
        /// Its date is being chosen.
        Poll = "poll",
        /// People are invited.
        Convened = "convened",
        /// Under way.
        InSession = "in_session",
        /// Its minutes are being proofread.
        InReview = "in_review",
        /// Its minutes are out.
        Published = "published",
        /// Kept, and no longer shown first.
        Archived = "archived",
        /// Called off.
        Cancelled = "cancelled",
    }
    /// What can be looked for, in the order in which it is shown.
    Sought {
        /// A question that was answered.
        Answer = "answer",
        /// A document of the library.
        Document = "document",
        /// The minutes of a meeting.
        Minutes = "minutes",
        /// A meeting.
        Meeting = "meeting",
        /// A message.
        Message = "message",
        /// A thread, by its title.
        Thread = "thread",
        /// A person.
        Person = "person",
        /// A territory.
        Territory = "territory",
    }
    /// What comes with something that is looked for.
    Has {
        /// A document.
        Document = "document",
        /// A link.
        Link = "link",
    }
    /// A person's answer to a meeting.
    Answer {
        /// Comes.
        InPerson = "in_person",
        /// Takes part by video.
        Remote = "remote",
        /// Cannot come.
        No = "no",
    }
    /// The gate by which an answer came.
    Gate {
        /// A form of a page.
        Page = "page",
        /// The JSON API.
        Api = "api",
        /// A link of a mail.
        Mail = "mail",
        /// A calendar's reply.
        Calendar = "calendar",
    }
}

impl ThreadKind {
    /// Those that people open in a channel; the others are there with what they hang on.
    pub const OPENED: &'static [Self] = &[Self::Message, Self::Question, Self::Announcement, Self::Experience];
}
