//! The lock around the session, and what it is to wait for it.
//!
//! Whoever waits takes the lock, does a step of the session's work, and leaves its waker where the thing it waits for will find it.
//! The lock is never held across an await.

use std::future::poll_fn;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use trunkline_proto::client::Series;

use super::driver::{self, Driver};
use super::fault::Fault;
use super::session::{Session, Step};
use super::slots::{Keep, Slot};
use super::statement::Dropped;
use super::turn::Ticket;
use crate::Result;
use crate::catalog::Catalog;
use crate::core::Core;
use crate::error::Kind;
use crate::net::{Runtime, Spawner};

/// What a request that was encoded keeps of its memory for the next one.
const KEEP: usize = 64 * 1024;

pub(crate) struct Shared {
    /// Taken out by whoever takes the session itself.
    session: Mutex<Option<Session>>,
    owners: AtomicUsize,
    pub(crate) runtime: Runtime,
    spawner: Spawner,
    /// What tells this session from others.
    home: Arc<Dropped>,
    /// The memory of the request that was encoded last.
    spare: Mutex<Series>,
    pub(crate) catalog: Catalog,
    pub(crate) io: Arc<Io>,
    io_waker: Waker,
}

/// How long the last requests of a session whose owners are gone may take.
const LINGER: Duration = Duration::from_secs(10);

/// A part in the session: a client's, an answer's, a listener's. When the last one is gone the session says goodbye. The task that drives
/// for all has none.
pub(crate) struct Owner(Arc<Shared>);

impl Owner {
    pub(crate) fn of(shared: &Arc<Shared>) -> Self {
        shared.owners.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(shared))
    }
}

impl Clone for Owner {
    fn clone(&self) -> Self {
        Self::of(&self.0)
    }
}

impl Deref for Owner {
    type Target = Arc<Shared>;

    #[inline]
    fn deref(&self) -> &Arc<Shared> {
        &self.0
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if self.0.owners.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.say_goodbye();
        }
    }
}

/// Whom the socket wakes: whoever has last done a step, or the task that does them for all.
#[derive(Debug, Default)]
pub(crate) struct Io(Mutex<Option<Waker>>);

impl Io {
    pub(crate) fn is_for(&self, waker: &Waker) {
        match &mut *unpoisoned(&self.0) {
            Some(known) => known.clone_from(waker),
            none => *none = Some(waker.clone()),
        }
    }
}

impl Wake for Io {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let waker = unpoisoned(&self.0).clone();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// No state here is left half changed by a panic: what can panic is the user's code, which runs before anything is changed.
fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(crate) fn share(session: Session) -> Owner {
        let io = Arc::new(Io::default());
        Owner(Arc::new(Self {
            runtime: session.core.runtime(),
            spawner: session.core.runtime().spawner(),
            home: Arc::clone(session.cache.home()),
            spare: Mutex::default(),
            catalog: Catalog::new(),
            session: Mutex::new(Some(session)),
            owners: AtomicUsize::new(1),
            io_waker: Waker::from(Arc::clone(&io)),
            io,
        }))
    }

    pub(crate) const fn io_waker(&self) -> &Waker {
        &self.io_waker
    }

    /// Does something with the lock held, and wakes whom it concerns once it is released.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut Session) -> R) -> R {
        self.with_rest(act)
            .expect("only the last owner takes the session out, or ends it")
    }

    /// [`with`](Self::with), for who has no part in the session. `None`: it is gone.
    pub(crate) fn with_rest<R>(&self, act: impl FnOnce(&mut Session) -> R) -> Option<R> {
        let mut guard = unpoisoned(&self.session);
        let session = guard.as_mut()?;
        let result = act(session);
        session.looking = None;
        let woken = std::mem::take(&mut session.woken);
        let tasks = std::mem::take(&mut session.tasks);
        drop(guard);
        for task in tasks {
            // One that is refused is dropped, and says what that means.
            self.spawner.spawn(task);
        }
        if !woken.is_empty() {
            woken.into_iter().for_each(Waker::wake);
        }
        Some(result)
    }

    /// Works on the session until `ready` has something; else `wait` notes who waits for it.
    pub(crate) fn poll<R>(
        self: &Arc<Self>,
        cx: &Context<'_>,
        mut ready: impl FnMut(&mut Session) -> Option<R>,
        wait: impl FnOnce(&mut Session, &Waker),
    ) -> Poll<R> {
        self.with(|session| {
            let mut reading = false;
            loop {
                if let Some(result) = ready(session) {
                    if reading && session.waiters() > 0 {
                        // The socket would wake us now, who wait no longer.
                        self.start_driver(session);
                    }
                    return Poll::Ready(result);
                }
                let working = session.driver.is_working();
                if !working {
                    self.io.is_for(cx.waker());
                    reading = true;
                }
                let mut io = Context::from_waker(&self.io_waker);
                if session.step(&mut io, !working) == Step::Pending {
                    break;
                }
            }
            let held_up = session.is_held_up();
            wait(session, cx.waker());
            if session.waiters() > 1 || held_up {
                // Of readers that hold others up it is the task that loses patience.
                self.start_driver(session);
            }
            if held_up && !session.is_held_up() {
                // The reader that is too slow is the one who waits now.
                match session.driver.is_working() {
                    true => session.driver.kick(&mut session.woken),
                    false => session.woken.push(cx.waker().clone()),
                }
            }
            Poll::Pending
        })
    }

    /// Has a task go on with what nobody waits for.
    pub(crate) fn start_driver(self: &Arc<Self>, session: &mut Session) {
        driver::start(self, session);
    }

    /// Whether to wait for the end of a COPY is in vain, because whoever waits is who should send its data.
    fn is_in_vain(&self, session: &Session) -> bool {
        !self.runtime.has_tasks() && session.is_copying()
    }

    /// Sends what can be sent at once.
    pub(crate) fn write(&self, session: &mut Session) {
        let mut io = Context::from_waker(&self.io_waker);
        session.step(&mut io, false);
    }

    /// Takes what has arrived, without waiting.
    pub(crate) fn look(&self) {
        self.with(|session| {
            if !session.driver.is_working() {
                let mut io = Context::from_waker(&self.io_waker);
                while session.step(&mut io, true) == Step::Done {}
            }
        });
    }

    /// Cancels what the server is at, and lets nothing be sent until the server has got that: it hits nothing else then.
    pub(crate) fn cancel(self: &Arc<Self>, session: &mut Session) {
        if !self.runtime.has_tasks() {
            return;
        }
        let token = session.core.cancel_token();
        let held = Held {
            shared: Owner::of(self),
            ticket: session.turn.give(),
        };
        session.tasks.push(Box::pin(async move {
            // If it cannot be delivered, the rest of the answer is read as if it had not been asked for.
            let _ = token.cancel().await;
            drop(held);
        }));
    }

    /// Waits until all that was sent is answered.
    ///
    /// # Errors
    ///
    /// The session is over.
    pub(crate) async fn quiet(self: &Arc<Self>) -> Result<()> {
        let mut line = Quiet {
            shared: self,
            place: None,
        };
        poll_fn(|cx| {
            self.poll(
                cx,
                |session| match session.failure() {
                    Some(error) => Some(Err(error)),
                    None if self.is_in_vain(session) => Some(Err(Fault::Copying.into())),
                    None => session.is_quiet().then_some(Ok(())),
                },
                |session, waker| session.wait_for_quiet(&mut line.place, waker),
            )
        })
        .await
    }

    /// Waits until the oldest request that is unanswered is somebody's.
    #[cfg(feature = "blocking")]
    pub(crate) async fn drain(self: &Arc<Self>) {
        let done = |session: &mut Session| (!session.is_abandoned(false)).then_some(());
        poll_fn(|cx| self.poll(cx, done, |_, _| {})).await;
    }

    /// Gives the session back, if nobody else has a part in it.
    ///
    /// # Errors
    ///
    /// Somebody has.
    pub(crate) fn into_core(owner: &Owner) -> Result<Core> {
        let mut guard = unpoisoned(&owner.session);
        if owner.owners.load(Ordering::Acquire) > 1 {
            return Err(Fault::Cloned.into());
        }
        let session = guard.take();
        drop(guard);
        let session = session.ok_or(Kind::Closed)?;
        session.driver.end();
        Ok(session.core)
    }

    /// The last owner is gone: the session ends, as far as that goes without waiting. A task sends what cannot be sent at once, where
    /// there are tasks.
    fn say_goodbye(&self) {
        let session = unpoisoned(&self.session).take();
        let Some(mut session) = session else {
            return;
        };
        std::mem::replace(&mut session.driver, Driver::Absent).end();
        session.step(&mut Context::from_waker(Waker::noop()), false);
        if session.failure().is_some() || session.core.channel.unsent() == 0 {
            session.terminate();
            return;
        }
        let runtime = self.runtime;
        self.spawner.spawn(Box::pin(async move {
            // Answers are read meanwhile: a server whose answers nobody takes stops taking requests, and one that is hung up on with
            // answers unread may throw away what it has not run yet.
            let last = poll_fn(|cx| {
                while session.failure().is_none() && !session.is_quiet() {
                    if session.step(cx, true) == Step::Pending {
                        return Poll::Pending;
                    }
                }
                Poll::Ready(())
            });
            let _ = runtime.within(LINGER, last).await;
            session.terminate();
        }));
    }

    /// After somebody has left: sends what can be sent at once, and leaves the rest to a task.
    pub(crate) fn go_on(self: &Arc<Self>, session: &mut Session) {
        if session.has_work() || session.waiters() > 0 {
            let mut io = Context::from_waker(&self.io_waker);
            if !session.driver.is_working() {
                session.step(&mut io, false);
            }
            self.start_driver(session);
            // It may have been held up by whoever has left, and then does not wait for the socket.
            session.driver.kick(&mut session.woken);
        }
    }

    /// Sends requests when it is the turn of whoever holds `ticket`.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, nothing is sent.
    pub(crate) async fn send(
        self: &Arc<Self>,
        ticket: Option<Ticket>,
        keep: Keep,
        build: impl FnOnce(&mut Series, &Arc<Dropped>) -> Result<()>,
    ) -> Result<Slot> {
        // Outside of the lock: how values are encoded is their user's business.
        let mut series = std::mem::take(&mut *unpoisoned(&self.spare));
        let sent = match build(&mut series, &self.home) {
            Ok(()) => {
                self.in_turn(ticket, |session| session.send_series(&series, keep))
                    .await
            }
            Err(error) => Err(error),
        };
        series.clear(KEEP);
        *unpoisoned(&self.spare) = series;
        sent
    }

    /// Does something when it is the turn of whoever holds `ticket`, or fails because the session is over.
    ///
    /// # Cancel safety
    ///
    /// Dropped while it waits, nothing was done.
    pub(crate) async fn in_turn<R>(
        self: &Arc<Self>,
        ticket: Option<Ticket>,
        act: impl FnOnce(&mut Session) -> Result<R>,
    ) -> Result<R> {
        let mut line = Line {
            shared: self,
            place: None,
        };
        let mut act = Some(act);
        poll_fn(|cx| {
            let place = std::cell::Cell::new(line.place);
            let poll = self.poll(
                cx,
                |session| {
                    if let Some(error) = session.refusal() {
                        return Some(Err(error));
                    }
                    if session.turn.is_over(ticket) {
                        return Some(Err(Fault::Over.into()));
                    }
                    if session.turn.lets_others_go(place.get()) {
                        return None;
                    }
                    if !session.may_send(ticket) {
                        let vain = !session.turn.is_of(ticket) && self.is_in_vain(session);
                        return vain.then(|| Err(Fault::Copying.into()));
                    }
                    session.turn.handed_over();
                    act.take().map(|act| act(session))
                },
                |session, waker| {
                    let mut kept = place.get();
                    if session.turn.lets_others_go(kept) {
                        session.turn.let_others_go();
                        session.woken.push(waker.clone());
                    }
                    session.turn.wait(&mut kept, ticket, waker);
                    place.set(kept);
                },
            );
            line.place = place.get();
            poll
        })
        .await
    }
}

/// A ticket that is taken back when whoever held it is done, or is dropped.
struct Held {
    shared: Owner,
    ticket: Ticket,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shared.with(|session| {
            session.give_up(self.ticket);
            self.shared.go_on(session);
        });
    }
}

/// A place among those who wait until nothing is unanswered.
struct Quiet<'a> {
    shared: &'a Arc<Shared>,
    place: Option<u64>,
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.shared.with(|session| {
                session.leave_quiet(place);
                self.shared.go_on(session);
            });
        }
    }
}

/// A place among those who wait for their turn.
struct Line<'a> {
    shared: &'a Arc<Shared>,
    place: Option<u64>,
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place {
            self.shared.with(|session| {
                session.turn.leave(place);
                self.shared.go_on(session);
            });
        }
    }
}
