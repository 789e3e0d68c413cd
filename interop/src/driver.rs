//! The drivers: how each is built and run, and how its report is read.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::target::{Kind, Login};
use crate::{Result, Tools, process};

/// A driver that takes longer than this is stuck.
const PATIENCE: Duration = Duration::from_secs(120);

/// A client program.
pub(crate) struct Driver {
    pub(crate) name: &'static str,
    program: Program,
    reach: Reach,
}

/// Which targets and logins a driver is for.
#[derive(Copy, Clone, Eq, PartialEq)]
enum Reach {
    /// Every login of every target.
    All,
    /// Every login but that by a socket file.
    Network,
    /// A server of its own: it runs once, beside `trunkline`'s plain login.
    Itself,
}

enum Program {
    /// A script for bash below `interop/`.
    Shell(&'static str),
    Python(&'static str),
    Node(&'static str),
    /// A Java class of this name in `interop/java/`.
    Java(&'static str),
    /// A C source below `interop/` and its name once compiled.
    C(&'static str, &'static str),
    /// A program of this package.
    Rust(&'static str),
}

pub(crate) const DRIVERS: [Driver; 9] = [
    Driver {
        name: "psql",
        program: Program::Shell("psql/run.sh"),
        reach: Reach::All,
    },
    Driver {
        name: "libpq",
        program: Program::C("c/pipeline.c", "libpq-pipeline"),
        reach: Reach::All,
    },
    Driver {
        name: "psycopg",
        program: Program::Python("python/with_psycopg.py"),
        reach: Reach::All,
    },
    Driver {
        name: "asyncpg",
        program: Program::Python("python/with_asyncpg.py"),
        reach: Reach::All,
    },
    Driver {
        name: "node-postgres",
        program: Program::Node("node/main.mjs"),
        reach: Reach::All,
    },
    Driver {
        name: "pgjdbc",
        program: Program::Java("Main"),
        reach: Reach::Network,
    },
    Driver {
        name: "tokio-postgres",
        program: Program::Rust("interop-tokio-postgres"),
        reach: Reach::All,
    },
    Driver {
        name: "pgbench",
        program: Program::Shell("pgbench/run.sh"),
        reach: Reach::All,
    },
    Driver {
        name: "hello",
        program: Program::Shell("hello/run.sh"),
        reach: Reach::Itself,
    },
];

const PGJDBC: &str = "/usr/share/java/postgresql.jar";

/// What a driver reported.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Names of the cases that passed.
    pub(crate) passed: Vec<String>,
    /// Names of the cases that failed, and why.
    pub(crate) failed: Vec<String>,
}

impl Driver {
    /// Whether the driver is for this target and login.
    pub(crate) fn is_for(&self, target: Kind, login: &Login) -> bool {
        match self.reach {
            Reach::All => true,
            Reach::Network => login.name != "unix",
            Reach::Itself => target == Kind::Trunkline && login.name == "plain",
        }
    }

    /// Compiles the driver, if it is of the kind that is.
    pub(crate) fn build(&self, tools: &Tools) -> Result<()> {
        let built = tools.home.join("built");
        std::fs::create_dir_all(&built)?;
        match self.program {
            Program::Java(class) => {
                let source = tools
                    .sources
                    .join("java")
                    .join(class)
                    .with_extension("java");
                process::run(
                    Command::new("javac")
                        .args(["-Xlint:all", "-Werror", "-cp", PGJDBC, "-d"])
                        .arg(&built)
                        .arg(source),
                )?;
            }
            Program::C(source, name) => {
                let mut cc = Command::new("cc");
                cc.args([
                    "-std=c11",
                    "-O1",
                    "-Wall",
                    "-Wextra",
                    "-Werror",
                    "-I/usr/include/postgresql",
                    "-o",
                ]);
                process::run(
                    cc.arg(built.join(name))
                        .arg(tools.sources.join(source))
                        .arg("-lpq"),
                )?;
            }
            Program::Shell(_) | Program::Python(_) | Program::Node(_) | Program::Rust(_) => {}
        }
        Ok(())
    }

    /// Runs the driver once and reads its report.
    pub(crate) fn run(&self, tools: &Tools, target: &str, login: &Login) -> Result<Outcome> {
        let mut command = self.command(tools);
        environment(&mut command, tools, target, login);
        let log = tools.work.join("driver.log");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(&log)?)
            .spawn()
            .map_err(|error| format!("{command:?}: {error}"))?;
        let mut stdout = child.stdout.take().ok_or("no standard output")?;
        let reader = std::thread::spawn(move || {
            let mut bytes = Vec::new();
            stdout.read_to_end(&mut bytes).map(|_| bytes)
        });
        let began = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if began.elapsed() > PATIENCE {
                child.kill()?;
                child.wait()?;
                break None;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let report = reader
            .join()
            .map_err(|_| "the reader of a driver's output died")??;
        let mut outcome = read(&String::from_utf8_lossy(&report));
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        match status {
            None => outcome.failed.push(format!(
                "the driver was stopped after {} s\n{}",
                PATIENCE.as_secs(),
                said()
            )),
            Some(status) if !status.success() && outcome.failed.is_empty() => {
                outcome.failed.push(format!("{status}\n{}", said()))
            }
            Some(_) => {}
        }
        Ok(outcome)
    }

    fn command(&self, tools: &Tools) -> Command {
        let with = |program: &Path, script: &str| {
            let mut command = Command::new(program);
            command.arg(tools.sources.join(script));
            command
        };
        match self.program {
            Program::Shell(script) => with(Path::new("bash"), script),
            Program::Python(script) => with(&tools.home.join("venv/bin/python"), script),
            Program::Node(script) => with(Path::new("node"), script),
            Program::Java(class) => {
                let mut command = Command::new("java");
                command.args(["-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp"]);
                command
                    .arg(format!("{PGJDBC}:{}", tools.home.join("built").display()))
                    .arg(class);
                command
            }
            Program::C(_, name) => Command::new(tools.home.join("built").join(name)),
            Program::Rust(name) => Command::new(tools.binaries.join(name)),
        }
    }
}

/// Tells a driver where to connect: libpq's own variables, which most drivers know and the others read by hand.
fn environment(command: &mut Command, tools: &Tools, target: &str, login: &Login) {
    command
        .env("PGHOST", &login.host)
        .env("PGPORT", login.port.to_string());
    command
        .env("PGUSER", login.user)
        .env("PGDATABASE", "trunk")
        .env("PGCONNECT_TIMEOUT", "10");
    command
        .env("PGPASSFILE", tools.work.join("no-passwords"))
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8");
    command
        .env("INTEROP_TARGET", target)
        .env("INTEROP_LOGIN", login.name)
        .env("INTEROP_WORK", &tools.work);
    command
        .env("INTEROP_NODE_MODULES", tools.home.join("node/node_modules"))
        .env("INTEROP_PYTHON", tools.home.join("venv/bin/python"))
        .env("INTEROP_PGJDBC", PGJDBC)
        .env("INTEROP_BINARIES", &tools.binaries);
    match login.password {
        Some(password) => command.env("PGPASSWORD", password),
        None => command.env_remove("PGPASSWORD"),
    };
    match &login.authority {
        Some(file) => command
            .env("PGSSLMODE", "verify-full")
            .env("PGSSLROOTCERT", file)
            .env("PGCHANNELBINDING", "require"),
        None => command
            .env("PGSSLMODE", "disable")
            .env_remove("PGSSLROOTCERT")
            .env_remove("PGCHANNELBINDING"),
    };
    match login.server {
        Some(pid) => command.env("INTEROP_SERVER_PID", pid.to_string()),
        None => command.env_remove("INTEROP_SERVER_PID"),
    };
}

/// Reads a driver's report: `ok NAME`, `not ok NAME: why`, continued on indented lines; `done` at the end.
fn read(report: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let mut done = false;
    for line in report.lines() {
        if let Some(name) = line.strip_prefix("ok ") {
            outcome.passed.push(name.to_owned());
        } else if let Some(failure) = line.strip_prefix("not ok ") {
            outcome.failed.push(failure.to_owned());
        } else if line == "done" {
            done = true;
        } else if let Some(last) = outcome.failed.last_mut() {
            last.push_str("\n         ");
            last.push_str(line.trim_start());
        }
    }
    if !done {
        outcome
            .failed
            .push("the driver did not come to its end".into());
    } else if outcome.passed.is_empty() && outcome.failed.is_empty() {
        outcome.failed.push("the driver ran no case".into());
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_report_counts_only_when_it_is_complete() {
        let whole = read("ok login\nnot ok cancel: no error\n  at line 3\nok null\ndone\n");
        assert_eq!(whole.passed, ["login", "null"]);
        assert_eq!(whole.failed, ["cancel: no error\n         at line 3"]);
        let cut = read("ok login\n");
        assert_eq!(cut.failed, ["the driver did not come to its end"]);
        let empty = read("done\n");
        assert_eq!(empty.failed, ["the driver ran no case"]);
    }
}
