//! The layouts by hand: bytes of `binary_send` and texts of PostgreSQL 18, both ways.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use trunkline_types::{
    Array, Date, DecodeOwned, Dimension, Encode, Interval, Json, Numeric, Oid, Time, TimeTz,
    Timestamp, TimestampTz, Type, Uuid,
};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits
        .chunks(2)
        .map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap())
        .collect()
}

/// The value is written so and read from it, in text and in binary.
#[track_caller]
fn is<T: Encode + DecodeOwned + PartialEq + std::fmt::Debug>(
    ty: Type,
    value: &T,
    text: &str,
    hex: &str,
) {
    let (mut as_text, mut as_binary) = (Vec::new(), Vec::new());
    value.encode_text(ty, &mut as_text).unwrap();
    value.encode_binary(ty, &mut as_binary).unwrap();
    assert_eq!(String::from_utf8(as_text).unwrap(), text);
    assert_eq!(as_binary, bytes(hex), "{text}");
    assert_eq!(T::from_text(ty, text.as_bytes()).unwrap(), *value);
    assert_eq!(T::from_binary(ty, &bytes(hex)).unwrap(), *value);
}

fn at(date: (i32, u8, u8), time: (u8, u8, u8, u32)) -> (Date, Time) {
    (
        Date::new(date.0, date.1, date.2).unwrap(),
        Time::new(time.0, time.1, time.2, time.3).unwrap(),
    )
}

#[test]
fn scalars() {
    is(Type::BOOL, &true, "t", "01");
    is(Type::BOOL, &false, "f", "00");
    is(Type::INT2, &-2i16, "-2", "fffe");
    is(Type::INT4, &1i32, "1", "00000001");
    is(Type::INT8, &-1i64, "-1", "ffffffffffffffff");
    is(Type::OID, &Oid(4_294_967_295), "4294967295", "ffffffff");
    is(Type::FLOAT4, &0.1f32, "0.1", "3dcccccd");
    is(
        Type::FLOAT8,
        &f64::NEG_INFINITY,
        "-Infinity",
        "fff0000000000000",
    );
    is(Type::FLOAT8, &-0.0f64, "-0", "8000000000000000");
    is(Type::TEXT, &String::from("ab"), "ab", "6162");
    is(Type::BPCHAR, &String::from("ab  "), "ab  ", "61622020");
    is(Type::BYTEA, &vec![0u8, 255], "\\x00ff", "00ff");
    let json = String::from(r#"{"a": 1, "b": 2}"#);
    is(
        Type::JSONB,
        &Json(json.clone()),
        &json,
        "017b2261223a20312c202262223a20327d",
    );
    is(
        Type::JSON,
        &Json(json.clone()),
        &json,
        "7b2261223a20312c202262223a20327d",
    );
    let uuid = Uuid::from_u128(0x1234_5678_9abc_def0_0123_4567_89ab_cdef);
    is(
        Type::UUID,
        &uuid,
        "12345678-9abc-def0-0123-456789abcdef",
        "123456789abcdef00123456789abcdef",
    );
    let mut nan = Vec::new();
    f64::NAN.encode_binary(Type::FLOAT8, &mut nan).unwrap();
    assert_eq!(nan, bytes("7ff8000000000000"));
}

#[test]
fn numerics() {
    let number = |text: &str| text.parse::<Numeric>().unwrap();
    for (text, hex) in [
        ("0", "0000 0000 0000 0000"),
        ("12345.6789", "0003 0001 0000 0004 0001 0929 1a85"),
        ("-0.0001", "0001 ffff 4000 0004 0001"),
        ("1.500", "0002 0000 0000 0003 0001 1388"),
        ("10000", "0001 0001 0000 0000 0001"),
        ("100000000", "0001 0002 0000 0000 0001"),
        ("NaN", "0000 0000 c000 0000"),
        ("Infinity", "0000 0000 d000 0020"),
        ("-Infinity", "0000 0000 f000 0020"),
    ] {
        is(Type::NUMERIC, &number(text), text, hex);
    }
}

#[test]
fn dates_and_times() {
    is(
        Type::DATE,
        &Date::new(2000, 1, 1).unwrap(),
        "2000-01-01",
        "00000000",
    );
    is(
        Type::DATE,
        &Date::new(1999, 12, 31).unwrap(),
        "1999-12-31",
        "ffffffff",
    );
    is(
        Type::DATE,
        &Date::new(-43, 3, 15).unwrap(),
        "0044-03-15 BC",
        "fff49d7b",
    );
    is(Type::DATE, &Date::INFINITY, "infinity", "7fffffff");
    is(Type::DATE, &Date::NEG_INFINITY, "-infinity", "80000000");
    is(Type::DATE, &Date::MIN, "4714-11-24 BC", "ffda97a7");
    is(Type::DATE, &Date::MAX, "5874897-12-31", "7fda970c");
    is(
        Type::TIME,
        &Time::new(12, 34, 56, 789_000).unwrap(),
        "12:34:56.789",
        "0000000a8be62608",
    );
    is(Type::TIME, &Time::MAX, "24:00:00", "000000141dd76000");
    let time = Time::new(12, 34, 56, 0).unwrap();
    is(
        Type::TIMETZ,
        &TimeTz::new(time, 7200).unwrap(),
        "12:34:56+02",
        "0000000a8bda1c00 ffffe3e0",
    );
    is(
        Type::TIMETZ,
        &TimeTz::new(time, -19_800).unwrap(),
        "12:34:56-05:30",
        "0000000a8bda1c00 00004d58",
    );
    let (date, time) = at((2000, 1, 2), (0, 0, 0, 1));
    is(
        Type::TIMESTAMP,
        &Timestamp::new(date, time).unwrap(),
        "2000-01-02 00:00:00.000001",
        "000000141dd76001",
    );
    is(
        Type::TIMESTAMP,
        &Timestamp::from_unix_micros(0).unwrap(),
        "1970-01-01 00:00:00",
        "fffca2fec4c82000",
    );
    is(
        Type::TIMESTAMP,
        &Timestamp::INFINITY,
        "infinity",
        "7fffffffffffffff",
    );
    is(
        Type::TIMESTAMP,
        &Timestamp::NEG_INFINITY,
        "-infinity",
        "8000000000000000",
    );
    let (date, time) = at((2024, 2, 29), (12, 0, 0, 0));
    is(
        Type::TIMESTAMPTZ,
        &TimestampTz::new(date, time).unwrap(),
        "2024-02-29 12:00:00+00",
        "0002b582c4781000",
    );
    let (date, time) = at((-43, 3, 15), (1, 2, 3, 40_000));
    let ides = TimestampTz::new(date, time).unwrap();
    assert_eq!(ides.to_string(), "0044-03-15 01:02:03.04+00 BC");
    assert_eq!((ides.date(), ides.time()), (date, Some(time)));
    let interval = Interval::new(14, 3, 14_706_789_000);
    is(
        Type::INTERVAL,
        &interval,
        "1 year 2 mons 3 days 04:05:06.789",
        "000000036c97ca88 00000003 0000000e",
    );
    is(
        Type::INTERVAL,
        &Interval::new(0, -1, 0),
        "-1 days",
        "0000000000000000 ffffffff 00000000",
    );
    is(
        Type::INTERVAL,
        &Interval::INFINITY,
        "infinity",
        "7fffffffffffffff 7fffffff 7fffffff",
    );
    is(
        Type::INTERVAL,
        &Interval::ZERO,
        "00:00:00",
        "00000000000000000000000000000000",
    );
}

#[test]
fn arrays() {
    let one =
        "00000001 00000001 00000017 00000003 00000001 00000004 00000001 ffffffff 00000004 00000003";
    is(
        Type::INT4_ARRAY,
        &vec![Some(1), None, Some(3)],
        "{1,NULL,3}",
        one,
    );
    is(
        Type::INT4_ARRAY,
        &Vec::<i32>::new(),
        "{}",
        "00000000 00000000 00000017",
    );
    let dimensions = vec![
        Dimension {
            length: 2,
            lower: 0,
        },
        Dimension {
            length: 2,
            lower: 2,
        },
    ];
    let two = "00000002 00000000 00000017 00000002 00000000 00000002 00000002
        00000004 00000001 00000004 00000002 00000004 00000003 00000004 00000004";
    is(
        Type::INT4_ARRAY,
        &Array::new(dimensions, vec![1, 2, 3, 4]).unwrap(),
        "[0:1][2:3]={{1,2},{3,4}}",
        two,
    );
}

/// TY-02: what is out of range cannot be made, so nothing wraps on its way out.
#[test]
fn what_is_out_of_range_cannot_be_made() {
    assert_eq!(Date::new(5_874_898, 1, 1), None);
    assert_eq!(Date::new(i32::MAX, 1, 1), None);
    assert_eq!(Date::new(i32::MIN, 1, 1), None);
    assert_eq!(Date::new(-4713, 11, 23), None);
    assert_eq!(Date::new(2023, 2, 29), None);
    assert_eq!(Date::new(1900, 2, 29), None);
    assert_eq!(Date::from_days(i32::MAX - 1), None);
    assert_eq!(Time::new(24, 0, 0, 1), None);
    assert_eq!(Time::new(23, 60, 0, 0), None);
    assert_eq!(Time::from_micros(-1), None);
    assert_eq!(TimeTz::new(Time::MIDNIGHT, 16 * 3600), None);
    assert_eq!(TimeTz::new(Time::MIDNIGHT, i32::MIN), None);
    assert_eq!(Timestamp::from_micros(i64::MAX - 1), None);
    assert_eq!(Timestamp::from_unix_micros(i64::MIN), None);
    assert_eq!(Timestamp::new(Date::MAX, Time::MIDNIGHT), None);
    assert_eq!(
        Timestamp::new(Date::new(294_276, 12, 31).unwrap(), Time::MAX),
        None
    );
    assert_eq!(
        Timestamp::new(Date::MIN, Time::MIDNIGHT),
        Some(Timestamp::MIN)
    );
}
