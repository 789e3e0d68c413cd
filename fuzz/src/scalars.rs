//! One value of any type.

use trunkline_types::{
    Date, Interval, Json, Numeric, Oid, Time, TimeTz, Timestamp, TimestampTz, Type, Uuid,
};

use crate::round_trip;

macro_rules! targets {
    ($function:ident, $doc:literal) => {
        #[doc = $doc]
        pub fn $function(data: &[u8]) {
            let Some((which, raw)) = data.split_first() else {
                return;
            };
            match which % 24 {
                0 => round_trip::$function::<bool>(Type::BOOL, raw),
                1 => round_trip::$function::<i16>(Type::INT2, raw),
                2 => round_trip::$function::<i32>(Type::INT4, raw),
                3 => round_trip::$function::<i64>(Type::INT8, raw),
                4 => round_trip::$function::<f32>(Type::FLOAT4, raw),
                5 => round_trip::$function::<f64>(Type::FLOAT8, raw),
                6 => round_trip::$function::<Numeric>(Type::NUMERIC, raw),
                7 => round_trip::$function::<String>(Type::TEXT, raw),
                8 => round_trip::$function::<String>(Type::VARCHAR, raw),
                9 => round_trip::$function::<String>(Type::BPCHAR, raw),
                10 => round_trip::$function::<String>(Type::JSONB, raw),
                11 => round_trip::$function::<Vec<u8>>(Type::BYTEA, raw),
                12 => round_trip::$function::<Uuid>(Type::UUID, raw),
                13 => round_trip::$function::<Json<String>>(Type::JSON, raw),
                14 => round_trip::$function::<Json<String>>(Type::JSONB, raw),
                15 => round_trip::$function::<Date>(Type::DATE, raw),
                16 => round_trip::$function::<Time>(Type::TIME, raw),
                17 => round_trip::$function::<TimeTz>(Type::TIMETZ, raw),
                18 => round_trip::$function::<Timestamp>(Type::TIMESTAMP, raw),
                19 => round_trip::$function::<TimestampTz>(Type::TIMESTAMPTZ, raw),
                20 => round_trip::$function::<Interval>(Type::INTERVAL, raw),
                21 => round_trip::$function::<Oid>(Type::OID, raw),
                22 => round_trip::$function::<String>(Type::NAME, raw),
                _ => round_trip::$function::<Option<i32>>(Type::INT4, raw),
            }
        }
    };
}

targets!(
    from_text,
    "Reads `data` as text: a byte for the type, then the value."
);
targets!(
    from_binary,
    "Reads `data` as binary: a byte for the type, then the value."
);
