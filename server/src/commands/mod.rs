//! The command line: each command does one thing, and says in a sentence what to do when it cannot.

pub mod demo;
mod doctor;
mod migrate;
mod person;
mod serve;

use std::{io::Write, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use sqlx::postgres::PgConnectOptions;

use crate::{
    clock::Clock,
    config::{self, Place},
    db::{
        self, Db,
        private::{Durability, PrivatePostgres},
    },
    files::Files,
    reactions, telemetry,
};

/// A workspace for professional networks: discuss, share, meet.
#[derive(Parser, Debug)]
#[command(name = "preau", version)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the workspace, with a private PostgreSQL unless `DATABASE_URL` is set
    Serve(config::Serve),
    /// Load the demonstration network into an empty database
    Demo,
    /// Bring the database's schema up to date
    Migrate,
    /// Accounts
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Bearer tokens of the JSON API
    Token {
        #[command(subcommand)]
        command: TokenCommand,
    },
    /// Print every setting with what holds without it, as a file for the environment
    Settings,
    /// Check the database, the migrations, the disk, the mail and the clock, and say what is wrong
    Doctor(config::Serve),
}

#[derive(Subcommand, Debug)]
enum UserCommand {
    /// Make an account, and print a sign-in link
    Create(person::NewUser),
}

#[derive(Subcommand, Debug)]
enum TokenCommand {
    /// Make a token for an account, and print it once
    Create(person::NewToken),
}

/// Runs the command that was typed.
pub fn run() -> Result<ExitCode> {
    let cli = Cli::parse();
    telemetry::start(&cli.place)?;
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| anyhow::anyhow!("two TLS providers were installed"))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(serve) => serve::run(&cli.place, &serve).await.map(|()| ExitCode::SUCCESS),
            Command::Demo => {
                let opened = Opened::at(&cli.place).await?;
                db::migrate(&opened.db).await?;
                let loaded =
                    demo::load(&opened.db, opened.options.clone(), &Files::open(&cli.place.data.join("files"))?).await;
                opened.close().await?;
                loaded.map(|()| ExitCode::SUCCESS)
            }
            Command::Migrate => migrate::run(&cli.place).await.map(|()| ExitCode::SUCCESS),
            Command::User { command: UserCommand::Create(new) } => {
                person::create(&cli.place, &new).await.map(|()| ExitCode::SUCCESS)
            }
            Command::Token { command: TokenCommand::Create(new) } => {
                person::create_token(&cli.place, &new).await.map(|()| ExitCode::SUCCESS)
            }
            Command::Settings => {
                write!(std::io::stdout(), "{}", config::example())?;
                Ok(ExitCode::SUCCESS)
            }
            Command::Doctor(serve) => doctor::run(&cli.place, &serve).await,
        }
    })
}

/// A database for the duration of a command: that of `DATABASE_URL`, else the private one, running or not.
struct Opened {
    db: Db,
    options: PgConnectOptions,
    server: Option<PrivatePostgres>,
}

impl Opened {
    async fn at(place: &Place) -> Result<Self> {
        let (options, server) = match &place.database_url {
            Some(url) => (url.parse().context("DATABASE_URL is not an address of PostgreSQL")?, None),
            None => PrivatePostgres::attach_or_start(&place.data, place.binaries(), Durability::Kept).await?,
        };
        let db = Db::open(options.clone(), Clock::system(), reactions::react);
        Ok(Self { db, options, server })
    }

    async fn close(self) -> Result<()> {
        self.db.close().await;
        match self.server {
            Some(server) => server.stop().await,
            None => Ok(()),
        }
    }
}

/// Writes a line that the person at the terminal reads.
fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}").context("the standard output is closed")
}
