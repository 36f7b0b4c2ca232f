//! What the operator chooses: each setting is a flag, an environment variable and a line of `--help`.

use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueEnum};

/// Where the data is: common to every command.
#[derive(Args, Clone, Debug)]
pub struct Place {
    /// The folder of everything that Préau keeps
    #[arg(long, global = true, env = "PREAU_DATA", default_value_os_t = default_data())]
    pub data: PathBuf,
    /// A PostgreSQL server (15 to 18) to use instead of the private one
    #[arg(long, global = true, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The folder of `postgres` and `initdb`, where it is not found by itself
    #[arg(long, global = true, env = "PREAU_PG_BINDIR")]
    pub pg_bindir: Option<PathBuf>,
    /// What is logged: a level, or `target=level` separated by commas
    #[arg(long, global = true, env = "PREAU_LOG", default_value = "info,sqlx=warn")]
    pub log: String,
    /// How it is logged
    #[arg(long, global = true, env = "PREAU_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// How lines of the log look.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines, an object a line.
    Json,
}

/// On or off.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// How the server serves.
#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// The address to listen on
    #[arg(long, env = "PREAU_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: String,
    /// The address under which browsers reach it; without it, the one listened on
    #[arg(long, env = "PREAU_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// A NATS server by which several nodes tell each other of new events, as <nats://host:4222>; without it, nodes of
    /// one `DATABASE_URL` do by PostgreSQL
    #[arg(long, env = "PREAU_NATS_URL", hide_env_values = true)]
    pub nats_url: Option<String>,
    /// The mail server, as <smtp://user:password@host:587>; without it, mails go to a folder
    #[arg(long, env = "PREAU_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Who mails come from
    #[arg(long, env = "PREAU_MAIL_FROM", default_value = "Préau <preau@localhost>")]
    pub mail_from: String,
    /// Whether sign-ins and frames are counted; off only for load tests
    #[arg(long, env = "PREAU_RATE_LIMITS", value_enum, default_value_t = Switch::On)]
    pub rate_limits: Switch,
    /// How many live connections are taken; who comes above that is asked to come back later
    #[arg(long, env = "PREAU_CONNECTIONS", default_value_t = 20_000)]
    pub connections: usize,
    /// The heaviest file that is taken, in bytes
    #[arg(long, env = "PREAU_UPLOAD_LIMIT_BYTES", default_value_t = 2 << 30)]
    pub upload_limit_bytes: u64,
    /// Addresses of this machine itself, as <127.0.0.1:9000>, that may be asked for what people link to; for tests
    #[arg(long, hide = true)]
    pub outgoing_allowed: Vec<std::net::SocketAddr>,
    /// Load the demonstration network on the first start, and show its mailbox
    #[arg(long)]
    pub demo: bool,
    /// Show the mailbox, for developers
    #[arg(long)]
    pub dev: bool,
    /// Serve http on an address that is not this machine's own; passwords then travel readable
    #[arg(long, env = "PREAU_INSECURE_HTTP")]
    pub insecure_http: bool,
}

impl Place {
    /// The folder of PostgreSQL's programs, where one was named.
    pub fn binaries(&self) -> Option<&Path> {
        self.pg_bindir.as_deref()
    }
}

/// Every setting as a commented environment file: what it is for, and what it is without it.
pub fn example() -> String {
    let command = Serve::augment_args(Place::augment_args(Command::new("preau")));
    let heading =
        "# The settings of `preau serve`. A line that begins with `#` says what holds without it.\n".to_owned();
    std::iter::once(heading).chain(command.get_arguments().filter_map(setting)).collect()
}

/// A setting in the example; a flag that has no variable is none.
fn setting(argument: &clap::Arg) -> Option<String> {
    let (variable, help) = (argument.get_env()?.to_string_lossy(), argument.get_help()?);
    let choices: Vec<_> = argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
    let choices = if choices.is_empty() { String::new() } else { format!(" ({})", choices.join(" | ")) };
    let value = match argument.get_id().as_str() {
        // What it is by itself depends on who asks.
        "data" => "/var/lib/preau".into(),
        _ => argument.get_default_values().first().map(|value| value.to_string_lossy()).unwrap_or_default(),
    };
    let value = if value.contains(' ') { format!("\"{value}\"").into() } else { value };
    Some(format!("\n# {help}{choices}\n#{variable}={value}\n"))
}

/// Root keeps its data where services do; anybody else where their own data is.
fn default_data() -> PathBuf {
    if rustix::process::geteuid().is_root() {
        return PathBuf::from("/var/lib/preau");
    }
    let home = std::env::var_os("XDG_DATA_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share")));
    home.unwrap_or_else(|| PathBuf::from(".data")).join("preau")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_for_operators_is_fresh() {
        let kept = include_str!("../../deploy/preau.env");
        let renew = "run `cargo run -p preau -- settings > deploy/preau.env`";
        assert_eq!(kept, super::example(), "{renew}");
        for variable in ["PREAU_LISTEN", "PREAU_DATA", "DATABASE_URL", "PREAU_PUBLIC_URL", "PREAU_SMTP_URL"] {
            assert!(kept.contains(&format!("\n#{variable}=")), "{variable}");
        }
    }
}
