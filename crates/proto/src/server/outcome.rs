//! How a request ends: an error, the end of the session, or ReadyForQuery.

use alloc::vec::Vec;

use super::phase::Phase;
use super::{Connection, Consequence, Misuse, ProtocolError, report};
use crate::Encode;
use crate::backend::{self, Report, Severity, TransactionStatus};

impl Connection {
    /// ErrorResponse of severity ERROR: the current request failed. What the protocol says follows: after an extended
    /// message the machine skips to Sync, after a simple one [`ready`](Self::ready) is owed.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] if nothing is owed; an idle frontend can only be told something [`fatal`](Self::fatal).
    pub fn error(&mut self, error: &Report<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        let next = self.position.after_error()?;
        report::error(error, output)?;
        self.position = next;
        Ok(())
    }

    /// ErrorResponse of severity FATAL; the session is over.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] if it was over already.
    pub fn fatal(&mut self, error: &Report<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.open()?;
        report::fatal(error, output)?;
        self.position.phase = Phase::Closed;
        Ok(())
    }

    /// Answers a [`ProtocolError`] as PostgreSQL does, and says what it means for the connection.
    pub fn reject(&mut self, error: &ProtocolError, output: &mut Vec<u8>) -> Consequence {
        let consequence = error.consequence();
        match consequence {
            Consequence::Report if self.position.after_error().is_ok() => {
                report::protocol(error, Severity::Error, output);
                if let Ok(next) = self.position.after_error() {
                    self.position = next;
                }
            }
            Consequence::Disconnect => self.position.phase = Phase::Closed,
            _ => {
                // Two errors in a row: the first is the cause (rule CP-03).
                if matches!(error, ProtocolError::UnexpectedInCopy(_)) {
                    report::protocol(error, Severity::Error, output);
                    report::lost_synchronization(output);
                } else {
                    report::protocol(error, Severity::Fatal, output);
                }
                self.position.phase = Phase::Closed;
                return Consequence::Terminate;
            }
        }
        consequence
    }

    /// ReadyForQuery: the request, or the series up to Sync, is answered.
    ///
    /// # Errors
    ///
    /// [`Misuse::OutOfOrder`] while something else is owed.
    #[inline]
    pub fn ready(&mut self, status: TransactionStatus, output: &mut Vec<u8>) -> Result<(), Misuse> {
        let next = self.position.after_ready()?;
        backend::ReadyForQuery { status }.encode(output)?;
        self.position = next;
        Ok(())
    }
}
