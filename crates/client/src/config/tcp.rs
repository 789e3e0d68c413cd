//! What holds for a TCP socket (PostgreSQL docs 32.1.2: `keepalives` and its companions, `tcp_user_timeout`).

use std::time::Duration;

use super::number::{integer, positive, seconds};
use super::settings::Settings;
use super::{ConfigError, Keyword};

/// Options of a TCP socket. They do not concern Unix sockets.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tcp {
    /// Whether the system asks an idle peer if it is still there, and how. On by default.
    pub keepalives: Option<Keepalives>,
    /// How long sent data may stay unacknowledged before the system closes the connection; `None`: the system's default.
    pub user_timeout: Option<Duration>,
}

/// TCP keepalives. `None` in a field is the system's default.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keepalives {
    /// How long a connection is idle before the first.
    pub idle: Option<Duration>,
    /// How long after an unanswered one the next is sent.
    pub interval: Option<Duration>,
    /// How many unanswered ones mean that the peer is gone.
    pub count: Option<u32>,
}

impl Tcp {
    pub(super) fn of(settings: &Settings) -> Result<Self, ConfigError> {
        let wanted = match settings.get(Keyword::Keepalives) {
            Some(text) => integer(Keyword::Keepalives, text)? != 0,
            None => true,
        };
        // Read also when they are switched off: a wrong one is a mistake all the same.
        let keepalives = Keepalives {
            idle: seconds(settings, Keyword::KeepalivesIdle)?,
            interval: seconds(settings, Keyword::KeepalivesInterval)?,
            count: positive(settings, Keyword::KeepalivesCount)?,
        };
        let timeout = positive(settings, Keyword::TcpUserTimeout)?;
        Ok(Self {
            keepalives: wanted.then_some(keepalives),
            user_timeout: timeout.map(|ms| Duration::from_millis(ms.into())),
        })
    }
}
