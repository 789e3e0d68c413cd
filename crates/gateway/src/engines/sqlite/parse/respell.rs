//! PostgreSQL's spellings that the parser does not know, told by tokens it does.

use sqlparser::tokenizer::{Token, TokenWithSpan};

/// Respells a statement's tokens; their places stay, so that errors still point into the text that was sent.
///
/// - `COPY … (FREEZE ON)`: a boolean option may be `on` or `off` (PostgreSQL docs, COPY); the parser wants `true` or `false`.
/// - `VACUUM ANALYZE t`, `VACUUM (VERBOSE) t`: the options go, since nothing is done differently for them.
pub(super) fn respell(tokens: &mut Vec<TokenWithSpan>) {
    let mut words = tokens.iter().filter_map(|token| word(&token.token));
    match words.next().as_deref() {
        Some("copy") => booleans(tokens),
        Some("vacuum") => without_options(tokens),
        _ => {}
    }
}

fn booleans(tokens: &mut [TokenWithSpan]) {
    let mut before = None;
    for token in tokens {
        let Some(this) = word(&token.token) else {
            continue;
        };
        let is_option = matches!(before.as_deref(), Some("freeze" | "header"));
        match this.as_str() {
            "on" if is_option => token.token = Token::make_keyword("TRUE"),
            "off" if is_option => token.token = Token::make_keyword("FALSE"),
            _ => {}
        }
        before = Some(this);
    }
}

fn without_options(tokens: &mut Vec<TokenWithSpan>) {
    let Some(start) = tokens.iter().position(|token| word(&token.token).is_some()) else {
        return;
    };
    let mut depth = 0usize;
    let options = tokens[start + 1..]
        .iter()
        .take_while(|token| {
            match &token.token {
                Token::LParen => depth += 1,
                Token::RParen if depth > 0 => depth -= 1,
                Token::Whitespace(_) => {}
                other if depth == 0 => {
                    let option = word(other);
                    let known = ["full", "freeze", "verbose", "analyze", "analyse"];
                    return option.is_some_and(|option| known.contains(&option.as_str()));
                }
                _ => {}
            }
            true
        })
        .count();
    let rest = tokens.split_off(start + 1 + options);
    tokens.truncate(start + 1);
    tokens.extend(rest);
}

/// A bare word, folded.
fn word(token: &Token) -> Option<String> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_lowercase()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::engines::sqlite::parse::parse;

    #[test]
    fn what_pgbench_sends_is_understood() {
        for sql in [
            "copy pgbench_accounts from stdin with (freeze on)",
            "COPY t FROM STDIN (FORMAT csv, HEADER off)",
            "vacuum analyze pgbench_branches",
            "VACUUM (ANALYZE, VERBOSE) t;",
            "vacuum",
            "vacuum full",
        ] {
            assert!(parse(sql).is_ok_and(|parsed| parsed.is_some()), "{sql}");
        }
        for sql in [
            "vacuum analyze t t",
            "copy t from stdin with (freeze maybe)",
        ] {
            assert!(parse(sql).is_err(), "{sql}");
        }
    }
}
