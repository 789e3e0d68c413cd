//! Cancelling what runs on a session, from another thread.

use crate::Result;
use crate::net::blocking::block_on;

/// Cancels whatever a session is running. Cheap to clone and to send to another thread; it stays valid as long as the session.
#[derive(Clone, Debug)]
pub struct CancelToken(pub(super) crate::CancelToken);

impl CancelToken {
    /// Asks the server to cancel, on a connection of its own that is encrypted as the session's is (rule CA-04), and waits until the
    /// server has closed it.
    ///
    /// Success says that the request was delivered, not that there was anything to cancel: what runs may have ended just before. What
    /// was cancelled fails with 57014 on its own connection.
    ///
    /// # Errors
    ///
    /// If the server cannot be reached, does not close within `connect_timeout` (10 seconds where there is none), or gave the session no
    /// key (some poolers). None of these says anything of the session.
    pub fn cancel(&self) -> Result<()> {
        block_on(self.0.cancel())
    }
}
