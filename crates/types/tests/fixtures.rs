//! Against what PostgreSQL prints, sends, accepts and refuses: `fixtures/` is written by `scripts/fixtures.py` from real servers.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::fs;
use std::path::Path;

use trunkline_types::{
    Array, Date, DecodeError, DecodeOwned, Encode, Interval, Numeric, Oid, Time, TimeTz, Timestamp,
    TimestampTz, Type, Uuid,
};

fn lines(name: &str) -> Vec<Vec<Vec<u8>>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
        .with_extension("tsv");
    let text = fs::read_to_string(&path).unwrap();
    text.lines()
        .map(|line| line.split('\t').map(unescape).collect())
        .collect()
}

/// Backslashes as in COPY's text format.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(b) = bytes.next() {
        out.push(match b {
            b'\\' => match bytes.next().unwrap() {
                b't' => b'\t',
                b'n' => b'\n',
                other => other,
            },
            _ => b,
        });
    }
    out
}

fn from_hex(hex: &[u8]) -> Vec<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).unwrap();
    hex.chunks(2)
        .map(|pair| u8::try_from(digit(pair[0]) << 4 | digit(pair[1])).unwrap())
        .collect()
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn text_of<T: Encode>(value: &T, ty: Type) -> Vec<u8> {
    let (mut out, mut field) = (b"before".to_vec(), Vec::new());
    value.encode_text(ty, &mut out).unwrap();
    value.field_text(ty, &mut field).unwrap();
    let text = out.split_off(6);
    assert_eq!(
        field[..4],
        u32::try_from(text.len()).unwrap().to_be_bytes(),
        "{}",
        show(&text)
    );
    assert_eq!(show(&field[4..]), show(&text));
    text
}

fn binary_of<T: Encode>(value: &T, ty: Type) -> Vec<u8> {
    let (mut out, mut field) = (b"before".to_vec(), Vec::new());
    value.encode_binary(ty, &mut out).unwrap();
    value.field_binary(ty, &mut field).unwrap();
    let binary = out.split_off(6);
    assert_eq!(
        field[..4],
        u32::try_from(binary.len()).unwrap().to_be_bytes()
    );
    assert_eq!(field[4..], binary);
    binary
}

/// Every pair of text and binary, in all four directions, and other spellings of the same text.
fn agrees<T: DecodeOwned + Encode>(name: &str) {
    let ty = Type::from_name(&name.replace("_array", "[]")).unwrap();
    assert!(
        <T as Encode>::accepts(ty) && <T as trunkline_types::Decode<'_>>::accepts(ty),
        "{name}"
    );
    let lines = lines(name);
    assert!(!lines.is_empty());
    for line in lines {
        let (text, binary) = (&line[0], from_hex(&line[1]));
        let from_text =
            T::from_text(ty, text).unwrap_or_else(|e| panic!("{name} {}: {e}", show(text)));
        assert_eq!(
            show(&text_of(&from_text, ty)),
            show(text),
            "{name}: text to text"
        );
        assert_eq!(
            binary_of(&from_text, ty),
            binary,
            "{name} {}: text to binary",
            show(text)
        );
        let from_binary =
            T::from_binary(ty, &binary).unwrap_or_else(|e| panic!("{name} {}: {e}", show(text)));
        assert_eq!(
            show(&text_of(&from_binary, ty)),
            show(text),
            "{name}: binary to text"
        );
        assert_eq!(
            binary_of(&from_binary, ty),
            binary,
            "{name} {}: binary to binary",
            show(text)
        );
        for spelling in &line[2..] {
            let value = T::from_text(ty, spelling)
                .unwrap_or_else(|e| panic!("{name} {}: {e}", show(spelling)));
            assert_eq!(
                show(&text_of(&value, ty)),
                show(text),
                "{name} {}",
                show(spelling)
            );
        }
    }
}

macro_rules! types {
    ($($test:ident $array:ident $rust:ty;)*) => {$(
        #[test]
        fn $test() {
            agrees::<$rust>(stringify!($test));
            agrees::<Option<$rust>>(stringify!($test));
            agrees::<Array<Option<$rust>>>(stringify!($array));
        }
    )*};
}

types! {
    bool bool_array bool;
    int2 int2_array i16;
    int4 int4_array i32;
    int8 int8_array i64;
    oid oid_array Oid;
    float4 float4_array f32;
    float8 float8_array f64;
    numeric numeric_array Numeric;
    text text_array String;
    varchar varchar_array Box<str>;
    name name_array String;
    json json_array String;
    jsonb jsonb_array String;
    bytea bytea_array Vec<u8>;
    uuid uuid_array Uuid;
    date date_array Date;
    time time_array Time;
    timetz timetz_array TimeTz;
    timestamp timestamp_array Timestamp;
    timestamptz timestamptz_array TimestampTz;
    interval interval_array Interval;
}

#[test]
fn bpchar() {
    agrees::<String>("bpchar");
}

/// Text and what became of it: the value's text, or `!` and the SQLSTATE.
fn outcome<T: Encode>(ty: Type, value: Result<T, DecodeError>) -> String {
    match value {
        Ok(value) => show(&text_of(&value, ty)),
        Err(error) => format!("!{}", error.sqlstate().as_str()),
    }
}

fn decode<T: DecodeOwned + Encode>(ty: Type, raw: &[u8], is_binary: bool) -> String {
    outcome(
        ty,
        if is_binary {
            T::from_binary(ty, raw)
        } else {
            T::from_text(ty, raw)
        },
    )
}

fn decode_any(ty: Type, raw: &[u8], is_binary: bool) -> String {
    match ty {
        Type::BOOL => decode::<bool>(ty, raw, is_binary),
        Type::INT2 => decode::<i16>(ty, raw, is_binary),
        Type::INT4 => decode::<i32>(ty, raw, is_binary),
        Type::INT8 => decode::<i64>(ty, raw, is_binary),
        Type::OID => decode::<Oid>(ty, raw, is_binary),
        Type::FLOAT4 => decode::<f32>(ty, raw, is_binary),
        Type::FLOAT8 => decode::<f64>(ty, raw, is_binary),
        Type::NUMERIC => decode::<Numeric>(ty, raw, is_binary),
        Type::TEXT | Type::NAME | Type::JSONB => decode::<String>(ty, raw, is_binary),
        Type::BYTEA => decode::<Vec<u8>>(ty, raw, is_binary),
        Type::UUID => decode::<Uuid>(ty, raw, is_binary),
        Type::DATE => decode::<Date>(ty, raw, is_binary),
        Type::TIME => decode::<Time>(ty, raw, is_binary),
        Type::TIMETZ => decode::<TimeTz>(ty, raw, is_binary),
        Type::TIMESTAMP => decode::<Timestamp>(ty, raw, is_binary),
        Type::TIMESTAMPTZ => decode::<TimestampTz>(ty, raw, is_binary),
        Type::INTERVAL => decode::<Interval>(ty, raw, is_binary),
        Type::INT4_ARRAY => decode::<Array<Option<i32>>>(ty, raw, is_binary),
        Type::TEXT_ARRAY => decode::<Array<Option<String>>>(ty, raw, is_binary),
        _ => panic!("{ty:?} is not among the types to try"),
    }
}

#[test]
fn text_is_accepted_and_refused_as_by_postgresql() {
    let mut wrong = Vec::new();
    for line in lines("read") {
        let ty = Type::from_name(&show(&line[0])).unwrap();
        let (found, expected) = (decode_any(ty, &line[1], false), show(&line[2]));
        if found != expected {
            wrong.push(format!(
                "{ty:?} {:?}: {found}, not {expected}",
                show(&line[1])
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// TY-01, TY-04.
#[test]
fn binary_is_accepted_and_refused_as_by_postgresql() {
    let mut wrong = Vec::new();
    for line in lines("received") {
        let ty = Type::from_name(&show(&line[0])).unwrap();
        let (found, expected) = (decode_any(ty, &from_hex(&line[1]), true), show(&line[2]));
        if found != expected {
            wrong.push(format!(
                "{ty:?} {}: {found}, not {expected}",
                show(&line[1])
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
