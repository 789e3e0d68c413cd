//! Constants in every spelling, and expressions that are more than one.

use alloc::format;

use proptest::prelude::*;

use crate::sql::{Literal, LiteralKind};

#[track_caller]
fn is(expression: &str, kind: LiteralKind, text: &str, cast: Option<&str>) {
    let literal =
        Literal::parse(expression).unwrap_or_else(|| panic!("not recognized: {expression}"));
    assert_eq!(
        (literal.kind, &*literal.text, literal.cast),
        (kind, text, cast),
        "{expression}"
    );
}

#[test]
fn words() {
    for null in ["null", "NULL", " /* none */ Null -- at all"] {
        is(null, LiteralKind::Null, "", None);
    }
    is("TRUE", LiteralKind::Boolean, "true", None);
    is("false", LiteralKind::Boolean, "false", None);
    is("null::int", LiteralKind::Null, "", Some("int"));
}

#[test]
fn numbers() {
    for number in ["0", "42", "1.5", ".5", "5.", "1e6", "1.5E-3", "1e+3"] {
        is(number, LiteralKind::Number, number, None);
    }
    is("-1", LiteralKind::Number, "-1", None);
    is("- 1.5e3", LiteralKind::Number, "-1.5e3", None);
    is("+7", LiteralKind::Number, "7", None);
    is("1 :: int8", LiteralKind::Number, "1", Some("int8"));
    is(
        "-1::numeric(3, 1)",
        LiteralKind::Number,
        "-1",
        Some("numeric(3, 1)"),
    );
}

#[test]
fn strings() {
    is("''", LiteralKind::String, "", None);
    is("'it''s'", LiteralKind::String, "it's", None);
    is("'a\\n'", LiteralKind::String, "a\\n", None);
    is("$$it's$$", LiteralKind::String, "it's", None);
    is("$x$a$$b$x$", LiteralKind::String, "a$$b", None);
    is(
        "'{1,2}'::int[]",
        LiteralKind::String,
        "{1,2}",
        Some("int[]"),
    );
    is(
        "E'a\\tb\\\\c\\'d''e\\u00e9\\q'",
        LiteralKind::String,
        "a\tb\\c'd'eéq",
        None,
    );
}

#[test]
fn more_than_a_constant() {
    for expression in [
        "",
        "$1",
        "a",
        "1 + 1",
        "1 2",
        "-",
        "- -1",
        "--1",
        ".",
        "0x10",
        "1_000",
        "1.2.3",
        "1a",
        "'a' 'b'",
        "'a'\n'b'",
        "E'a'\n'b'",
        "E'\\xff'",
        "E'\\377'",
        "E'\\ud800'",
        "E'\\u00'",
        "E'\\u0000'",
        "U&'a'",
        "B'1'",
        "X'1'",
        "'open",
        "'a'::",
        "'a':int",
        "'1'::int + 1",
        "'1'::int::text",
        "array[1]",
        "now()",
        "date '2024-01-01'",
        "(1)",
        "true and false",
    ] {
        assert_eq!(Literal::parse(expression), None, "{expression}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in "(?s)(E?'|\\$|-|[0-9.])?.{0,30}") {
        let _ = Literal::parse(&text);
    }

    #[test]
    fn quoted_text_comes_back(text in "(?s)[^\0]{0,30}") {
        let quoted = format!("'{}'", text.replace('\'', "''"));
        let literal = Literal::parse(&quoted).unwrap();
        prop_assert_eq!(&*literal.text, &*text);
        let escaped = format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        let literal = Literal::parse(&escaped).unwrap();
        prop_assert_eq!(&*literal.text, &*text);
    }

    #[test]
    fn numbers_come_back(number in any::<f64>().prop_filter("finite", |n| n.is_finite())) {
        let text = format!("{number:e}");
        let literal = Literal::parse(&text).unwrap();
        prop_assert_eq!(literal.kind, LiteralKind::Number);
        prop_assert_eq!(&*literal.text, &*text);
    }
}
