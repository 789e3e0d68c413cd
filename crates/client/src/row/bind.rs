//! A Bind of Rust values (PostgreSQL docs 54.7), encoded where it leaves from.

use std::borrow::Cow;

use trunkline_proto::{EncodeError, Format, PortalName, StatementName, frame, frontend};
use trunkline_types::row::Sink;
use trunkline_types::{self as types, Encode, Type};

use super::{Params, ValueError};
use crate::{Error, Result};

/// What is bound to what.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Binding<'a> {
    /// What the portal will be called.
    pub(crate) portal: PortalName<'a>,
    /// The statement.
    pub(crate) statement: StatementName<'a>,
    /// The types of the parameters.
    pub(crate) types: ParamTypes<'a>,
    /// The format of parameters whose types are known and that do not ask for another.
    pub(crate) format: Format,
    /// The formats of the columns: none for text, one for all, or one each.
    pub(crate) results: &'a [Format],
}

/// What is known of the types of the parameters.
#[derive(Copy, Clone, Debug)]
pub(crate) enum ParamTypes<'a> {
    /// All of them, as the statement's description has it: there must be as many values.
    All(&'a [Type]),
    /// Those of the first; others are open.
    First(&'a [Type]),
}

/// Appends the message; on `Err` nothing is appended.
#[inline]
pub(crate) fn bind<P: Params + ?Sized>(
    binding: &Binding<'_>,
    params: &P,
    out: &mut Vec<u8>,
) -> Result<()> {
    let types = types_of(binding.types, params.width())?;
    frame::write(out, frontend::Bind::TAG, |out| {
        cstr(binding.portal.as_bytes(), out)?;
        cstr(binding.statement.as_bytes(), out)?;
        formats(params, &types, binding.format, out)?;
        count(params.width(), out)?;
        let mut fields = Fields {
            place: 0,
            preferred: binding.format,
            out,
        };
        params
            .encode_row(&types, &mut fields)
            .map_err(|fault| fault.named(params, &types))?;
        results(binding.results, out)
    })
}

/// One type for each parameter: open where none is given.
fn types_of(types: ParamTypes<'_>, width: usize) -> Result<Cow<'_, [Type]>> {
    const OPEN: [Type; 16] = [Type::UNSPECIFIED; 16];
    match (types, OPEN.get(..width)) {
        (ParamTypes::All(types) | ParamTypes::First(types), _) if types.len() == width => {
            Ok(Cow::Borrowed(types))
        }
        (ParamTypes::First([]), Some(open)) => Ok(Cow::Borrowed(open)),
        (ParamTypes::First(types), _) if types.len() < width => {
            let mut types = types.to_vec();
            types.resize(width, Type::UNSPECIFIED);
            Ok(Cow::Owned(types))
        }
        (ParamTypes::All(types) | ParamTypes::First(types), _) => Err(ValueError::ParamCount {
            given: width,
            wanted: types.len(),
        }
        .into()),
    }
}

/// The formats of the parameters, as few as say it: none for text, one for binary, else one each.
#[inline]
fn formats<P: Params + ?Sized>(
    params: &P,
    types: &[Type],
    preferred: Format,
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut survey = Survey {
        preferred,
        text: 0,
        binary: 0,
    };
    let fault = |fault: Fault| fault.named(params, types);
    params.encode_row(types, &mut survey).map_err(fault)?;
    match survey {
        Survey { binary: 0, .. } => put_i16(0, out),
        Survey { text: 0, .. } => {
            put_i16(1, out);
            put_i16(Format::Binary.code(), out);
        }
        Survey { .. } => {
            count(params.width(), out)?;
            let mut codes = Codes { preferred, out };
            params.encode_row(types, &mut codes).map_err(fault)?;
        }
    }
    Ok(())
}

/// The formats of the columns, as few as say it.
#[inline]
fn results(formats: &[Format], out: &mut Vec<u8>) -> Result<()> {
    match formats {
        [Format::Text, rest @ ..] if rest.iter().all(|format| *format == Format::Text) => {
            put_i16(0, out);
        }
        [Format::Binary, rest @ ..] if rest.iter().all(|format| *format == Format::Binary) => {
            put_i16(1, out);
            put_i16(Format::Binary.code(), out);
        }
        formats => {
            count(formats.len(), out)?;
            for format in formats {
                put_i16(format.code(), out);
            }
        }
    }
    Ok(())
}

fn count(count: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let limit = usize::from(u16::MAX);
    let count = u16::try_from(count).map_err(|_| EncodeError::TooManyItems { limit })?;
    out.extend_from_slice(&count.to_be_bytes());
    Ok(())
}

fn put_i16(value: i16, out: &mut Vec<u8>) {
    out.extend_from_slice(&value.to_be_bytes());
}

/// The format that a value is sent in.
#[inline]
fn format_of<T: Encode>(value: &T, ty: Type, preferred: Format) -> Format {
    if preferred == Format::Text || ty == Type::UNSPECIFIED {
        Format::Text
    } else {
        value.format(ty)
    }
}

/// What is wrong with which parameter.
enum Fault {
    Count,
    Type {
        place: usize,
    },
    Value {
        place: usize,
        source: types::EncodeError,
    },
}

impl Fault {
    #[cold]
    fn named<P: Params + ?Sized>(self, params: &P, types: &[Type]) -> Error {
        let ty = |place| types.get(place).copied().unwrap_or(Type::UNSPECIFIED);
        match self {
            Self::Count => ValueError::ParamCount {
                given: params.width(),
                wanted: types.len(),
            },
            Self::Type { place }
            | Self::Value {
                place,
                source: types::EncodeError::Mismatch(_),
            } => ValueError::ParamType {
                place,
                ty: ty(place),
                rust: params.rust_type(place),
            },
            Self::Value { place, source } => ValueError::Param {
                place,
                ty: ty(place),
                rust: params.rust_type(place),
                source,
            },
        }
        .into()
    }
}

/// Counts the formats.
struct Survey {
    preferred: Format,
    text: usize,
    binary: usize,
}

impl Sink for Survey {
    type Error = Fault;

    #[inline]
    fn value<T: Encode>(&mut self, value: &T, ty: Type) -> Result<(), Fault> {
        match format_of(value, ty, self.preferred) {
            Format::Text => self.text += 1,
            Format::Binary => self.binary += 1,
        }
        Ok(())
    }

    fn misfit(&mut self, _: usize) -> Fault {
        Fault::Count
    }
}

/// Appends the formats, one each.
struct Codes<'a> {
    preferred: Format,
    out: &'a mut Vec<u8>,
}

impl Sink for Codes<'_> {
    type Error = Fault;

    fn value<T: Encode>(&mut self, value: &T, ty: Type) -> Result<(), Fault> {
        put_i16(format_of(value, ty, self.preferred).code(), self.out);
        Ok(())
    }

    fn misfit(&mut self, _: usize) -> Fault {
        Fault::Count
    }
}

/// Appends the values, each after its length.
struct Fields<'a> {
    place: usize,
    preferred: Format,
    out: &'a mut Vec<u8>,
}

impl Sink for Fields<'_> {
    type Error = Fault;

    #[inline]
    fn value<T: Encode>(&mut self, value: &T, ty: Type) -> Result<(), Fault> {
        let place = self.place;
        self.place += 1;
        if ty != Type::UNSPECIFIED && !T::accepts(ty) {
            return Err(Fault::Type { place });
        }
        match format_of(value, ty, self.preferred) {
            Format::Text => value.field_text(ty, self.out),
            Format::Binary => value.field_binary(ty, self.out),
        }
        .map_err(|source| Fault::Value { place, source })
    }

    fn misfit(&mut self, _: usize) -> Fault {
        Fault::Count
    }
}

/// A name and its NUL.
fn cstr(name: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    // A short loop is less than a call.
    if name.iter().fold(false, |nul, byte| nul | (*byte == 0)) {
        return Err(EncodeError::NulInString);
    }
    out.extend_from_slice(name);
    out.push(0);
    Ok(())
}
