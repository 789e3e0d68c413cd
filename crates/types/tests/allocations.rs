//! That a value costs no allocation: encoders append to the caller's buffer, and types that own nothing are decoded in place.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::hint::black_box;

use trunkline_types::copy::{Decoder, Encoder, Options};
use trunkline_types::{
    Array, Date, Decode, DecodeError, Encode, Fault, Interval, Json, Numeric, Oid, Time, TimeTz,
    Timestamp, TimestampTz, Type, Uuid,
};

#[track_caller]
fn none(what: &str, work: impl FnOnce()) {
    let info = allocation_counter::measure(work);
    assert_eq!(info.count_total, 0, "{what}: {info:?}");
}

#[track_caller]
fn encodes<T: Encode>(ty: Type, value: &T) {
    assert!(T::accepts(ty));
    let mut out = Vec::with_capacity(4096);
    none(&format!("encode {ty}"), || {
        value.field_text(ty, &mut out).unwrap();
        value.field_binary(ty, &mut out).unwrap();
        value.encode_text(ty, &mut out).unwrap();
        value.encode_binary(ty, &mut out).unwrap();
        Some(value).field_text(ty, &mut out).unwrap();
        None::<T>.field_binary(ty, &mut out).unwrap();
    });
}

#[track_caller]
fn both<T: Encode + for<'a> Decode<'a>>(ty: Type, value: &T) {
    encodes(ty, value);
    let (mut text, mut binary) = (Vec::new(), Vec::new());
    value.encode_text(ty, &mut text).unwrap();
    value.encode_binary(ty, &mut binary).unwrap();
    none(&format!("decode {ty}"), || {
        black_box(T::from_text(ty, &text).unwrap());
        black_box(T::from_binary(ty, &binary).unwrap());
        black_box(Option::<T>::from_null(ty).unwrap().is_none());
    });
}

#[test]
fn no_value_of_a_fixed_size_allocates() {
    both(Type::BOOL, &true);
    both(Type::INT2, &i16::MIN);
    both(Type::INT4, &i32::MIN);
    both(Type::INT8, &i64::MIN);
    both(Type::OID, &Oid(u32::MAX));
    for value in [0.1, 1e20, 5e-324, 1e23, -0.0, f64::INFINITY, f64::NAN] {
        both(Type::FLOAT8, &value);
        both(Type::FLOAT4, &0.1f32);
    }
    both(Type::UUID, &Uuid::from_u128(7));
    both(Type::DATE, &Date::MIN);
    both(Type::DATE, &Date::new(2024, 2, 3).unwrap());
    both(Type::TIME, &Time::new(4, 5, 6, 789).unwrap());
    both(Type::TIMETZ, &TimeTz::new(Time::MAX, -3601).unwrap());
    for micros in [0, 757_382_400_123_456, i64::MAX, -200_000_000_000_000_000] {
        both(Type::TIMESTAMP, &Timestamp::from_micros(micros).unwrap());
        both(
            Type::TIMESTAMPTZ,
            &TimestampTz::from_micros(micros).unwrap(),
        );
    }
    both(Type::INTERVAL, &Interval::new(-14, 3, -14_706_789_000));
}

#[test]
fn a_numeric_of_up_to_forty_digits_does_not_allocate() {
    for text in [
        "0",
        "-12345.6789",
        "9999999999999999999999999999999999999999",
        "0.00000000000000000000000000000000000001",
        "NaN",
    ] {
        both(Type::NUMERIC, &text.parse::<Numeric>().unwrap());
    }
}

#[test]
fn text_is_borrowed() {
    encodes(Type::TEXT, &"hello");
    encodes(Type::TEXT, &String::from("hello"));
    encodes(Type::JSONB, &Json("{}"));
    encodes(Type::BYTEA, &&b"bytes"[..]);
    none("decode text", || {
        black_box(<&str>::from_text(Type::TEXT, b"hello").unwrap());
        black_box(<&str>::from_binary(Type::JSONB, b"\x01{}").unwrap());
        black_box(Json::<&str>::from_binary(Type::JSONB, b"\x01{}").unwrap());
        black_box(<&[u8]>::from_binary(Type::BYTEA, b"hello").unwrap());
    });
}

#[test]
fn arrays_are_written_without_allocation() {
    encodes(Type::INT4_ARRAY, &vec![Some(1), None, Some(3)]);
    encodes(Type::TEXT_ARRAY, &&["a", "b c", "\"\\", ""][..]);
    encodes(Type::TIMESTAMP_ARRAY, &[Timestamp::MAX; 3]);
}

#[test]
fn rows_of_copy_are_read_and_written_without_allocation() {
    let columns = [("a", Type::INT4), ("b", Type::TEXT), ("c", Type::TIMESTAMP)];
    for options in [Options::text(), Options::csv(), Options::binary()] {
        let mut data = Vec::with_capacity(1 << 16);
        let mut encoder = Encoder::new(options.clone(), columns).unwrap();
        let row = (7, Some("a, \"b\"\t"), Timestamp::MAX);
        encoder.row(&row, &mut data).unwrap();
        none("write rows", || {
            for _ in 0..500 {
                encoder.row(&row, &mut data).unwrap();
            }
        });
        encoder.finish(&mut data).unwrap();

        let mut decoder = Decoder::new(options, columns).unwrap();
        let mut pieces = data.chunks(1000);
        let mut rows = 0;
        let mut read = |piece: &[u8]| {
            let mut piece = piece;
            while let Some(read) = decoder.decode(&mut piece).unwrap() {
                assert_eq!(row, read);
                rows += 1;
            }
        };
        // The first pieces make the lists and the buffer as large as a row.
        pieces.by_ref().take(5).for_each(&mut read);
        none("read rows", || pieces.for_each(read));
        assert_eq!(rows, 501);
    }
}

#[test]
fn an_array_reserves_no_more_than_it_has_bytes() {
    /// Much larger than its value.
    #[derive(Clone, Copy)]
    struct Large([u8; 4096]);

    impl Decode<'_> for Large {
        fn accepts(ty: Type) -> bool {
            ty == Type::INT4
        }

        fn from_text(ty: Type, _: &[u8]) -> Result<Self, DecodeError> {
            Err(DecodeError::new(ty, Fault::Mismatch))
        }

        fn from_binary(_: Type, _: &[u8]) -> Result<Self, DecodeError> {
            Ok(Self([0; 4096]))
        }
    }

    const TOTAL: u32 = 10_000;
    let head = [1, 0, Type::INT4.oid().0, TOTAL, 1].map(u32::to_be_bytes);
    // The first element is longer than all that follows.
    let array = [head.concat(), vec![0x7F; TOTAL as usize * 4]].concat();
    let info = allocation_counter::measure(|| {
        let read = Array::<Large>::from_binary(Type::INT4_ARRAY, &array);
        assert!(read.is_err());
    });
    assert!(info.bytes_max <= array.len() as u64 + 1000, "{info:?}");

    let nulls = [head.concat(), vec![0xFF; TOTAL as usize * 4]].concat();
    let read = Vec::<Option<Large>>::from_binary(Type::INT4_ARRAY, &nulls).unwrap();
    assert_eq!(read.len(), TOTAL as usize);
    assert!(
        read.iter()
            .all(|value| value.map(|large| large.0).is_none())
    );
}
