//! The forms in which people write: an answer, a thread, and a message that is put otherwise. Each can be looked at
//! before it is sent, and comes back with all that was typed and attached.

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use web::{
    SafeHtml, Text,
    messages::{AttachedFile, Composer, EditForm, Message},
    page::Faults,
    paths,
};
use words::{ChannelId, FileId, GroupId, MessageId, ThreadId, ThreadKind};

use super::{OpenBody, PostBody, channel, thread};
use crate::{
    channels,
    documents::{self, Incoming, Most, Received},
    error::{Error, Result},
    groups::MayRead,
    http::{App, Page, Path, Viewer, print},
    messages::{self, Desk, Draft, Kept, Poster, Windows},
    threads,
};

/// What somebody wrote into a form.
pub(super) struct Written {
    /// The id of the message that it will be, also when the form is sent again.
    id: MessageId,
    body: String,
    /// What is attached so far.
    files: Vec<AttachedFile>,
    /// How it will look, if that was asked for.
    preview: Option<SafeHtml>,
}

/// What somebody wrote into the form that opens a thread.
pub(super) struct Opening {
    pub(super) thread: ThreadId,
    pub(super) title: String,
    pub(super) kind: ThreadKind,
    pub(super) written: Written,
}

impl Opening {
    /// A thread of which the kind is known, and perhaps the first words.
    pub(super) fn begun(kind: ThreadKind, body: String) -> Self {
        let written = Written { id: MessageId::fresh(), body, files: Vec::new(), preview: None };
        Self { thread: ThreadId::fresh(), title: String::new(), kind, written }
    }
}

impl Written {
    /// An answer that begins by quoting a message.
    pub(super) fn quoting(quoted: &Message, text: Text) -> Self {
        Self { id: MessageId::fresh(), body: messages::quoted(quoted, text), files: Vec::new(), preview: None }
    }

    /// Shows how it will look; refused is what could not be sent.
    fn look(&mut self) -> Result<()> {
        let draft = Draft::checked(Some(self.id), &self.body, self.attachments())?;
        self.preview = Some(messages::sanitised(draft.html().to_owned()));
        Ok(())
    }

    fn attachments(&self) -> Vec<FileId> {
        self.files.iter().map(|file| file.id).collect()
    }
}

/// The form in which one writes: what was typed into it, or else what was kept of it.
pub(super) fn composer(
    address: String,
    group: GroupId,
    page: &Page,
    kept: Option<Kept>,
    written: Option<Written>,
) -> Composer {
    let enter_sends = page.viewer.as_ref().is_some_and(|viewer| viewer.enter_sends);
    let kept_at = kept.as_ref().filter(|_| written.is_none()).map(|kept| kept.updated_at);
    let Written { id, body, files, preview } = written.unwrap_or_else(|| Written {
        id: page.message,
        body: kept.map(|kept| kept.body).unwrap_or_default(),
        files: Vec::new(),
        preview: None,
    });
    Composer { address, group, message_id: id.0, body, kept_at, enter_sends, files, preview }
}

pub(super) async fn post(
    State(app): State<App>,
    Extension(poster): Extension<Poster>,
    Extension(windows): Extension<Windows>,
    page: Page,
    Path(thread): Path<ThreadId>,
    form: Incoming,
) -> Result<Response> {
    let viewer = page.reader()?;
    let access = {
        let mut connection = app.db.lend().await?;
        threads::may_read(&mut connection, &viewer, thread).await?
    };
    let (received, mut written, stored) = receive(&app, &viewer, access.may(), form, "id").await?;
    let looked = !received.word("preview").is_empty();
    let done = match stored {
        Ok(()) if looked => written.look().map(|()| None),
        Ok(()) => {
            let body =
                PostBody { id: Some(written.id), body: written.body.clone(), attachments: written.attachments() };
            super::post_message(&app, &poster, &viewer, thread, body).await.map(|(_, ack)| Some(ack))
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(Some(ack)) => {
            forget(&app, Desk::from(&access)).await;
            Ok(Redirect::to(&paths::message(thread, ack.message)).into_response())
        }
        other => thread::show_answer((&app, &windows), &page, thread, written, other.err()).await,
    }
}

pub(super) async fn open(
    State(app): State<App>,
    page: Page,
    Path(channel): Path<ChannelId>,
    form: Incoming,
) -> Result<Response> {
    let viewer = page.reader()?;
    let access = {
        let mut connection = app.db.lend().await?;
        channels::may_read(&mut connection, &viewer, channel).await?
    };
    let (received, mut written, stored) = receive(&app, &viewer, access.may(), form, "message_id").await?;
    let kind = match received.word("kind") {
        "" => ThreadKind::Message,
        kind => kind.parse().map_err(|_| Error::field("kind", "malformed"))?,
    };
    let thread = received.word("id").parse().unwrap_or_else(|_| ThreadId::fresh());
    let title = received.word("title").to_owned();
    let opened = match stored {
        Ok(()) if !received.word("preview").is_empty() => written.look().map(|()| None),
        Ok(()) => {
            let body = OpenBody {
                id: Some(thread),
                title: Some(title.clone()),
                kind: Some(kind),
                body: written.body.clone(),
                message_id: Some(written.id),
                attachments: written.attachments(),
            };
            super::open_thread(&app, viewer, channel, body).await.map(Some)
        }
        Err(error) => Err(error),
    };
    match opened {
        Ok(Some(ack)) => {
            forget(&app, Desk::from(&access)).await;
            Ok(Redirect::to(&paths::thread(ack.thread)).into_response())
        }
        other => {
            channel::show_opening(&app, &page, channel, Opening { thread, title, kind, written }, other.err()).await
        }
    }
}

/// Reads a form: its words, and its files, stored and noted, or why they are not. The right was asked for: nothing of the
/// body is read before. A form that is sent again notes the same files, so that its message is known again; what it
/// brought the time before is named by its words.
async fn receive(
    app: &App,
    viewer: &Viewer,
    may: &MayRead,
    form: Incoming,
    id: &str,
) -> Result<(Received, Written, Result<()>)> {
    let mut received = documents::receive(&app.files, form, Most::Several, app.settings.upload_limit_bytes).await;
    let mut written = Written {
        id: received.word(id).parse().unwrap_or_else(|_| MessageId::fresh()),
        body: received.word("body").to_owned(),
        files: attached(app, viewer, received.word("attachments")).await?,
        preview: None,
    };
    let stored = match received.whole() {
        Ok(()) => note(app, *may, written.id, std::mem::take(&mut received.files)).await,
        Err(error) => Err(error),
    };
    let stored = stored.map(|noted| written.files.extend(noted));
    Ok((received, written, stored))
}

/// The files that a form names, those that are still the writer's to attach.
async fn attached(app: &App, viewer: &Viewer, names: &str) -> Result<Vec<AttachedFile>> {
    let mut files = Vec::new();
    for id in names.split(',').filter_map(|name| name.parse::<FileId>().ok()).take(Most::Several.count()) {
        let mut connection = app.db.lend().await?;
        match documents::may_read_file(&mut connection, viewer, id).await {
            Ok(file) => files.push(AttachedFile { id, name: file.name, size_bytes: file.size_bytes }),
            Err(Error::NotFound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(files)
}

async fn note(
    app: &App,
    may: MayRead,
    message: MessageId,
    files: Vec<(String, crate::files::Stored)>,
) -> Result<Vec<AttachedFile>> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let noted = app.db.write(move |tx| {
        Box::pin(async move {
            let mut noted = Vec::with_capacity(files.len());
            for (place, file) in files.iter().enumerate() {
                let file = documents::add_file_once(tx, &may, message.0, place, file).await?;
                noted.push(AttachedFile { id: file.id, name: file.name, size_bytes: file.size_bytes.unsigned_abs() });
            }
            Ok(noted)
        })
    });
    noted.await
}

/// Forgets what was kept of a text that is posted. Posted it is, whatever comes of this: what stays is seen in the form.
async fn forget(app: &App, desk: Desk) {
    let forgotten = app.db.write(move |tx| Box::pin(async move { messages::forget(tx, &desk, None).await })).await;
    if let Err(error) = forgotten {
        tracing::debug!(%error, "the draft of a message that is posted was not forgotten");
    }
}

/// The form that puts a message otherwise, for the place where the message stands: a part of a page, as live ones are.
pub(super) async fn edit_form(State(app): State<App>, page: Page, Path(message): Path<MessageId>) -> Result<Response> {
    let viewer = page.reader()?;
    let mut connection = app.db.lend().await?;
    let access = messages::may_read(&mut connection, &viewer, message).await?;
    let body = messages::body_to_edit(&mut connection, &access).await?;
    let written = Written { id: message, body, files: Vec::new(), preview: None };
    let composer = composer(paths::thread(access.thread()), access.group(), &page, None, Some(written));
    print(&EditForm { text: page.text, message, composer, faults: Faults::default() })
}
