//! A value of a row on its way out.

use rusqlite::types::ValueRef;
use trunkline_server::Type;
use trunkline_types::{
    Array, Date, Decode, Encode, EncodeError, Interval, Json, Numeric, Oid, Time, TimeTz,
    Timestamp, TimestampTz, Uuid,
};

use crate::engines::sqlite::translate::ARRAY_IN;

/// A stored value, borrowed. It encodes as whatever type its column was declared with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'v> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'v [u8]),
    Blob(&'v [u8]),
}

impl<'v> From<ValueRef<'v>> for Cell<'v> {
    fn from(value: ValueRef<'v>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(i) => Self::Integer(i),
            ValueRef::Real(f) => Self::Real(f),
            ValueRef::Text(t) => Self::Text(t),
            ValueRef::Blob(b) => Self::Blob(b),
        }
    }
}

impl Encode for Cell<'_> {
    fn accepts(_: Type) -> bool {
        true
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    fn encode_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Null => Ok(()),
            Self::Text(text) if ty == Type::BYTEA => text.encode_text(Type::BYTEA, out),
            Self::Text(text) => {
                // Of a relation's `OID:name`, the name.
                let colon = text.iter().position(|byte| *byte == b':');
                let start = colon
                    .filter(|_| ty == Type::REGCLASS)
                    .map_or(0, |at| at + 1);
                out.extend_from_slice(text.get(start..).unwrap_or_default());
                Ok(())
            }
            Self::Blob(bytes) => bytes.encode_text(Type::BYTEA, out),
            Self::Integer(n) => integer(*n, ty, out, false),
            Self::Real(f) => real(*f, ty, out, false),
        }
    }

    fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Null => Ok(()),
            Self::Blob(bytes) => {
                out.extend_from_slice(bytes);
                Ok(())
            }
            Self::Integer(n) => integer(*n, ty, out, true),
            Self::Real(f) => real(*f, ty, out, true),
            Self::Text(text) if ty == Type::REGCLASS => {
                let oid = text.split(|byte| *byte == b':').next();
                let oid =
                    oid.and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<u32>().ok());
                let oid = oid.ok_or(EncodeError::Range(ty))?;
                out.extend_from_slice(&oid.to_be_bytes());
                Ok(())
            }
            Self::Text(text) => text_in_binary(text, ty, out),
        }
    }
}

fn integer(n: i64, ty: Type, out: &mut Vec<u8>, binary: bool) -> Result<(), EncodeError> {
    let range = |_| EncodeError::Range(ty);
    match ty {
        Type::BOOL => put(&(n != 0), ty, out, binary),
        Type::INT2 => put(&i16::try_from(n).map_err(range)?, ty, out, binary),
        Type::INT4 => put(&i32::try_from(n).map_err(range)?, ty, out, binary),
        Type::INT8 => put(&n, ty, out, binary),
        Type::OID | Type::XID | Type::REGCLASS | Type::REGPROC | Type::REGTYPE => {
            let oid = u32::try_from(n).map_err(range)?;
            if binary {
                out.extend_from_slice(&oid.to_be_bytes());
            } else if ty == Type::REGPROC && oid == ARRAY_IN {
                out.extend_from_slice(b"array_in");
            } else if oid == 0 && ty != Type::OID && ty != Type::XID {
                out.push(b'-');
            } else if ty == Type::REGTYPE {
                out.extend_from_slice(
                    Type::from_oid(trunkline_types::Oid(oid))
                        .sql_name()
                        .as_bytes(),
                );
            } else {
                out.extend_from_slice(oid.to_string().as_bytes());
            }
            Ok(())
        }
        #[allow(
            clippy::cast_precision_loss,
            reason = "a float column of another program may hold integers"
        )]
        Type::FLOAT4 | Type::FLOAT8 => real(n as f64, ty, out, binary),
        Type::NUMERIC => put(&Numeric::from(n), ty, out, binary),
        // Seconds since 1970, as SQLite's own functions take them.
        Type::TIMESTAMP | Type::TIMESTAMPTZ => {
            let micros = n.checked_mul(1_000_000).ok_or(EncodeError::Range(ty))?;
            let moment = Timestamp::from_unix_micros(micros).ok_or(EncodeError::Range(ty))?;
            if ty == Type::TIMESTAMP {
                put(&moment, ty, out, binary)
            } else {
                put(
                    &TimestampTz::from_micros(moment.micros()).ok_or(EncodeError::Range(ty))?,
                    ty,
                    out,
                    binary,
                )
            }
        }
        _ => put(&n, Type::INT8, out, false),
    }
}

fn real(f: f64, ty: Type, out: &mut Vec<u8>, binary: bool) -> Result<(), EncodeError> {
    match ty {
        #[allow(
            clippy::cast_possible_truncation,
            reason = "rounding is what the type asks for"
        )]
        Type::FLOAT4 => put(&(f as f32), ty, out, binary),
        Type::FLOAT8 => put(&f, ty, out, binary),
        Type::NUMERIC => put(&Numeric::from(f), ty, out, binary),
        Type::INT2 | Type::INT4 | Type::INT8 => {
            let whole = Numeric::from(f.round_ties_even())
                .to_i64()
                .ok_or(EncodeError::Range(ty))?;
            integer(whole, ty, out, binary)
        }
        _ => put(&f, Type::FLOAT8, out, false),
    }
}

fn put<T: Encode>(value: &T, ty: Type, out: &mut Vec<u8>, binary: bool) -> Result<(), EncodeError> {
    if binary {
        value.encode_binary(ty, out)
    } else {
        value.encode_text(ty, out)
    }
}

fn text_in_binary(text: &[u8], ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match ty {
        Type::FLOAT4 => through::<f32>(text, ty, out),
        Type::FLOAT8 => through::<f64>(text, ty, out),
        Type::BOOL => through::<bool>(text, ty, out),
        Type::INT2 => through::<i16>(text, ty, out),
        Type::INT4 => through::<i32>(text, ty, out),
        Type::INT8 => through::<i64>(text, ty, out),
        Type::NUMERIC => through::<Numeric>(text, ty, out),
        Type::DATE => through::<Date>(text, ty, out),
        Type::TIME => through::<Time>(text, ty, out),
        Type::TIMETZ => through::<TimeTz>(text, ty, out),
        Type::TIMESTAMP => through::<Timestamp>(text, ty, out),
        Type::TIMESTAMPTZ => through::<TimestampTz>(text, ty, out),
        Type::INTERVAL => through::<Interval>(text, ty, out),
        Type::UUID => through::<Uuid>(text, ty, out),
        Type::JSONB => through::<Json<String>>(text, ty, out),
        _ => match ty.element() {
            Some(element) => array_in_binary(text, ty, element, out),
            None => {
                out.extend_from_slice(text);
                Ok(())
            }
        },
    }
}

/// Text to value to binary.
fn through<T: for<'a> Decode<'a> + Encode>(
    text: &[u8],
    ty: Type,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    T::from_text(ty, text)
        .map_err(|_| EncodeError::Range(ty))?
        .encode_binary(ty, out)
}

fn array_in_binary(
    text: &[u8],
    ty: Type,
    element: Type,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    match element {
        Type::BOOL => through::<Array<Option<bool>>>(text, ty, out),
        Type::INT2 => through::<Array<Option<i16>>>(text, ty, out),
        Type::INT4 => through::<Array<Option<i32>>>(text, ty, out),
        Type::INT8 => through::<Array<Option<i64>>>(text, ty, out),
        Type::OID | Type::XID => through::<Array<Option<Oid>>>(text, ty, out),
        Type::FLOAT4 => through::<Array<Option<f32>>>(text, ty, out),
        Type::FLOAT8 => through::<Array<Option<f64>>>(text, ty, out),
        Type::NUMERIC => through::<Array<Option<Numeric>>>(text, ty, out),
        Type::BYTEA => through::<Array<Option<Vec<u8>>>>(text, ty, out),
        Type::DATE => through::<Array<Option<Date>>>(text, ty, out),
        Type::TIME => through::<Array<Option<Time>>>(text, ty, out),
        Type::TIMETZ => through::<Array<Option<TimeTz>>>(text, ty, out),
        Type::TIMESTAMP => through::<Array<Option<Timestamp>>>(text, ty, out),
        Type::TIMESTAMPTZ => through::<Array<Option<TimestampTz>>>(text, ty, out),
        Type::INTERVAL => through::<Array<Option<Interval>>>(text, ty, out),
        Type::UUID => through::<Array<Option<Uuid>>>(text, ty, out),
        Type::JSONB | Type::JSON => through::<Array<Option<Json<String>>>>(text, ty, out),
        _ => through::<Array<Option<String>>>(text, ty, out),
    }
}

/// Some rows, packed: one buffer for the bytes, one for the cells.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    width: usize,
    rows: usize,
    slots: Vec<Slot>,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Slot {
    Null,
    Integer(i64),
    Real(f64),
    Text(usize, usize),
    Blob(usize, usize),
}

impl Batch {
    /// Forgets the rows and keeps the memory.
    pub(crate) fn clear(&mut self, width: usize) {
        self.width = width;
        self.rows = 0;
        self.slots.clear();
        self.bytes.clear();
    }

    pub(crate) fn push(&mut self, value: ValueRef<'_>) {
        let start = self.bytes.len();
        self.slots.push(match value {
            ValueRef::Null => Slot::Null,
            ValueRef::Integer(i) => Slot::Integer(i),
            ValueRef::Real(f) => Slot::Real(f),
            ValueRef::Text(t) => {
                self.bytes.extend_from_slice(t);
                Slot::Text(start, self.bytes.len())
            }
            ValueRef::Blob(b) => {
                self.bytes.extend_from_slice(b);
                Slot::Blob(start, self.bytes.len())
            }
        });
    }

    pub(crate) fn end_row(&mut self) {
        self.rows += 1;
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes held.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + self.slots.len() * size_of::<Slot>()
    }

    /// The cells of row `row`, into `cells`.
    pub(crate) fn cells<'b>(&'b self, row: usize, cells: &mut Vec<Cell<'b>>) {
        cells.clear();
        let slots = self
            .slots
            .get(row * self.width..(row + 1) * self.width)
            .unwrap_or_default();
        cells.extend(slots.iter().map(|slot| match *slot {
            Slot::Null => Cell::Null,
            Slot::Integer(i) => Cell::Integer(i),
            Slot::Real(f) => Cell::Real(f),
            Slot::Text(a, b) => Cell::Text(self.bytes.get(a..b).unwrap_or_default()),
            Slot::Blob(a, b) => Cell::Blob(self.bytes.get(a..b).unwrap_or_default()),
        }));
    }
}
