//! What differs between the two clients, as the tests use it: here, of the asynchronous one.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::task::JoinHandle;
pub(crate) use tokio::time::sleep;
use trunkline_client::Event;
pub(crate) use trunkline_client::{CancelToken, Connection};

/// Takes the next message if it is there already: it is dropped otherwise.
pub(crate) async fn next_if_there(connection: &mut Connection) -> Option<Event<'_>> {
    let mut next = pin!(connection.next());
    poll_fn(|cx| {
        Poll::Ready(match next.as_mut().poll(cx) {
            Poll::Ready(event) => Some(event.unwrap()),
            Poll::Pending => None,
        })
    })
    .await
}

/// Cancels again and again, until it is dropped: what runs not yet has nothing to cancel.
pub(crate) fn keep_cancelling(token: CancelToken) -> Cancelling {
    Cancelling(tokio::spawn(async move {
        loop {
            token.cancel().await.unwrap();
            sleep(Duration::from_millis(50)).await;
        }
    }))
}

pub(crate) struct Cancelling(JoinHandle<()>);

impl Drop for Cancelling {
    fn drop(&mut self) {
        self.0.abort();
    }
}
