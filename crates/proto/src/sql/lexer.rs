//! PostgreSQL's tokens (docs 4.1), as far as they decide where something ends.

use core::fmt;

use memchr::{memchr, memchr2};

use crate::SqlState;

/// Takes a text apart, leaving out blanks and comments.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    sql: &'a str,
    at: usize,
}

/// A token by its place in the text.
#[derive(Copy, Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in double quotes.
    Name,
    /// A string in single quotes and without a prefix.
    String,
    /// A dollar-quoted string.
    Dollar,
    /// A string or name with a prefix (`E''`, `U&''`, `B''`, `X''`, `U&""`), in more than one piece, a number, a parameter.
    Other,
    /// A single character of punctuation or of an operator.
    Symbol(u8),
    /// A quote or comment that the text ends within.
    Unterminated(Unclosed),
}

#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Unclosed {
    String,
    BitString,
    HexString,
    Name,
    Dollar,
    Comment,
}

/// How a quote is put into a string.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
enum Rule {
    /// Not at all: a string of bits or hexadecimal digits ends at the next quote.
    None,
    /// Twice.
    Doubled,
    /// Twice, or behind a backslash.
    Backslash,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(sql: &'a str) -> Self {
        Self { sql, at: 0 }
    }

    pub(super) fn text(&self, token: Token) -> &'a str {
        self.sql.get(token.start..token.end).unwrap_or_default()
    }

    /// The next token; `None` at the end.
    #[inline]
    pub(super) fn token(&mut self) -> Option<Token> {
        if let Err(start) = self.skip_blanks() {
            return Some(self.unterminated(Unclosed::Comment, start));
        }
        let start = self.at;
        let first = self.peek(0)?;
        let kind = match first {
            b'\'' => return Some(self.string(start, 0, Unclosed::String)),
            b'"' => return Some(self.name(start, 0)),
            b'$' => return Some(self.dollar(start)),
            b'e' | b'E' | b'b' | b'B' | b'x' | b'X' if self.peek(1) == Some(b'\'') => {
                let what = match first.to_ascii_lowercase() {
                    b'b' => Unclosed::BitString,
                    b'x' => Unclosed::HexString,
                    _ => Unclosed::String,
                };
                return Some(self.string(start, 1, what));
            }
            b'u' | b'U' if self.peek(1) == Some(b'&') && self.peek(2) == Some(b'\'') => {
                return Some(self.string(start, 2, Unclosed::String));
            }
            b'u' | b'U' if self.peek(1) == Some(b'&') && self.peek(2) == Some(b'"') => {
                return Some(self.name(start, 2));
            }
            byte if starts_word(byte) => {
                self.skip_while(|byte| continues_word(byte) || byte == b'$');
                Kind::Word
            }
            b'0'..=b'9' => {
                self.skip_while(continues_word);
                Kind::Other
            }
            byte => {
                self.at += 1;
                Kind::Symbol(byte)
            }
        };
        Some(Token {
            kind,
            start,
            end: self.at,
        })
    }

    fn rest(&self) -> &'a [u8] {
        self.sql.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.sql.as_bytes().get(self.at + ahead).copied()
    }

    #[inline]
    fn skip_while(&mut self, keep: impl Fn(u8) -> bool) {
        while self.peek(0).is_some_and(&keep) {
            self.at += 1;
        }
    }

    fn unterminated(&mut self, what: Unclosed, start: usize) -> Token {
        self.at = self.sql.len();
        Token {
            kind: Kind::Unterminated(what),
            start,
            end: self.at,
        }
    }

    /// Moves to the next token; the start of a comment that does not end is the error.
    #[inline]
    fn skip_blanks(&mut self) -> Result<(), usize> {
        loop {
            match self.peek(0) {
                Some(byte) if is_space(byte) => self.at += 1,
                Some(b'-') if self.peek(1) == Some(b'-') => self.skip_line(),
                Some(b'/') if self.peek(1) == Some(b'*') => {
                    let start = self.at;
                    self.skip_comment().ok_or(start)?;
                }
                _ => return Ok(()),
            }
        }
    }

    fn skip_line(&mut self) {
        self.at += memchr2(b'\n', b'\r', self.rest()).unwrap_or(self.rest().len());
    }

    /// Comments nest.
    fn skip_comment(&mut self) -> Option<()> {
        self.at += 2;
        let mut depth = 1_usize;
        while depth > 0 {
            self.at += memchr2(b'*', b'/', self.rest())?;
            match (self.peek(0), self.peek(1)) {
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.at += 2;
                }
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        Some(())
    }

    /// A string whose quote is `prefix` bytes after `start`. A quote that follows after a line break goes on with the same string, by
    /// the same rules for backslashes: `E'a'` and `'b\''` on the next line are one.
    fn string(&mut self, start: usize, prefix: usize, what: Unclosed) -> Token {
        let rule = match self.peek(0) {
            Some(b'e' | b'E') => Rule::Backslash,
            Some(b'b' | b'B' | b'x' | b'X') => Rule::None,
            _ => Rule::Doubled,
        };
        let mut kind = if prefix == 0 {
            Kind::String
        } else {
            Kind::Other
        };
        self.at += prefix;
        loop {
            self.at += 1;
            if self.string_end(rule).is_none() {
                return self.unterminated(what, start);
            }
            let end = self.at;
            if !self.continues() {
                self.at = end;
                return Token { kind, start, end };
            }
            kind = Kind::Other;
        }
    }

    /// Moves behind the quote that ends the string; the opening one is passed.
    fn string_end(&mut self, rule: Rule) -> Option<()> {
        loop {
            let stop = match rule {
                Rule::Backslash => memchr2(b'\'', b'\\', self.rest()),
                Rule::None | Rule::Doubled => memchr(b'\'', self.rest()),
            };
            self.at += stop?;
            if self.peek(0) == Some(b'\\') {
                // Whatever is escaped is not looked at. If it is a longer character, its other bytes are no quotes.
                self.at += 2;
            } else if rule != Rule::None && self.peek(1) == Some(b'\'') {
                self.at += 2;
            } else {
                self.at += 1;
                return Some(());
            }
        }
    }

    /// Moves to the quote that goes on with a string just ended, if there is one: blanks and line comments lie between, and a line
    /// break before anything else but those.
    fn continues(&mut self) -> bool {
        let mut new_line = false;
        loop {
            match self.peek(0) {
                Some(b'\'') => return new_line,
                Some(b'\n' | b'\r') => {
                    new_line = true;
                    self.at += 1;
                }
                Some(byte) if is_space(byte) => self.at += 1,
                Some(b'-') if self.peek(1) == Some(b'-') => self.skip_line(),
                _ => return false,
            }
        }
    }

    fn name(&mut self, start: usize, prefix: usize) -> Token {
        let kind = if prefix == 0 { Kind::Name } else { Kind::Other };
        self.at += prefix + 1;
        loop {
            let Some(stop) = memchr(b'"', self.rest()) else {
                return self.unterminated(Unclosed::Name, start);
            };
            self.at += stop + 1;
            if self.peek(0) != Some(b'"') {
                return Token {
                    kind,
                    start,
                    end: self.at,
                };
            }
            self.at += 1;
        }
    }

    /// `$1`, `$$…$$`, `$tag$…$tag$`, or a dollar sign by itself.
    fn dollar(&mut self, start: usize) -> Token {
        self.at += 1;
        if self.peek(0).is_some_and(|byte| byte.is_ascii_digit()) {
            self.skip_while(|byte| byte.is_ascii_digit());
            return Token {
                kind: Kind::Other,
                start,
                end: self.at,
            };
        }
        let tag = self.at;
        if self.peek(0).is_some_and(starts_word) {
            self.skip_while(continues_word);
        }
        if self.peek(0) != Some(b'$') {
            // No quote after all: what looked like a tag is a word of its own.
            self.at = tag;
            return Token {
                kind: Kind::Symbol(b'$'),
                start,
                end: tag,
            };
        }
        self.at += 1;
        let delimiter = self.sql.as_bytes().get(start..self.at).unwrap_or_default();
        loop {
            let Some(stop) = memchr(b'$', self.rest()) else {
                return self.unterminated(Unclosed::Dollar, start);
            };
            self.at += stop;
            if self.rest().starts_with(delimiter) {
                self.at += delimiter.len();
                return Token {
                    kind: Kind::Dollar,
                    start,
                    end: self.at,
                };
            }
            self.at += 1;
        }
    }
}

/// A quote or comment that the text ends within. `Display` is PostgreSQL's message for it.
///
/// ```
/// use trunkline_proto::sql;
///
/// let statement = sql::split("select 1; select 'oops").last().unwrap();
/// let unterminated = statement.unterminated().unwrap();
/// assert_eq!(unterminated.to_string(), "unterminated quoted string at or near \"'oops\"");
/// assert_eq!(statement.offset + unterminated.offset(), 17);
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Unterminated<'a> {
    pub(super) what: Unclosed,
    pub(super) text: &'a str,
    pub(super) offset: usize,
}

impl Unterminated<'_> {
    /// The byte offset, from the start of the statement's text, of the quote or comment.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// 42601, syntax error.
    #[must_use]
    pub const fn sqlstate(&self) -> SqlState {
        SqlState::SYNTAX_ERROR
    }
}

impl fmt::Display for Unterminated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.what {
            Unclosed::String => "quoted string",
            Unclosed::BitString => "bit string literal",
            Unclosed::HexString => "hexadecimal string literal",
            Unclosed::Name => "quoted identifier",
            Unclosed::Dollar => "dollar-quoted string",
            Unclosed::Comment => "/* comment",
        };
        write!(f, "unterminated {what} at or near \"{}\"", self.text)
    }
}

impl core::error::Error for Unterminated<'_> {}

/// Vertical tabs are blanks since PostgreSQL 16; before, they were a syntax error.
#[inline]
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c')
}

#[inline]
const fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

#[inline]
const fn continues_word(byte: u8) -> bool {
    starts_word(byte) || byte.is_ascii_digit()
}
