//! Requests encoded apart from a session, to be sent together later.

use alloc::vec::Vec;

use super::phase::Request;
use super::{Connection, Misuse};
use crate::frontend::{self, Bind, Execute, Parse, Query, Target};
use crate::{Encode, EncodeError, PortalName};

/// Requests in the order in which they shall be sent, encoded and waiting.
///
/// It belongs to no session until [`Connection::append`] takes what is in it: so it can be filled outside of a lock, thrown away, and
/// used again without allocation.
#[derive(Debug, Default, Clone)]
pub struct Series {
    bytes: Vec<u8>,
    requests: Vec<Request>,
}

impl Series {
    /// One without requests.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// How many requests it has, Sync among them.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether it has none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// How many bytes it will send.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets the requests, and keeps the memory: at most `keep` bytes for what is to be sent, and as many for the list of requests.
    pub fn clear(&mut self, keep: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(keep);
        self.requests.clear();
        self.requests.shrink_to(keep / size_of::<Request>());
    }

    /// See [`Connection::query`].
    ///
    /// # Errors
    ///
    /// It cannot be encoded; nothing was added. So for all that follow.
    pub fn query(&mut self, sql: &str) -> Result<(), EncodeError> {
        let sql = sql.as_bytes();
        self.add(Request::Query, &Query { sql })
    }

    /// See [`Connection::parse`].
    ///
    /// # Errors
    ///
    /// It cannot be encoded.
    pub fn parse(&mut self, parse: &Parse<'_>) -> Result<(), EncodeError> {
        self.add(Request::Parse, parse)
    }

    /// See [`Connection::bind`].
    ///
    /// # Errors
    ///
    /// It cannot be encoded.
    pub fn bind(&mut self, bind: &Bind<'_>) -> Result<(), EncodeError> {
        self.add(Request::Bind, bind)
    }

    /// See [`Connection::bind_with`].
    ///
    /// # Errors
    ///
    /// What `write` fails with.
    #[inline]
    pub fn bind_with<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        let start = self.bytes.len();
        if let Err(error) = write(&mut self.bytes) {
            self.bytes.truncate(start);
            return Err(error);
        }
        self.requests.push(Request::Bind);
        Ok(())
    }

    /// See [`Connection::describe`].
    ///
    /// # Errors
    ///
    /// It cannot be encoded.
    pub fn describe(&mut self, target: Target<'_>) -> Result<(), EncodeError> {
        let request = Request::describe(target);
        self.add(request, &frontend::Describe(target))
    }

    /// See [`Connection::execute`].
    ///
    /// # Errors
    ///
    /// It cannot be encoded.
    #[inline]
    pub fn execute(&mut self, portal: PortalName<'_>, max_rows: i32) -> Result<(), EncodeError> {
        self.add(Request::Execute, &Execute { portal, max_rows })
    }

    /// See [`Connection::close`].
    ///
    /// # Errors
    ///
    /// It cannot be encoded.
    pub fn close(&mut self, target: Target<'_>) -> Result<(), EncodeError> {
        self.add(Request::Close, &frontend::Close(target))
    }

    /// See [`Connection::sync`].
    ///
    /// # Errors
    ///
    /// It cannot be encoded.
    #[inline]
    pub fn sync(&mut self) -> Result<(), EncodeError> {
        self.add(Request::Sync, &frontend::Sync)
    }

    #[inline]
    fn add(&mut self, request: Request, message: &impl Encode) -> Result<(), EncodeError> {
        message.encode(&mut self.bytes)?;
        self.requests.push(request);
        Ok(())
    }
}

impl Connection {
    /// Sends the requests of a series as if each had been made here, and leaves the series as it is.
    ///
    /// # Errors
    ///
    /// [`Misuse`]; nothing was appended.
    pub fn append(&mut self, series: &Series, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.may_request()?;
        output.extend_from_slice(&series.bytes);
        for request in &series.requests {
            self.queue.push(*request);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;
    use crate::StatementName;

    #[test]
    fn a_request_that_cannot_be_encoded_is_not_in_it() {
        let mut series = Series::new();
        series.query("select 1").unwrap();
        let size = series.size();
        assert!(series.query("select '\0'").is_err());
        let failed: Result<(), &str> = series.bind_with(|out| {
            out.push(b'B');
            Err("no such value")
        });
        assert_eq!(failed, Err("no such value"));
        assert_eq!((series.len(), series.size()), (1, size));
    }

    #[test]
    fn it_keeps_no_more_memory_than_it_may() {
        const KEEP: usize = 64;
        let mut series = Series::new();
        (0..1000).for_each(|_| series.sync().unwrap());
        series.clear(KEEP);
        assert!(series.bytes.capacity() <= KEEP);
        assert!(series.requests.capacity() * size_of::<Request>() <= KEEP);
    }

    #[test]
    fn its_bytes_are_those_of_the_requests() {
        let mut series = Series::new();
        let statement = Target::Statement(StatementName::from("s"));
        series.describe(statement).unwrap();
        series.execute(PortalName::UNNAMED, 0).unwrap();
        series.close(statement).unwrap();
        series.sync().unwrap();
        let mut expected = Vec::new();
        frontend::Describe(statement).encode(&mut expected).unwrap();
        let portal = PortalName::UNNAMED;
        Execute {
            portal,
            max_rows: 0,
        }
        .encode(&mut expected)
        .unwrap();
        frontend::Close(statement).encode(&mut expected).unwrap();
        frontend::Sync.encode(&mut expected).unwrap();
        assert_eq!(series.bytes, expected);
        assert_eq!(series.len(), 4);
        series.clear(0);
        assert!(series.is_empty());
    }
}
