//! PostgreSQL's spellings that the parser does not know, told by tokens it does.

use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

use crate::engines::sqlite::translate::{EVERY, HEADER_MATCH};

/// Respells a statement's tokens; their places stay, so that errors still point into the text that was sent.
///
/// - `COPY … (FREEZE ON)`: a boolean option may be `on` or `off` (PostgreSQL docs, COPY); the parser wants `true` or `false`.
///   `HEADER MATCH` and `FORCE_QUOTE *` become options that no text can have, for it knows neither.
/// - `VACUUM ANALYZE t`, `VACUUM (VERBOSE) t`: the options go, since nothing is done differently for them.
/// - `TABLE t`: that is `SELECT * FROM t` (PostgreSQL docs, SELECT), wherever a query may begin.
pub(super) fn respell(tokens: &mut Vec<TokenWithSpan>) {
    table_queries(tokens);
    let mut words = tokens.iter().filter_map(|token| word(&token.token));
    match words.next().as_deref() {
        Some("copy") => {
            booleans(tokens);
            header_match(tokens);
            every_column(tokens);
        }
        Some("vacuum") => without_options(tokens),
        _ => {}
    }
}

fn table_queries(tokens: &mut Vec<TokenWithSpan>) {
    // Whether a query may begin here: at the start, behind a parenthesis (of WITH, too), behind a set operation.
    let mut begins = true;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let this = word(&token.token);
        match (&token.token, this.as_deref()) {
            (Token::Whitespace(_), _) => {}
            (_, Some("table")) if begins => {
                let span = token.span;
                let select = [
                    Token::make_keyword("SELECT"),
                    Token::Whitespace(Whitespace::Space),
                    Token::Mul,
                    Token::Whitespace(Whitespace::Space),
                    Token::make_keyword("FROM"),
                ];
                let select = select.map(|token| TokenWithSpan { token, span });
                let added = select.len() - 1;
                tokens.splice(at..=at, select);
                at += added;
                begins = false;
            }
            (Token::LParen | Token::RParen | Token::SemiColon, _)
            | (_, Some("union" | "intersect" | "except")) => begins = true,
            (_, Some("all" | "distinct")) => {}
            _ => begins = false,
        }
        at += 1;
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

/// `HEADER MATCH` as `FORMAT`, with a word that no text can have.
fn header_match(tokens: &mut [TokenWithSpan]) {
    let mut header = None;
    let mut is_option = false;
    for at in 0..tokens.len() {
        let Some(this) = word(&tokens[at].token) else {
            continue;
        };
        match (header, this.as_str()) {
            (Some(before), "match") if is_option => {
                let before: &mut TokenWithSpan = &mut tokens[before];
                before.token = Token::make_keyword("FORMAT");
                tokens[at].token = Token::make_word(HEADER_MATCH, None);
            }
            (_, "stdin" | "stdout") => is_option = true,
            _ => {}
        }
        header = (this == "header").then_some(at);
    }
}

/// The `*` of `FORCE_QUOTE *` as a list of one column, whose name no text can have.
fn every_column(tokens: &mut Vec<TokenWithSpan>) {
    let (mut at, mut is_option) = (0, false);
    let mut before = [None, None];
    while let Some(token) = tokens.get(at) {
        let span = token.span;
        if let Some(this) = word(&token.token) {
            is_option |= matches!(this.as_str(), "stdin" | "stdout");
            before = [before[1].take(), Some(this)];
        } else if token.token == Token::Mul && is_option {
            let every = Token::make_word(EVERY, None);
            let list = match before.each_ref().map(Option::as_deref) {
                [_, Some("force_quote" | "force_null" | "force_not_null")] => {
                    vec![Token::LParen, every, Token::RParen]
                }
                [Some("force"), Some("quote")] => vec![every],
                _ => vec![Token::Mul],
            };
            let list = list.into_iter().map(|token| TokenWithSpan { token, span });
            tokens.splice(at..=at, list);
        }
        at += 1;
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
    fn a_table_is_a_query() {
        for (sql, same) in [
            ("TABLE p", "SELECT * FROM p"),
            (
                "table p union all table q order by 1",
                "SELECT * FROM p UNION ALL SELECT * FROM q ORDER BY 1",
            ),
            (
                "with x as (table p) table x",
                "WITH x AS (SELECT * FROM p) SELECT * FROM x",
            ),
            ("create table t (a INT)", "CREATE TABLE t (a INT)"),
        ] {
            let parsed = parse(sql).ok().flatten().map(|parsed| parsed.to_string());
            let wanted = parse(same).ok().flatten().map(|parsed| parsed.to_string());
            assert!(parsed.is_some() && parsed == wanted, "{sql}: {parsed:?}");
        }
    }

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
