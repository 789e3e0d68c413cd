//! Round trips of arbitrary values, and arbitrary bytes into every decoder.
#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use proptest::prelude::*;
use trunkline_types::{
    Array, Date, Decode as _, DecodeOwned, Dimension, Encode, Format, Interval, Json, Numeric, Oid,
    Time, TimeTz, Timestamp, TimestampTz, Type, Uuid, check,
};

fn round_trip<T: Encode + DecodeOwned + PartialEq + std::fmt::Debug>(
    ty: Type,
    value: &T,
) -> Result<(), TestCaseError> {
    let (mut text, mut binary) = (Vec::new(), Vec::new());
    value.encode_text(ty, &mut text).unwrap();
    value.encode_binary(ty, &mut binary).unwrap();
    prop_assert_eq!(
        &T::from_text(ty, &text).unwrap(),
        value,
        "{}",
        String::from_utf8_lossy(&text)
    );
    prop_assert_eq!(&T::from_binary(ty, &binary).unwrap(), value);
    // The fields are the same with a length before them.
    let mut fields = Vec::new();
    value.field_text(ty, &mut fields).unwrap();
    value.field_binary(ty, &mut fields).unwrap();
    let mut expected = u32::try_from(text.len()).unwrap().to_be_bytes().to_vec();
    expected.extend(&text);
    expected.extend(u32::try_from(binary.len()).unwrap().to_be_bytes());
    expected.extend(&binary);
    prop_assert_eq!(fields, expected);
    prop_assert!(
        check(ty, Format::Text, &text).is_ok() && check(ty, Format::Binary, &binary).is_ok()
    );
    Ok(())
}

fn dates() -> impl Strategy<Value = Date> {
    any::<i32>().prop_filter_map("out of range", Date::from_days)
}

fn timestamps() -> impl Strategy<Value = i64> + Clone {
    prop_oneof![
        any::<i64>(),
        -1_000_000_000_000_000..1_000_000_000_000_000i64
    ]
}

fn arrays<T: std::fmt::Debug + Clone + 'static>(
    element: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Array<T>> {
    prop::collection::vec((1..4usize, -100..100i32), 1..=4).prop_flat_map(move |dimensions| {
        let count = dimensions
            .iter()
            .map(|(length, _)| length)
            .product::<usize>();
        let dimensions: Vec<Dimension> = dimensions
            .into_iter()
            .map(|(length, lower)| Dimension { length, lower })
            .collect();
        prop::collection::vec(element.clone(), count)
            .prop_map(move |elements| Array::new(dimensions.clone(), elements).unwrap())
    })
}

proptest! {
    #[test]
    fn numbers(a: i16, b: i32, c: i64, d: u32, x in any::<f32>().prop_filter("", |x| !x.is_nan()), y in any::<f64>().prop_filter("", |y| !y.is_nan())) {
        round_trip(Type::INT2, &a)?;
        round_trip(Type::INT4, &b)?;
        round_trip(Type::INT8, &c)?;
        round_trip(Type::OID, &Oid(d))?;
        round_trip(Type::FLOAT4, &x)?;
        round_trip(Type::FLOAT8, &y)?;
    }

    #[test]
    fn numerics(unscaled: i128, scale in 0..60u16, text in "-?[0-9]{1,60}(\\.[0-9]{1,60})?") {
        let number = Numeric::new(unscaled, scale).unwrap();
        round_trip(Type::NUMERIC, &number)?;
        prop_assert_eq!(number.unscaled(), Some(unscaled));
        prop_assert_eq!(number.scale(), scale);
        round_trip(Type::NUMERIC, &text.parse::<Numeric>().unwrap())?;
    }

    #[test]
    fn numerics_sort_as_their_values(a: i64, b: i64, scale in 0..20u16) {
        let (x, y) = (Numeric::new(a.into(), scale).unwrap(), Numeric::new(b.into(), scale).unwrap());
        prop_assert_eq!(x.cmp(&y), a.cmp(&b));
    }

    #[test]
    fn texts(text in "[^\0]*", bytes: Vec<u8>, uuid: u128, truth: bool) {
        round_trip(Type::TEXT, &text)?;
        round_trip(Type::JSONB, &Json(format!("{text:?}")))?;
        round_trip(Type::BYTEA, &bytes)?;
        round_trip(Type::UUID, &Uuid::from_u128(uuid))?;
        round_trip(Type::BOOL, &truth)?;
    }

    #[test]
    fn times(date in dates(), micros in timestamps(), of_day in 0..=86_400_000_000i64, offset in -57_599..57_600i32, (months, days, rest) in any::<(i32, i32, i64)>()) {
        round_trip(Type::DATE, &date)?;
        let time = Time::from_micros(of_day).unwrap();
        round_trip(Type::TIME, &time)?;
        round_trip(Type::TIMETZ, &TimeTz::new(time, offset).unwrap())?;
        round_trip(Type::INTERVAL, &Interval::new(months, days, rest))?;
        if let (Some(timestamp), Some(instant)) = (Timestamp::from_micros(micros), TimestampTz::from_micros(micros)) {
            round_trip(Type::TIMESTAMP, &timestamp)?;
            round_trip(Type::TIMESTAMPTZ, &instant)?;
        }
        if let Some((year, month, day)) = date.ymd() {
            prop_assert_eq!(Date::new(year, month, day), Some(date));
        }
    }

    #[test]
    fn array_values(
        texts in arrays(prop::option::of("[^\0]{0,6}|NULL|[{},\"\\\\ ]{0,4}")),
        numbers in arrays(any::<Option<i32>>()),
        times in arrays(timestamps().prop_filter_map("out of range", Timestamp::from_micros)),
        bytes in arrays(any::<Vec<u8>>()),
        list in any::<Vec<Option<i64>>>(),
    ) {
        round_trip(Type::TEXT_ARRAY, &texts)?;
        round_trip(Type::INT4_ARRAY, &numbers)?;
        round_trip(Type::TIMESTAMP_ARRAY, &times)?;
        round_trip(Type::BYTEA_ARRAY, &bytes)?;
        round_trip(Type::INT8_ARRAY, &list)?;
    }

    /// TY-01: no bytes make a decoder panic.
    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        decode_all(&bytes);
    }

    #[test]
    fn any_text(text in "[-+0-9a-zA-Z:.,_ {}\"\\\\\\[\\]=@TZ]{0,40}") {
        decode_all(text.as_bytes());
    }

    /// Nearly valid: a value's own bytes with one of them changed, and cut short at every length.
    #[test]
    fn damaged_values(array in arrays(any::<Option<i32>>()), number in "-?[0-9]{1,30}\\.[0-9]{1,30}", at: prop::sample::Index, byte: u8) {
        let mut binary = Vec::new();
        array.encode_binary(Type::INT4_ARRAY, &mut binary).unwrap();
        number.parse::<Numeric>().unwrap().encode_binary(Type::NUMERIC, &mut binary).unwrap();
        let at = at.index(binary.len());
        binary[at] = byte;
        for end in 0..=binary.len() {
            let _ = Array::<Option<i32>>::from_binary(Type::INT4_ARRAY, &binary[..end]);
            let _ = Numeric::from_binary(Type::NUMERIC, &binary[end..]);
        }
    }
}

fn decode_all(raw: &[u8]) {
    macro_rules! all {
        ($($ty:ident $rust:ty),*) => {$(
            for value in [<$rust>::from_text(Type::$ty, raw), <$rust>::from_binary(Type::$ty, raw)] {
                match value {
                    Ok(value) => {
                        let mut out = Vec::new();
                        value.encode_text(Type::$ty, &mut out).unwrap();
                        value.encode_binary(Type::$ty, &mut out).unwrap();
                    }
                    Err(error) => assert!(!error.to_string().is_empty() && error.sqlstate().as_str().len() == 5),
                }
            }
        )*};
    }
    all!(
        BOOL bool, INT2 i16, INT4 i32, INT8 i64, OID Oid, FLOAT4 f32, FLOAT8 f64, NUMERIC Numeric, TEXT String, TEXT &str, JSONB Json<String>,
        BYTEA Vec<u8>, UUID Uuid, DATE Date, TIME Time, TIMETZ TimeTz, TIMESTAMP Timestamp, TIMESTAMPTZ TimestampTz, INTERVAL Interval,
        INT4_ARRAY Array<Option<i32>>, TEXT_ARRAY Array<Option<String>>, NUMERIC_ARRAY Vec<Numeric>, INTERVAL_ARRAY Vec<Interval>
    );
    for &ty in Type::ALL {
        let _ = check(ty, Format::Text, raw);
        let _ = check(ty, Format::Binary, raw);
    }
}
