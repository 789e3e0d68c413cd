//! Takes the fields off a body and prints each in its form.

use alloc::string::String;
use core::fmt::{self, Write};

use crate::DecodeError;
use crate::codec::Reader;

/// Why printing stopped before the last field.
pub(super) enum Stop {
    /// The body has no such field.
    Short,
    /// The output failed.
    Write,
}

pub(super) type Result<T = ()> = core::result::Result<T, Stop>;

impl From<fmt::Error> for Stop {
    fn from(_: fmt::Error) -> Self {
        Self::Write
    }
}

impl From<DecodeError> for Stop {
    fn from(_: DecodeError) -> Self {
        Self::Short
    }
}

pub(super) struct Body<'a, W> {
    out: &'a mut W,
    reader: Reader<'a>,
    regress: bool,
}

impl<'a, W: Write> Body<'a, W> {
    pub(super) fn new(out: &'a mut W, bytes: &'a [u8], regress: bool) -> Self {
        Self {
            out,
            reader: Reader::new(bytes),
            regress,
        }
    }

    /// Ends the line, and says on another if it does not show the whole of a message of this length.
    pub(super) fn end(self, ended: Result, length: usize) -> fmt::Result {
        let left = self.reader.peek().len();
        match ended {
            Err(Stop::Write) => Err(fmt::Error),
            Err(Stop::Short) => {
                writeln!(self.out, "\nmessage ends inside a field: length {length}")
            }
            Ok(()) if left == 0 => self.out.write_char('\n'),
            Ok(()) => {
                let consumed = length.saturating_sub(left);
                writeln!(
                    self.out,
                    "\nmismatched message length: consumed {consumed}, expected {length}"
                )
            }
        }
    }

    /// The message's name, when nothing can follow.
    pub(super) fn name(&mut self, name: &str) -> Result {
        Ok(self.out.write_str(name)?)
    }

    /// The message's name and the tab before the fields.
    pub(super) fn head(&mut self, name: &str) -> Result {
        Ok(write!(self.out, "{name}\t")?)
    }

    /// The name of a message that has none.
    pub(super) fn unknown(&mut self, tag: u8) -> Result {
        self.reader.rest();
        Ok(write!(self.out, "Unknown message: {tag:02x}")?)
    }

    /// The name of an authentication request that is unknown or long gone.
    pub(super) fn unknown_request(&mut self, code: i32) -> Result {
        Ok(write!(self.out, "Unknown authentication message {code}")?)
    }

    /// The number at the front, left there.
    pub(super) fn peek_code(&self) -> Option<u32> {
        self.reader
            .peek()
            .first_chunk()
            .map(|code| u32::from_be_bytes(*code))
    }

    /// A number that is not printed: it decides what is.
    pub(super) fn code(&mut self) -> Result<i32> {
        Ok(self.reader.i32()?)
    }

    /// Bytes that are not printed.
    pub(super) fn skip(&mut self) {
        self.reader.rest();
    }

    /// A byte: itself if it can be printed, else in hexadecimal.
    pub(super) fn byte(&mut self) -> Result<u8> {
        let byte = self.reader.u8()?;
        match byte {
            b' '..=b'~' => write!(self.out, " {}", char::from(byte))?,
            _ => write!(self.out, " \\x{byte:02x}")?,
        }
        Ok(byte)
    }

    /// An Int16, as libpq prints it: without a sign.
    pub(super) fn int16(&mut self) -> Result<u16> {
        let number = u16::from_be_bytes(self.reader.array()?);
        write!(self.out, " {number}")?;
        Ok(number)
    }

    /// An Int16 count and that many Int16s.
    pub(super) fn int16s(&mut self) -> Result {
        for _ in 0..self.int16()? {
            self.int16()?;
        }
        Ok(())
    }

    pub(super) fn int32(&mut self) -> Result<i32> {
        let number = self.reader.i32()?;
        write!(self.out, " {number}")?;
        Ok(number)
    }

    /// An Int32 that differs from run to run.
    pub(super) fn int32_of_run(&mut self) -> Result {
        if self.regress {
            self.reader.i32()?;
            self.out.write_str(" NNNN")?;
        } else {
            self.int32()?;
        }
        Ok(())
    }

    pub(super) fn string(&mut self) -> Result {
        let string = self.reader.text()?;
        Ok(write!(
            self.out,
            " \"{}\"",
            String::from_utf8_lossy(string)
        )?)
    }

    /// Name and value pairs up to an empty name, which is not printed.
    pub(super) fn pairs(&mut self) -> Result {
        while !matches!(self.reader.peek(), [0, ..]) {
            self.string()?;
            self.string()?;
        }
        self.reader.u8()?;
        Ok(())
    }

    /// Strings up to an empty one, which is printed.
    pub(super) fn strings(&mut self) -> Result {
        while !matches!(self.reader.peek(), [0, ..]) {
            self.string()?;
        }
        self.string()
    }

    /// Codes and strings up to a zero code, which is printed.
    pub(super) fn report(&mut self) -> Result {
        loop {
            match self.byte()? {
                0 => return Ok(()),
                b'F' | b'L' | b'R' if self.regress => {
                    self.reader.text()?;
                    self.out.write_str(" \"SSSS\"")?;
                }
                _ => self.string()?,
            }
        }
    }

    /// An Int32 length and that many bytes, or −1 alone.
    pub(super) fn value(&mut self) -> Result {
        let length = self.int32()?;
        match usize::try_from(length) {
            Ok(length) => {
                let bytes = self.reader.bytes(length)?;
                self.quoted(bytes)
            }
            Err(_) if length == -1 => Ok(()),
            Err(_) => Err(Stop::Short),
        }
    }

    /// An Int16 count and that many values.
    pub(super) fn values(&mut self) -> Result {
        for _ in 0..self.int16()? {
            self.value()?;
        }
        Ok(())
    }

    /// An Int32 length and that many bytes that differ from run to run, or −1 alone.
    pub(super) fn value_of_run(&mut self) -> Result {
        let length = self.int32()?;
        if length == -1 {
            return Ok(());
        }
        let bytes = self
            .reader
            .bytes(usize::try_from(length).map_err(|_| Stop::Short)?)?;
        self.quoted_of_run(bytes)
    }

    /// The bytes to the end, which differ from run to run.
    pub(super) fn rest_of_run(&mut self) -> Result {
        let bytes = self.reader.rest();
        self.quoted_of_run(bytes)
    }

    /// A cancel key: a number if it is as short as those of protocol 3.0.
    pub(super) fn key(&mut self) -> Result {
        if self.reader.peek().len() == 4 {
            self.int32_of_run()
        } else {
            self.rest_of_run()
        }
    }

    fn quoted_of_run(&mut self, bytes: &[u8]) -> Result {
        if self.regress {
            Ok(self.out.write_str(" 'BBBB'")?)
        } else {
            self.quoted(bytes)
        }
    }

    fn quoted(&mut self, bytes: &[u8]) -> Result {
        self.out.write_str(" '")?;
        for &byte in bytes {
            match byte {
                b' '..=b'~' => self.out.write_char(char::from(byte))?,
                _ => write!(self.out, "\\x{byte:02x}")?,
            }
        }
        Ok(self.out.write_char('\'')?)
    }
}
