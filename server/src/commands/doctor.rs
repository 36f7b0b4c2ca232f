//! `preau doctor`: what is wrong, and what to do about it.

use std::process::ExitCode;

use anyhow::Result;

use super::Opened;
use crate::{
    config::{Place, Serve},
    db,
    error::Error,
    mail::Transport,
};

/// A clock that is further off than this makes links and sessions end at the wrong time.
const CLOCK_TOLERANCE_MS: i64 = 2000;
/// Less free space than this stops uploads, in bytes.
const SPACE: u64 = 1 << 30;

pub(super) async fn run(place: &Place, serve: &Serve) -> Result<ExitCode> {
    let opened = match Opened::at(place).await {
        Ok(opened) => opened,
        Err(error) => {
            report("database", Err(error))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut well = report("database", database(&opened.db).await)?;
    // What is asked of the database is not asked where it does not answer.
    if well {
        well &= report("migrations", migrations(&opened.db).await)?;
        well &= report("clock", clock(&opened.db).await)?;
    }
    well &= report("disk", disk(place))?;
    well &= report("mail", mail(place, serve).await)?;
    opened.close().await?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report(what: &str, found: Result<String>) -> Result<bool> {
    let well = found.is_ok();
    match found {
        Ok(found) => super::say(&format!("ok    {what}: {found}"))?,
        Err(error) => super::say(&format!("WRONG {what}: {error:#}"))?,
    }
    Ok(well)
}

async fn database(db: &db::Db) -> Result<String> {
    match db::version(db).await {
        Err(Error::Unavailable) => {
            anyhow::bail!("it does not answer: is PostgreSQL running, and is DATABASE_URL its address?")
        }
        other => Ok(other?),
    }
}

async fn migrations(db: &db::Db) -> Result<String> {
    let missing = db::missing_migrations(db).await?;
    anyhow::ensure!(missing == 0, "{missing} are missing: run `preau migrate`");
    Ok("up to date".to_owned())
}

async fn clock(db: &db::Db) -> Result<String> {
    let off = (db::now(db).await? - db.clock().now()).num_milliseconds().abs();
    anyhow::ensure!(off < CLOCK_TOLERANCE_MS, "{off} ms apart from the database's: synchronise both machines (NTP)");
    Ok(format!("{off} ms apart from the database's"))
}

fn disk(place: &Place) -> Result<String> {
    // The folder is made by the first start, where there is room for it.
    let data = std::path::absolute(&place.data)?;
    let there = data.ancestors().find(|folder| folder.exists()).unwrap_or(&data);
    let free = rustix::fs::statvfs(there).map(|disk| disk.f_bavail * disk.f_frsize)?;
    anyhow::ensure!(free > SPACE, "{} MB are free in {}: make room", free >> 20, place.data.display());
    Ok(format!("{} GB are free", free >> 30))
}

async fn mail(place: &Place, serve: &Serve) -> Result<String> {
    match super::serve::transport(place, serve)? {
        Transport::Folder(folder) => {
            Ok(format!("no mail server: mails go to {} (set PREAU_SMTP_URL)", folder.display()))
        }
        Transport::Smtp(smtp) => {
            let answers = tokio::time::timeout(std::time::Duration::from_secs(10), smtp.test_connection()).await;
            let answers =
                answers.map_err(|_| anyhow::anyhow!("the server does not answer: check PREAU_SMTP_URL"))??;
            anyhow::ensure!(answers, "the server refuses us: check the name and the password of PREAU_SMTP_URL");
            Ok("the server answers".to_owned())
        }
    }
}
