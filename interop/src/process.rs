//! Starting and stopping other programs.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::Result;

/// Runs a program to its end; its output, or an error that shows it.
pub(crate) fn run(command: &mut Command) -> Result<Output> {
    let shown = format!("{command:?}");
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    Err(format!("{shown}: {}\n{stdout}{stderr}", output.status).into())
}

/// A server that runs until it is stopped.
pub(crate) struct Server {
    child: Child,
    log: std::path::PathBuf,
}

impl Server {
    /// Starts a server with its output in `log`, and waits until it accepts connections on `port`.
    pub(crate) fn start(command: &mut Command, log: &Path, port: u16) -> Result<Self> {
        let file = std::fs::File::create(log)?;
        let shown = format!("{command:?}");
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .map_err(|error| format!("{shown}: {error}"))?;
        let mut server = Self {
            child,
            log: log.to_path_buf(),
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = server.child.try_wait()?;
            if ended.is_some() || Instant::now() > deadline {
                let log = std::fs::read_to_string(log)?;
                return Err(format!(
                    "{shown} does not listen on port {port} (ended: {ended:?})\n{log}"
                )
                .into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(server)
    }

    /// The process, whose memory a driver may look at.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops the server; what it wrote if it had ended before.
    pub(crate) fn stop(mut self) -> Result<Option<String>> {
        let early = self.child.try_wait()?;
        let death = match early {
            Some(status) => Some(format!(
                "the server ended by itself: {status}\n{}",
                std::fs::read_to_string(&self.log)?
            )),
            None => None,
        };
        drop(self);
        Ok(death)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(None)) {
            return;
        }
        // SIGINT: as by Ctrl-C.
        let _ = Command::new("kill")
            .args(["-INT", &self.child.id().to_string()])
            .status();
        let deadline = Instant::now() + Duration::from_secs(10);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A port of the loopback interface that nobody listens on just now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
