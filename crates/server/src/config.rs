//! What a server is set to: shared by all its connections.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use trunkline_proto::Limits;
use trunkline_proto::auth::Mock;

use crate::status::STANDARD;
use crate::tls::Tls;

/// The settings of a server, as its connections see them.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) limits: Limits,
    pub(crate) max_connections: usize,
    pub(crate) max_logins: usize,
    pub(crate) max_statements: usize,
    pub(crate) max_portals: usize,
    pub(crate) max_prepared_bytes: usize,
    pub(crate) max_held: usize,
    pub(crate) authentication_timeout: Duration,
    pub(crate) half_close_grace: Duration,
    pub(crate) send_timeout: Option<Duration>,
    /// How long a client is given to read the last words, and a session to roll back.
    pub(crate) farewell: Duration,
    pub(crate) timeouts: Timeouts,
    pub(crate) parameters: Arc<[(Cow<'static, str>, Cow<'static, str>)]>,
    pub(crate) tls: Option<Tls>,
    pub(crate) mock: Mock,
}

impl Config {
    pub(crate) fn new(mock: Mock) -> Self {
        Self {
            limits: Limits::POSTGRES,
            max_connections: 100,
            max_logins: 100,
            max_statements: 10_000,
            max_portals: 1_000,
            max_prepared_bytes: 64 << 20,
            max_held: 16 << 20,
            authentication_timeout: Duration::from_secs(60),
            half_close_grace: Duration::from_secs(2),
            send_timeout: None,
            farewell: Duration::from_secs(5),
            timeouts: Timeouts::default(),
            parameters: STANDARD
                .iter()
                .map(|(name, value)| (Cow::Borrowed(*name), Cow::Borrowed(*value)))
                .collect(),
            tls: None,
            mock,
        }
    }
}

/// The time limits of a session, in milliseconds; 0 is none. A session may change its own.
#[derive(Debug, Default)]
pub(crate) struct Timeouts {
    statement: AtomicU32,
    idle: AtomicU32,
    idle_in_transaction: AtomicU32,
    transaction: AtomicU32,
}

impl Clone for Timeouts {
    fn clone(&self) -> Self {
        let copy = |value: &AtomicU32| AtomicU32::new(value.load(Ordering::Relaxed));
        Self {
            statement: copy(&self.statement),
            idle: copy(&self.idle),
            idle_in_transaction: copy(&self.idle_in_transaction),
            transaction: copy(&self.transaction),
        }
    }
}

/// Which time limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Timeout {
    Statement,
    Idle,
    IdleInTransaction,
    Transaction,
}

impl Timeouts {
    pub(crate) fn set(&self, which: Timeout, limit: Option<Duration>) {
        let limit = limit.filter(|limit| !limit.is_zero()).map_or(0, |limit| {
            u32::try_from(limit.as_millis()).unwrap_or(u32::MAX).max(1)
        });
        self.of(which).store(limit, Ordering::Relaxed);
    }

    fn of(&self, which: Timeout) -> &AtomicU32 {
        match which {
            Timeout::Statement => &self.statement,
            Timeout::Idle => &self.idle,
            Timeout::IdleInTransaction => &self.idle_in_transaction,
            Timeout::Transaction => &self.transaction,
        }
    }

    #[inline]
    pub(crate) fn get(&self, which: Timeout) -> Option<Duration> {
        match self.of(which).load(Ordering::Relaxed) {
            0 => None,
            limit => Some(Duration::from_millis(u64::from(limit))),
        }
    }

    /// Whether one runs while the client is waited for.
    #[inline]
    pub(crate) fn any_idle(&self) -> bool {
        (self.idle.load(Ordering::Relaxed)
            | self.idle_in_transaction.load(Ordering::Relaxed)
            | self.transaction.load(Ordering::Relaxed))
            != 0
    }

    /// Whether one runs while a statement does.
    #[inline]
    pub(crate) fn any_running(&self) -> bool {
        (self.statement.load(Ordering::Relaxed) | self.transaction.load(Ordering::Relaxed)) != 0
    }
}
