//! Typed rows in every layout. The data is what PostgreSQL 15 writes for the same table, and the errors are its own.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use alloc::{format, vec};

use super::*;
use crate::{Numeric, Timestamp};

const COLUMNS: [(&str, Type); 4] = [
    ("id", Type::INT4),
    ("name", Type::TEXT),
    ("price", Type::NUMERIC),
    ("at", Type::TIMESTAMP),
];

type Item<'a> = (i32, Option<&'a str>, Option<Numeric>, Timestamp);

const TEXT: &[u8] =
    b"1\ttab\\t, \"q\"\t-1.50\t2024-02-03 04:05:06.789\n-2\t\\N\t\\N\t1999-12-31 23:59:59\n";
const CSV: &[u8] = b"id,name,price,at\n1,\"tab\t, \"\"q\"\"\",-1.50,2024-02-03 04:05:06.789\n-2,,,1999-12-31 23:59:59\n";

const BINARY: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x04\0\0\0\x01\0\0\0\ttab\t, \"q\"\0\0\0\x0c\0\x02\0\0@\0\0\x02\0\x01\x13\x88\0\0\0\x08\0\x02\xb3q\x1aDj\x88\0\x04\0\0\0\x04\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x08\xff\xff\xff\xff\xff\xf0\xbd\xc0\xff\xff";

fn items() -> [Item<'static>; 2] {
    [
        (
            1,
            Some("tab\t, \"q\""),
            Some("-1.50".parse().unwrap()),
            "2024-02-03 04:05:06.789".parse().unwrap(),
        ),
        (-2, None, None, "1999-12-31 23:59:59".parse().unwrap()),
    ]
}

#[test]
fn tuples_go_both_ways_in_every_layout() {
    for (options, expected) in [
        (Options::text(), TEXT),
        (Options::csv().header(Header::Line), CSV),
        (Options::binary(), BINARY),
    ] {
        let mut data = vec![];
        let mut encoder = Encoder::new(options.clone(), COLUMNS).unwrap();
        for item in items() {
            encoder.row(&item, &mut data).unwrap();
        }
        encoder.finish(&mut data).unwrap();
        assert_eq!(data, expected);
        for size in 1..data.len() {
            let mut decoder = Decoder::new(options.clone(), COLUMNS).unwrap();
            let mut count = 0;
            for mut piece in data.chunks(size) {
                while let Some(item) = decoder.decode::<Item<'_>>(&mut piece).unwrap() {
                    assert_eq!(item, items()[count]);
                    count += 1;
                }
            }
            assert_eq!(decoder.finish::<Item<'_>>().unwrap(), None);
            assert_eq!(count, 2);
        }
    }
}

/// What PostgreSQL says: code, message and context.
fn refused(data: &[u8]) -> String {
    let names = COLUMNS.map(|(name, _)| name);
    let mut decoder = Decoder::new(Options::text(), COLUMNS).unwrap();
    let error = decoder.decode::<Item<'_>>(&mut &data[..]).unwrap_err();
    let context = error.context("items", &names).unwrap();
    format!("{}: {error} ({context})", error.sqlstate())
}

#[test]
fn faults_are_told_as_postgresql_tells_them() {
    for (data, expected) in [
        (
            &b"1\ta\n"[..],
            "22P04: missing data for column \"price\" (COPY items, line 1: \"1\ta\")",
        ),
        (
            b"seven\ta\t1\t2024-01-01\n",
            "22P02: invalid input syntax for type integer: \"seven\" (COPY items, line 1, column id: \"seven\")",
        ),
        (
            b"1\ta\t1\t2024-13-01\n",
            "22008: date/time field value out of range: \"2024-13-01\" (COPY items, line 1, column at: \"2024-13-01\")",
        ),
        (
            b"1\ta\t1\t2024-01-01\tx\n",
            "22P04: extra data after last expected column (COPY items, line 1: \"1\ta\t1\t2024-01-01\tx\")",
        ),
    ] {
        assert_eq!(refused(data), expected);
    }
    let null = refused(b"\\N\ta\t1\t2024-01-01\n");
    assert!(
        null.starts_with("22004: ")
            && null.ends_with("(COPY items, line 1, column id: null input)"),
        "{null}"
    );
}

#[test]
fn a_rust_type_that_does_not_fit_is_refused_before_anything_is_read_or_written() {
    let mut data = vec![];
    let columns = [("id", Type::INT4), ("name", Type::TEXT)];
    let mut encoder = Encoder::new(Options::csv().header(Header::Line), columns).unwrap();
    let error = encoder.row(&(1, 2), &mut data).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the Rust type does not go with column \"name\", which is of type text"
    );
    let error = encoder.row(&(1,), &mut data).unwrap_err();
    assert_eq!(error.sqlstate().as_str(), "42804");
    assert_eq!(data, b"");
    encoder.row(&(1, "a"), &mut data).unwrap();
    assert_eq!(data, b"id,name\n1,a\n");

    let mut decoder = Decoder::new(Options::csv(), columns).unwrap();
    let mut input = &b"1,a\n2,b\n"[..];
    assert!(decoder.decode::<(i32, i32)>(&mut input).is_err());
    assert_eq!(
        decoder.decode::<(i32, &str)>(&mut input).unwrap(),
        Some((1, "a"))
    );
    assert!(decoder.decode::<(i64, &str)>(&mut input).is_err());
    assert_eq!(
        decoder.decode::<(i32, String)>(&mut input).unwrap(),
        Some((2, "b".to_owned()))
    );
}

#[test]
fn lists_of_one_type() {
    let columns = ["a", "b"].map(|name| (name, Type::TEXT));
    let mut data = vec![];
    let mut encoder = Encoder::new(Options::text(), columns).unwrap();
    encoder.row(&["x", "y"], &mut data).unwrap();
    encoder.row(&vec![None, Some("\\.")], &mut data).unwrap();
    assert!(encoder.row(&["x", "y", "z"], &mut data).is_err());
    assert_eq!(data, b"x\ty\n\\N\t\\\\.\n");
    let mut decoder = Decoder::new(Options::text(), columns).unwrap();
    let mut input = &data[..];
    let row: Vec<Option<&str>> = decoder.decode(&mut input).unwrap().unwrap();
    assert_eq!(row, [Some("x"), Some("y")]);
    let row: Vec<Option<&str>> = decoder.decode(&mut input).unwrap().unwrap();
    assert_eq!(row, [None, Some("\\.")]);
}
