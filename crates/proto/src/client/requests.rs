//! What the frontend sends, each appended to the caller's buffer and noted in the queue.

use alloc::vec::Vec;

use super::phase::{Request, Turn};
use super::{Connection, Misuse};
use crate::frontend::{self, Bind, Execute, FunctionCall, Parse, Target};
use crate::{Encode, PortalName};

impl Connection {
    /// Simple query: any number of results, then [`Event::Ready`](super::Event::Ready).
    ///
    /// # Errors
    ///
    /// [`Misuse`]; nothing was appended. So for all that follow.
    pub fn query(&mut self, sql: &[u8], output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.request(Request::Query, &frontend::Query { sql }, output)
    }

    /// Prepares a statement; [`Event::ParseComplete`](super::Event::ParseComplete).
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    #[inline]
    pub fn parse(&mut self, parse: &Parse<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.request(Request::Parse, parse, output)
    }

    /// Makes a portal; [`Event::BindComplete`](super::Event::BindComplete).
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    #[inline]
    pub fn bind(&mut self, bind: &Bind<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.request(Request::Bind, bind, output)
    }

    /// Makes a portal from a Bind that `write` appends, frame and all: for values that are encoded where they leave from.
    ///
    /// # Errors
    ///
    /// [`Misuse`], or what `write` fails with. `output` is then as it was.
    #[inline]
    pub fn bind_with<E: From<Misuse>>(
        &mut self,
        output: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.may_request()?;
        let start = output.len();
        if let Err(error) = write(output) {
            output.truncate(start);
            return Err(error);
        }
        self.queue.push(Request::Bind);
        Ok(())
    }

    /// Asks what a statement or portal looks like; for a statement [`Event::Parameters`](super::Event::Parameters) first, then
    /// [`Event::RowDescription`](super::Event::RowDescription) or [`Event::NoData`](super::Event::NoData).
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    #[inline]
    pub fn describe(&mut self, target: Target<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.request(
            Request::describe(target),
            &frontend::Describe(target),
            output,
        )
    }

    /// Runs a portal up to `max_rows` rows (0: all); rows, then the end of the result.
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    #[inline]
    pub fn execute(
        &mut self,
        portal: PortalName<'_>,
        max_rows: i32,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.request(Request::Execute, &Execute { portal, max_rows }, output)
    }

    /// Drops a statement or portal; [`Event::CloseComplete`](super::Event::CloseComplete).
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    #[inline]
    pub fn close(&mut self, target: Target<'_>, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.request(Request::Close, &frontend::Close(target), output)
    }

    /// Calls a function by its OID; [`Event::FunctionResult`](super::Event::FunctionResult), then
    /// [`Event::Ready`](super::Event::Ready).
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn function_call(
        &mut self,
        call: &FunctionCall<'_>,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.request(Request::FunctionCall, call, output)
    }

    /// Ends a series of extended requests; [`Event::Ready`](super::Event::Ready).
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    #[inline]
    pub fn sync(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        if self.closed {
            return Err(Misuse::Closed);
        }
        if self.queue.sending {
            return Err(Misuse::OutOfOrder);
        }
        frontend::Sync.encode(output)?;
        self.queue.push(Request::Sync);
        Ok(())
    }

    /// Asks the server to send what it has.
    ///
    /// # Errors
    ///
    /// [`Misuse`], also during a COPY in both directions, where it would end the session (rule RB-01).
    #[inline]
    pub fn flush(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        if self.closed {
            return Err(Misuse::Closed);
        }
        if matches!(self.queue.turn, Turn::CopyBoth | Turn::Drained) {
            return Err(Misuse::OutOfOrder);
        }
        Ok(frontend::Flush.encode(output)?)
    }

    /// A piece of COPY data; where the pieces are cut means nothing.
    ///
    /// # Errors
    ///
    /// [`Misuse`], also when the server has not asked for data (SEC-49: it would take it for commands) or has given the COPY up.
    #[inline]
    pub fn copy_data(&mut self, data: &[u8], output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.may_copy()?;
        Ok(frontend::CopyData { data }.encode(output)?)
    }

    /// The end of our COPY data. A COPY of the extended protocol still needs its [`sync`](Self::sync).
    ///
    /// # Errors
    ///
    /// [`Misuse`].
    pub fn copy_done(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.may_copy()?;
        frontend::CopyDone.encode(output)?;
        self.end_of_data();
        Ok(())
    }

    /// Gives a COPY up; the server answers with an error that has `reason` in it.
    ///
    /// # Errors
    ///
    /// [`Misuse`], also for a COPY in both directions, which knows no failure (rule RB-01).
    pub fn copy_fail(&mut self, reason: &[u8], output: &mut Vec<u8>) -> Result<(), Misuse> {
        self.may_copy()?;
        if self.queue.turn != Turn::CopyIn {
            return Err(Misuse::OutOfOrder);
        }
        frontend::CopyFail { reason }.encode(output)?;
        self.end_of_data();
        Ok(())
    }

    /// Says goodbye; nothing can be sent after it, and the server closes. A COPY that waits for our data is given up before, since
    /// the server would take the goodbye for a mistake (rule CP-09).
    ///
    /// # Errors
    ///
    /// [`Misuse::Closed`].
    pub fn terminate(&mut self, output: &mut Vec<u8>) -> Result<(), Misuse> {
        if self.closed {
            return Err(Misuse::Closed);
        }
        if self.queue.sending && self.queue.turn == Turn::CopyIn {
            let reason = b"the client terminates";
            frontend::CopyFail { reason }.encode(output)?;
        }
        frontend::Terminate.encode(output)?;
        self.close_for_good();
        Ok(())
    }

    #[inline]
    fn request(
        &mut self,
        request: Request,
        message: &impl Encode,
        output: &mut Vec<u8>,
    ) -> Result<(), Misuse> {
        self.may_request()?;
        message.encode(output)?;
        self.queue.push(request);
        Ok(())
    }

    #[inline]
    pub(super) fn may_request(&self) -> Result<(), Misuse> {
        if self.closed {
            return Err(Misuse::Closed);
        }
        if self.queue.skipping {
            return Err(Misuse::SyncDue);
        }
        // The server would take it for data.
        if self.queue.sending {
            return Err(Misuse::OutOfOrder);
        }
        Ok(())
    }

    #[inline]
    fn may_copy(&self) -> Result<(), Misuse> {
        if self.closed {
            return Err(Misuse::Closed);
        }
        if self.queue.sending {
            Ok(())
        } else {
            Err(Misuse::OutOfOrder)
        }
    }

    fn end_of_data(&mut self) {
        self.queue.sending = false;
        if self.queue.turn == Turn::CopyIn {
            self.queue.turn = Turn::Tag;
        }
    }
}
