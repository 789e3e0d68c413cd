//! Waits on the thread itself: who cannot go on notes what for, and [`block_on`] sleeps until one of these has come.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::socket::Inner;

thread_local! {
    static NOTED: RefCell<Noted> = const { RefCell::new(Noted::nothing()) };
    static WAITING: Cell<bool> = const { Cell::new(false) };
    static THREAD: (Arc<Wakes>, Waker) = {
        let wakes = Arc::new(Wakes {
            thread: thread::current(),
            woken: AtomicBool::new(false),
        });
        (Arc::clone(&wakes), Waker::from(wakes))
    };
}

/// Runs a future to its end on this thread.
///
/// It waits for the sockets and deadlines of this module, with poll(2). Where a future waits for none of them, but for another thread,
/// that thread's wake is heeded; a wake during poll(2) is not, and nothing here needs it.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    // Somebody's code may be called from within a future, and block on another session.
    let outer = NOTED.with_borrow_mut(|noted| (!noted.is_empty()).then(|| std::mem::take(noted)));
    let within = WAITING.replace(true);
    let output = THREAD.with(|(wakes, waker)| {
        let mut cx = Context::from_waker(waker);
        loop {
            if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
                break output;
            }
            if wakes.woken.swap(false, Ordering::Acquire) {
                NOTED.with_borrow_mut(Noted::clear);
            } else if !sleep_until_noted() {
                thread::park();
            }
        }
    });
    WAITING.set(within);
    // What was noted last is of no use any more.
    NOTED.with_borrow_mut(Noted::clear);
    if let Some(outer) = outer {
        NOTED.set(outer);
    }
    output
}

/// Whether somebody will wait for what is noted now, and then ask again.
pub(super) fn is_waited_for() -> bool {
    WAITING.get()
}

/// A wake of this thread's futures.
struct Wakes {
    thread: Thread,
    /// There was one since the last look.
    woken: AtomicBool,
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.thread.unpark();
    }
}

/// What the futures of this thread wait for.
struct Noted {
    sockets: Vec<(Arc<Inner>, PollFlags)>,
    deadline: Option<Instant>,
}

impl Noted {
    const fn nothing() -> Self {
        Self {
            sockets: Vec::new(),
            deadline: None,
        }
    }

    fn is_empty(&self) -> bool {
        self.sockets.is_empty() && self.deadline.is_none()
    }

    /// Forgets everything, but keeps the room for it.
    fn clear(&mut self) {
        self.sockets.clear();
        self.deadline = None;
    }
}

impl Default for Noted {
    fn default() -> Self {
        Self::nothing()
    }
}

/// Notes that a future waits until there is something to read.
pub(super) fn readable(socket: &Arc<Inner>) {
    note(socket, PollFlags::IN);
}

/// Notes that a future waits until more can be written.
pub(super) fn writable(socket: &Arc<Inner>) {
    note(socket, PollFlags::OUT);
}

fn note(socket: &Arc<Inner>, flags: PollFlags) {
    NOTED.with_borrow_mut(|noted| {
        match noted
            .sockets
            .iter_mut()
            .find(|(known, _)| Arc::ptr_eq(known, socket))
        {
            Some((_, known)) => *known |= flags,
            None => noted.sockets.push((Arc::clone(socket), flags)),
        }
    });
}

/// Ends when this much time has passed.
pub(in crate::net) fn sleep(time: Duration) -> impl Future<Output = ()> {
    let end = Instant::now().checked_add(time);
    poll_fn(move |_| match end {
        Some(end) if Instant::now() >= end => Poll::Ready(()),
        Some(end) => {
            until(end);
            Poll::Pending
        }
        // Longer than there are clocks for.
        None => Poll::Pending,
    })
}

fn until(end: Instant) {
    NOTED.with_borrow_mut(|noted| {
        noted.deadline = Some(noted.deadline.map_or(end, |other| other.min(end)));
    });
}

/// Polled again at once, so that deadlines are looked at.
pub(in crate::net) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|_| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        until(Instant::now());
        Poll::Pending
    })
    .await;
}

/// Sleeps until something noted has come, and forgets the notes; false if there were none. What ended the sleep nobody needs to know:
/// each future looks for itself.
fn sleep_until_noted() -> bool {
    NOTED.with_borrow_mut(|noted| {
        if noted.is_empty() {
            return false;
        }
        let left = noted
            .deadline
            .map(|end| end.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        // An error (a signal, or no memory) is a reason to look again, as a socket that is ready is.
        let _ = match noted.sockets.as_slice() {
            [(socket, flags)] => poll(&mut [socket.poll_fd(*flags)], left.as_ref()),
            sockets => {
                let mut sockets: Vec<PollFd<'_>> = sockets
                    .iter()
                    .map(|(socket, flags)| socket.poll_fd(*flags))
                    .collect();
                poll(&mut sockets, left.as_ref())
            }
        };
        noted.clear();
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_takes_its_time() {
        let started = Instant::now();
        block_on(async {
            sleep(Duration::from_millis(20)).await;
            yield_now().await;
        });
        assert!(started.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn the_nearest_deadline_counts() {
        let started = Instant::now();
        let long = super::super::within(
            Duration::from_millis(20),
            super::super::within(Duration::from_secs(600), std::future::pending::<()>()),
        );
        assert_eq!(block_on(long), None);
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn another_thread_may_wake() {
        let (mut thread, (done, answer)) = (None, std::sync::mpsc::channel());
        let answered = block_on(poll_fn(|cx| {
            if thread.is_none() {
                let (waker, done) = (cx.waker().clone(), done.clone());
                thread = Some(thread::spawn(move || {
                    thread::sleep(Duration::from_millis(20));
                    done.send("here").map(|()| waker.wake())
                }));
            }
            answer.try_recv().map_or(Poll::Pending, Poll::Ready)
        }));
        assert_eq!(answered, "here");
    }

    #[test]
    fn blocking_within_a_future_leaves_its_notes() {
        block_on(async {
            let mut inner = Some(());
            let outer = poll_fn(|_| {
                if inner.take().is_none() {
                    return Poll::Ready(());
                }
                until(Instant::now());
                block_on(sleep(Duration::from_millis(1)));
                Poll::Pending
            });
            outer.await;
        });
    }
}
