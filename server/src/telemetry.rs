//! The log. Lines are read alone and carry fields; never a body, an address or a secret.

use tracing_subscriber::{EnvFilter, fmt};

use crate::config::{LogFormat, Place};

/// Starts logging to the standard error.
pub fn start(place: &Place) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&place.log)?;
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match place.log_format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("the log cannot be started: {error}"))
}
