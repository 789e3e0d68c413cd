//! What a connection's task shares with the rest of the world: the cancel flag, the order to stop, and a mailbox.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use crate::config::Timeouts;
use crate::{Error, Undelivered};

/// Shared between a connection's task and the handles to it.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) pid: i32,
    pub(crate) timeouts: Timeouts,
    statement: AtomicU8,
    stop: AtomicU8,
    has_mail: AtomicBool,
    mail: Mutex<Mailbox>,
    /// The waker has been used since it was registered.
    woken: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

/// Nothing that could be cancelled.
const IDLE: u8 = 0;
/// A request is being carried out.
const RUNNING: u8 = 1;
/// It is to be stopped.
const CANCELLED: u8 = 2;
/// The session knows.
const TOLD: u8 = 3;

/// Why a connection is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stop {
    /// Go on.
    None,
    /// End when no transaction is under way.
    WhenIdle,
    /// End now, whatever is running.
    Now,
}

#[derive(Default)]
struct Mailbox {
    messages: VecDeque<Mail>,
    bytes: usize,
    closed: bool,
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mailbox({})", self.messages.len())
    }
}

/// Something to tell the client that is no answer to a request.
pub(crate) enum Mail {
    Notification {
        pid: i32,
        channel: String,
        payload: String,
    },
    Notice(Error),
    ParameterStatus {
        name: String,
        value: String,
    },
}

impl Mail {
    fn size(&self) -> usize {
        match self {
            Self::Notification {
                channel, payload, ..
            } => channel.len() + payload.len(),
            Self::Notice(notice) => notice.size(),
            Self::ParameterStatus { name, value } => name.len() + value.len(),
        }
    }
}

/// The most that may wait for one client: beyond it, messages are refused rather than piled up (rule AS-06).
const MAILBOX_BYTES: usize = 1 << 20;
const MAILBOX_MESSAGES: usize = 4096;

impl Shared {
    pub(crate) fn new(pid: i32, timeouts: Timeouts) -> Self {
        Self {
            pid,
            timeouts,
            statement: AtomicU8::new(IDLE),
            stop: AtomicU8::new(Stop::None as u8),
            has_mail: AtomicBool::new(false),
            mail: Mutex::new(Mailbox::default()),
            woken: AtomicBool::new(false),
            waker: Mutex::new(None),
        }
    }

    /// A step of a statement starts, such as its preparation. A cancel that has come since the first of them stands.
    #[inline]
    pub(crate) fn begin_step(&self) {
        // Nobody else changes it from this.
        if self.statement.load(Ordering::Relaxed) == IDLE {
            self.statement.store(RUNNING, Ordering::Release);
        }
    }

    /// The statement is done, or what becomes of it cannot be changed any more. A cancel that comes late for it must not
    /// hit the next (rule CA-02).
    #[inline]
    pub(crate) fn end_statement(&self) {
        self.statement.store(IDLE, Ordering::Release);
    }

    #[inline]
    pub(crate) fn is_cancelled(&self) -> bool {
        self.statement.load(Ordering::Relaxed) >= CANCELLED
    }

    /// The statement found out by itself that it cannot go on: as if it had been cancelled.
    #[cold]
    pub(crate) fn interrupt(&self) {
        // A cancel may have come just now, which is as good.
        let _ = self.cancel_running();
    }

    /// Whether the session is still to be told that its statement is stopped; from now on it is not.
    #[cold]
    pub(crate) fn is_to_be_told(&self) -> bool {
        match self.statement.load(Ordering::Acquire) {
            TOLD => false,
            IDLE => true,
            _ => {
                self.statement.store(TOLD, Ordering::Release);
                true
            }
        }
    }

    /// Cancels the statement that is running; without one nothing happens.
    pub(crate) fn cancel(&self) {
        if self.cancel_running() {
            self.wake();
        }
    }

    fn cancel_running(&self) -> bool {
        self.statement
            .compare_exchange(RUNNING, CANCELLED, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    pub(crate) fn stop(&self, stop: Stop) {
        self.stop.fetch_max(stop as u8, Ordering::AcqRel);
        self.wake();
    }

    #[inline]
    pub(crate) fn stopping(&self) -> Stop {
        match self.stop.load(Ordering::Acquire) {
            0 => Stop::None,
            1 => Stop::WhenIdle,
            _ => Stop::Now,
        }
    }

    /// The task is woken on a cancel, an order to stop, and mail. The waker of a task stays the same, so it is registered
    /// once, and again after it was used up; `registered` is the task's to keep.
    #[inline]
    pub(crate) fn register(&self, waker: &Waker, registered: &mut bool) {
        if !*registered || self.woken.load(Ordering::Acquire) {
            let mut slot = self.waker();
            *slot = Some(waker.clone());
            self.woken.store(false, Ordering::Release);
            *registered = true;
        }
    }

    fn wake(&self) {
        // The waker and the flag that it is used up change together; otherwise a task that registers between the two
        // would believe that its waker is still there.
        let waker = {
            let mut slot = self.waker();
            self.woken.store(true, Ordering::Release);
            slot.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn waker(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a message into the mailbox; fails if the box is full or the connection gone.
    pub(crate) fn post(&self, mail: Mail) -> Result<(), Undelivered> {
        let mut mailbox = self.mailbox();
        let bytes = mailbox.bytes + mail.size();
        if mailbox.closed {
            return Err(Undelivered::Ended);
        }
        if bytes > MAILBOX_BYTES || mailbox.messages.len() >= MAILBOX_MESSAGES {
            return Err(Undelivered::Full);
        }
        mailbox.bytes = bytes;
        mailbox.messages.push_back(mail);
        drop(mailbox);
        self.has_mail.store(true, Ordering::Release);
        self.wake();
        Ok(())
    }

    #[inline]
    pub(crate) fn has_mail(&self) -> bool {
        self.has_mail.load(Ordering::Acquire)
    }

    /// Takes all messages, or those that may go out during a transaction: notifications wait for its end (rule AS-05).
    pub(crate) fn take_mail(&self, in_transaction: bool) -> VecDeque<Mail> {
        let mut mailbox = self.mailbox();
        let mut taken = std::mem::take(&mut mailbox.messages);
        if in_transaction {
            let (held, free) = taken
                .into_iter()
                .partition(|mail| matches!(mail, Mail::Notification { .. }));
            mailbox.messages = held;
            taken = free;
        }
        mailbox.bytes = mailbox.messages.iter().map(Mail::size).sum();
        self.has_mail.store(false, Ordering::Release);
        taken
    }

    /// Held notifications may go out: the transaction is over.
    pub(crate) fn recheck_mail(&self) {
        if !self.mailbox().messages.is_empty() {
            self.has_mail.store(true, Ordering::Release);
        }
    }

    pub(crate) fn close(&self) {
        let mut mailbox = self.mailbox();
        mailbox.closed = true;
        mailbox.messages = VecDeque::new();
    }

    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
