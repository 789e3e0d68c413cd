//! The task that reads and writes for several others.
//!
//! A client that one task uses at a time needs none: whoever waits for an answer reads it. As soon as two wait, or an answer is left
//! that nobody waits for, this task does it for all, since it alone is sure to be polled. It rests when there is nothing to do.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::session::{Session, Step};
use super::shared::Shared;

/// Whether the task is there.
#[derive(Debug)]
pub(crate) enum Driver {
    /// It was never needed.
    Absent,
    /// It is started, or at work.
    Working(Option<Waker>),
    /// It waits to be needed again.
    Resting(Waker),
}

impl Driver {
    /// Whether it reads, so that nobody else has to.
    pub(crate) const fn is_working(&self) -> bool {
        matches!(self, Self::Working(_))
    }

    /// Wakes it for the last time.
    pub(crate) fn end(self) {
        if let Self::Working(Some(waker)) | Self::Resting(waker) = self {
            waker.wake();
        }
    }

    /// Wakes it, if it is there.
    pub(crate) fn kick(&self, woken: &mut Vec<Waker>) {
        if let Self::Working(Some(waker)) | Self::Resting(waker) = self {
            woken.push(waker.clone());
        }
    }
}

/// For how long a reader may be slow before the rows that it does not take are kept, so that who waits behind can go on.
///
/// The reader may be waiting for just them, in a way that nobody can see: by another task, or by a future among several of its own.
const PATIENCE: Duration = Duration::from_millis(100);

/// The task itself. It ends with the session.
struct Task {
    shared: Arc<Shared>,
    /// Runs while a slow reader holds others up.
    patience: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    started: bool,
}

/// The runtime is shut down, or there is none: somebody else has to read, or to find the socket dead.
impl Drop for Task {
    fn drop(&mut self) {
        let started = self.started;
        self.shared.with_rest(|session| {
            session.driver = Driver::Absent;
            if started {
                session.wake_everybody();
            }
        });
    }
}

impl Future for Task {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self {
            shared,
            patience,
            started,
        } = self.get_mut();
        *started = true;
        let over = shared.with_rest(|session| {
            session.driver = Driver::Working(Some(cx.waker().clone()));
            loop {
                if session.failure().is_some() {
                    session.driver = Driver::Absent;
                    return true;
                }
                if session.waiters() == 0 && !session.has_work() {
                    session.driver = Driver::Resting(cx.waker().clone());
                    return false;
                }
                shared.io.is_for(cx.waker());
                let mut io = Context::from_waker(shared.io_waker());
                if session.step(&mut io, true) == Step::Done {
                    continue;
                }
                if !session.is_held_up() || session.waiters_behind() == 0 {
                    *patience = None;
                    return false;
                }
                let runtime = shared.runtime;
                let left = patience.get_or_insert_with(|| Box::pin(runtime.sleep(PATIENCE)));
                if left.as_mut().poll(cx).is_pending() {
                    return false;
                }
                *patience = None;
                session.let_more_in();
            }
        });
        match over {
            Some(false) => Poll::Pending,
            Some(true) | None => Poll::Ready(()),
        }
    }
}

/// Has the task work, starting it where there is none. Without tasks, whoever uses the client next does what is left.
pub(crate) fn start(shared: &Arc<Shared>, session: &mut Session) {
    if !shared.runtime.has_tasks() {
        return;
    }
    match std::mem::replace(&mut session.driver, Driver::Working(None)) {
        Driver::Absent => session.tasks.push(Box::pin(Task {
            shared: Arc::clone(shared),
            patience: None,
            started: false,
        })),
        Driver::Resting(waker) => {
            session.woken.push(waker.clone());
            session.driver = Driver::Working(Some(waker));
        }
        working @ Driver::Working(_) => session.driver = working,
    }
}
