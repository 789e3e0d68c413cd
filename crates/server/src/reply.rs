//! What a running statement answers through.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use trunkline_proto::{Format, SqlState, codec};

use crate::column::{Column, Columns};
use crate::held;
use crate::park::{Resumed, Slot};
use crate::row::{self, Row};
use crate::shared::{Mail, Shared};
use crate::wire::Wire;
use crate::{Error, Result, SessionHandle, Tag};

/// The answer of one statement: rows are pushed into it.
///
/// ```
/// # use trunkline_server::{Reply, Result, Tag};
/// # async fn example(reply: &mut Reply) -> Result<Tag> {
/// for id in 0..1_000_000 {
///     reply.row((id, "a row")).await?;
/// }
/// Ok(Tag::select(1_000_000))
/// # }
/// ```
///
/// A row is encoded at once, in the format that the client asked for, straight into the connection's output; the future
/// that [`row`](Self::row) returns is where the statement waits: for a client that reads slowly, for the next Execute of
/// a portal whose row limit is reached, and where it learns that it was cancelled.
pub struct Reply {
    /// Away while the portal is suspended.
    wire: Option<Box<Wire>>,
    shared: Arc<Shared>,
    slot: Option<Arc<Slot>>,
    columns: Columns,
    formats: Formats,
    /// The check that rows of the type last seen have passed; telling types apart by it costs a comparison a row.
    checked: Option<Check>,
    /// RowDescription is due before the first row: simple queries.
    describe: bool,
    /// The rows that this Execute may send.
    limit: u64,
    /// Those of them that it may still send. Whenever it is 0, so is `checked` none: rows need not ask.
    left: u64,
    /// Why a row was not sent, until the statement is told.
    failed: Option<Error>,
}

type Check = fn(&[trunkline_types::Type]) -> Result<(), usize>;

/// The formats of a result's columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Formats {
    Text,
    Binary,
    Mixed(Arc<[Format]>),
    /// Text and binary, for rows that are kept until the client says which it wants.
    Both,
}

impl Formats {
    #[inline]
    pub(crate) fn of(&self, column: usize) -> Format {
        match self {
            Self::Text | Self::Both => Format::Text,
            Self::Binary => Format::Binary,
            Self::Mixed(formats) => formats.get(column).copied().unwrap_or(Format::Text),
        }
    }

    /// The bytes that they take.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text | Self::Binary | Self::Both => 0,
            Self::Mixed(formats) => size_of_val(&**formats),
        }
    }

    /// Whether they are mixed in just this way.
    #[cold]
    pub(crate) fn is_as(&self, codes: &codec::Formats<'_>) -> bool {
        let Self::Mixed(formats) = self else {
            return false;
        };
        formats
            .iter()
            .map(|format| i16::from(*format))
            .eq(codes.iter())
    }
}

/// No row limit.
pub(crate) const UNLIMITED: u64 = u64::MAX;

// Without what is on its way to the client.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("wire", &self.wire)
            .field("columns", &self.columns)
            .field("formats", &self.formats)
            .finish_non_exhaustive()
    }
}

impl Reply {
    pub(crate) fn new(wire: Box<Wire>, shared: Arc<Shared>) -> Self {
        Self {
            wire: Some(wire),
            shared,
            slot: None,
            columns: Columns::NONE,
            formats: Formats::Text,
            checked: None,
            describe: false,
            limit: UNLIMITED,
            left: UNLIMITED,
            failed: None,
        }
    }

    /// The reply of a portal that may be suspended. Its wire comes through the slot, and the formats with it.
    pub(crate) fn parked(slot: Arc<Slot>, shared: Arc<Shared>, columns: Columns) -> Self {
        Self {
            wire: None,
            shared,
            slot: Some(slot),
            columns,
            formats: Formats::Text,
            checked: None,
            describe: false,
            limit: 0,
            left: 0,
            failed: None,
        }
    }

    /// Gets ready for the next statement. Where its result is of the same columns and formats as the last one, what was
    /// found out about them holds.
    #[inline]
    pub(crate) fn begin(&mut self, columns: &Columns, formats: &Formats, describe: bool) {
        if !self.columns.same_as(columns) {
            self.columns = columns.clone();
            self.checked = None;
        }
        if self.formats != *formats {
            self.formats = formats.clone();
        }
        self.describe = describe && columns.returns_rows();
        if self.describe {
            self.checked = None;
        }
        self.limit = UNLIMITED;
        self.left = UNLIMITED;
        self.failed = None;
    }

    /// What a statement came to. One that was not told of a row's failure, since it did not await the row, fails by it
    /// now.
    #[inline]
    pub(crate) fn conclude(&mut self, run: Result<Tag>) -> Result<Tag> {
        match self.failed.take() {
            None => run,
            Some(failure) => run.and(Err(failure)),
        }
    }

    /// The columns of the result.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        self.columns.as_slice()
    }

    /// The format that the client asked for column `index` of the result, from 0.
    #[must_use]
    pub fn format(&self, index: usize) -> Format {
        self.formats.of(index)
    }

    /// A handle to the session, for other tasks.
    #[must_use]
    pub fn handle(&self) -> SessionHandle {
        SessionHandle::new(Arc::clone(&self.shared))
    }

    /// Sends a row. It is encoded before the future is made, so its values need not outlive the call; awaiting lets it
    /// flow.
    ///
    /// # Errors
    ///
    /// 57014 if the statement was cancelled; the SQLSTATE of the type for a value out of its range; XX000 for a row that
    /// does not fit the columns. A row that fails is not sent, and what was sent before stays.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: the row is in the output already, and leaves with what follows. Where the row
    /// limit of a portal is reached the next row must wait: before the future of the last one was ready it is refused
    /// (XX000). A failure that is not awaited fails the statement at its end.
    #[inline]
    pub fn row<R: Row>(&mut self, row: R) -> Sending<'_> {
        let outcome = self.push(&row);
        self.sending(outcome)
    }

    #[inline]
    fn sending(&mut self, pushed: Result<()>) -> Sending<'_> {
        let failed = pushed.is_err();
        if let Err(failure) = pushed {
            self.failed.get_or_insert(failure);
        }
        Sending {
            reply: self,
            failed,
        }
    }

    /// Sends all rows, and gives the tag `SELECT n`.
    ///
    /// # Errors
    ///
    /// As [`row`](Self::row).
    ///
    /// # Cancel safety
    ///
    /// As [`row`](Self::row): whole rows are sent or none.
    pub async fn rows<R: Row>(&mut self, rows: impl IntoIterator<Item = R>) -> Result<Tag> {
        let mut count = 0;
        for row in rows {
            self.row(row).await?;
            count += 1;
        }
        Ok(Tag::select(count))
    }

    /// Sends a NoticeResponse: severity NOTICE, or WARNING if the SQLSTATE is of class 01. It goes out at once, with the
    /// rows before it, unless the client is behind with its reading.
    ///
    /// # Errors
    ///
    /// XX000 if a text holds a NUL byte.
    pub fn notice(&mut self, notice: &Error) -> Result<()> {
        self.regain();
        let Some(wire) = self.wire.as_deref_mut() else {
            return Ok(());
        };
        wire.set_aside()?;
        notice
            .with_report(|report| wire.answer(|machine, output| machine.notice(report, output)))?;
        // What does not fit now leaves with the next row, which also finds out whether the client is still there.
        let _ = wire.poll_write(&mut Context::from_waker(Waker::noop()));
        wire.ensure_buffer();
        wire.divert_from_here();
        Ok(())
    }

    /// Tells the client the new value of a setting that clients follow (ParameterStatus), just before the next
    /// ReadyForQuery.
    ///
    /// # Errors
    ///
    /// 53400 if more messages wait for the client than are kept.
    pub fn parameter_status(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<()> {
        let mail = Mail::ParameterStatus {
            name: name.into(),
            value: value.into(),
        };
        self.shared.post(mail).map_err(|_| {
            Error::new(
                SqlState::CONFIGURATION_LIMIT_EXCEEDED,
                "too many messages wait for the client",
            )
        })
    }

    #[inline]
    fn push<R: Row>(&mut self, row: &R) -> Result<()> {
        if !self
            .checked
            .is_some_and(|check| std::ptr::fn_addr_eq(check, R::check as Check))
        {
            self.begin_rows(R::check)?;
        }
        let Some(wire) = self.wire.as_deref_mut() else {
            return Err(suspended());
        };
        let types = self.columns.types();
        let start = wire.begin_message();
        let output = &mut wire.output;
        // begin_rows saw to it that the count fits.
        #[allow(clippy::cast_possible_truncation, reason = "checked once a result")]
        let [high, low] = (types.len() as u16).to_be_bytes();
        output.extend_from_slice(&[b'D', 0, 0, 0, 0, high, low]);
        let encoded = match &self.formats {
            Formats::Text => row.text(types, output),
            Formats::Binary => row.binary(types, output),
            Formats::Mixed(formats) => row.mixed(types, formats, output),
            Formats::Both => held::keep(row, types, output),
        };
        if let Err(error) = encoded {
            wire.drop_torn();
            return Err(error);
        }
        if let Err(error) = seal(output, start, wire.row_limit) {
            wire.drop_torn();
            return Err(error);
        }
        wire.end_message();
        self.left -= 1;
        if self.left == 0 {
            self.checked = None;
        }
        Ok(())
    }

    /// Sends a piece of COPY data that `write` appends.
    pub(crate) fn copy_data(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Sending<'_> {
        let outcome = self.push_copy_data(write);
        self.sending(outcome)
    }

    fn push_copy_data(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Result<()>) -> Result<()> {
        let wire = self.wire();
        if !wire.machine.allows_copy_data() {
            return Err(Error::internal("no COPY data is due at this point"));
        }
        wire.ensure_buffer();
        let start = wire.begin_message();
        wire.output.extend_from_slice(b"d\0\0\0\0");
        if let Err(error) = write(&mut wire.output) {
            wire.drop_torn();
            return Err(error);
        }
        if let Err(error) = seal(&mut wire.output, start, wire.row_limit) {
            wire.drop_torn();
            return Err(error);
        }
        wire.end_message();
        Ok(())
    }

    /// Before the first row of a result, and of each Execute, and whenever the Rust type of the rows changes.
    #[cold]
    fn begin_rows(&mut self, check: Check) -> Result<()> {
        self.regain();
        if self.left == 0 {
            return Err(suspended());
        }
        let Some(wire) = self.wire.as_deref_mut() else {
            return Err(suspended());
        };
        if !self.columns.returns_rows() {
            return Err(Error::internal(
                "a row was sent for a statement that was prepared without columns",
            ));
        }
        let types = self.columns.types();
        check(types).map_err(|column| row::misfit(types, column))?;
        wire.ensure_buffer();
        if self.describe {
            describe(wire, &self.columns, &Formats::Text)?;
            self.describe = false;
        }
        if !wire.machine.allows_rows() && !wire.is_diverted() {
            return Err(Error::internal("no rows are due at this point"));
        }
        self.checked = Some(check);
        Ok(())
    }

    #[inline]
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        match &self.wire {
            Some(wire) if !wire.is_full() && self.left > 0 && !self.shared.is_cancelled() => {
                Poll::Ready(Ok(()))
            }
            _ => self.poll_wait(cx),
        }
    }

    #[cold]
    fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<Result<()>> {
        loop {
            let Some(wire) = &mut self.wire else {
                // Suspended: the next Execute puts the wire into the slot.
                let Some(slot) = &self.slot else {
                    return Poll::Ready(Err(suspended()));
                };
                let turn = ready!(slot.poll_resume(cx));
                self.resume(turn);
                return Poll::Ready(Ok(()));
            };
            if self.shared.is_cancelled() {
                return Poll::Ready(Err(cancelled()));
            }
            if self.left == 0
                && let Some(slot) = &self.slot
            {
                if let Some(wire) = self.wire.take() {
                    slot.suspend(wire, self.limit);
                }
                continue;
            }
            if !wire.is_full() {
                return Poll::Ready(Ok(()));
            }
            if wire.is_diverted() {
                return Poll::Ready(wire.set_aside());
            }
            if ready!(wire.poll_write(cx)).is_err() {
                self.shared.interrupt();
                return Poll::Ready(Err(gone()));
            }
        }
    }

    /// Takes the wire if it was away, and the portal has been resumed since.
    #[cold]
    fn regain(&mut self) {
        if self.wire.is_none()
            && let Some(turn) = self.slot.as_ref().and_then(|slot| slot.try_resume())
        {
            self.resume(turn);
        }
    }

    fn resume(&mut self, (wire, limit, formats): Resumed) {
        self.wire = Some(wire);
        self.formats = formats;
        self.limit = limit;
        self.left = limit;
    }

    /// Waits until the first Execute gives the wire.
    pub(crate) async fn resumed(&mut self) -> Result<()> {
        std::future::poll_fn(|cx| self.poll_wait(cx)).await
    }

    /// The wire, when no statement runs.
    #[inline]
    pub(crate) fn wire(&mut self) -> &mut Wire {
        self.wire
            .as_deref_mut()
            .expect("the connection has its wire whenever no portal runs")
    }

    /// The wire, unless a portal has it.
    pub(crate) fn present_wire(&mut self) -> Option<&mut Wire> {
        self.wire.as_deref_mut()
    }

    pub(crate) fn lend_wire(&mut self) -> Option<Box<Wire>> {
        self.wire.take()
    }

    pub(crate) fn return_wire(&mut self, wire: Box<Wire>) {
        self.wire = Some(wire);
    }

    /// Whether RowDescription has still not been sent for a result that has rows.
    pub(crate) fn finish_description(&mut self) -> Result<()> {
        if std::mem::take(&mut self.describe)
            && let Some(wire) = self.wire.as_deref_mut()
        {
            describe(wire, &self.columns, &Formats::Text)?;
        }
        Ok(())
    }
}

// A portal that is dropped while it runs gives the wire back.
impl Drop for Reply {
    fn drop(&mut self) {
        if let (Some(slot), Some(wire)) = (&self.slot, self.wire.take()) {
            slot.suspend(wire, self.limit - self.left);
        }
    }
}

/// RowDescription.
pub(crate) fn describe(wire: &mut Wire, columns: &Columns, formats: &Formats) -> Result<()> {
    wire.answer(|machine, output| match columns.description() {
        Some(description) if *formats == Formats::Text => machine.described(description, output),
        _ => {
            let fields = columns
                .as_slice()
                .iter()
                .enumerate()
                .map(|(index, column)| column.field(formats.of(index)));
            machine.row_description(fields, output)
        }
    })
}

/// Writes the length of the message that begins at `start`, unless it is over the limit: PostgreSQL's is what frontends
/// are prepared for.
#[inline]
pub(crate) fn seal(output: &mut [u8], start: usize, limit: u32) -> Result<()> {
    let length = u32::try_from(output.len() - start - 1).unwrap_or(u32::MAX);
    if length > limit || length > i32::MAX.unsigned_abs() {
        return Err(too_large(limit));
    }
    if let Some(place) = output.get_mut(start + 1..start + 5) {
        place.copy_from_slice(&length.to_be_bytes());
    }
    Ok(())
}

#[cold]
fn too_large(limit: u32) -> Error {
    Error::new(
        SqlState::PROGRAM_LIMIT_EXCEEDED,
        format!("a row or a piece of COPY data is larger than {limit} bytes"),
    )
}

#[cold]
pub(crate) fn cancelled() -> Error {
    Error::new(
        SqlState::QUERY_CANCELED,
        "canceling statement due to user request",
    )
}

#[cold]
pub(crate) fn gone() -> Error {
    Error::new(SqlState::CONNECTION_FAILURE, "connection to client lost")
}

#[cold]
fn suspended() -> Error {
    Error::internal(
        "a row was sent at the row limit before the future of the last one was ready; await each row to its end",
    )
}

/// The future of a row that was encoded: ready when there is room for the next.
#[derive(Debug)]
#[must_use = "a row flows when this is awaited"]
pub struct Sending<'r> {
    reply: &'r mut Reply,
    /// The reply knows why.
    failed: bool,
}

impl Future for Sending<'_> {
    type Output = Result<()>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        let this = self.get_mut();
        if this.failed
            && let Some(failure) = this.reply.failed.take()
        {
            return Poll::Ready(Err(failure));
        }
        this.reply.poll_room(cx)
    }
}
