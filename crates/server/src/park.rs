//! Suspended portals: a running `execute` that waits for the next Execute message.
//!
//! The wire changes hands through a [`Slot`], only when a portal starts, is suspended, resumed or ends: state shared for
//! every row would cost a third more a row.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::formats::Formats;
use crate::wire::Wire;

/// Where the wire of a connection lies while it passes between the connection and a portal.
#[derive(Debug, Default)]
pub(crate) struct Slot(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    wire: Option<Box<Wire>>,
    turn: Turn,
    /// The rows that the next Execute may send, or, going back, those that this one sent.
    rows: u64,
    /// In which formats the next Execute wants them.
    formats: Option<Formats>,
    waker: Option<Waker>,
}

/// What an Execute hands to its portal: the wire, the number of rows that may be sent, and their formats.
pub(crate) type Resumed = (Box<Wire>, u64, Formats);

/// Whose the wire is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Turn {
    #[default]
    Connection,
    Portal,
}

impl State {
    fn resumed(&mut self) -> Option<Resumed> {
        if self.turn != Turn::Portal {
            return None;
        }
        let wire = self.wire.take()?;
        let formats = self.formats.take().unwrap_or(Formats::Text);
        Some((wire, self.rows, formats))
    }
}

impl Slot {
    /// Hands the wire to the portal, with the number of rows that it may send, and their formats.
    pub(crate) fn resume(&self, wire: Box<Wire>, limit: u64, formats: Formats) {
        let mut state = self.state();
        state.wire = Some(wire);
        state.rows = limit;
        state.formats = Some(formats);
        state.turn = Turn::Portal;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
    }

    /// The portal's side: waits for the wire.
    pub(crate) fn poll_resume(&self, cx: &mut Context<'_>) -> Poll<Resumed> {
        let mut state = self.state();
        if let Some(resumed) = state.resumed() {
            return Poll::Ready(resumed);
        }
        // Kept for statements that poll through a `join!` or `select!` of their own.
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }

    /// The portal's side: takes the wire if it is there.
    pub(crate) fn try_resume(&self) -> Option<Resumed> {
        self.state().resumed()
    }

    /// The portal gives the wire back: it has sent all the rows it may, has ended, or was dropped.
    pub(crate) fn suspend(&self, wire: Box<Wire>, sent: u64) {
        let mut state = self.state();
        state.wire = Some(wire);
        state.rows = sent;
        state.turn = Turn::Connection;
    }

    /// The connection's side: takes the wire back, with the number of rows sent.
    pub(crate) fn take(&self) -> Option<(Box<Wire>, u64)> {
        let mut state = self.state();
        if state.turn == Turn::Portal && state.wire.is_none() {
            return None;
        }
        // A portal that never took the wire has sent nothing.
        let rows = match std::mem::take(&mut state.turn) {
            Turn::Connection => state.rows,
            Turn::Portal => 0,
        };
        state.wire.take().map(|wire| (wire, rows))
    }

    /// Whether the portal waits for the next Execute.
    pub(crate) fn is_suspended(&self) -> bool {
        let state = self.state();
        state.turn == Turn::Connection && state.wire.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
