//! SQL text to syntax tree, with PostgreSQL's syntax errors.

mod depth;
mod respell;

use sqlparser::ast::Statement;
use sqlparser::dialect::{Dialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};
use trunkline_server::{Error, Result, SqlState};

pub(crate) use depth::{STACK, too_deep};

/// How deeply a statement may nest before it is refused (54001).
const DEPTH: usize = 100;
/// Bytes of a text whose tree any thread's stack can hold, however deep it is.
const SHORT: usize = 1000;

/// The text of a statement, to turn lines and columns into the positions that PostgreSQL reports.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'s>(&'s str);

impl<'s> Source<'s> {
    pub(crate) fn new(text: &'s str) -> Self {
        Self(text)
    }

    /// Characters up to and with this place, counted from 1; `None` for a place that the parser did not keep.
    pub(crate) fn position(self, at: Location) -> Option<u32> {
        let (line, column) = (
            usize::try_from(at.line).ok()?,
            usize::try_from(at.column).ok()?,
        );
        let before: usize = self
            .0
            .split_inclusive('\n')
            .take(line.checked_sub(1)?)
            .map(|l| l.chars().count())
            .sum();
        u32::try_from(before + column).ok()
    }

    /// `error` with the position of `at`, when that is known and the error has none of its own.
    pub(crate) fn mark(self, error: Error, at: Location) -> Error {
        match self.position(at) {
            Some(position) => error.position(position),
            None => error,
        }
    }
}

/// The one statement in `text`; `None` when there is nothing but blanks and comments.
///
/// PostgreSQL's grammar is tried first, then SQLite's (`INSERT OR REPLACE`, `WITHOUT ROWID`, …).
///
/// # Errors
///
/// 42601 with the position of the offending token; 54001 for a statement that nests too deeply.
pub(crate) fn parse(text: &str) -> Result<Option<Statement>> {
    match parse_in(&PostgreSqlDialect {}, text) {
        Ok(statement) => Ok(statement),
        Err(error) => parse_in(&SQLiteDialect {}, text).map_err(|_| error),
    }
}

/// Whether the text parses, on a thread whose stack need not be [`STACK`].
///
/// # Errors
///
/// Those of [`parse`]; 53000 when the system has no thread to give.
pub(crate) fn check(text: &str) -> Result<()> {
    if text.len() <= SHORT {
        return parse(text).map(drop);
    }
    let thread = std::thread::Builder::new().stack_size(STACK);
    std::thread::scope(|scope| {
        let parsing = thread
            .spawn_scoped(scope, || parse(text).map(drop))
            .map_err(|error| {
                Error::new(
                    SqlState::INSUFFICIENT_RESOURCES,
                    "no thread to parse the statement",
                )
                .caused_by(error)
            })?;
        parsing
            .join()
            .unwrap_or_else(|_| Err(Error::internal("the parser panicked")))
    })
}

fn parse_in(dialect: &dyn Dialect, text: &str) -> Result<Option<Statement>> {
    let source = Source(text);
    let mut tokens = Tokenizer::new(dialect, text)
        .tokenize_with_location()
        .map_err(|error| {
            let message = match error.message.as_str() {
                m if m.contains("multi-line comment") => "unterminated /* comment",
                m if m.contains("dollar") => "unterminated dollar-quoted string",
                m if m.contains("identifier") || m.contains("close delimiter") => {
                    "unterminated quoted identifier"
                }
                m if m.contains("Unterminated") => "unterminated quoted string",
                _ => "syntax error",
            };
            let rest: String = rest_at(text, error.location);
            source.mark(
                Error::new(
                    SqlState::SYNTAX_ERROR,
                    format!("{message} at or near \"{rest}\""),
                ),
                error.location,
            )
        })?;
    depth::check(&tokens)?;
    respell::respell(&mut tokens);
    let mut parser = Parser::new(dialect)
        .with_recursion_limit(DEPTH)
        .with_tokens_with_locations(tokens.clone());
    while parser.consume_token(&Token::SemiColon) {}
    if parser.peek_token().token == Token::EOF {
        return Ok(None);
    }
    let statement = parser.parse_statement().map_err(|error| match error {
        ParserError::RecursionLimitExceeded => too_deep(),
        ParserError::ParserError(message) | ParserError::TokenizerError(message) => {
            let at = location_in(&message).unwrap_or_else(|| parser.peek_token().span.start);
            near(source, &tokens, at)
        }
    })?;
    while parser.consume_token(&Token::SemiColon) {}
    let next = parser.peek_token();
    if next.token != Token::EOF {
        return Err(near(source, &tokens, next.span.start));
    }
    Ok(Some(statement))
}

/// The parser tells the place of an error only inside its message: `… at Line: 1, Column: 8`.
fn location_in(message: &str) -> Option<Location> {
    let (_, place) = message.rsplit_once(" at Line: ")?;
    let (line, column) = place.split_once(", Column: ")?;
    Some(Location {
        line: line.parse().ok()?,
        column: column.trim_end().parse().ok()?,
    })
}

fn near(source: Source<'_>, tokens: &[TokenWithSpan], at: Location) -> Error {
    let token = tokens
        .iter()
        .find(|t| t.span.start == at && !matches!(t.token, Token::Whitespace(_)));
    match token {
        Some(found) if found.token != Token::EOF => {
            let error = Error::new(
                SqlState::SYNTAX_ERROR,
                format!("syntax error at or near \"{}\"", found.token),
            );
            source.mark(error, at)
        }
        _ => {
            let end = source
                .0
                .trim_end_matches(|c: char| c.is_whitespace() || c == ';')
                .chars()
                .count()
                + 1;
            Error::new(SqlState::SYNTAX_ERROR, "syntax error at end of input")
                .position(u32::try_from(end).unwrap_or(u32::MAX))
        }
    }
}

fn rest_at(text: &str, at: Location) -> String {
    let skip = Source(text).position(at).map_or(0, |p| p.saturating_sub(1));
    text.chars()
        .skip(usize::try_from(skip).unwrap_or(0))
        .take(60)
        .collect()
}
