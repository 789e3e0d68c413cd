//! The memory of the server under test, where one process serves all sessions.

use std::fs;

use crate::Outcome;

/// A watch on the server's memory.
pub(crate) struct Watch(Option<(String, u64)>);

impl Watch {
    /// Forgets the highest size so far and notes the size now.
    pub(crate) fn start() -> Result<Self, Box<dyn std::error::Error>> {
        let Ok(pid) = std::env::var("INTEROP_SERVER_PID") else {
            return Ok(Self(None));
        };
        fs::write(format!("/proc/{pid}/clear_refs"), "5")?;
        let before = kilobytes(&pid, "VmRSS:")?;
        Ok(Self(Some((pid, before))))
    }

    /// Fails if the server has been more than 8 MiB larger meanwhile.
    pub(crate) fn flat(self) -> Outcome {
        let Some((pid, before)) = self.0 else {
            return Ok(());
        };
        let grown = kilobytes(&pid, "VmHWM:")?.saturating_sub(before);
        if grown > 8192 {
            return Err(format!("the server grew by {grown} kB").into());
        }
        Ok(())
    }
}

fn kilobytes(pid: &str, field: &str) -> Result<u64, Box<dyn std::error::Error>> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .ok_or("no such field")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
