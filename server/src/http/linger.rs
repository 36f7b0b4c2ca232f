//! Answers that reach whoever is still sending.
//!
//! A connection that is closed over unread bytes is reset, and the sender never reads why it was refused. So what is
//! left of a request is read and thrown away for a while, beside the answer, which ends with it.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::Request,
    http::header,
    middleware::Next,
    response::Response,
};
use futures_util::{Stream, StreamExt, stream};
use hyper::body::Body as _;
use tokio::{sync::oneshot, time::timeout};

/// How long a sender who was answered is listened to.
const LONGEST: Duration = Duration::from_secs(10);
/// How long they may be silent: then they have read the answer.
const SILENCE: Duration = Duration::from_secs(1);

/// Answers, and reads on if the handler did not.
pub async fn linger(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let (give_back, mut unread) = oneshot::channel();
    let lent = Lent { body: Some(body.into_data_stream()), give_back: Some(give_back) };
    let mut response = next.run(Request::from_parts(parts, Body::from_stream(lent))).await;
    let Ok(rest) = unread.try_recv() else { return response };
    // The answer is over when the rest is read, whatever its own length.
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.map(|body| Body::from_stream(body.into_data_stream().chain(thrown_away(rest))))
}

/// Reads, and gives nothing.
fn thrown_away(mut rest: BodyDataStream) -> impl Stream<Item = Result<Bytes, axum::Error>> {
    let reading = async move { while let Ok(Some(Ok(_))) = timeout(SILENCE, rest.next()).await {} };
    stream::once(timeout(LONGEST, reading)).filter_map(|_| async { None })
}

/// A body that goes back to where it came from when its reader is done, unless there is nothing left of it.
struct Lent {
    body: Option<BodyDataStream>,
    give_back: Option<oneshot::Sender<BodyDataStream>>,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let next = std::task::ready!(body.poll_next_unpin(context));
        if !matches!(next, Some(Ok(_))) {
            self.body = None;
        }
        Poll::Ready(next)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let (Some(body), Some(give_back)) = (self.body.take(), self.give_back.take()) {
            // Nobody waits for it any more when the request itself was dropped.
            drop(give_back.send(body));
        }
    }
}
