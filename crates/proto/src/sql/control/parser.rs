//! The grammar of the control statements (PostgreSQL docs, part VI).

use alloc::borrow::Cow;

use super::{Control, Discard, Isolation, Modes};
use crate::NAME_LEN;
use crate::sql::List;
use crate::sql::keywords::is_reserved;
use crate::sql::lexer::{Kind, Lexer, Token};
use crate::sql::literal::dollar;

pub(super) struct Parser<'a> {
    sql: &'a str,
    lexer: Lexer<'a>,
    /// The token that is looked at.
    token: Option<Token>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        let mut lexer = Lexer::new(sql);
        let token = lexer.token();
        Self { sql, lexer, token }
    }

    pub(super) fn statement(mut self) -> Option<Control<'a>> {
        // Most statements are none of these: their first letter and its word's length say so.
        let word = self.word()?;
        let control = match (word.len(), word.as_bytes().first()?.to_ascii_lowercase()) {
            (5, b'b') if self.accept("begin") => {
                self.noise();
                Control::Begin(self.modes()?)
            }
            (5, b's') if self.accept("start") => {
                self.expect("transaction")?;
                Control::StartTransaction(self.modes()?)
            }
            (6, b'c') if self.accept("commit") => {
                if self.accept("prepared") {
                    Control::CommitPrepared(self.string()?)
                } else {
                    self.noise();
                    Control::Commit {
                        chain: self.chain()?,
                    }
                }
            }
            (3, b'e') if self.accept("end") => {
                self.noise();
                Control::Commit {
                    chain: self.chain()?,
                }
            }
            (5, b'a') if self.accept("abort") => {
                self.noise();
                Control::Rollback {
                    chain: self.chain()?,
                }
            }
            (8, b'r') if self.accept("rollback") => self.rollback()?,
            (9, b's') if self.accept("savepoint") => Control::Savepoint(self.name()?),
            (7, b'r') if self.accept("release") => Control::Release(self.savepoint()?),
            (7, b'p') if self.accept("prepare") => self.prepare()?,
            (7, b'e') if self.accept("execute") => Control::Execute {
                name: self.name()?,
                arguments: self.list()?,
            },
            (10, b'd') if self.accept("deallocate") => {
                if self.is("prepare") && self.ahead().is_some_and(is_name) {
                    self.advance();
                }
                if self.accept("all") {
                    Control::DeallocateAll
                } else {
                    Control::Deallocate(self.name()?)
                }
            }
            (5, b'c') if self.accept("close") => {
                if self.accept("all") {
                    Control::CloseAll
                } else {
                    Control::Close(self.name()?)
                }
            }
            (7, b'd') if self.accept("discard") => Control::Discard(self.discard()?),
            (7, b'd') if self.accept("declare") => Control::Declare(self.declare()?),
            (5, b'f') if self.accept("fetch") => {
                let (cursor, direction) = self.fetch()?;
                Control::Fetch { cursor, direction }
            }
            (4, b'm') if self.accept("move") => {
                let (cursor, direction) = self.fetch()?;
                Control::Move { cursor, direction }
            }
            _ => return None,
        };
        while self.symbol(b';') {}
        self.token.is_none().then_some(control)
    }

    fn rollback(&mut self) -> Option<Control<'a>> {
        if self.accept("prepared") {
            return self.string().map(Control::RollbackPrepared);
        }
        self.noise();
        if self.accept("to") {
            return self.savepoint().map(Control::RollbackTo);
        }
        let chain = self.chain()?;
        Some(Control::Rollback { chain })
    }

    fn prepare(&mut self) -> Option<Control<'a>> {
        let is_string = |token: Token| matches!(token.kind, Kind::String | Kind::Dollar);
        if self.is("transaction") && self.ahead().is_some_and(is_string) {
            self.advance();
            return self.string().map(Control::PrepareTransaction);
        }
        let name = self.name()?;
        let types = self.list()?;
        if !self.is("as") {
            return None;
        }
        let (statement, offset) = self.inner()?;
        Some(Control::Prepare {
            name,
            types,
            statement,
            offset,
        })
    }

    /// The statement that follows the word which is looked at, and its offset: it goes up to the last token but semicolons.
    pub(super) fn inner(&mut self) -> Option<(&'a str, usize)> {
        let offset = self.ahead()?.start;
        let mut end = offset;
        self.advance();
        while let Some(token) = self.token {
            if token.kind != Kind::Symbol(b';') {
                end = token.end;
            }
            self.advance();
        }
        let statement = self.sql.get(offset..end).filter(|sql| !sql.is_empty())?;
        Some((statement, offset))
    }

    fn discard(&mut self) -> Option<Discard> {
        if self.accept("all") {
            Some(Discard::All)
        } else if self.accept("plans") {
            Some(Discard::Plans)
        } else if self.accept("sequences") {
            Some(Discard::Sequences)
        } else if self.accept("temp") || self.accept("temporary") {
            Some(Discard::Temporary)
        } else {
            None
        }
    }

    fn modes(&mut self) -> Option<Modes> {
        let mut modes = Modes::default();
        let mut comma = false;
        loop {
            if self.accept("isolation") {
                self.expect("level")?;
                modes.isolation = Some(self.isolation()?);
            } else if self.accept("read") {
                let only = self.accept("only");
                if !only {
                    self.expect("write")?;
                }
                modes.read_only = Some(only);
            } else if self.accept("deferrable") {
                modes.deferrable = Some(true);
            } else if self.accept("not") {
                self.expect("deferrable")?;
                modes.deferrable = Some(false);
            } else {
                // A comma must have a mode on either side.
                return (!comma).then_some(modes);
            }
            comma = self.symbol(b',');
        }
    }

    fn isolation(&mut self) -> Option<Isolation> {
        if self.accept("serializable") {
            Some(Isolation::Serializable)
        } else if self.accept("repeatable") {
            self.expect("read")?;
            Some(Isolation::RepeatableRead)
        } else {
            self.expect("read")?;
            if self.accept("committed") {
                Some(Isolation::ReadCommitted)
            } else {
                self.expect("uncommitted")?;
                Some(Isolation::ReadUncommitted)
            }
        }
    }

    /// `WORK` and `TRANSACTION`, which mean nothing.
    fn noise(&mut self) {
        let _ = self.accept("work") || self.accept("transaction");
    }

    fn chain(&mut self) -> Option<bool> {
        if !self.accept("and") {
            return Some(false);
        }
        let chain = !self.accept("no");
        self.expect("chain")?;
        Some(chain)
    }

    /// A savepoint's name, behind the word SAVEPOINT or by itself. The word is a name, too, if nothing else follows.
    fn savepoint(&mut self) -> Option<Cow<'a, str>> {
        if self.is("savepoint") && self.ahead().is_some_and(is_name) {
            self.advance();
        }
        self.name()
    }

    /// A parenthesized list, empty if there is none.
    fn list(&mut self) -> Option<List<'a>> {
        if !self.is_symbol(b'(') {
            return Some(List::default());
        }
        let start = self.token?.end;
        let mut depth = 0_usize;
        loop {
            let token = self.token?;
            self.advance();
            match token.kind {
                Kind::Symbol(b'(') => depth += 1,
                Kind::Symbol(b')') if depth == 1 => {
                    let source = self.sql.get(start..token.start)?;
                    let list = List { source };
                    let whole = !list.is_empty() && list.iter().all(|item| !item.is_empty());
                    return whole.then_some(list);
                }
                Kind::Symbol(b')') => depth -= 1,
                _ => {}
            }
        }
    }

    pub(super) fn name(&mut self) -> Option<Cow<'a, str>> {
        let token = self.token?;
        let text = self.lexer.text(token);
        let name = match token.kind {
            Kind::Word if is_reserved(text) => return None,
            Kind::Word => fold(text),
            Kind::Name => unquote(text, '"', "\"\"").filter(|name| !name.is_empty())?,
            _ => return None,
        };
        self.advance();
        Some(cut(name))
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        let token = self.token?;
        let text = self.lexer.text(token);
        let string = match token.kind {
            Kind::String => unquote(text, '\'', "''")?,
            Kind::Dollar => dollar(text)?,
            _ => return None,
        };
        self.advance();
        Some(string)
    }

    fn word(&self) -> Option<&'a str> {
        let token = self.token?;
        (token.kind == Kind::Word).then(|| self.lexer.text(token))
    }

    pub(super) fn is(&self, keyword: &str) -> bool {
        self.word()
            .is_some_and(|word| word.eq_ignore_ascii_case(keyword))
    }

    pub(super) fn accept(&mut self, keyword: &str) -> bool {
        let found = self.is(keyword);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect(&mut self, keyword: &str) -> Option<()> {
        self.accept(keyword).then_some(())
    }

    pub(super) fn is_symbol(&self, symbol: u8) -> bool {
        self.token
            .is_some_and(|token| token.kind == Kind::Symbol(symbol))
    }

    pub(super) fn is_kind(&self, kind: Kind) -> bool {
        self.token.is_some_and(|token| token.kind == kind)
    }

    /// A number, and whatever else the lexer takes for one of the same kind.
    pub(super) fn digits(&mut self) -> Option<&'a str> {
        let token = self.token.filter(|token| token.kind == Kind::Other)?;
        self.advance();
        Some(self.lexer.text(token))
    }

    pub(super) fn symbol(&mut self, symbol: u8) -> bool {
        let found = self.is_symbol(symbol);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn advance(&mut self) {
        self.token = self.lexer.token();
    }

    /// The token after the one that is looked at.
    pub(super) fn ahead(&self) -> Option<Token> {
        self.lexer.clone().token()
    }
}

fn is_name(token: Token) -> bool {
    matches!(token.kind, Kind::Word | Kind::Name)
}

/// A name without quotes is in lower case. Only ASCII letters have one, as in PostgreSQL with UTF-8.
fn fold(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

fn unquote<'a>(quoted: &'a str, quote: char, doubled: &str) -> Option<Cow<'a, str>> {
    let inner = quoted.strip_prefix(quote)?.strip_suffix(quote)?;
    Some(if inner.contains(quote) {
        let mut single = [0; 4];
        Cow::Owned(inner.replace(doubled, quote.encode_utf8(&mut single)))
    } else {
        Cow::Borrowed(inner)
    })
}

/// Names are cut to what PostgreSQL has room for, and not within a character.
fn cut(name: Cow<'_, str>) -> Cow<'_, str> {
    if name.len() <= NAME_LEN {
        return name;
    }
    let mut end = NAME_LEN;
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    match name {
        Cow::Borrowed(name) => Cow::Borrowed(name.get(..end).unwrap_or_default()),
        Cow::Owned(mut name) => {
            name.truncate(end);
            Cow::Owned(name)
        }
    }
}
