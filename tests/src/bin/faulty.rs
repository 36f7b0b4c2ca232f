//! The program with its faults: `preau`, built with the feature `faults`.
//!
//! `FAILPOINTS` sets points at the start; each line of the standard input sets one later, `after_lock=1*return(kill)`,
//! and is answered by itself. See `preau::faults`.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    let _points = fail::FailScenario::setup();
    std::thread::spawn(|| {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            let set = line.split_once('=').ok_or_else(|| "PLACE=ACTION".to_owned());
            let said = match set.and_then(|(place, action)| fail::cfg(place, action)) {
                Ok(()) => line,
                Err(error) => format!("{line}: {error}"),
            };
            // Who does not listen any more does not set any more.
            drop(writeln!(io::stdout(), "{said}"));
        }
    });
    match preau::commands::run() {
        Ok(code) => code,
        Err(error) => {
            drop(writeln!(io::stderr(), "preau: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
