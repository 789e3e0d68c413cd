//! What the server says by itself: notifications and notices.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use trunkline_proto::backend::NotificationResponse;

use super::fault::Fault;
use super::hub::{Heard, Hub};
use super::session::Session;
use super::shared::Owner;
use crate::{Notice, Result};

/// How many wait for a listener who does not take them.
pub(crate) const MAX_WAITING: usize = 4096;

/// A message that some session sent with NOTIFY.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    pid: i32,
    channel: Box<str>,
    payload: Box<str>,
}

impl Notification {
    pub(crate) fn new(message: &NotificationResponse<'_>) -> Self {
        Self {
            pid: message.pid,
            channel: String::from_utf8_lossy(message.channel).into(),
            payload: String::from_utf8_lossy(message.payload).into(),
        }
    }

    /// The process that serves the session that sent it.
    #[must_use]
    pub const fn pid(&self) -> i32 {
        self.pid
    }

    /// The channel that it was sent on.
    #[must_use]
    pub fn channel(&self) -> &str {
        &self.channel
    }

    /// What was sent with it, up to 7,999 bytes.
    #[must_use]
    pub fn payload(&self) -> &str {
        &self.payload
    }
}

/// Listens at one of a session's hubs.
struct Ear<T: Clone> {
    shared: Owner,
    hub: fn(&mut Session) -> &mut Hub<T>,
    number: u64,
    over: bool,
}

impl<T: Clone> Ear<T> {
    fn new(shared: &Owner, hub: fn(&mut Session) -> &mut Hub<T>) -> Self {
        Self {
            shared: shared.clone(),
            hub,
            number: shared.with(|session| hub(session).listen()),
            over: false,
        }
    }

    fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Option<Result<T>>> {
        if self.over {
            return Poll::Ready(None);
        }
        let (hub, number) = (self.hub, self.number);
        let heard = self.shared.poll(
            cx,
            |session| match hub(session).take(number) {
                Some(Heard::One(one)) => Some(Ok(one)),
                Some(Heard::Lost(lost)) => Some(Err((Fault::Lagged(lost).into(), false))),
                None => session.failure().map(|error| Err((error, true))),
            },
            |session, waker| hub(session).wait(number, waker),
        );
        heard.map(|heard| {
            Some(heard.map_err(|(error, over)| {
                self.over = over;
                error
            }))
        })
    }
}

impl<T: Clone> Drop for Ear<T> {
    fn drop(&mut self) {
        let (hub, number) = (self.hub, self.number);
        let shared = &self.shared;
        shared.with(|session| {
            hub(session).leave(number);
            shared.go_on(session);
        });
    }
}

macro_rules! ear {
    ($(#[$doc:meta])* $name:ident, $item:ident, $field:ident) => {
        $(#[$doc])*
        #[must_use = "what comes is kept for it until it is dropped"]
        pub struct $name(Ear<$item>);

        impl $name {
            pub(crate) fn new(shared: &Owner) -> Self {
                Self(Ear::new(shared, |session| &mut session.$field))
            }

            /// Waits for the next one. `None`: the session is over, and why was said before.
            ///
            /// # Errors
            ///
            /// The session ended; or so many came and were not taken that some were thrown away, after which the rest follows.
            ///
            /// # Cancel safety
            ///
            /// Nothing is lost.
            pub async fn next(&mut self) -> Result<Option<$item>> {
                poll_fn(|cx| self.0.poll_next(cx)).await.transpose()
            }
        }

        impl Stream for $name {
            type Item = Result<$item>;

            fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                self.0.poll_next(cx)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

ear!(
    /// The notifications of the channels that the session listens to, from when this was made. Up to 4,096 wait here to be taken.
    ///
    /// Waiting for them is what has the session read when nothing else does.
    Notifications,
    Notification,
    notifications
);

ear!(
    /// The server's notices and warnings, from when this was made. Up to 4,096 wait here to be taken.
    Notices,
    Notice,
    notices
);
