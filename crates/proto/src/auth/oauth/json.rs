//! As much JSON (RFC 8259) as it takes to read a few strings out of an object and to pass over the rest.

use alloc::string::String;

/// How deep arrays and objects may lie in each other, the outermost object included; libpq's bound as well.
const MAX_DEPTH: usize = 16;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Problem {
    Syntax { at: usize },
    NotAnObject,
    TooDeep,
}

/// A text that is being read.
pub(super) struct Json<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Json<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
        }
    }

    /// Reads an object; `field` must use up the value of the field whose name it gets.
    pub(super) fn object<E: From<Problem>>(
        &mut self,
        mut field: impl FnMut(&str, &mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.peek() != Some(b'{') {
            return Err(match self.skip() {
                Ok(()) => Problem::NotAnObject.into(),
                Err(problem) => problem.into(),
            });
        }
        self.enter()?;
        if self.peek() == Some(b'}') {
            return Ok(self.leave(b'}')?);
        }
        loop {
            let name = self.string().ok_or_else(|| self.wrong())??;
            self.expect(b':')?;
            field(&name, self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return Ok(self.leave(b'}')?),
            }
        }
    }

    /// Reads a string; `None` if the next value is something else.
    pub(super) fn string(&mut self) -> Option<Result<String, Problem>> {
        (self.peek() == Some(b'"')).then(|| self.quoted())
    }

    /// Passes over a value.
    pub(super) fn skip(&mut self) -> Result<(), Problem> {
        match self.peek() {
            Some(b'"') => self.quoted().map(drop),
            Some(b'{') => self.object(|_, json| json.skip()),
            Some(b'[') => self.array(),
            Some(b't') => self.word("true"),
            Some(b'f') => self.word("false"),
            Some(b'n') => self.word("null"),
            _ => self.number(),
        }
    }

    /// Nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), Problem> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.wrong()),
        }
    }

    fn array(&mut self) -> Result<(), Problem> {
        self.enter()?;
        if self.peek() == Some(b']') {
            return self.leave(b']');
        }
        loop {
            self.skip()?;
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => return self.leave(b']'),
            }
        }
    }

    fn enter(&mut self) -> Result<(), Problem> {
        if self.depth >= MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    fn leave(&mut self, bracket: u8) -> Result<(), Problem> {
        self.expect(bracket)?;
        self.depth -= 1;
        Ok(())
    }

    /// After the opening quote is seen.
    fn quoted(&mut self) -> Result<String, Problem> {
        let mut out = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let special = rest
                .find(|c: char| c == '"' || c == '\\' || c < ' ')
                .ok_or_else(|| self.wrong())?;
            out.push_str(rest.get(..special).unwrap_or_default());
            self.at += special;
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    out.push(self.escape()?);
                }
                _ => return Err(self.wrong()),
            }
        }
    }

    /// After the backslash.
    fn escape(&mut self) -> Result<char, Problem> {
        let c = match self.byte() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode();
            }
            _ => return Err(self.wrong()),
        };
        self.at += 1;
        Ok(c)
    }

    /// After `\u`: four digits, and four more where they are half a pair. A zero is no character of ours.
    fn unicode(&mut self) -> Result<char, Problem> {
        let high = self.four_digits()?;
        let code = if (0xD800..0xDC00).contains(&high) {
            if !self.rest().starts_with("\\u") {
                return Err(self.wrong());
            }
            self.at += 2;
            let low = self.four_digits()?;
            let low = low.checked_sub(0xDC00).filter(|low| *low < 0x400);
            0x10000 + ((high - 0xD800) << 10) + low.ok_or_else(|| self.wrong())?
        } else {
            high
        };
        char::from_u32(code)
            .filter(|c| *c != '\0')
            .ok_or_else(|| self.wrong())
    }

    fn four_digits(&mut self) -> Result<u32, Problem> {
        let digits = self.rest().get(..4).unwrap_or_default();
        // `from_str_radix` takes a sign.
        if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(self.wrong());
        }
        let number = u32::from_str_radix(digits, 16).map_err(|_| self.wrong())?;
        self.at += 4;
        Ok(number)
    }

    fn word(&mut self, word: &str) -> Result<(), Problem> {
        if !self.rest().starts_with(word) {
            return Err(self.wrong());
        }
        self.at += word.len();
        Ok(())
    }

    fn number(&mut self) -> Result<(), Problem> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.byte() == Some(b'0');
        if self.digits()? > 1 && zero {
            return Err(self.wrong());
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.byte(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.byte(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// At least one.
    fn digits(&mut self) -> Result<usize, Problem> {
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += digits;
        if digits == 0 {
            return Err(self.wrong());
        }
        Ok(digits)
    }

    fn expect(&mut self, byte: u8) -> Result<(), Problem> {
        if self.peek() != Some(byte) {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(())
    }

    /// The next byte that is not white space, which is not used up.
    fn peek(&mut self) -> Option<u8> {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().bytes().take_while(blank).count();
        self.byte()
    }

    fn byte(&self) -> Option<u8> {
        self.rest().bytes().next()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    const fn wrong(&self) -> Problem {
        Problem::Syntax { at: self.at }
    }
}
