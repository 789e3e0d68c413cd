//! Words, numbers, strings, parameters and signs, each with its place.

use trunkline_server::{Error, SqlState};

use super::error_at;

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Word(String),
    Int(i64),
    /// A number with a decimal point, as it stands.
    Number(String),
    Text(String),
    Param(usize),
    Sign(&'static str),
    End,
}

/// A token and the number of its first character, from 1.
pub type Placed = (Token, u32);

const SIGNS: [&str; 14] = [
    "::", ";", "(", ")", ",", "+", "-", "*", "/", "=", "<", ">", ".", "?",
];

pub fn lex(sql: &str) -> Result<Vec<Placed>, Error> {
    let chars: Vec<char> = sql.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let place = u32::try_from(at).unwrap() + 1;
        let rest = &chars[at..];
        let (token, length) = match rest {
            [c, ..] if c.is_whitespace() => {
                at += 1;
                continue;
            }
            ['-', '-', ..] => {
                at += run(rest, |c| c != '\n');
                continue;
            }
            ['\'', ..] => string(rest).ok_or_else(|| unterminated(place))?,
            ['$', c, ..] if c.is_ascii_digit() => {
                let length = run(&rest[1..], |c| c.is_ascii_digit());
                (Token::Param(digits(&rest[1..=length])), length + 1)
            }
            ['$', ..] => dollar(rest).ok_or_else(|| unterminated(place))?,
            [c, ..] if c.is_ascii_digit() => {
                let length = run(rest, |c| c.is_ascii_digit() || c == '.');
                let text: String = rest[..length].iter().collect();
                (text.parse().map_or(Token::Number(text), Token::Int), length)
            }
            [c, ..] if c.is_alphabetic() || *c == '_' => {
                let length = run(rest, |c| c.is_alphanumeric() || c == '_');
                (
                    Token::Word(rest[..length].iter().collect::<String>().to_lowercase()),
                    length,
                )
            }
            _ => {
                let sign = SIGNS
                    .iter()
                    .find(|sign| rest.iter().collect::<String>().starts_with(**sign));
                let sign = sign.ok_or_else(|| unterminated(place))?;
                (Token::Sign(sign), sign.len())
            }
        };
        tokens.push((token, place));
        at += length;
    }
    tokens.push((Token::End, u32::try_from(chars.len()).unwrap() + 1));
    Ok(tokens)
}

fn run(chars: &[char], belongs: impl Fn(char) -> bool) -> usize {
    chars
        .iter()
        .position(|c| !belongs(*c))
        .unwrap_or(chars.len())
}

fn digits(chars: &[char]) -> usize {
    chars
        .iter()
        .collect::<String>()
        .parse()
        .unwrap_or(usize::MAX)
}

/// `'…'`, with quotes doubled inside.
fn string(chars: &[char]) -> Option<(Token, usize)> {
    let (mut text, mut at) = (String::new(), 1);
    loop {
        match chars.get(at..)? {
            ['\'', '\'', ..] => {
                text.push('\'');
                at += 2;
            }
            ['\'', ..] => return Some((Token::Text(text), at + 1)),
            [c, ..] => {
                text.push(*c);
                at += 1;
            }
            [] => return None,
        }
    }
}

/// `$$…$$`
fn dollar(chars: &[char]) -> Option<(Token, usize)> {
    let body: String = chars.iter().collect::<String>().strip_prefix("$$")?.into();
    let end = body.find("$$")?;
    Some((
        Token::Text(body[..end].into()),
        body[..end].chars().count() + 4,
    ))
}

fn unterminated(place: u32) -> Error {
    error_at(SqlState::SYNTAX_ERROR, place, "syntax error".into())
}
