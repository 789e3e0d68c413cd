//! Arrays as text (`array_out`, `array_in`).

use alloc::vec::Vec;

use super::literal::{Bounds, Token, Tokens, bounds};
use super::{Array, Dimension, MAX_DIMENSIONS, View, checked_count};
use crate::error::Fault;
use crate::wire::{is_space, trim};
use crate::{DecodeError, DecodeOwned, Encode, EncodeError, Type, wire};

/// Of an array type that is not built in it is not known what stands between its elements. Most have a comma. All elements are quoted
/// then, and the bounds of NULLs alone are said, so that a server that wants something else refuses the array, rather than to take it
/// for one element.
pub(super) fn write<T: Encode>(
    array: &View<'_, T>,
    element: Type,
    delimiter: u8,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if array.elements.is_empty() {
        out.extend_from_slice(b"{}");
        return Ok(());
    }
    let is_open = element == Type::UNSPECIFIED;
    if array
        .dimensions
        .iter()
        .any(|dimension| dimension.lower != 1)
        || is_open && array.elements.len() > 1 && array.elements.iter().all(T::is_null)
    {
        for dimension in array.dimensions {
            let upper = i64::from(dimension.lower)
                + i64::try_from(dimension.length).unwrap_or(i64::MAX)
                - 1;
            out.push(b'[');
            out.extend_from_slice(itoa::Buffer::new().format(dimension.lower).as_bytes());
            out.push(b':');
            out.extend_from_slice(itoa::Buffer::new().format(upper).as_bytes());
            out.push(b']');
        }
        out.push(b'=');
    }
    for (i, value) in array.elements.iter().enumerate() {
        if i > 0 {
            out.push(delimiter);
        }
        for _ in 0..boundaries(array.dimensions, i) {
            out.push(b'{');
        }
        write_element(value, element, delimiter, out)?;
        for _ in 0..boundaries(array.dimensions, i + 1) {
            out.push(b'}');
        }
    }
    Ok(())
}

/// How many dimensions begin at element `i`, and have ended before it.
fn boundaries(dimensions: &[Dimension], i: usize) -> usize {
    let mut size = 1;
    dimensions
        .iter()
        .rev()
        .take_while(|dimension| {
            size *= dimension.length;
            i.is_multiple_of(size)
        })
        .count()
}

fn write_element<T: Encode>(
    value: &T,
    ty: Type,
    delimiter: u8,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    if value.is_null() {
        out.extend_from_slice(b"NULL");
        return Ok(());
    }
    let start = out.len();
    value.encode_text(ty, out)?;
    let text = out.get(start..).unwrap_or_default();
    let needs_quotes = text.is_empty()
        || ty == Type::UNSPECIFIED
        || text.eq_ignore_ascii_case(b"NULL")
        || text
            .iter()
            .any(|b| matches!(b, b'{' | b'}' | b'"' | b'\\') || *b == delimiter || is_space(*b));
    if needs_quotes {
        wire::quote(out, start, |_| b'\\');
    }
    Ok(())
}

pub(super) fn read<T: DecodeOwned>(
    ty: Type,
    element: Type,
    raw: &[u8],
) -> Result<Array<T>, DecodeError> {
    let fail = |fault| DecodeError::text(ty, fault, raw);
    let mut text = trim(raw);
    let written = bounds(&mut text).map_err(fail)?;
    let mut tokens = Tokens::new(text, ty.delimiter());
    let mut shape = Shape::default();
    let mut elements = Vec::new();
    loop {
        match tokens.next().map_err(fail)? {
            Token::Open => shape.open().map_err(fail)?,
            Token::Close => {
                if shape.close().map_err(fail)? {
                    break;
                }
            }
            Token::Delimiter => shape.delimiter().map_err(fail)?,
            Token::Null => {
                shape.element().map_err(fail)?;
                elements.push(T::from_null(element)?);
            }
            Token::Element(value) => {
                shape.element().map_err(fail)?;
                elements.push(T::from_text(element, value)?);
            }
        }
    }
    if !trim(tokens.rest()).is_empty() {
        return Err(fail(Fault::Syntax));
    }
    let dimensions = shape.dimensions(written).map_err(fail)?;
    if elements.is_empty() {
        return Ok(Array::default());
    }
    match checked_count(&dimensions) {
        Some(count) if count == elements.len() => Ok(Array {
            dimensions,
            elements,
        }),
        _ => Err(fail(Fault::Size)),
    }
}

/// Follows the braces: all arrays of one depth must have one length, and elements stand at one depth only.
#[derive(Default)]
struct Shape {
    depth: usize,
    /// How many there are so far in the open array of each depth.
    counts: [usize; MAX_DIMENSIONS],
    lengths: [Option<usize>; MAX_DIMENSIONS],
    /// The depth of the elements, once there is one or an empty array.
    leaf: Option<usize>,
    last: Last,
}

#[derive(Copy, Clone, Default, Eq, PartialEq)]
enum Last {
    #[default]
    Nothing,
    Open,
    Value,
    Delimiter,
}

impl Shape {
    fn open(&mut self) -> Result<(), Fault> {
        if self.last == Last::Value
            || self.leaf == Some(self.depth)
            || self.depth == 0 && self.last != Last::Nothing
        {
            return Err(Fault::Syntax);
        }
        let count = self
            .counts
            .get_mut(self.depth)
            .ok_or(Fault::Dimensions(7))?;
        *count = 0;
        self.depth += 1;
        self.last = Last::Open;
        Ok(())
    }

    /// Whether it was the outermost.
    fn close(&mut self) -> Result<bool, Fault> {
        if self.depth == 0 || self.last == Last::Delimiter {
            return Err(Fault::Syntax);
        }
        if self.last == Last::Open {
            self.set_leaf()?;
        }
        self.depth -= 1;
        let count = self.counts.get(self.depth).copied().unwrap_or(0);
        let length = self.lengths.get_mut(self.depth).ok_or(Fault::Syntax)?;
        if *length.get_or_insert(count) != count {
            return Err(Fault::Syntax);
        }
        self.last = Last::Value;
        if self.depth == 0 {
            return Ok(true);
        }
        self.count()?;
        Ok(false)
    }

    fn delimiter(&mut self) -> Result<(), Fault> {
        if self.last != Last::Value {
            return Err(Fault::Syntax);
        }
        self.last = Last::Delimiter;
        Ok(())
    }

    fn element(&mut self) -> Result<(), Fault> {
        if self.depth == 0 || self.last == Last::Value {
            return Err(Fault::Syntax);
        }
        self.set_leaf()?;
        self.last = Last::Value;
        self.count()
    }

    fn set_leaf(&mut self) -> Result<(), Fault> {
        if *self.leaf.get_or_insert(self.depth) == self.depth {
            Ok(())
        } else {
            Err(Fault::Syntax)
        }
    }

    fn count(&mut self) -> Result<(), Fault> {
        let count = self
            .depth
            .checked_sub(1)
            .and_then(|i| self.counts.get_mut(i))
            .ok_or(Fault::Syntax)?;
        *count += 1;
        Ok(())
    }

    fn dimensions(&self, written: Option<Bounds>) -> Result<Vec<Dimension>, Fault> {
        let lengths = || {
            self.lengths
                .iter()
                .take(self.leaf.unwrap_or(0))
                .map(|length| length.unwrap_or(0))
        };
        let Some(written) = written else {
            return Ok(lengths()
                .map(|length| Dimension { length, lower: 1 })
                .collect());
        };
        if Some(written.count) != self.leaf {
            return Err(Fault::Syntax);
        }
        let mut dimensions = Vec::with_capacity(written.count);
        for (length, (lower, upper)) in lengths().zip(written.bounds) {
            // They must say what the braces say.
            if i64::from(upper) - i64::from(lower) + 1 != i64::try_from(length).unwrap_or(-1) {
                return Err(Fault::Syntax);
            }
            dimensions.push(Dimension { length, lower });
        }
        Ok(dimensions)
    }
}
