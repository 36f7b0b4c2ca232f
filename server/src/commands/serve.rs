//! `preau serve`: the database, the migrations, the mail worker, the address; and a stop in good order.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result, bail};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use sqlx::postgres::PgConnectOptions;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use web::paths;

use crate::{
    clock::Clock,
    config::{Place, Serve, Switch},
    db::{
        self, Db,
        private::{Durability, PrivatePostgres},
    },
    documents,
    files::Files,
    groups,
    http::{App, Pages, Settings, Viewers, server},
    live::bus::Transport,
    mail, notifications,
    outgoing::Outgoing,
    people, previews, push, reactions, search, serve as roof, work,
};

/// How long workers and transactions may take to end after the last request: with it, fifteen seconds in all.
const LAST: std::time::Duration = std::time::Duration::from_secs(2);
/// How many sockets may wait to be accepted.
const BACKLOG: u32 = 4096;

pub(super) async fn run(place: &Place, serve: &Serve) -> Result<()> {
    let from = serve
        .mail_from
        .parse()
        .with_context(|| format!("{:?} is no sender: correct PREAU_MAIL_FROM", serve.mail_from))?;
    let listener = listen(&serve.listen)?;
    let public_url = public_url(serve, listener.local_addr()?)?;
    let stop = CancellationToken::new();
    // What must end after the last request: the private PostgreSQL.
    let after = CancellationToken::new();
    let owned = TaskTracker::new();
    let options = options(place, &after, &owned).await?;
    let db = Db::open(options.clone(), Clock::system(), reactions::react);
    db::migrate(&db).await?;
    let files = Files::open(&place.data.join("files"))?;
    if serve.demo {
        super::demo::load(&db, options, &files).await?;
    }
    let app = app(serve, db.clone(), files, public_url).await?;
    let workers = TaskTracker::new();
    workers.spawn(mail::work(db.clone(), transport(place, serve)?, from, stop.clone()));
    workers.spawn(people::work(app.db.clone(), stop.clone()));
    workers.spawn(notifications::work(app.db.clone(), stop.clone()));
    workers.spawn(push::work(app.db.clone(), push::Sender::new(&app.settings), stop.clone()));
    workers.spawn(work::run(app.db.clone(), stop.clone()));
    workers.spawn(documents::work(app.db.clone(), app.files.clone(), stop.clone()));
    workers.spawn(search::work(app.db.clone(), stop.clone()));
    let (outgoing, own) = (app.settings.outgoing.clone(), app.settings.public_url.clone());
    workers.spawn(previews::work(app.db.clone(), outgoing, own, stop.clone()));
    announce(&app).await?;
    let tracker = TaskTracker::new();
    let sockets = roof::Sockets::new(&app, bus(place, serve), stop.clone(), tracker.clone());
    workers.spawn(sockets.clone().work());
    let router = roof::router(app, sockets);
    let stopped = stop.clone();
    workers.spawn(async move {
        stop_asked().await;
        stopped.cancel();
    });
    server::serve(listener, router, stop.clone(), tracker).await;
    workers.close();
    let ended = async {
        workers.wait().await;
        db.close().await;
    };
    if tokio::time::timeout(LAST, ended).await.is_err() {
        tracing::warn!(
            "some work did not end in time: what was not committed is undone, and done again where it is due"
        );
    }
    after.cancel();
    owned.close();
    owned.wait().await;
    Ok(())
}

async fn options(place: &Place, after: &CancellationToken, owned: &TaskTracker) -> Result<PgConnectOptions> {
    if let Some(url) = &place.database_url {
        return url.parse().context("DATABASE_URL is not an address of PostgreSQL");
    }
    let server = PrivatePostgres::start(&place.data, place.binaries(), Durability::Kept).await?;
    let options = server.options();
    owned.spawn(server.watch(after.clone()));
    Ok(options)
}

/// How nodes tell each other. The private PostgreSQL has one node, since its folder has one owner.
fn bus(place: &Place, serve: &Serve) -> Transport {
    match (&serve.nats_url, &place.database_url) {
        (Some(url), _) => Transport::Nats(url.clone()),
        (None, Some(_)) => Transport::Postgres,
        (None, None) => Transport::InProcess,
    }
}

async fn app(serve: &Serve, db: Db, files: Files, public_url: String) -> Result<App> {
    let network = db::network_name(&db).await?;
    let loopback = is_loopback(&public_url);
    let settings = Settings {
        secure: public_url.starts_with("https://"),
        mailbox: (serve.demo || serve.dev) && loopback,
        rate_limits: serve.rate_limits == Switch::On,
        connections: serve.connections,
        upload_limit_bytes: serve.upload_limit_bytes,
        outgoing: Outgoing::new(&serve.outgoing_allowed),
        public_url,
        network,
    };
    Ok(App {
        db,
        files,
        settings: Arc::new(settings),
        navigation: roof::navigation(),
        pages: Pages::default(),
        viewers: Viewers::default(),
    })
}

/// Prints the address, and a link for the animator of the first group; for the first administrator while there is none.
async fn announce(app: &App) -> Result<()> {
    super::say(&format!("Préau serves at {}", app.settings.public_url))?;
    let first = {
        let mut connection = app.db.lend().await?;
        match groups::first_animator(&mut connection).await? {
            Some(animator) => Some(animator),
            None => people::first_admin(&mut connection).await?,
        }
    };
    match first {
        Some(person) => {
            let link = app.db.write(move |tx| Box::pin(async move { people::link(tx, person).await })).await?;
            super::say(&format!(
                "sign in, once, within 15 minutes: {}{}",
                app.settings.public_url,
                paths::sign_in_link(link.reveal())
            ))
        }
        None => super::say("nobody has an account yet: run `preau user create --email … --name … --admin`"),
    }
}

fn listen(address: &str) -> Result<TcpListener> {
    let address: SocketAddr =
        address.parse().with_context(|| format!("{address:?} is not an address: give --listen 127.0.0.1:8080"))?;
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address).with_context(|| {
        format!("{address} cannot be listened on: is another server there? Choose another with --listen")
    })?;
    Ok(socket.listen(BACKLOG)?)
}

/// The public address: checked, since cookies and links rest on it.
fn public_url(serve: &Serve, bound: SocketAddr) -> Result<String> {
    let url = serve.public_url.clone().unwrap_or_else(|| format!("http://{bound}"));
    let url = url.trim_end_matches('/').to_owned();
    let parsed: axum::http::Uri =
        url.parse().with_context(|| format!("{url:?} is not an address: correct PREAU_PUBLIC_URL"))?;
    match parsed.scheme_str() {
        Some("https") => Ok(url),
        Some("http") if is_loopback(&url) || serve.insecure_http => Ok(url),
        Some("http") => bail!(
            "{url} is not this machine's own, and http would show everybody's session to the network: put it behind https \
             and set PREAU_PUBLIC_URL, or accept it with --insecure-http"
        ),
        _ => bail!("{url:?} must begin with https:// or http://: correct PREAU_PUBLIC_URL"),
    }
}

fn is_loopback(url: &str) -> bool {
    let uri: Option<axum::http::Uri> = url.parse().ok();
    let host = uri.as_ref().and_then(|uri| uri.host()).unwrap_or_default();
    host == "localhost"
        || host == "[::1]"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Where mails go.
pub(super) fn transport(place: &Place, serve: &Serve) -> Result<mail::Transport> {
    match &serve.smtp_url {
        Some(url) => {
            let smtp = AsyncSmtpTransport::<Tokio1Executor>::from_url(&encrypted(url))
                .context("PREAU_SMTP_URL is not an address of a mail server, as smtp://user:password@host:587")?;
            Ok(mail::Transport::Smtp(smtp.build()))
        }
        None => Ok(mail::Transport::Folder(place.data.join("mail"))),
    }
}

/// Mails and their password travel encrypted, unless the address says otherwise or leads to this machine itself.
fn encrypted(url: &str) -> String {
    let said = url.split_once('?').is_some_and(|(_, query)| query.split('&').any(|part| part.starts_with("tls=")));
    if said || url.starts_with("smtps://") || is_loopback(url) {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}tls=required")
}

async fn stop_asked() {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        tracing::error!("signals cannot be listened to: stop with SIGKILL, nothing is lost");
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
}

#[cfg(test)]
mod tests {
    use super::encrypted;

    #[test]
    fn mails_leave_this_machine_encrypted() {
        for (given, used) in [
            ("smtp://u:p@mail.example:587", "smtp://u:p@mail.example:587?tls=required"),
            ("smtp://mail.example?tls=opportunistic", "smtp://mail.example?tls=opportunistic"),
            ("smtp://u:tls=p@mail.example", "smtp://u:tls=p@mail.example?tls=required"),
            ("smtps://mail.example", "smtps://mail.example"),
            ("smtp://127.0.0.1:1025", "smtp://127.0.0.1:1025"),
        ] {
            assert_eq!(encrypted(given), used);
        }
    }
}
