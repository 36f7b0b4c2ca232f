//! The directory: territories, posts and people.

use chrono::NaiveDate;
use preau::territories::{self, NewTerritory};
use words::Post;

use crate::support::Server;

#[tokio::test]
async fn a_message_shows_the_post_held_when_it_was_written_and_the_directory_tells_who_is_where() {
    let server = Server::start().await;
    let (ines, group) = server.group().await;
    let new = NewTerritory {
        code: "MEB".to_owned(),
        name: "Mons-en-Barœul".to_owned(),
        communes: vec!["Mons-en-Barœul".to_owned()],
        insee: vec!["59410".to_owned()],
        department: "59".to_owned(),
        department_name: "Nord".to_owned(),
        quarters: "Nouveau Mons".to_owned(),
        label_since: Some(2024),
        latitude: 50.6,
        longitude: 3.1,
    };
    let (person, from) = (ines.id, NaiveDate::from_ymd_opt(2022, 1, 1).unwrap());
    let assigned = server.db.write(move |tx| {
        Box::pin(async move {
            let id = territories::add(tx, &new).await?;
            territories::assign(tx, person, Some(id), Post::CpoCity, (from, None)).await
        })
    });
    assigned.await.unwrap();
    let message = ines.say(&group.standing, "d’ici").await;
    assert_eq!(message["author"]["territory"]["code"], "MEB");
    assert!(ines.page(&format!("/threads/{}", group.standing)).await.text.contains("Mons-en-Barœul · CPO Ville"));
    for (path, shown) in [
        ("/people".to_owned(), "1 territoire"),
        ("/territories/MEB".to_owned(), "Première labellisation en 2024"),
        (format!("/people/{}", ines.id), "2022\u{a0}–"),
    ] {
        let page = ines.page(&path).await;
        assert!(page.status.is_success() && page.text.contains(shown), "{path}: {}", page.text);
    }
    assert_eq!(ines.page("/territories/ZZZ").await.status, 404);
    let found = ines.get("/api/v1/search?q=mons%20en%20baroeul").await.json();
    assert_eq!(found["people"]["items"][0]["title"], "Inès");
}
