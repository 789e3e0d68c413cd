//! What the server says by itself: notifications and notices.

use std::marker::PhantomData;
use std::time::Duration;

use super::Client;
use crate::client::Notification;
use crate::error::Kind;
use crate::net::Runtime;
use crate::net::blocking::block_on;
use crate::{Notice, Result, client};

macro_rules! ear {
    ($(#[$doc:meta])* $name:ident, $item:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[must_use = "what comes is kept for it until it is dropped"]
        pub struct $name<'c> {
            ear: client::$name,
            client: PhantomData<&'c Client>,
        }

        impl $name<'_> {
            pub(super) const fn new(ear: client::$name) -> Self {
                Self {
                    ear,
                    client: PhantomData,
                }
            }

            /// Waits for the next one. `None`: the session is over, and why was said before.
            ///
            /// # Errors
            ///
            /// The session ended; or so many came and were not taken that some were thrown away, after which the rest follows.
            #[allow(clippy::should_implement_trait, reason = "it does, with the same meaning")]
            pub fn next(&mut self) -> Result<Option<$item>> {
                block_on(self.ear.next())
            }

            /// Waits for the next one for so long at most, which may be no time at all: then it takes what has come. `None`: nothing has.
            ///
            /// # Errors
            ///
            /// The session is over; or so many came and were not taken that some were thrown away, after which the rest follows.
            pub fn next_within(&mut self, limit: Duration) -> Result<Option<$item>> {
                match block_on(Runtime::Blocking.within(limit, self.ear.next())) {
                    None => Ok(None),
                    Some(Ok(None)) => Err(Kind::Closed.into()),
                    Some(next) => next,
                }
            }
        }

        /// Waits for each; the last one says why the session is over.
        impl Iterator for $name<'_> {
            type Item = Result<$item>;

            fn next(&mut self) -> Option<Self::Item> {
                block_on(self.ear.next()).transpose()
            }
        }
    };
}

ear!(
    /// The notifications of the channels that the session listens to, from when this was made. Up to 4,096 wait here to be taken.
    Notifications,
    Notification
);

ear!(
    /// The server's notices and warnings, from when this was made. Up to 4,096 wait here to be taken.
    Notices,
    Notice
);
