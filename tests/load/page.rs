//! A thread's page of 50 messages, in a group that holds 100,000.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::json;

use crate::{
    report::{Report, note},
    server::{Person, Server, id},
    sides::percentile,
};

/// How many messages the group holds.
const MESSAGES: usize = 100_000;
/// How many threads they are in.
const THREADS: usize = 100;
/// How many senders fill the group at once.
const SENDERS: usize = 64;
/// How many pages are timed by one reader, and by each of several.
const PAGES: usize = 500;
/// How many readers read at once.
const READERS: usize = 8;
/// Messages as people write them: about 300 characters, some of them Markdown.
const BODIES: [&str; 3] = [
    "Bonjour à toutes et tous, nous avons revu la **grille de suivi** avec les chefs d’établissement du réseau : trois \
     indicateurs suffisent pour commencer, le reste viendra après le comité de pilotage de mars. Qui veut relire ?",
    "À Mons-en-Barœul nous mesurons l’assiduité par trimestre :\n\n- présence aux ateliers,\n- retours des familles,\n- \
     avis des équipes.\n\nCela tient sur une page et tout le monde la lit.",
    "Merci pour ce partage ! Le lien vers le guide est utile, je le transmets à notre coordinatrice. De notre côté les \
     groupes de travail reprennent en septembre, avec un point d’étape avant les vacances de la Toussaint.",
];

/// Fills a group through the product's own door.
pub(crate) async fn fill(animator: &Person) -> Result<()> {
    note(&format!("posting {MESSAGES} messages in {THREADS} threads"));
    let began = Instant::now();
    let (_, channel) = animator.group("Cent mille messages").await?;
    let path = format!("/api/v1/channels/{channel}/threads");
    let mut threads = Vec::new();
    for number in 0..THREADS {
        let thread = json!({ "title": format!("Sujet {number}"), "body": BODIES[number % BODIES.len()] });
        threads.push(id(&animator.post(&path, &thread).await?)?);
    }
    let posts = (THREADS..MESSAGES).map(|number| {
        let path = format!("/api/v1/threads/{}/messages", threads[number % THREADS]);
        let body = json!({ "body": BODIES[number % BODIES.len()] });
        async move { animator.post(&path, &body).await.map(drop) }
    });
    stream::iter(posts).buffer_unordered(SENDERS).try_collect::<()>().await?;
    note(&format!("posted in {:.0} s", began.elapsed().as_secs_f64()));
    Ok(())
}

/// Times the page for one reader and for several, beside the lightest answer that the same server gives.
pub(crate) async fn measure(server: &Server, animator: &Person, report: &mut Report) -> Result<()> {
    let groups = animator.get("/api/v1/groups").await?;
    let channels = animator.get(&format!("/api/v1/groups/{}/channels", id(&groups["items"][0])?)).await?;
    let threads = animator.get(&format!("/api/v1/channels/{}/threads?limit=10", id(&channels["items"][0])?)).await?;
    let path = format!("/threads/{}", id(&threads["items"][0])?);
    let page = animator.page(&path).await?;
    // What waits in a template is not shown.
    let outside = page.split("<template").map(|part| part.rsplit("</template>").next().unwrap_or_default());
    let shown: usize = outside.map(|part| part.matches("<li id=\"message-").count()).sum();
    ensure!(shown == 50, "the page shows {shown} messages, not 50");
    Report::figure("thread page: weight before compression", page.len() as f64 / 1000.0, "kB");
    read(animator, &path, PAGES / 5).await?;
    let floor = percentile(&read(animator, "/livez", PAGES).await?, 50);
    let before = server.processor()?;
    let alone = read(animator, &path, PAGES).await?;
    let used = (server.processor()? - before) * 1000.0 / PAGES as f64;
    report.below("thread page, one reader: p50", percentile(&alone, 50), "ms", 5.0);
    Report::figure("thread page, one reader: p99", percentile(&alone, 99), "ms");
    Report::figure("thread page, one reader: processor of the server", used, "ms");
    Report::figure("lightest answer, one reader: p50", floor, "ms");
    let began = Instant::now();
    let readers = stream::iter((0..READERS).map(|_| read(animator, &path, PAGES)));
    let together: Vec<_> = readers.buffer_unordered(READERS).try_concat().await?;
    let rate = together.len() as f64 / began.elapsed().as_secs_f64();
    Report::figure("thread page, eight readers: p50", percentile(&together, 50), "ms");
    Report::figure("thread page, eight readers: p99", percentile(&together, 99), "ms");
    Report::figure("thread page, eight readers: pages", rate, "a second");
    Ok(())
}

/// Reads a page again and again; how long each took.
async fn read(person: &Person, path: &str, times: usize) -> Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        person.page(path).await?;
        took.push(began.elapsed());
    }
    Ok(took)
}
