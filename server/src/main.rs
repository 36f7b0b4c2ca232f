//! Parses the command and runs it.

use std::{io::Write, process::ExitCode};

fn main() -> ExitCode {
    match preau::commands::run() {
        Ok(code) => code,
        Err(error) => {
            // Nowhere is left to say that this could not be said.
            drop(writeln!(std::io::stderr(), "preau: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
