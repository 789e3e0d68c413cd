//! Arrays of any shape.

use trunkline_types::{Array, Date, Numeric, Timestamp, Type};

use crate::round_trip::{from_binary, from_text};

/// Reads `data` as an array: a byte for the element type and the format, then the value.
pub fn from_either(data: &[u8]) {
    let Some((which, raw)) = data.split_first() else {
        return;
    };
    macro_rules! read {
        ($element:ty, $ty:expr) => {
            if which & 128 == 0 {
                from_text::<Array<Option<$element>>>($ty, raw);
            } else {
                from_binary::<Array<Option<$element>>>($ty, raw);
            }
        };
    }
    match which & 7 {
        0 => read!(i32, Type::INT4_ARRAY),
        1 => read!(String, Type::TEXT_ARRAY),
        2 => read!(bool, Type::BOOL_ARRAY),
        3 => read!(Numeric, Type::NUMERIC_ARRAY),
        4 => read!(Timestamp, Type::TIMESTAMP_ARRAY),
        5 => read!(Vec<u8>, Type::BYTEA_ARRAY),
        6 => read!(f64, Type::FLOAT8_ARRAY),
        _ => read!(Date, Type::DATE_ARRAY),
    }
}
