//! Why a server did not start.

use std::fmt;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread;

use crate::Result;

/// What went wrong, in words for whoever reads the report of a test.
pub struct Error(String);

impl Error {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As [`Display`](fmt::Display), because `unwrap` shows this one.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Says what was done to which file when it failed.
pub(crate) trait Context<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for std::io::Result<T> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| Error(format!("{}: {error}", what())))
    }
}

/// Runs a program to its end; its output, or an error that shows what it said.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    output(command, "")
}

/// The same for a program that reads `input`.
pub(crate) fn output(command: &mut Command, input: &str) -> Result<String> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context(|| format!("{command:?}"))?;
    let stdin = child.stdin.take();
    let output = thread::scope(|scope| {
        // Beside, for a program may write before it has read everything; and it may end before it has.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input.as_bytes())));
        child.wait_with_output()
    });
    let output = output.context(|| format!("{command:?}"))?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let (said, complained) = (text(&output.stdout), text(&output.stderr));
    Err(Error(format!(
        "{command:?}: {}\n{said}{complained}",
        output.status
    )))
}
