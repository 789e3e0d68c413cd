//! Every type of `trunkline-types` as a parameter and as a column, alone, as NULL and in an array.

use std::fmt::Debug;

use trunkline_types::{
    Array, Date, DecodeOwned, Dimension, Encode, Interval, Json, Numeric, Oid, Time, TimeTz,
    Timestamp, TimestampTz, Uuid,
};

use crate::support::{Session, VERSIONS, Way, ways};

/// Sends values of a type there and back.
struct Round<'s> {
    session: &'s mut Session,
    way: Way,
}

impl Round<'_> {
    /// Values alone, then NULL, then all in an array.
    async fn of<T>(&mut self, sql_type: &str, values: impl IntoIterator<Item = T>)
    where
        T: Encode + DecodeOwned + Debug + PartialEq + Clone,
    {
        let sql = format!("select $1::{sql_type}");
        let values: Vec<T> = values.into_iter().collect();
        for value in &values {
            self.back(&sql, value).await;
        }
        self.back(&sql, &None::<T>).await;
        let mut all: Vec<Option<T>> = values.into_iter().map(Some).collect();
        all.push(None);
        self.back(&format!("select $1::{sql_type}[]"), &all).await;
        self.back(&format!("select $1::{sql_type}[]"), &Vec::<T>::new())
            .await;
    }

    async fn back<T: Encode + DecodeOwned + Debug + PartialEq>(&mut self, sql: &str, value: &T) {
        let row = self.session.one(self.way, sql, (value,)).await;
        let (back,): (T,) = row
            .decode()
            .unwrap_or_else(|error| panic!("{sql} ({:?}): {error}", self.way));
        assert_eq!(&back, value, "{sql} ({:?})", self.way);
    }
}

fn parsed<T: std::str::FromStr<Err: Debug>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test]
async fn there_and_back_in_both_formats() {
    for version in VERSIONS {
        let mut session = Session::open(version).await;
        for way in ways() {
            let mut round = Round {
                session: &mut session,
                way,
            };
            round.of("bool", [true, false]).await;
            round.of("int2", [0, i16::MIN, i16::MAX]).await;
            round.of("int4", [0, i32::MIN, i32::MAX]).await;
            round.of("int8", [0, i64::MIN, i64::MAX]).await;
            round.of("oid", [Oid(0), Oid(u32::MAX)]).await;
            let floats = [0.0, -1.5, f32::MIN_POSITIVE, f32::MAX, f32::INFINITY];
            round.of("float4", floats).await;
            let floats = [0.0, 1e-300, f64::MAX, f64::NEG_INFINITY, 0.1 + 0.2];
            round.of("float8", floats).await;
            let numbers = ["0", "-1.50", "1e40", "0.000001", "NaN", "Infinity"];
            round.of::<Numeric>("numeric", parsed(&numbers)).await;
            let texts = ["", "a", "NULL", "\"q\" \\ {,}", "día ☃", " "].map(str::to_owned);
            round.of("text", texts.clone()).await;
            round.of("varchar", texts.clone()).await;
            round.of("name", texts).await;
            round.of("xml", ["<a>1</a>".to_owned()]).await;
            round.of("json", ["{\"a\": [1]}".to_owned()]).await;
            round.of("jsonb", ["{\"a\": [1]}".to_owned()]).await;
            round.of("jsonb", [Json("[1, 2]".to_owned())]).await;
            round.of("json", [Json("[1, 2]".to_owned())]).await;
            round.of("bytea", [vec![], vec![0u8, 255, b'\\']]).await;
            let ids = [
                "00000000-0000-0000-0000-000000000000",
                "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
            ];
            round.of::<Uuid>("uuid", parsed(&ids)).await;
            let dates = ["2000-01-01", "0044-03-15 BC", "infinity", "5874897-12-31"];
            round.of::<Date>("date", parsed(&dates)).await;
            let times = ["00:00:00", "24:00:00", "12:34:56.789012"];
            round.of::<Time>("time", parsed(&times)).await;
            let times = ["00:00:00+00", "12:34:56.789-08:30"];
            round.of::<TimeTz>("timetz", parsed(&times)).await;
            let moments = [
                "2024-02-03 04:05:06.789",
                "-infinity",
                "0001-01-01 00:00:00 BC",
            ];
            round.of::<Timestamp>("timestamp", parsed(&moments)).await;
            let moments = ["2024-02-03 04:05:06.789+00", "infinity"];
            round
                .of::<TimestampTz>("timestamptz", parsed(&moments))
                .await;
            let spans = [
                "00:00:00",
                "1 year -2 mons 3 days 04:05:06.789",
                "-1 days -00:00:01",
            ];
            round.of::<Interval>("interval", parsed(&spans)).await;
            let matrix = Array::new(
                vec![
                    Dimension {
                        length: 2,
                        lower: 0,
                    },
                    Dimension {
                        length: 2,
                        lower: -3,
                    },
                ],
                vec![Some(1), None, Some(3), Some(4)],
            );
            round.back("select $1::int4[]", &matrix.unwrap()).await;
        }
    }
}

/// `character(n)` is filled with blanks, and sixteen parameters are as many as a tuple has.
#[tokio::test]
async fn many_at_once() {
    for version in VERSIONS {
        let mut session = Session::open(version).await;
        for way in ways() {
            let row = session.one(way, "select $1::char(3)", ("a",)).await;
            assert_eq!(row.get::<&str>(0).unwrap(), "a  ");
            let sql = "select $1::int4 + $2::int4 + $3::int4 + $4::int4 + $5::int4 + $6::int4 + $7::int4 + $8::int4 \
                + $9::int4 + $10::int4 + $11::int4 + $12::int4 + $13::int4 + $14::int4 + $15::int4 + $16::int4 as sum";
            let params = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
            let row = session.one(way, sql, params).await;
            assert_eq!(row.get::<i32>("sum").unwrap(), 136);
            let row = session.one(way, sql, [1; 16]).await;
            assert_eq!(row.get::<i32>("sum").unwrap(), 16);
        }
    }
}
