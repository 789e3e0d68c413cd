//! Types of other crates: each agrees with this crate's own type in both formats.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]
#![cfg(all(
    feature = "chrono",
    feature = "jiff",
    feature = "rust_decimal",
    feature = "serde_json",
    feature = "time",
    feature = "uuid"
))]

use std::fmt::Debug;

use trunkline_types::{Decode, DecodeOwned, Encode, Type};

/// `value` is written as `text`, and read from it and from its binary form.
#[track_caller]
fn is<T: Encode + DecodeOwned + PartialEq + Debug>(ty: Type, value: &T, text: &str) {
    assert!(<T as Encode>::accepts(ty) && <T as Decode<'_>>::accepts(ty));
    let (mut out, mut binary) = (Vec::new(), Vec::new());
    value.encode_text(ty, &mut out).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), text);
    value.field_binary(ty, &mut binary).unwrap();
    assert_eq!(T::from_text(ty, text.as_bytes()).unwrap(), *value);
    assert_eq!(T::from_binary(ty, &binary[4..]).unwrap(), *value);
}

#[track_caller]
fn out_of_range<T: DecodeOwned + Debug>(ty: Type, text: &str) {
    let code = T::from_text(ty, text.as_bytes()).unwrap_err().sqlstate();
    assert!(matches!(code.as_str(), "22008" | "22003"), "{code:?}");
}

#[test]
fn chrono_types() {
    use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, Utc};

    let date = NaiveDate::from_ymd_opt(-43, 3, 15).unwrap();
    let time = NaiveTime::from_hms_micro_opt(4, 5, 6, 789_000).unwrap();
    is(Type::DATE, &date, "0044-03-15 BC");
    is(Type::TIME, &time, "04:05:06.789");
    is(
        Type::TIMESTAMP,
        &date.and_time(time),
        "0044-03-15 04:05:06.789 BC",
    );
    let instant: DateTime<Utc> = "2024-02-03T04:05:06.000001Z".parse().unwrap();
    is(Type::TIMESTAMPTZ, &instant, "2024-02-03 04:05:06.000001+00");
    let instant: DateTime<FixedOffset> = "2024-02-03T04:05:06+02:00".parse().unwrap();
    is(Type::TIMESTAMPTZ, &instant, "2024-02-03 02:05:06+00");
    out_of_range::<NaiveTime>(Type::TIME, "24:00:00");
    out_of_range::<NaiveDate>(Type::DATE, "infinity");
    out_of_range::<NaiveDate>(Type::DATE, "5874897-12-31");
    out_of_range::<DateTime<Utc>>(Type::TIMESTAMPTZ, "-infinity");
}

#[test]
fn jiff_types() {
    use jiff::Timestamp;
    use jiff::civil::{self, DateTime};

    is(Type::DATE, &civil::date(-43, 3, 15), "0044-03-15 BC");
    is(
        Type::TIME,
        &civil::time(4, 5, 6, 789_000_000),
        "04:05:06.789",
    );
    is(
        Type::TIMESTAMP,
        &civil::datetime(2024, 2, 3, 4, 5, 6, 1000),
        "2024-02-03 04:05:06.000001",
    );
    let instant: Timestamp = "2024-02-03T04:05:06+02:00".parse().unwrap();
    is(Type::TIMESTAMPTZ, &instant, "2024-02-03 02:05:06+00");
    out_of_range::<DateTime>(Type::TIMESTAMP, "10000-01-01 00:00:00");
    out_of_range::<civil::Time>(Type::TIME, "24:00:00");
    out_of_range::<Timestamp>(Type::TIMESTAMPTZ, "infinity");
}

#[test]
fn time_types() {
    use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

    let date = Date::from_calendar_date(-43, Month::March, 15).unwrap();
    let time = Time::from_hms_micro(4, 5, 6, 789_000).unwrap();
    is(Type::DATE, &date, "0044-03-15 BC");
    is(Type::TIME, &time, "04:05:06.789");
    is(
        Type::TIMESTAMP,
        &PrimitiveDateTime::new(date, time),
        "0044-03-15 04:05:06.789 BC",
    );
    let instant = OffsetDateTime::from_unix_timestamp(-1).unwrap();
    is(Type::TIMESTAMPTZ, &instant, "1969-12-31 23:59:59+00");
    out_of_range::<Time>(Type::TIME, "24:00:00");
    out_of_range::<Date>(Type::DATE, "infinity");
    out_of_range::<OffsetDateTime>(Type::TIMESTAMPTZ, "infinity");
}

#[test]
fn uuids_decimals_and_json() {
    let uuid = uuid::Uuid::from_u128(7);
    is(Type::UUID, &uuid, "00000000-0000-0000-0000-000000000007");
    is(
        Type::NUMERIC,
        &rust_decimal::Decimal::new(-1_234_500, 4),
        "-123.4500",
    );
    is(
        Type::NUMERIC,
        &rust_decimal::Decimal::MAX,
        "79228162514264337593543950335",
    );
    out_of_range::<rust_decimal::Decimal>(Type::NUMERIC, "79228162514264337593543950336");
    out_of_range::<rust_decimal::Decimal>(Type::NUMERIC, "NaN");
    let json = serde_json::json!({"a": [1, null, "x"]});
    is(Type::JSON, &json, r#"{"a":[1,null,"x"]}"#);
    is(Type::JSONB, &json, r#"{"a":[1,null,"x"]}"#);
    let error = serde_json::Value::from_text(Type::JSON, b"{").unwrap_err();
    assert_eq!(error.sqlstate().as_str(), "22P02");
    is(
        Type::UUID_ARRAY,
        &vec![uuid],
        "{00000000-0000-0000-0000-000000000007}",
    );
}
