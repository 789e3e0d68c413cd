//! Runs real drivers against real PostgreSQL and against `trunkline serve`.
//!
//! ```text
//! interop [--target NAME] [--login NAME] [--driver NAME] [--verbose]
//! ```
//!
//! Each target (PostgreSQL 15, PostgreSQL 18, `trunkline serve`) is started on a free port of the loopback interface, with a
//! certificate made for this run. Each driver is a small program that is told by libpq's environment variables where to
//! connect, and prints `ok NAME` or `not ok NAME: why` for every case, then `done`. That the same program passes against
//! PostgreSQL is what shows that its assertions are right.
//!
//! Without arguments: every driver and every login against `trunkline serve`, and every driver by the login that asks most of
//! it (`tls`) against both PostgreSQLs. `--target`, `--login` and `--driver` may be repeated and choose from everything.

mod driver;
mod process;
mod target;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use driver::{DRIVERS, Driver, Outcome};
use target::{Kind, Target};
use trunkline_test_postgres::Certificates;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("interop: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs what the command line asks for; the number of failed cases.
fn run() -> Result<usize> {
    let choice = Choice::parse(std::env::args().skip(1))?;
    let tools = Tools::find()?;
    let drivers: Vec<&Driver> = DRIVERS
        .iter()
        .filter(|driver| choice.drivers.allows(driver.name))
        .collect();
    for driver in &drivers {
        driver.build(&tools)?;
    }
    let (mut passed, mut failed) = (0, 0);
    for kind in Kind::ALL
        .into_iter()
        .filter(|kind| choice.targets.allows(kind.name()))
    {
        let target = Target::start(kind, &tools)?;
        for login in &target.logins {
            let wanted = choice.logins.allows(login.name)
                && (!choice.is_default() || kind == Kind::Trunkline || login.name == "tls");
            for driver in drivers
                .iter()
                .filter(|driver| wanted && driver.is_for(kind, login))
            {
                let began = Instant::now();
                let outcome = driver.run(&tools, kind.name(), login)?;
                passed += outcome.passed.len();
                failed += outcome.failed.len();
                report(
                    kind,
                    login.name,
                    driver.name,
                    &outcome,
                    began,
                    choice.verbose,
                );
            }
        }
        if let Some(death) = target.stop()? {
            failed += 1;
            println!("FAIL {}: {death}", kind.name());
        }
    }
    if passed + failed == 0 {
        return Err("nothing matches --target, --login and --driver: no case was run".into());
    }
    println!("{passed} passed, {failed} failed");
    Ok(failed)
}

fn report(kind: Kind, login: &str, driver: &str, outcome: &Outcome, began: Instant, verbose: bool) {
    let mark = if outcome.failed.is_empty() {
        "PASS"
    } else {
        "FAIL"
    };
    let (kind, count, time) = (
        kind.name(),
        outcome.passed.len(),
        began.elapsed().as_secs_f32(),
    );
    println!("{mark} {kind:<13} {login:<6} {driver:<15} {count:>3} cases {time:>6.1} s");
    if verbose {
        for name in &outcome.passed {
            println!("     ok {name}");
        }
    }
    for failure in &outcome.failed {
        println!("     not ok {failure}");
    }
}

/// What to run: an empty list allows everything.
#[derive(Default)]
struct Choice {
    targets: Names,
    logins: Names,
    drivers: Names,
    verbose: bool,
}

#[derive(Default)]
struct Names(Vec<String>);

impl Names {
    fn allows(&self, name: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|wanted| wanted == name)
    }
}

impl Choice {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self> {
        let mut choice = Self::default();
        while let Some(arg) = args.next() {
            let names = match arg.as_str() {
                "--target" => &mut choice.targets,
                "--login" => &mut choice.logins,
                "--driver" => &mut choice.drivers,
                "--verbose" => {
                    choice.verbose = true;
                    continue;
                }
                other => {
                    return Err(format!(
                        "unknown argument {other}: use --target, --login, --driver or --verbose"
                    )
                    .into());
                }
            };
            names
                .0
                .push(args.next().ok_or_else(|| format!("{arg} needs a name"))?);
        }
        Ok(choice)
    }

    fn is_default(&self) -> bool {
        self.targets.0.is_empty() && self.logins.0.is_empty()
    }
}

/// Where things are: the sources of the drivers, what `scripts/setup` installed, and a folder for this run.
pub(crate) struct Tools {
    /// `interop/` of the repository.
    pub(crate) sources: PathBuf,
    /// `target/interop`: the Python and Node packages, compiled drivers.
    pub(crate) home: PathBuf,
    /// A folder of this run alone: keys, data, logs.
    pub(crate) work: PathBuf,
    /// What every server shows; in `work`.
    pub(crate) certificates: Certificates,
    /// The folder of this program, and so of `trunkline` and the Rust driver.
    pub(crate) binaries: PathBuf,
}

impl Tools {
    fn find() -> Result<Self> {
        let sources = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let binaries = std::env::current_exe()?
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default();
        let home = binaries.parent().unwrap_or(&binaries).join("interop");
        if !home.join("node/installed-lock.json").exists() {
            return Err(format!(
                "{} is not complete: run scripts/setup first",
                home.display()
            )
            .into());
        }
        let work = std::env::temp_dir().join(format!("trunkline-interop-{}", std::process::id()));
        std::fs::create_dir_all(&work)?;
        let certificates = Certificates::create(&work)?;
        Ok(Self {
            sources,
            home,
            work,
            certificates,
            binaries,
        })
    }
}

impl Drop for Tools {
    fn drop(&mut self) {
        // A leftover in the temporary folder is no reason to fail.
        let _ = std::fs::remove_dir_all(&self.work);
    }
}
