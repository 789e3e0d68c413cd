//! Literals are PostgreSQL's own answers to `select row(…)`, and inputs that it takes.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::*;
use crate::{DecodeError, Format, Type};

type Three = (Option<i32>, Option<String>, Option<Vec<String>>);

fn three(format: Format, raw: &[u8]) -> Result<Three, DecodeError> {
    let mut fields = Reader::new(Type::RECORD, format, raw)?;
    let three = (fields.field()?, fields.field()?, fields.field()?);
    fields.finish()?;
    Ok(three)
}

#[test]
fn text_goes_both_ways() {
    let list = |items: &[&str]| Some(items.iter().map(|item| (*item).into()).collect());
    for (values, literal) in [
        (
            (Some(1), Some("a".into()), list(&["x"])),
            r#"(1,a,"{""x""}")"#,
        ),
        ((None, None, None), "(,,)"),
        ((None, Some(String::new()), None), r#"(,"",)"#),
        (
            (Some(-1), Some(r#"q" \ (,)"#.into()), None),
            r#"(-1,"q"" \\ (,)",)"#,
        ),
        (
            (None, Some("{}".into()), list(&["a b", "c\"d", "NULL"])),
            r#"(,{},"{""a b"",""c\\""d"",""NULL""}")"#,
        ),
    ] {
        assert_eq!(three(Format::Text, literal.as_bytes()).unwrap(), values);
        let mut out = Vec::new();
        write(&mut out, |fields| {
            fields.field(&values.0)?;
            fields.field(&values.1)?;
            fields.field(&values.2)
        })
        .unwrap();
        assert_eq!(core::str::from_utf8(&out).unwrap(), literal);
    }
}

#[test]
fn text_is_read_as_record_in_reads_it() {
    for (literal, name) in [
        (r"  (1, a ,) ", " a "),
        (r#"(1,a"b,c"d,)"#, "ab,cd"),
        (r"(1,\,\\\),)", r",\)"),
        (r#"(1,"a""b\"c",)"#, r#"a"b"c"#),
    ] {
        let (_, found, _) = three(Format::Text, literal.as_bytes()).unwrap();
        assert_eq!(found.unwrap(), name, "{literal}");
    }
    for (literal, sqlstate) in [
        ("", "22P02"),
        ("1,a,", "22P02"),
        ("(1,a,", "22P02"),
        ("(1,\"a,)", "22P02"),
        ("(1,a,\\", "22P02"),
        ("(1,a,)x", "22P02"),
        ("(x,a,)", "22P02"),
        ("(1,a)", "42804"),
        ("(1,a,,)", "42804"),
        ("()", "42804"),
    ] {
        let error = three(Format::Text, literal.as_bytes()).unwrap_err();
        assert_eq!(error.sqlstate().as_str(), sqlstate, "{literal}: {error}");
    }
    let error = three(Format::Text, b"(1").unwrap_err();
    assert_eq!(error.to_string(), "malformed record literal: \"(1\"");
}

#[test]
fn parentheses_alone_are_no_field_or_one_null() {
    let empty = || Reader::new(Type::RECORD, Format::Text, b"()").unwrap();
    empty().finish().unwrap();
    let mut one = empty();
    assert_eq!(one.field::<Option<i32>>().unwrap(), None);
    one.finish().unwrap();
}

/// `select row(7, 'a', null::text[])`
const BINARY: &[u8] =
    b"\0\0\0\x03\0\0\0\x17\0\0\0\x04\0\0\0\x07\0\0\0\x19\0\0\0\x01a\0\0\x03\xf1\xff\xff\xff\xff";

#[test]
fn binary_is_read_and_every_cut_is_refused() {
    let expected = (Some(7), Some("a".into()), None);
    assert_eq!(three(Format::Binary, BINARY).unwrap(), expected);
    for end in 0..BINARY.len() {
        three(Format::Binary, &BINARY[..end]).unwrap_err();
    }
    let mut longer = BINARY.to_vec();
    longer.push(0);
    let error = three(Format::Binary, &longer).unwrap_err();
    assert_eq!(error.sqlstate().as_str(), "22P03");
}

#[test]
fn binary_has_types_and_they_are_checked() {
    let mut fields = Reader::new(Type::RECORD, Format::Binary, BINARY).unwrap();
    let error = fields.field::<i64>().unwrap_err();
    assert_eq!(
        (error.sqlstate().as_str(), error.ty()),
        ("42804", Type::INT4)
    );
    let mut fields = Reader::new(Type::RECORD, Format::Binary, BINARY).unwrap();
    fields.field::<i32>().unwrap();
    let error = fields.finish().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the composite has not as many fields as the Rust type"
    );
    let error = Reader::new(Type::RECORD, Format::Binary, &[0xff; 4]).unwrap_err();
    assert_eq!(error.sqlstate().as_str(), "22P03");
}
