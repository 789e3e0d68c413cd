//! Cancelling what runs on a session, from anywhere.

use std::fmt;
use std::time::Duration;

use trunkline_proto::client::CancelKey;

use crate::connect::Route;
use crate::error::Kind;
use crate::{Error, Result};

/// How long a request to cancel may take where `connect_timeout` does not say.
const PATIENCE: Duration = Duration::from_secs(10);

/// Cancels whatever a session is running. Cheap to clone and to send to another task; it stays valid as long as the session.
#[derive(Clone)]
pub struct CancelToken {
    pub(crate) key: Option<CancelKey>,
    pub(crate) route: std::sync::Arc<Route>,
}

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
    ///
    /// # Cancel safety
    ///
    /// Dropped, the request may or may not be delivered.
    pub async fn cancel(&self) -> Result<()> {
        let Some(key) = &self.key else {
            return Err(Kind::NoCancelKey.into());
        };
        let patience = self.route.timeout().unwrap_or(PATIENCE);
        let delivered = self.route.runtime.within(patience, self.deliver(key));
        delivered
            .await
            .unwrap_or_else(|| Err(Kind::Timeout(patience).into()))
            .map_err(|error| Kind::Cancel(error).into())
    }

    async fn deliver(&self, key: &CancelKey) -> Result<()> {
        let mut stream = self.route.again().await?;
        let lost = |error| Error::io("the request was lost", error);
        let mut request = Vec::new();
        key.request(&mut request);
        stream.send(&request).await.map_err(lost)?;
        // The server says nothing. It closes when it has passed the request on; a reset says the same.
        let _ = stream.read(&mut [0]).await;
        Ok(())
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
