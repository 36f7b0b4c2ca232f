//! The one list of checks, for a laptop and for CI: each step is timed, none stops the others, one summary closes.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use clap::Parser;
use tests::cluster::Cluster;

/// Run the checks of the repository
#[derive(Parser)]
struct Cli {
    /// Renew the descriptions of queries in `.sqlx`, and do nothing else
    #[arg(long)]
    prepare: bool,
    /// Also what takes long: the whole matrix of looks, 100,000 simulated seeds, and a hundred stops under load
    #[arg(long)]
    long: bool,
    /// Only the steps whose name contains this
    #[arg(long)]
    only: Option<String>,
}

/// What a step says that has not what it needs on this machine.
const NOT_RUN: &str = "not run";

/// What came of a step.
struct Outcome {
    name: &'static str,
    passed: bool,
    /// Whether it could be run here at all.
    ran: bool,
    took: Duration,
    /// How many tests it ran and how many failed, where it counts them.
    tests: (u64, u64),
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    let root = root();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let cluster = runtime.block_on(Cluster::start())?;
    let template = cluster.template_url();
    let result = if cli.prepare {
        // The migrations as they are in the folder, which this program may be older than.
        runtime.block_on(cluster.migrate(&root.join("migrations")))?;
        prepare(&root, &template)
    } else {
        Ok(check(&root, &template, cli.only.as_deref(), cli.long))
    };
    runtime.block_on(cluster.stop())?;
    result
}

fn check(root: &Path, template: &str, only: Option<&str>, long: bool) -> ExitCode {
    let mut outcomes = Vec::new();
    let mut step = |name: &'static str, run: &dyn Fn() -> Result<(bool, String)>| {
        if only.is_some_and(|only| !name.contains(only)) {
            return;
        }
        say(&format!("==> {name}"));
        let began = Instant::now();
        let (passed, output) = run().unwrap_or_else(|error| (false, format!("{error:#}")));
        if !passed {
            say(&output);
        }
        let (tests, ran) = (counted(&output), output != NOT_RUN);
        let verdict = match (ran, passed) {
            (false, _) => NOT_RUN,
            (true, true) => "passed",
            (true, false) => "FAILED",
        };
        say(&format!("    {verdict} in {:.1} s", began.elapsed().as_secs_f64()));
        outcomes.push(Outcome { name, passed, ran, took: began.elapsed(), tests });
    };
    step("format", &|| run(cargo(root).args(["fmt", "--all", "--check"])));
    step("front end types", &|| run(npm(root).args(["run", "check"])));
    step("front end tests", &|| run(npm(root).args(["test"])));
    step("lints and queries", &|| lint(root, template));
    step("licences and bans", &|| deny(root));
    step("unit and integration tests", &|| {
        let mut tests = cargo(root);
        tests.args(["test", "--workspace", "--locked", "--no-fail-fast"]).env_remove("DATABASE_URL");
        if long {
            tests.env("PREAU_REMOVALS", "1000").env("PREAU_LONG", "1");
        }
        run(&mut tests)
    });
    step("the program without faults", &|| without_faults(root));
    step("chaos", &|| chaos(root));
    if long {
        step("seeded bugs", &|| seeded_bugs(root));
    }
    step("browser tests", &|| browser(root, long));
    if long {
        // Sooner where it is optimised, and the machines are those of the program that is given to people.
        step("simulation", &|| {
            let many = ["run", "--release", "--locked", "-p", "tests", "--bin", "sim", "--", "--seeds", "100000"];
            run(cargo(root).args(many))
        });
    }
    if outcomes.is_empty() {
        say(&format!("no step is called {}", only.unwrap_or_default()));
        return ExitCode::FAILURE;
    }
    summary(&outcomes)
}

/// Lints everything and proves `.sqlx` fresh, in one compile: the queries are described anew into a folder of their own.
fn lint(root: &Path, template: &str) -> Result<(bool, String)> {
    let fresh = root.join("target/sqlx-fresh");
    describe(root, template, &fresh)?;
    let mut clippy = cargo(root);
    clippy.args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
    let (passed, output) = run(online(&mut clippy, template, &fresh))?;
    let (kept, described) = (names(&root.join(".sqlx"))?, names(&fresh)?);
    if kept != described {
        let stale = kept.iter().filter(|name| !described.contains(name)).count();
        let missing = described.iter().filter(|name| !kept.contains(name)).count();
        let said = format!("{output}\n.sqlx is not fresh ({missing} missing, {stale} stale): run `make prepare`");
        return Ok((false, said));
    }
    Ok((passed, output))
}

fn prepare(root: &Path, template: &str) -> Result<ExitCode> {
    let folder = root.join(".sqlx");
    describe(root, template, &folder)?;
    let (passed, output) = run(online(cargo(root).args(["check", "--workspace", "--all-targets"]), template, &folder))?;
    say(if passed { ".sqlx is renewed" } else { &output });
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Empties a folder of descriptions, and makes the crates that hold queries compile again.
fn describe(root: &Path, template: &str, folder: &Path) -> Result<()> {
    anyhow::ensure!(
        !template.ends_with("host="),
        "queries are described against our own PostgreSQL: unset DATABASE_URL"
    );
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    for source in ["server/src/lib.rs", "tests/src/lib.rs"] {
        let file = std::fs::File::options().append(true).open(root.join(source))?;
        file.set_modified(file_time())?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the time of a file, for cargo alone")]
fn file_time() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

fn online<'c>(command: &'c mut Command, template: &str, folder: &Path) -> &'c mut Command {
    command.env("DATABASE_URL", template).env("SQLX_OFFLINE", "false").env("SQLX_OFFLINE_DIR", folder)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.starts_with("query-"));
    names.sort();
    Ok(names)
}

/// Bans, licences and sources; advisories need the network's database and are left to whoever has it.
fn deny(root: &Path) -> Result<(bool, String)> {
    let there = Command::new("cargo").args(["deny", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        say("    not run: cargo-deny is not installed (cargo install --locked cargo-deny)");
        return Ok((true, NOT_RUN.to_owned()));
    }
    run(cargo(root).args(["deny", "check", "bans", "licenses", "sources"]))
}

/// The program that people are given holds none of the faults that the tests' own holds.
fn without_faults(root: &Path) -> Result<(bool, String)> {
    for package in [&["-p", "preau"][..], &["-p", "tests", "--bin", "faulty"]] {
        let (built, output) = run(cargo(root).args(["build", "--locked"]).args(package))?;
        if !built {
            return Ok((false, output));
        }
    }
    let program = |name: &str| -> Result<Vec<u8>> { Ok(std::fs::read(target(root).join("debug").join(name))?) };
    let (preau, faulty) = (program("preau")?, program("faulty")?);
    let holds = |program: &[u8], name: &str| program.windows(name.len()).any(|part| part == name.as_bytes());
    let names = ["after_lock", "after_commit_before_ack", "outbox_after_send", "ack_before_commit", "PREAU_BUG"];
    let wrong: Vec<_> = names.into_iter().filter(|name| holds(&preau, name) || !holds(&faulty, name)).collect();
    Ok((wrong.is_empty(), format!("in the program, or not in that of the tests: {wrong:?}")))
}

/// The program of this build under faults, on one node and on two; what came of it is told as it goes.
fn chaos(root: &Path) -> Result<(bool, String)> {
    for step in [
        cargo(root).args(["build", "--locked", "-p", "preau"]),
        cargo(root).args(["build", "--locked", "-p", "tests", "--bin", "faulty"]),
        Command::new("npm").arg("ci").current_dir(root.join("tests/browser")),
    ] {
        let (done, output) = run(step)?;
        if !done {
            return Ok((false, output));
        }
    }
    run(chaos_on(root, "preau").arg("--quick"))
}

/// The judge of these runs is believed since it finds each bug that is put before it.
fn seeded_bugs(root: &Path) -> Result<(bool, String)> {
    let (built, output) = run(cargo(root).args(["build", "--locked", "-p", "tests", "--bins"]))?;
    if !built {
        return Ok((false, output));
    }
    run(chaos_on(root, "faulty").arg("--bugs"))
}

fn chaos_on(root: &Path, program: &str) -> Command {
    let mut chaos = cargo(root);
    chaos.args(["run", "--quiet", "--locked", "-p", "tests", "--bin", "chaos", "--"]).env_remove("DATABASE_URL");
    let built = target(root).join("debug");
    chaos.env("PREAU_BIN", built.join(program)).env("PREAU_FAULTY", built.join("faulty")).stderr(Stdio::inherit());
    chaos
}

/// The journeys in a real browser, against the binary of this build.
fn browser(root: &Path, long: bool) -> Result<(bool, String)> {
    let folder = root.join("tests/browser");
    let (built, output) = run(cargo(root).args(["build", "--locked", "-p", "preau"]))?;
    if !built {
        return Ok((false, output));
    }
    let (installed, output) = run(Command::new("npm").arg("ci").current_dir(&folder))?;
    if !installed {
        return Ok((false, output));
    }
    let mut tests = Command::new("node");
    // What failed, and how, is told again at the end, of which a long output keeps most.
    tests
        .args(["--test", "--test-concurrency=1", "--test-reporter=spec"])
        .current_dir(&folder)
        .env_remove("DATABASE_URL");
    tests.env("PREAU_BIN", target(root).join("debug/preau"));
    if long {
        tests.env("PREAU_LONG", "1");
    }
    run(&mut tests)
}

fn target(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from)
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new("cargo");
    command.current_dir(root).env("CARGO_TERM_COLOR", "never").env_remove("RUST_BACKTRACE");
    command
}

fn npm(root: &Path) -> Command {
    let mut command = Command::new("npm");
    command.current_dir(root.join("web"));
    command
}

fn run(command: &mut Command) -> Result<(bool, String)> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?} cannot be run"))?;
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Ok((output.status.success(), text))
}

/// The tests that an output tells of: `test result: ok. 3 passed; 0 failed` and `# pass 3`.
fn counted(output: &str) -> (u64, u64) {
    let mut sum = (0, 0);
    for line in output.lines() {
        let number = |word: &str| -> u64 {
            let words: Vec<_> = line.split([' ', ';']).filter(|word| !word.is_empty()).collect();
            let at = words.iter().position(|found| *found == word);
            at.and_then(|at| words.get(at.checked_sub(1)?)).and_then(|number| number.parse().ok()).unwrap_or(0)
        };
        if line.starts_with("test result:") {
            sum = (sum.0 + number("passed"), sum.1 + number("failed"));
        } else if let Some(passed) = line.strip_prefix("# pass ").or_else(|| line.strip_prefix("ℹ pass ")) {
            sum.0 += passed.trim().parse().unwrap_or(0);
        } else if let Some(failed) = line.strip_prefix("# fail ").or_else(|| line.strip_prefix("ℹ fail ")) {
            sum.1 += failed.trim().parse().unwrap_or(0);
        }
    }
    sum
}

fn summary(outcomes: &[Outcome]) -> ExitCode {
    say("");
    for outcome in outcomes {
        let mark = match (outcome.ran, outcome.passed) {
            (false, _) => "-     ",
            (true, true) => "ok    ",
            (true, false) => "FAILED",
        };
        let tests = if outcome.tests.0 > 0 { format!(", {} tests", outcome.tests.0) } else { String::new() };
        say(&format!("{mark} {} ({:.1} s{tests})", outcome.name, outcome.took.as_secs_f64()));
    }
    let (passed, failed) = outcomes.iter().fold((0, 0), |sum, outcome| match outcome.tests {
        // A step that counts no tests is one check itself; one that failed without a failing test did not get to them.
        (0, 0) if !outcome.ran => sum,
        (0, 0) if outcome.passed => (sum.0 + 1, sum.1),
        (tests, 0) if !outcome.passed => (sum.0 + tests, sum.1 + 1),
        (tests, broken) => (sum.0 + tests, sum.1 + broken),
    });
    say(&format!("{passed} passed, {failed} failed"));
    if outcomes.iter().all(|outcome| outcome.passed) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_owned)
}

fn say(line: &str) {
    // Nobody is left to tell that nobody listens.
    drop(writeln!(std::io::stdout(), "{line}"));
}
