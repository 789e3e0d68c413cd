//! Where one statement ends and the next begins.

use core::iter::FusedIterator;

use memchr::{memchr, memchr3};

use super::lexer::{Kind, Lexer, Token};
use super::{Unterminated, position};

/// Splits the text of a Query message at the semicolons that end statements.
///
/// Those within quotes, comments and parentheses do not, nor those of a body: `BEGIN ATOMIC … END` of a function, `BEGIN … END` of a
/// trigger (which PostgreSQL does not have, but engines behind this protocol do).
///
/// Every part of the text comes out, blank ones too ([`Statement::is_blank`]); only behind a semicolon at the very end there is
/// nothing. A text without a semicolon costs one search.
///
/// ```
/// use trunkline_proto::sql;
///
/// let texts: Vec<&str> = sql::split("select ';'; -- done;\nselect 2;").map(|s| s.text).collect();
/// assert_eq!(texts, ["select ';'", " -- done;\nselect 2"]);
/// ```
#[must_use]
pub const fn split(sql: &str) -> Split<'_> {
    Split {
        rest: sql,
        offset: 0,
    }
}

/// The statement of a text that plainly is one and no more: it begins with a letter, and has no semicolon and nothing that
/// could be left open. Found in one short pass; for all other texts there is [`split`].
#[inline]
#[must_use]
pub fn plain(sql: &str) -> Option<Statement<'_>> {
    let special = |byte: u8| matches!(byte, b';' | b'\'' | b'"' | b'$' | b'/');
    let begins = sql.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    (begins && !sql.bytes().any(special)).then_some(Statement {
        text: sql,
        offset: 0,
    })
}

/// The statements of a text, in order. [`split`] makes it.
#[derive(Clone, Debug)]
pub struct Split<'a> {
    rest: &'a str,
    offset: usize,
}

impl<'a> Iterator for Split<'a> {
    type Item = Statement<'a>;

    #[inline]
    fn next(&mut self) -> Option<Statement<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let end = match memchr(b';', self.rest.as_bytes()) {
            Some(_) => end_of_statement(self.rest),
            None => self.rest.len(),
        };
        let statement = Statement {
            text: self.rest.get(..end).unwrap_or_default(),
            offset: self.offset,
        };
        // The semicolon is of no statement.
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        self.offset += end + 1;
        Some(statement)
    }
}

impl FusedIterator for Split<'_> {}

/// One statement of a text, without its semicolon.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Statement<'a> {
    /// The text as it stands, blanks and comments around it included.
    pub text: &'a str,
    /// The byte offset of the text within the whole.
    pub offset: usize,
}

impl<'a> Statement<'a> {
    /// Whether there is nothing to run: only blanks and comments, or nothing at all.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        // Nearly every statement starts with its first word.
        let starts_at_once = self.text.starts_with(|c: char| c.is_ascii_alphabetic());
        !starts_at_once && Lexer::new(self.text).token().is_none()
    }

    /// The quote or comment that does not end. Only the last statement of a text can have one.
    ///
    /// PostgreSQL reads all statements of a Query before it runs the first, so such a text runs not at all. This reads the whole
    /// statement; where it is the only one, its own parser will find the same.
    #[must_use]
    pub fn unterminated(&self) -> Option<Unterminated<'a>> {
        // Most statements have nothing that could be left open.
        if memchr3(b'\'', b'"', b'$', self.text.as_bytes()).is_none()
            && memchr(b'/', self.text.as_bytes()).is_none()
        {
            return None;
        }
        let mut lexer = Lexer::new(self.text);
        loop {
            let token = lexer.token()?;
            if let Kind::Unterminated(what) = token.kind {
                return Some(Unterminated {
                    what,
                    text: lexer.text(token),
                    offset: token.start,
                });
            }
        }
    }

    /// The position in the `whole` text (1-based, in characters) of what has that position in this statement's: what an error that
    /// the statement's parser found is reported with.
    #[must_use]
    pub fn position_in(&self, whole: &str, within: usize) -> usize {
        position(whole, self.offset) - 1 + within
    }
}

/// The offset of the semicolon that ends the first statement, or the length of the text.
fn end_of_statement(sql: &str) -> usize {
    let mut lexer = Lexer::new(sql);
    let mut parentheses = 0_usize;
    let mut body = Body::default();
    while let Some(token) = lexer.token() {
        match token.kind {
            Kind::Symbol(b';') if parentheses == 0 && body.depth == 0 => return token.start,
            Kind::Symbol(b'(') => parentheses += 1,
            Kind::Symbol(b')') => parentheses = parentheses.saturating_sub(1),
            _ => {}
        }
        if parentheses == 0 {
            body.follow(&lexer, token);
        }
    }
    sql.len()
}

/// Follows the tokens of a statement into the body of a function or trigger, and out again.
#[derive(Debug, Default)]
struct Body {
    head: Head,
    before: Before,
    /// How many ENDs are missing.
    depth: usize,
}

/// What the statement creates, as far as its first words tell.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
enum Head {
    #[default]
    Start,
    Create,
    Routine,
    Trigger,
    /// Something without a body.
    Other,
}

/// What came before a token.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
enum Before {
    #[default]
    Anything,
    /// BEGIN, in a routine.
    Begin,
    /// Something that makes a name of the word behind it, be it a keyword otherwise.
    Namer,
}

impl Body {
    #[inline]
    fn follow(&mut self, lexer: &Lexer<'_>, token: Token) {
        if self.head == Head::Other {
            return;
        }
        let before = core::mem::take(&mut self.before);
        match token.kind {
            Kind::Word => self.word(lexer.text(token), before),
            Kind::Symbol(b'.') => self.before = Before::Namer,
            _ if matches!(self.head, Head::Start | Head::Create) => self.head = Head::Other,
            _ => {}
        }
    }

    fn word(&mut self, word: &str, before: Before) {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword);
        match self.head {
            Head::Start => {
                self.head = if is("create") {
                    Head::Create
                } else {
                    Head::Other
                }
            }
            Head::Create if is("function") || is("procedure") => self.head = Head::Routine,
            Head::Create if is("trigger") => {
                self.head = Head::Trigger;
                self.before = Before::Namer;
            }
            Head::Create => {
                let opening = ["or", "replace", "temp", "temporary", "constraint"];
                if !opening.into_iter().any(is) {
                    self.head = Head::Other;
                }
            }
            _ if before == Before::Namer => {}
            Head::Routine if self.depth == 0 && before == Before::Begin && is("atomic") => {
                self.depth = 1;
            }
            Head::Routine if self.depth == 0 && is("begin") => self.before = Before::Begin,
            Head::Trigger if self.depth == 0 && is("begin") => self.depth = 1,
            Head::Routine | Head::Trigger if self.depth > 0 => {
                if is("case") {
                    self.depth += 1;
                } else if is("end") {
                    self.depth -= 1;
                } else if is("as") {
                    self.before = Before::Namer;
                }
            }
            Head::Trigger if is("on") || is("of") || is("exists") => self.before = Before::Namer,
            Head::Routine | Head::Trigger | Head::Other => {}
        }
    }
}
