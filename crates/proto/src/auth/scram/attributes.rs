//! `a=value` pairs with commas between, the syntax of every SCRAM message (RFC 5802 section 5.1).

use crate::auth::Error;

/// What is left to read of a message. There is no NUL in it: [`Attributes::new`] saw to that, so that NUL can stand for the end.
#[derive(Copy, Clone, Debug)]
pub(super) struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// # Errors
    ///
    /// [`Error::Empty`], [`Error::Nul`].
    pub(super) fn new(message: &'a [u8]) -> Result<Self, Error> {
        if message.is_empty() {
            Err(Error::Empty)
        } else if message.contains(&0) {
            Err(Error::Nul)
        } else {
            Ok(Self(message))
        }
    }

    /// The next byte; NUL at the end.
    pub(super) fn peek(&self) -> u8 {
        self.0.first().copied().unwrap_or(0)
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.0
    }

    pub(super) fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    pub(super) fn comma(&mut self) -> Result<(), Error> {
        match self.byte() {
            b',' => Ok(()),
            found => Err(Error::Comma(found)),
        }
    }

    /// The value of `attribute`, which must come next.
    pub(super) fn value(&mut self, attribute: u8) -> Result<&'a [u8], Error> {
        let found = self.peek();
        if found != attribute {
            return Err(Error::Attribute {
                expected: attribute,
                found,
            });
        }
        self.any().map(|(_, value)| value)
    }

    /// The next attribute, whatever it is, and its value. The comma after the value is read too.
    pub(super) fn any(&mut self) -> Result<(u8, &'a [u8]), Error> {
        let attribute = self.byte();
        if !attribute.is_ascii_alphabetic() {
            return Err(Error::NoAttribute(attribute));
        }
        if self.byte() != b'=' {
            return Err(Error::Equals(attribute));
        }
        let end = self.0.iter().position(|byte| *byte == b',');
        let (value, rest) = self
            .0
            .split_at_checked(end.unwrap_or(self.0.len()))
            .unwrap_or((self.0, &[]));
        self.0 = rest.get(1..).unwrap_or_default();
        Ok((attribute, value))
    }
}

/// RFC 5802's `printable`: %x21-2B / %x2D-7E.
pub(super) fn is_printable(nonce: &[u8]) -> bool {
    nonce
        .iter()
        .all(|byte| byte.is_ascii_graphic() && *byte != b',')
}
