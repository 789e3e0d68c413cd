//! The end of an answer: messages from elsewhere, ReadyForQuery, and one write.

use std::io;
use std::task::{Context, Poll};

use tokio::time::Instant;
use trunkline_proto::backend::TransactionStatus;

use super::outside::Outside;
use super::transaction::Transaction;
use super::{Core, End, Failure, idle};
use crate::Session;
use crate::shared::{Mail, Shared};

impl<S: Session> Core<'_, S> {
    /// Sends ReadyForQuery, and everything before it: one write.
    #[inline]
    pub(super) async fn ready(&mut self) -> Result<(), Failure> {
        if self.shared.has_mail() {
            self.deliver();
        }
        let status = self.transaction.status();
        self.reply
            .wire()
            .answer(|machine, output| machine.ready(status, output))?;
        self.at_rest = true;
        self.write().await
    }

    /// Writes what has gathered.
    #[inline]
    pub(super) async fn write(&mut self) -> Result<(), Failure> {
        let Self {
            reply,
            outside,
            shared,
            transaction,
            ..
        } = self;
        let wire = reply.wire();
        if wire.output.is_empty() && !wire.broken {
            return Ok(());
        }
        // A client that does not read must not keep a session from ending, nor be waited for longer than one that is idle.
        let mut since = None;
        let written = std::future::poll_fn(|cx| {
            let written = wire.poll_write(cx);
            if written.is_pending() && poll_stalled(outside, shared, transaction, &mut since, cx) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            written
        })
        .await;
        written.map_err(|_| Failure::End(End::Closed))
    }

    /// Appends the messages that wait for the client, as far as they may go out now.
    #[cold]
    pub(super) fn deliver(&mut self) {
        let in_transaction = self.transaction.status() != TransactionStatus::Idle;
        let wire = self.reply.wire();
        let mut changed = Vec::new();
        for mail in self.shared.take_mail(in_transaction) {
            let sent = match mail {
                Mail::Notification {
                    pid,
                    channel,
                    payload,
                } => wire.answer(|machine, output| {
                    machine.notification(pid, &channel, &payload, output)
                }),
                Mail::Notice(notice) => notice.with_report(|report| {
                    wire.answer(|machine, output| machine.notice(report, output))
                }),
                Mail::ParameterStatus { name, value } => {
                    // Several changes of one setting are told once, with the last value (rule AS-02).
                    changed
                        .retain(|(other, _): &(String, String)| !other.eq_ignore_ascii_case(&name));
                    changed.push((name, value));
                    Ok(())
                }
            };
            if let Err(error) = sent {
                tracing::warn!(%error, "a message for the client could not be sent");
            }
        }
        for (name, value) in changed {
            if self.status.replace(&name, &value)
                && let Err(error) =
                    wire.answer(|machine, output| machine.parameter_status(&name, &value, output))
            {
                tracing::warn!(%error, "a setting could not be told to the client");
            }
        }
    }
}

/// Whether the session is to end though there is more to write, which has waited since then.
#[cold]
fn poll_stalled(
    outside: &mut Outside,
    shared: &Shared,
    transaction: &Transaction,
    since: &mut Option<Instant>,
    cx: &mut Context<'_>,
) -> bool {
    if outside.poll_stop(shared, cx) {
        return true;
    }
    if !shared.timeouts.any_idle() {
        return false;
    }
    let since = *since.get_or_insert_with(Instant::now);
    let Some(deadline) = idle::deadline(&shared.timeouts, transaction, Some(since)) else {
        return false;
    };
    let over = outside.poll_timer(deadline.at, cx).is_ready();
    if over {
        tracing::debug!(of = ?deadline.of, "a client did not read its answers in time");
    }
    over
}
