//! Connections to the servers of the tests, whatever the environment of whoever runs them says.

use std::fmt::Write;
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use trunkline_client::{Config, Environment, Error, Event};
use trunkline_test_postgres::{Postgres, Version};

use crate::api::Connection;

pub(crate) const VERSIONS: [Version; 2] = [Version::V15, Version::V18];

/// Opens a session with a connection string and nothing else.
pub(crate) async fn open(config: &str) -> Result<Connection, Error> {
    let config: Config = config.parse()?;
    Connection::open(&config.resolve(&Environment::empty())?).await
}

/// Where the shared server of a version is, by TCP.
pub(crate) fn at(version: Version) -> String {
    let server = Postgres::shared(version);
    format!("host=localhost hostaddr=127.0.0.1 port={}", server.port())
}

/// A session of the superuser, over TCP in clear.
pub(crate) async fn session(version: Version) -> Connection {
    let config = format!(
        "{} user=postgres dbname=postgres sslmode=disable",
        at(version)
    );
    open(&config).await.unwrap()
}

/// What answers up to the next ReadyForQuery, each message in a word: rows as `(1|two|NULL)`, tags as they are, errors as their SQLSTATE.
pub(crate) async fn answer(connection: &mut Connection) -> String {
    let mut shown = String::new();
    loop {
        let event = connection.next().await.unwrap();
        if !shown.is_empty() {
            shown.push(' ');
        }
        match event {
            Event::DataRow(row) => {
                let values: Vec<_> = row
                    .values
                    .iter()
                    .map(|value| value.map_or("NULL".into(), String::from_utf8_lossy))
                    .collect();
                write!(shown, "({})", values.join("|")).unwrap();
            }
            Event::CommandComplete(done) => shown += &String::from_utf8_lossy(done.tag),
            Event::Error(error) => {
                let error = trunkline_client::ServerError::new(&error);
                shown += error.sqlstate().as_str();
            }
            Event::CopyData(data) => shown += String::from_utf8_lossy(data).trim_end(),
            Event::Ready(status) => {
                shown.push(char::from(status as u8));
                return shown;
            }
            other => {
                let name = format!("{other:?}");
                shown += name.split(|c: char| !c.is_alphanumeric()).next().unwrap();
            }
        }
    }
}

/// A future that takes its time, and that another thread wakes.
pub(crate) fn later() -> impl Future<Output = ()> + Send {
    let state = Arc::new(Mutex::new((false, None::<Waker>)));
    let shared = Arc::clone(&state);
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        let (done, waker) = &mut *shared.lock().unwrap();
        *done = true;
        if let Some(waker) = waker.take() {
            waker.wake();
        }
    });
    poll_fn(move |cx| {
        let (done, waker) = &mut *state.lock().unwrap();
        if *done {
            return Poll::Ready(());
        }
        *waker = Some(cx.waker().clone());
        Poll::Pending
    })
}
