//! What cannot be asked of PostgreSQL 15: the rules of later versions, limits, and options.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};

use super::*;

/// The rows, with `|` between fields, or the error's text.
fn read(options: Options, columns: usize, data: &[u8]) -> Result<Vec<String>, String> {
    let mut decoder = Decoder::new(options, columns).unwrap();
    let (mut rows, mut input) = (vec![], data);
    let show = |row: Row<'_>| {
        let field =
            |field: Option<&[u8]>| String::from_utf8_lossy(field.unwrap_or(b"NULL")).into_owned();
        row.iter().map(field).collect::<Vec<_>>().join("|")
    };
    let fail = |error: Error| format!("{}: {error}", error.sqlstate());
    while let Some(row) = decoder.decode(&mut input).map_err(fail)? {
        rows.push(show(row));
    }
    rows.extend(decoder.finish().map_err(fail)?.map(show));
    Ok(rows)
}

/// PostgreSQL 18 docs, COPY: the marker stands alone on its line, and in CSV it is data.
#[test]
fn the_end_marker_since_postgresql_18() {
    let alone = Err("22P04: end-of-copy marker is not alone on its line".to_string());
    for (data, expected) in [
        (&b"a\n\\.\nb\n"[..], Ok(vec!["a".to_string()])),
        (b"a\\.\n", alone.clone()),
        (b"a\n\\.x\n", alone.clone()),
        (b"a\n\\.", alone.clone()),
        (b"a\r\n\\.\rx", alone),
        (
            b"a\n\\.\r\n",
            Err("22P04: end-of-copy marker does not match previous newline style".to_string()),
        ),
    ] {
        assert_eq!(read(Options::text(), 1, data), expected, "{data:?}");
    }
    let csv = read(Options::csv(), 1, b"a\n\\.\nb\n");
    assert_eq!(csv.unwrap(), ["a", "\\.", "b"]);
}

#[test]
fn a_row_may_be_as_long_as_the_limit() {
    let too_long = Err("54000: a row of COPY data is longer than 4 bytes".to_string());
    for options in [Options::text(), Options::csv()] {
        let options = options.max_row(4);
        assert_eq!(
            read(options.clone(), 1, b"abcd\nabcd").unwrap(),
            ["abcd"; 2]
        );
        assert_eq!(read(options.clone(), 1, b"abcde\n"), too_long);
        assert_eq!(read(options, 1, b"abcde"), too_long);
    }
    let head = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
    let row = [&head[..], b"\0\x01\0\0\0\x02ab"].concat();
    assert_eq!(read(Options::binary().max_row(8), 1, &row).unwrap(), ["ab"]);
    let refused = read(Options::binary().max_row(7), 1, &row).unwrap_err();
    assert!(refused.starts_with("54000"), "{refused}");
}

/// Without an encoding that is known, bytes are passed on; NUL is in none.
#[test]
fn bytes_of_other_encodings_are_passed_on() {
    let options = Options::text().encoding(Encoding::Other);
    let mut decoder = Decoder::new(options.clone(), 1).unwrap();
    let row = decoder.decode(&mut &b"\xe9\\xff\n"[..]).unwrap().unwrap();
    assert_eq!(row.get(0), Some(Some(&b"\xe9\xff"[..])));
    let nul = Err("22021: invalid byte sequence for encoding \"UTF8\": 0x00".to_string());
    assert_eq!(read(options.clone(), 1, b"a\0\n"), nul);
    assert_eq!(read(options, 1, b"\\0\n"), nul);
}

/// The texts and codes are PostgreSQL 15's answers to the same `WITH (…)`.
#[test]
fn options_that_do_not_go_together_are_refused() {
    let force = Columns::All;
    for (options, expected) in [
        (
            Options::binary().delimiter(b','),
            "42601: cannot specify DELIMITER in BINARY mode",
        ),
        (
            Options::binary().null(""),
            "42601: cannot specify NULL in BINARY mode",
        ),
        (
            Options::binary().header(Header::Line),
            "0A000: cannot specify HEADER in BINARY mode",
        ),
        (
            Options::text().delimiter(0xE9),
            "0A000: COPY delimiter must be a single one-byte character",
        ),
        (
            Options::csv().delimiter(b'\r'),
            "22023: COPY delimiter cannot be newline or carriage return",
        ),
        (
            Options::text().null("\n"),
            "22023: COPY null representation cannot use newline or carriage return",
        ),
        (
            Options::text().delimiter(b'x'),
            "22023: COPY delimiter cannot be \"x\"",
        ),
        (
            Options::text().quote(b'"'),
            "0A000: COPY quote available only in CSV mode",
        ),
        (
            Options::csv().quote(0),
            "0A000: COPY quote must be a single one-byte character",
        ),
        (
            Options::csv().quote(b','),
            "22023: COPY delimiter and quote must be different",
        ),
        (
            Options::text().escape(b'"'),
            "0A000: COPY escape available only in CSV mode",
        ),
        (
            Options::csv().escape(0xFF),
            "0A000: COPY escape must be a single one-byte character",
        ),
        (
            Options::text().force_quote(force.clone()),
            "0A000: COPY force quote available only in CSV mode",
        ),
        (
            Options::text().force_not_null(force.clone()),
            "0A000: COPY force not null available only in CSV mode",
        ),
        (
            Options::text().force_null(force),
            "0A000: COPY force null available only in CSV mode",
        ),
        (
            Options::csv().null("a,b"),
            "0A000: COPY delimiter must not appear in the NULL specification",
        ),
        (
            Options::csv().null("a\"b"),
            "0A000: CSV quote character must not appear in the NULL specification",
        ),
    ] {
        let error = options.check().unwrap_err();
        assert_eq!(format!("{}: {error}", error.sqlstate()), expected);
        assert_eq!(Decoder::new(options.clone(), 1).unwrap_err(), error);
        assert_eq!(Encoder::new(options).unwrap_err(), error);
    }
}

#[test]
fn after_an_error_nothing_more_is_read() {
    let mut decoder = Decoder::new(Options::text(), 1).unwrap();
    let mut input = &b"a\tb\nc\n"[..];
    assert!(decoder.decode(&mut input).is_err());
    assert!(decoder.decode(&mut input).unwrap().is_none());
    assert!(input.is_empty() && decoder.finish().unwrap().is_none());
}

/// The places are those that PostgreSQL 15 tells when CopyFail comes behind the data.
#[test]
fn where_the_row_that_is_waited_for_is() {
    let head = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
    for (options, data, expected) in [
        (Options::text(), &b""[..], Some(1)),
        (Options::text(), b"a\tb\n", Some(2)),
        (Options::text(), b"a\tb\n\\.\n", Some(2)),
        (Options::csv(), b"x,y\n\"a\nb", Some(3)),
        (Options::csv(), b"\"a\r\nb", Some(2)),
        (Options::csv(), b"x,y\n\"a\nb\",", Some(3)),
        (
            Options::csv().header(Header::Line),
            b"h\n\"a\nb\",c\n",
            Some(4),
        ),
        (Options::binary(), &head[..], Some(1)),
        (Options::binary(), &head[..18], None),
    ] {
        let mut decoder = Decoder::new(options, 2).unwrap();
        let mut input = data;
        while decoder.decode(&mut input).unwrap().is_some() {}
        let context = decoder.context("t").map(|context| context.to_string());
        assert_eq!(
            context,
            expected.map(|line| format!("COPY t, line {line}")),
            "{data:?}"
        );
    }
}

#[test]
fn a_row_that_cannot_be_written_leaves_nothing_behind() {
    for options in [Options::text(), Options::csv(), Options::binary()] {
        let binary = options.layout() == Layout::Binary;
        let mut encoder = Encoder::new(options).unwrap();
        let mut out = b"before".to_vec();
        let many = (0..32_768).map(|_| None::<&[u8]>);
        let failed = if binary {
            encoder.row(many, &mut out)
        } else {
            encoder.row([Some(&b"a"[..]), Some(b"b\0")], &mut out)
        };
        assert!(failed.is_err());
        assert_eq!(out, b"before");
        encoder.row([Some(b"x")], &mut out).unwrap();
        assert_eq!(out.len() > 6 + 19, binary);
    }
}
