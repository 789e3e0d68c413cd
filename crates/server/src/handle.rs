//! A handle to a session, for any task.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Error;
use crate::config::Timeout;
use crate::shared::{Mail, Shared, Stop};

/// Speaks to the client of a session from outside its statements: from another session, or from a background task.
///
/// Messages go out also while the client is idle, and never inside another message. They wait in a bounded mailbox
/// (1 MiB, 4,096 messages): a client that stops reading cannot fill the server's memory.
#[derive(Clone)]
pub struct SessionHandle(Arc<Shared>);

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undelivered {
    /// The session has ended.
    Ended,
    /// Its mailbox is full: the client does not read.
    Full,
    /// A channel of no or of more than 63 bytes, a payload of 8,000 bytes or more, or a NUL byte in either.
    Invalid,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended => "the session has ended",
            Self::Full => "the session's mailbox is full",
            Self::Invalid => "the channel or the payload of the notification is empty, too long, or holds a NUL byte",
        })
    }
}

impl std::error::Error for Undelivered {}

impl SessionHandle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// The process id that the client was told, which it shows for its connection and sends to cancel.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.0.pid
    }

    /// NotificationResponse: what LISTEN waits for. `pid` is that of the notifying session. It goes out at once while
    /// the client is idle, and after the end of its transaction otherwise.
    ///
    /// # Errors
    ///
    /// [`Undelivered`].
    pub fn notify(
        &self,
        pid: i32,
        channel: impl Into<String>,
        payload: impl Into<String>,
    ) -> Result<(), Undelivered> {
        let (channel, payload) = (channel.into(), payload.into());
        // PostgreSQL's limits (rule AS-05): NAMEDATALEN, and a page less its header.
        let fits = (1..64).contains(&channel.len()) && payload.len() < 8000;
        if !fits || channel.contains('\0') || payload.contains('\0') {
            return Err(Undelivered::Invalid);
        }
        self.post(Mail::Notification {
            pid,
            channel,
            payload,
        })
    }

    /// NoticeResponse of severity NOTICE, or WARNING if the SQLSTATE is of class 01.
    ///
    /// # Errors
    ///
    /// [`Undelivered`].
    pub fn notice(&self, notice: Error) -> Result<(), Undelivered> {
        self.post(Mail::Notice(notice))
    }

    /// ParameterStatus: a setting that clients follow has a new value. Several changes before the next
    /// ReadyForQuery are told once, with the last value; a value that is what the client knows already is not told.
    ///
    /// # Errors
    ///
    /// [`Undelivered`].
    pub fn parameter_status(
        &self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<(), Undelivered> {
        self.post(Mail::ParameterStatus {
            name: name.into(),
            value: value.into(),
        })
    }

    /// Cancels the statement that is running, as a CancelRequest does: it fails with 57014. If none runs, nothing
    /// happens, then or later.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Ends the session: what runs is cancelled, and the client gets a FATAL error 57P01.
    pub fn terminate(&self) {
        self.0.stop(Stop::Now);
    }

    /// Sets the time after which a statement of the session is stopped (57014); `None`, or zero as in
    /// PostgreSQL, for no limit. It holds for statements that start from now on.
    pub fn statement_timeout(&self, limit: Option<Duration>) {
        self.0.timeouts.set(Timeout::Statement, limit);
    }

    /// Sets the time after which the session is ended if it idles outside of a transaction (57P05);
    /// `None` or zero for no limit. A client that does not read its answers idles, too.
    pub fn idle_timeout(&self, limit: Option<Duration>) {
        self.0.timeouts.set(Timeout::Idle, limit);
    }

    /// Sets the time after which the session is ended if it idles inside a transaction (25P03);
    /// `None` or zero for no limit. A client that does not read its answers idles, too.
    pub fn idle_in_transaction_timeout(&self, limit: Option<Duration>) {
        self.0.timeouts.set(Timeout::IdleInTransaction, limit);
    }

    /// Sets the time after which the session is ended if a transaction is still open (25P04); `None` or zero for
    /// no limit. It holds for statements and waits that start from now on.
    pub fn transaction_timeout(&self, limit: Option<Duration>) {
        self.0.timeouts.set(Timeout::Transaction, limit);
    }

    fn post(&self, mail: Mail) -> Result<(), Undelivered> {
        self.0.post(mail)
    }
}

impl fmt::Debug for SessionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionHandle")
            .field("pid", &self.0.pid)
            .finish()
    }
}
