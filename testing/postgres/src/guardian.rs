//! What ends a server when the test has ended: a shell of its own between the two.
//!
//! It waits for orders on a pipe that only this process can write to. When this process is gone, by a panic, by SIGKILL or
//! in peace, the pipe is closed; the shell then stops the server, if there is one, and removes the folder. A process group of
//! its own keeps it out of what ends a test that hangs, or a whole run: both are sent to the test's group.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::account::Account;
use crate::error::Context;
use crate::{Error, Result};

/// Arguments: the folder, and the program `postgres`. Each line that comes is an order to start it; the answer is its process.
const SCRIPT: &str = r#"
pid=
while read -r order; do
    "$2" -D "$1/data" </dev/null >"$1/log" 2>&1 &
    pid=$!
    echo "$pid"
done
if [ -n "$pid" ]; then
    kill -QUIT "$pid"
    wait "$pid"
fi
cd /
rm -rf "$1"
"#;

/// A folder that will be removed, and the server in it, if it was started.
#[derive(Debug)]
pub(crate) struct Guardian {
    shell: Child,
    /// `None` only once this is being dropped.
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Guardian {
    /// Takes charge of a folder. Nothing is started yet.
    pub(crate) fn of(folder: &Path, postgres: &Path, account: Account) -> Result<Self> {
        let mut shell = Command::new("sh");
        let mut shell = account
            .run_as(&mut shell)
            .args(["-c", SCRIPT, "guardian"])
            .arg(folder)
            .arg(postgres)
            .current_dir(folder)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context(|| "cannot run sh".into())?;
        let orders = shell.stdin.take();
        let answers = shell.stdout.take().map(BufReader::new);
        let answers = answers.ok_or_else(|| Error::new("sh has no output"))?;
        Ok(Self {
            shell,
            orders,
            answers,
        })
    }

    /// Starts the server of the folder's `data`; its process.
    pub(crate) fn start(&mut self) -> Result<u32> {
        let mut answer = String::new();
        if let Some(orders) = &mut self.orders {
            orders
                .write_all(b"start\n")
                .and_then(|()| self.answers.read_line(&mut answer))
                .context(|| "cannot reach the shell that keeps the server".into())?;
        }
        answer
            .trim()
            .parse()
            .map_err(|_| Error::new("the shell that keeps the server is gone"))
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.orders.take());
        // It ends by itself, and there is nobody to tell if it was killed.
        let _ = self.shell.wait();
    }
}

/// Whether a process that this module started has not ended yet. (One that has is a zombie: the shell is busy.)
pub(crate) fn is_alive(process: u32) -> bool {
    // "4711 (postgres) S 4710 …"
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit(") ")
            .next()
            .is_some_and(|rest| rest.starts_with('Z'))
    })
}
