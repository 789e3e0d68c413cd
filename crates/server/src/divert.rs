//! Rows that do not go to the client: those that MOVE skips, and those that are kept for a cursor WITH HOLD.
//!
//! A statement writes its rows into the connection's output as ever. Whenever that is full, and when the statement is
//! done, they are taken out of it again: so neither a statement nor a row pays for the possibility.

use trunkline_proto::SqlState;

use crate::wire::Wire;
use crate::{Error, Result};

/// Rows are taken out of the output.
pub(crate) struct Diverted {
    /// Where they begin in it.
    from: usize,
    kept: Option<Kept>,
}

struct Kept {
    rows: Vec<u8>,
    room: usize,
    /// There was not room enough, whatever the statement made of the error.
    overflown: bool,
}

impl Wire {
    /// Diverts rows: to be kept, as long as they take no more than `room` bytes, or to be dropped.
    pub(crate) fn divert(&mut self, room: Option<usize>) {
        let kept = room.map(|room| Kept {
            rows: Vec::new(),
            room,
            overflown: false,
        });
        self.diverted = Some(Diverted {
            from: self.output.len(),
            kept,
        });
    }

    pub(crate) fn is_diverted(&self) -> bool {
        self.diverted.is_some()
    }

    /// Takes the rows out of the output that have gathered.
    ///
    /// # Errors
    ///
    /// 53400 if they are to be kept, and are too many.
    #[cold]
    pub(crate) fn set_aside(&mut self) -> Result<()> {
        let Some(diverted) = &mut self.diverted else {
            return Ok(());
        };
        if let (Some(kept), Some(rows)) = (&mut diverted.kept, self.output.get(diverted.from..)) {
            kept.overflown |= rows.len() > kept.room.saturating_sub(kept.rows.len());
            if kept.overflown {
                self.output.truncate(diverted.from);
                return Err(too_many(kept.room));
            }
            kept.rows.extend_from_slice(rows);
        }
        self.output.truncate(diverted.from);
        Ok(())
    }

    /// What is in the output now is for the client; rows that follow are diverted.
    pub(crate) fn divert_from_here(&mut self) {
        if let Some(diverted) = &mut self.diverted {
            diverted.from = self.output.len();
        }
    }

    /// Rows go to the client again. Gives those that were kept.
    ///
    /// # Errors
    ///
    /// As [`set_aside`](Self::set_aside).
    pub(crate) fn undivert(&mut self) -> Result<Vec<u8>> {
        let done = self.set_aside();
        let kept = self.diverted.take().and_then(|diverted| diverted.kept);
        done?;
        Ok(kept.map(|kept| kept.rows).unwrap_or_default())
    }
}

#[cold]
fn too_many(room: usize) -> Error {
    Error::new(
        SqlState::CONFIGURATION_LIMIT_EXCEEDED,
        format!(
            "the rows of a cursor WITH HOLD take more than the {room} bytes that are left for them"
        ),
    )
    .hint("Fetch them within the transaction, or close other cursors WITH HOLD.")
}
