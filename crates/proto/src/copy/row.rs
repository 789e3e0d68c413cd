//! A row of COPY data.

use super::context::Context;

/// Where a field lies in the bytes of its row.
#[derive(Copy, Clone, Debug)]
pub(super) struct Span {
    start: usize,
    end: usize,
}

impl Span {
    /// Starts behind its end, as no field does.
    pub(super) const NULL: Self = Self { start: 1, end: 0 };

    pub(super) const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    fn of(self, bytes: &[u8]) -> Option<&[u8]> {
        bytes.get(self.start..self.end)
    }
}

/// A row: its fields, unescaped, `None` for NULL. In binary it has as many as there are columns; in text and CSV it
/// may have fewer, which PostgreSQL refuses as `missing data for column "…"` (22P04).
#[derive(Copy, Clone, Debug)]
pub struct Row<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) spans: &'a [Span],
    pub(super) line: u64,
    /// The line as it came; none in binary.
    pub(super) text: Option<&'a [u8]>,
}

impl<'a> Row<'a> {
    /// The number of fields.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no field: a row of a table without columns.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// A field, by its place from 0: `None` if the row has no such field, `Some(None)` for NULL.
    #[must_use]
    #[inline]
    pub fn get(&self, column: usize) -> Option<Option<&'a [u8]>> {
        self.spans.get(column).map(|span| span.of(self.bytes))
    }

    /// The fields in their order.
    #[must_use]
    pub fn iter(&self) -> Fields<'a> {
        Fields {
            bytes: self.bytes,
            spans: self.spans.iter(),
        }
    }

    /// The number of the line, or of the row in binary, from 1. Header lines count, and so do the lines of a quoted field.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The line as it came, without its end; none in binary.
    #[must_use]
    pub fn text(&self) -> Option<&'a [u8]> {
        self.text
    }

    /// The context of an error in the row as a whole.
    #[must_use]
    pub fn context(&self, table: &'a str) -> Context<'a> {
        Context::of_line(table, self.line, self.text)
    }

    /// The context of an error in the value of one column.
    #[must_use]
    pub fn column_context(&self, table: &'a str, name: &'a str, column: usize) -> Context<'a> {
        let value = self.text.and_then(|_| self.get(column));
        Context::of_column(table, self.line, name, value)
    }
}

impl<'a> IntoIterator for Row<'a> {
    type Item = Option<&'a [u8]>;
    type IntoIter = Fields<'a>;

    fn into_iter(self) -> Fields<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Row<'a> {
    type Item = Option<&'a [u8]>;
    type IntoIter = Fields<'a>;

    fn into_iter(self) -> Fields<'a> {
        self.iter()
    }
}

/// The fields of a [`Row`], `None` for NULL.
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    spans: core::slice::Iter<'a, Span>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Option<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.spans.next().map(|span| span.of(self.bytes))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.spans.size_hint()
    }
}

impl ExactSizeIterator for Fields<'_> {}
