#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use alloc::string::ToString;
use alloc::vec::Vec;
use core::mem::size_of;

use super::*;
use crate::error::Fault;
use crate::{Decode, Encode, Type};

fn number(text: &str) -> Numeric {
    text.parse().unwrap()
}

#[test]
fn is_four_words() {
    assert_eq!(size_of::<Numeric>(), 32);
}

#[test]
fn prints_what_it_read() {
    for text in [
        "0",
        "0.00",
        "1",
        "-1",
        "1.500",
        "12345.6789",
        "-0.0001",
        "10000",
        "100000000",
        "0.00000001",
        "99999999.99999999",
        "123456789012345678901234567890123456789012345678901234567890.123456789",
        "NaN",
        "Infinity",
        "-Infinity",
    ] {
        assert_eq!(number(text).to_string(), text);
        let mut out = Vec::new();
        number(text).encode_binary(Type::NUMERIC, &mut out).unwrap();
        assert_eq!(
            Numeric::from_binary(Type::NUMERIC, &out)
                .unwrap()
                .to_string(),
            text
        );
    }
}

#[test]
fn reads_what_postgresql_reads() {
    for (text, expected) in [
        (" +1 ", "1"),
        ("-0", "0"),
        ("-0.0", "0.0"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("1.5e3", "1500"),
        ("1.2345e2", "123.45"),
        ("1e-5", "0.00001"),
        ("12e-1", "1.2"),
        ("0e5", "0"),
        ("0e-2", "0.00"),
        ("1_000.000_1", "1000.0001"),
        ("inf", "Infinity"),
        ("-INFINITY", "-Infinity"),
        ("nan", "NaN"),
        ("000123", "123"),
    ] {
        assert_eq!(number(text).to_string(), expected, "{text}");
    }
    for text in [
        "", ".", "-", "e5", "1e", "1e+", "1__0", "_1", "1_", "1 2", "1.2.3", "-NaN", "infinit",
        "0x10", "1._5",
    ] {
        assert_eq!(
            text.parse::<Numeric>().unwrap_err().fault(),
            Fault::Syntax,
            "{text}"
        );
    }
}

/// SEC-94: short texts, long numbers, and both within bounds.
#[test]
fn the_range_is_postgresqls() {
    assert_eq!(number("1e131071").to_string().len(), 131_072);
    assert_eq!(number("1e-16383").to_string().len(), 16_385);
    for text in [
        "1e131072",
        "1e-16384",
        "1e99999999999999999999",
        "-1e131072",
    ] {
        let error = text.parse::<Numeric>().unwrap_err();
        assert_eq!(
            (error.sqlstate().as_str(), error.to_string().as_str()),
            ("22003", "value overflows numeric format"),
            "{text}"
        );
    }
    assert!(Numeric::new(1, 16_383).is_some());
    assert!(Numeric::new(1, 16_384).is_none());
}

#[test]
fn sorts_by_value() {
    let sorted = [
        "-Infinity",
        "-1000000",
        "-10000.5",
        "-10000",
        "-1",
        "-0.0001",
        "0",
        "0.00001",
        "0.0001",
        "0.5",
        "1",
        "9999",
        "10000",
        "10000.0001",
        "1e100",
        "Infinity",
        "NaN",
    ];
    for (i, a) in sorted.iter().enumerate() {
        for (j, b) in sorted.iter().enumerate() {
            assert_eq!(number(a).cmp(&number(b)), i.cmp(&j), "{a} {b}");
        }
    }
    assert_eq!(number("1.0"), number("1.00"));
    assert_eq!(number("0.0"), number("0"));
}

#[test]
fn converts_both_ways() {
    for n in [
        0,
        1,
        -1,
        10_000,
        i128::from(i64::MAX),
        i128::MAX,
        i128::MIN,
        9_999,
        -123_456_789,
    ] {
        assert_eq!(Numeric::from(n).to_string(), n.to_string());
        assert_eq!(Numeric::from(n).to_i128(), Some(n));
        for scale in 0..10 {
            let number = Numeric::new(n, scale).unwrap();
            assert_eq!((number.unscaled(), number.scale()), (Some(n), scale));
        }
    }
    assert_eq!(number("1.5").to_i128(), None);
    assert_eq!(number("1.000").to_i64(), Some(1));
    assert_eq!(number("1e40").to_i128(), None);
    assert_eq!(number("-12.340").unscaled(), Some(-12_340));
    for x in [0.1, -1e300, 5e-324, 1e22, 123.0] {
        assert!((Numeric::from(x).to_f64() - x).abs() == 0.0, "{x}");
    }
    assert!(Numeric::from(f64::NAN).is_nan());
}

#[test]
fn binary_input_is_trimmed_and_checked() {
    let read = |hex: &[u16]| {
        let bytes: Vec<u8> = hex.iter().flat_map(|n| n.to_be_bytes()).collect();
        Numeric::from_binary(Type::NUMERIC, &bytes).map(|n| n.to_string())
    };
    // Zeros at both ends.
    assert_eq!(read(&[4, 2, 0, 0, 0, 1, 2, 0]).unwrap(), "10002");
    // Digits beyond the scale.
    assert_eq!(read(&[3, 0, 0, 2, 1, 2345, 6789]).unwrap(), "1.23");
    assert_eq!(read(&[1, 0xffff, 0x4000, 0, 5000]).unwrap(), "0");
    assert_eq!(read(&[0, 5, 0x4000, 2]).unwrap(), "0.00");
    // Nothing of it is shown, at the least weight.
    assert_eq!(read(&[2, 0x8000, 0, 0x3fff, 0, 1]).unwrap().len(), 16_385);
    // An infinity's scale means nothing.
    assert_eq!(read(&[0, 0, 0xd000, 0x20]).unwrap(), "Infinity");
    for (hex, code) in [
        (&[1, 0, 0, 0, 10_000][..], "22P03"),
        (&[1, 0, 1, 0, 1], "22P03"),
        (&[1, 0, 0, 0x4000, 1], "22P03"),
        (&[2, 0, 0, 0, 1], "08P01"),
        (&[1, 0, 0, 0, 1, 1], "22P03"),
        (&[0, 0, 0], "08P01"),
    ] {
        assert_eq!(read(hex).unwrap_err().sqlstate().as_str(), code, "{hex:?}");
    }
}
