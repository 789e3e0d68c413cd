//! What the connection does with its reply: one statement has it after the other, and between them the wire is the
//! connection's own.

use std::sync::Arc;

use super::{Reply, UNLIMITED, describe, gone};
use crate::column::Columns;
use crate::formats::Formats;
use crate::park::Slot;
use crate::shared::Shared;
use crate::wire::Wire;
use crate::{Result, Tag};

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
    /// now; so does one that has lost its client, whatever it made of that.
    #[inline]
    pub(crate) fn conclude(&mut self, run: Result<Tag>) -> Result<Tag> {
        if self.wire.as_ref().is_some_and(|wire| wire.broken) {
            return run.and(Err(gone()));
        }
        match self.failed.take() {
            None => run,
            Some(failure) => run.and(Err(failure)),
        }
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
