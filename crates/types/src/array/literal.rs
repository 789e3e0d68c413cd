//! The grammar of an array in text: `[0:1][2:3]={{1,NULL},{"a b",c}}`.

use alloc::vec::Vec;

use super::MAX_DIMENSIONS;
use crate::error::Fault;
use crate::wire::is_space;

/// What a literal is made of.
pub(super) enum Token<'a> {
    Open,
    Close,
    Delimiter,
    Null,
    /// An element without its quotes and escapes.
    Element(&'a [u8]),
}

/// Reads a literal from its first brace to its last.
pub(super) struct Tokens<'a> {
    rest: &'a [u8],
    delimiter: u8,
    /// Where an element with escapes is put together; reused.
    scratch: Vec<u8>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(rest: &'a [u8], delimiter: u8) -> Self {
        Self {
            rest,
            delimiter,
            scratch: Vec::new(),
        }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn next(&mut self) -> Result<Token<'_>, Fault> {
        self.skip_blanks();
        let (first, rest) = self.rest.split_first().ok_or(Fault::Syntax)?;
        match *first {
            b'{' => {
                self.rest = rest;
                Ok(Token::Open)
            }
            b'}' => {
                self.rest = rest;
                Ok(Token::Close)
            }
            b if b == self.delimiter => {
                self.rest = rest;
                Ok(Token::Delimiter)
            }
            b'"' => {
                self.rest = rest;
                self.quoted()
            }
            _ => self.bare(),
        }
    }

    /// An element up to its closing quote; a backslash takes the next byte as it is.
    fn quoted(&mut self) -> Result<Token<'_>, Fault> {
        let mut end = 0;
        let mut has_escapes = false;
        let raw = loop {
            match self.rest.get(end) {
                None => return Err(Fault::Syntax),
                Some(b'"') => break self.rest.get(..end).unwrap_or_default(),
                Some(b'\\') => {
                    has_escapes = true;
                    end += 2;
                }
                Some(_) => end += 1,
            }
        };
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        if !has_escapes {
            return Ok(Token::Element(raw));
        }
        self.unescape(raw);
        Ok(Token::Element(&self.scratch))
    }

    /// An element up to a delimiter or brace, without the blanks at its end; `NULL` is none.
    fn bare(&mut self) -> Result<Token<'_>, Fault> {
        let (mut at, mut end) = (0, 0);
        let mut has_escapes = false;
        loop {
            match self.rest.get(at) {
                None | Some(b'{' | b'"') => return Err(Fault::Syntax),
                Some(b'}') => break,
                Some(b) if *b == self.delimiter => break,
                Some(b'\\') => {
                    if self.rest.get(at + 1).is_none() {
                        return Err(Fault::Syntax);
                    }
                    has_escapes = true;
                    at += 2;
                    end = at;
                }
                Some(b) => {
                    at += 1;
                    if !is_space(*b) {
                        end = at;
                    }
                }
            }
        }
        let raw = self.rest.get(..end).unwrap_or_default();
        self.rest = self.rest.get(at..).unwrap_or_default();
        if has_escapes {
            self.unescape(raw);
            return Ok(Token::Element(&self.scratch));
        }
        Ok(if raw.eq_ignore_ascii_case(b"NULL") {
            Token::Null
        } else {
            Token::Element(raw)
        })
    }

    fn unescape(&mut self, raw: &[u8]) {
        self.scratch.clear();
        let mut bytes = raw.iter();
        while let Some(b) = bytes.next() {
            let b = if *b == b'\\' {
                bytes.next().unwrap_or(b)
            } else {
                b
            };
            self.scratch.push(*b);
        }
    }

    fn skip_blanks(&mut self) {
        while let Some((first, rest)) = self.rest.split_first()
            && is_space(*first)
        {
            self.rest = rest;
        }
    }
}

/// Lower and upper bounds as written before the `=`.
pub(super) struct Bounds {
    pub(super) bounds: [(i32, i32); MAX_DIMENSIONS],
    pub(super) count: usize,
}

/// Takes `[l:u]…=` off a literal; `[u]` is short for `[1:u]`. `None` if it begins with a brace.
pub(super) fn bounds(raw: &mut &[u8]) -> Result<Option<Bounds>, Fault> {
    let mut found = Bounds {
        bounds: [(1, 0); MAX_DIMENSIONS],
        count: 0,
    };
    while let Some(inner) = raw.strip_prefix(b"[") {
        let end = inner.iter().position(|b| *b == b']').ok_or(Fault::Syntax)?;
        let (inside, rest) = inner.split_at_checked(end).ok_or(Fault::Syntax)?;
        *raw = rest.get(1..).unwrap_or_default();
        let (lower, upper) = match inside.iter().position(|b| *b == b':') {
            Some(at) => (
                integer(inside.get(..at).unwrap_or_default())?,
                integer(inside.get(at + 1..).unwrap_or_default())?,
            ),
            None => (1, integer(inside)?),
        };
        let slot = found
            .bounds
            .get_mut(found.count)
            .ok_or(Fault::Dimensions(7))?;
        *slot = (lower, upper);
        found.count += 1;
        trim_start(raw);
    }
    if found.count == 0 {
        return Ok(None);
    }
    *raw = raw.strip_prefix(b"=").ok_or(Fault::Syntax)?;
    trim_start(raw);
    Ok(Some(found))
}

fn trim_start(raw: &mut &[u8]) {
    while let Some((first, rest)) = raw.split_first()
        && is_space(*first)
    {
        *raw = rest;
    }
}

fn integer(raw: &[u8]) -> Result<i32, Fault> {
    core::str::from_utf8(raw)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or(Fault::Syntax)
}
