//! `preau migrate`.

use anyhow::Result;

use super::Opened;
use crate::{config::Place, db};

pub(super) async fn run(place: &Place) -> Result<()> {
    let opened = Opened::at(place).await?;
    let done = db::migrate(&opened.db).await;
    opened.close().await?;
    done?;
    super::say("the schema is up to date")
}
