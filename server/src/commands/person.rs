//! `preau user create` and `preau token create`.

use anyhow::{Context, Result, bail};
use clap::Args;
use web::paths;
use words::Locale;

use super::Opened;
use crate::{
    config::Place,
    db,
    error::Error,
    people::{self, NewPerson},
};

/// An account to make.
#[derive(Args, Debug)]
pub(super) struct NewUser {
    /// The address of the person
    #[arg(long)]
    email: String,
    /// Their name
    #[arg(long)]
    name: String,
    /// Let them administer the platform: a technical role, which opens no group
    #[arg(long)]
    admin: bool,
}

/// A token to make.
#[derive(Args, Debug)]
pub(super) struct NewToken {
    /// The address of the account
    #[arg(long)]
    email: String,
}

pub(super) async fn create(place: &Place, new: &NewUser) -> Result<()> {
    let person = NewPerson::checked(&new.email, &new.name, new.admin, Locale::Fr).map_err(|_| {
        anyhow::anyhow!(
            "{:?} or the name cannot be used: give --email first.last@town.fr --name \"First Last\"",
            new.email
        )
    })?;
    let opened = Opened::at(place).await?;
    db::migrate(&opened.db).await?;
    let made = opened
        .db
        .write(move |tx| {
            Box::pin(async move {
                let id = people::create(tx, &person).await?;
                people::link(tx, id).await
            })
        })
        .await;
    opened.close().await?;
    match made {
        Ok(link) => {
            super::say(&format!("account made; sign in within 15 minutes at {}", paths::sign_in_link(link.reveal())))
        }
        Err(Error::Invalid(_)) => bail!("{} has an account already", new.email),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn create_token(place: &Place, new: &NewToken) -> Result<()> {
    let opened = Opened::at(place).await?;
    db::migrate(&opened.db).await?;
    let email = new.email.clone();
    let made = opened
        .db
        .write(move |tx| {
            Box::pin(async move {
                let Some(person) = people::by_address(tx.connection(), &email).await? else { return Ok(None) };
                people::create_token(tx, person).await.map(Some)
            })
        })
        .await;
    opened.close().await?;
    let token = made?.with_context(|| format!("{} has no account: make one with `preau user create`", new.email))?;
    super::say(token.reveal())
}
