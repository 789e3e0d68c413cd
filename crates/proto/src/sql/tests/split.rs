//! Splitting, beside PostgreSQL's grammar and lexer.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;

use crate::sql::{position, split};

fn texts(sql: &str) -> Vec<&str> {
    split(sql).map(|statement| statement.text).collect()
}

/// Where the statements that are not blank end, as the corpora have it.
fn ends(sql: &str) -> Vec<usize> {
    split(sql)
        .filter(|statement| !statement.is_blank())
        .map(|statement| statement.offset + statement.text.len())
        .collect()
}

/// The texts of a corpus and the lines below them.
fn corpus(file: &str) -> impl Iterator<Item = (String, &str)> {
    let mut lines = file.lines().filter(|line| !line.starts_with('#'));
    core::iter::from_fn(move || Some((unescape(lines.next()?), lines.next()?)))
}

fn unescape(line: &str) -> String {
    let mut text = String::new();
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' if chars.next() == Some('n') => '\n',
            c => c,
        });
    }
    text
}

fn numbers(line: &str) -> Vec<usize> {
    line.split_whitespace()
        .map(|n| n.parse().unwrap())
        .collect()
}

/// PostgreSQL counts blanks and comments at the end of a text to its last statement or not, depending; the semicolons are what
/// matters.
#[track_caller]
fn same_ends(sql: &str, expected: &[usize]) {
    let ours = ends(sql);
    assert_eq!(ours.len(), expected.len(), "{sql}\n{ours:?} {expected:?}");
    for (our, their) in ours.iter().zip(expected) {
        let between = sql.get(*their..*our).unwrap_or("backwards");
        let blank = split(between).all(|statement| statement.is_blank());
        assert!(
            blank && !between.contains(';'),
            "{sql}\n{ours:?} {expected:?}"
        );
    }
}

#[test]
fn as_the_grammar_of_postgresql() {
    let mut count = 0;
    for (sql, expected) in corpus(include_str!("../testdata/split.txt")) {
        same_ends(
            &sql,
            &numbers(expected.strip_prefix("= ").unwrap_or_default()),
        );
        assert!(
            split(&sql).all(|statement| statement.unterminated().is_none()),
            "{sql}"
        );
        count += 1;
    }
    assert!(count > 50);
}

#[test]
fn as_the_lexer_of_postgresql() {
    let (mut fine, mut unterminated) = (0, 0);
    for (sql, expected) in corpus(include_str!("../testdata/lexer.txt")) {
        if let Some(error) = expected.strip_prefix("! ") {
            let (offset, message) = error.split_once(' ').unwrap();
            let last = split(&sql).last().unwrap();
            let found = last
                .unterminated()
                .unwrap_or_else(|| panic!("terminated: {sql}"));
            assert_eq!(found.to_string(), unescape(message));
            assert_eq!((last.offset + found.offset()).to_string(), offset, "{sql}");
            assert_eq!(found.sqlstate().as_str(), "42601");
            unterminated += 1;
        } else {
            same_ends(
                &sql,
                &numbers(expected.strip_prefix("= ").unwrap_or_default()),
            );
            assert!(
                split(&sql).all(|statement| statement.unterminated().is_none()),
                "{sql}"
            );
            fine += 1;
        }
    }
    assert!(fine >= 500 && unterminated >= 300);
}

/// T-Q01, SQ-01.
#[test]
fn blank_texts() {
    for blank in [
        "",
        " ",
        "\t\n\r\x0c\x0b",
        ";",
        ";;",
        "  -- c\n ; ;",
        "/* a /* b */ */",
        "--",
        " -- x\r ;",
    ] {
        assert!(
            split(blank).all(|statement| statement.is_blank()),
            "{blank:?}"
        );
    }
    for other in [
        "x", " -- c\nx", "/**/(", "-", "/", "$", "'", "/*", "/* /* */", "\u{a0}",
    ] {
        assert!(
            split(other).any(|statement| !statement.is_blank()),
            "{other:?}"
        );
    }
}

/// T-Q02.
#[test]
fn every_part_comes_out() {
    assert_eq!(texts(""), [""; 0]);
    assert_eq!(texts("select 1"), ["select 1"]);
    assert_eq!(texts("select 1;"), ["select 1"]);
    assert_eq!(texts("select 1; "), ["select 1", " "]);
    assert_eq!(texts("select 1;;select 2"), ["select 1", "", "select 2"]);
    assert_eq!(texts(";"), [""]);
    assert_eq!(texts(";;"), ["", ""]);
}

/// Triggers whose bodies are blocks, which engines behind the protocol have.
#[test]
fn trigger_bodies() {
    let body = "create temp trigger t after insert on x begin update y set a = case when b then 1 end; delete from z; end";
    assert_eq!(texts(&[body, "; select 1"].concat()), [body, " select 1"]);
    let without = "create trigger if not exists begin after update of begin on begin for each row execute function f()";
    assert_eq!(
        texts(&[without, "; select 1"].concat()),
        [without, " select 1"]
    );
    let table = "create table t (begin int)";
    assert_eq!(
        texts(&[table, ";begin;x;end"].concat()),
        [table, "begin", "x", "end"]
    );
}

#[test]
fn parentheses() {
    assert_eq!(
        texts("select (1; select 2); x"),
        ["select (1; select 2)", " x"]
    );
    assert_eq!(texts("select 1); x"), ["select 1)", " x"]);
    assert_eq!(texts("select ((1; x"), ["select ((1; x"]);
}

/// T-Q15: positions are in characters.
#[test]
fn positions() {
    assert_eq!(position("abc", 0), 1);
    assert_eq!(position("abc", 3), 4);
    assert_eq!(position("é€😀x", 0), 1);
    assert_eq!(position("é€😀x", 2), 2);
    assert_eq!(position("é€😀x", 5), 3);
    assert_eq!(position("é€😀x", 9), 4);
    assert_eq!(position("abc", 100), 4);
    let whole = "select 'é'; select frm";
    let second = split(whole).nth(1).unwrap();
    assert_eq!(second.position_in(whole, 9), 20);
}

proptest! {
    #[test]
    fn pieces_make_up_the_text(sql in "(?s)([;'\"$\\\\()/*\\-\n aEe]|\\$a\\$|create function|begin atomic|case|end|.){0,60}") {
        let statements: Vec<_> = split(&sql).collect();
        let mut at = 0;
        for (i, statement) in statements.iter().enumerate() {
            prop_assert_eq!(statement.offset, at);
            prop_assert_eq!(sql.get(at..at + statement.text.len()), Some(statement.text));
            at += statement.text.len();
            if at < sql.len() {
                prop_assert_eq!(sql.as_bytes()[at], b';');
                at += 1;
            }
            let last = i + 1 == statements.len();
            prop_assert!(last || statement.unterminated().is_none());
            prop_assert!(last || split(statement.text).count() <= 1);
        }
        prop_assert_eq!(at, sql.len());
    }

    /// Statements that are whole by themselves come out as they went in.
    #[test]
    fn whole_statements_come_out(
        parts in proptest::collection::vec("[a-df-z0-9 +,=]{0,9} ('([^']|'')*'|\"([^\"]|\"\")*\"|\\$q\\$[^$]*\\$q\\$|/\\*[^*/]*\\*/|--[^\n\r]*\n|\\([a-z ;]*\\))?", 1..6)
    ) {
        let sql: String = parts.iter().flat_map(|part| [part.as_str(), ";"]).collect();
        prop_assert_eq!(texts(&sql), parts);
    }
}
