//! Values of every type, as parameters and results in both formats, and rows of them through COPY in its three layouts.

use std::fmt::Debug;

use trunkline_client::{Columns, Event, Row};
use trunkline_proto::codec::{Formats, Values};
use trunkline_proto::copy::{Header, Options};
use trunkline_proto::frontend::{Bind, FunctionCall};
use trunkline_proto::{Format, Oid, PortalName, StatementName};
use trunkline_types::copy::{Decoder, Encoder};
use trunkline_types::{
    Array, Date, Decode, DecodeOwned, Encode, Interval, Json, Numeric, Time, TimeTz, Timestamp,
    TimestampTz, Type, Uuid,
};

use crate::api::Connection;
use crate::support::{VERSIONS, answer, session};

/// Sends `value` as a parameter of this type and has it back: in text and binary, each way apart. The server is asked what it took
/// it for.
async fn round<T: Encode + DecodeOwned + PartialEq + Debug>(
    connection: &mut Connection,
    ty: Type,
    value: &T,
    shown: &str,
) {
    let unnamed = PortalName::UNNAMED;
    connection
        .parse(StatementName::UNNAMED, "select $1, $1::text", &[ty.oid()])
        .unwrap();
    for sent in [Format::Text, Format::Binary] {
        let mut bytes = vec![];
        match sent {
            _ if value.is_null() => {}
            Format::Text => value.encode_text(ty, &mut bytes).unwrap(),
            Format::Binary => value.encode_binary(ty, &mut bytes).unwrap(),
        }
        let params = [Some(bytes.as_slice()).filter(|_| !value.is_null())];
        for received in [Format::Text, Format::Binary] {
            connection
                .bind(&Bind {
                    portal: unnamed,
                    statement: StatementName::UNNAMED,
                    param_formats: Formats::from(&[sent as i16]),
                    params: Values::from(&params),
                    result_formats: Formats::from(&[received as i16, Format::Text as i16]),
                })
                .unwrap();
            connection
                .describe(trunkline_proto::frontend::Target::Portal(unnamed))
                .unwrap();
            connection.execute(unnamed, 0).unwrap();
        }
    }
    connection.sync().unwrap();
    let (mut columns, mut rows) = (None, 0);
    loop {
        match connection.next().await.unwrap() {
            Event::RowDescription(description) => {
                columns = Some(Columns::new(&description).unwrap());
            }
            Event::DataRow(row) => {
                let row = Row::new(columns.as_ref().unwrap(), row).unwrap();
                assert_eq!(row.columns()[0].ty(), ty);
                assert_eq!(row.get::<T>(0).unwrap(), *value, "{}", ty.sql_name());
                assert_eq!(row.get::<Option<&str>>(1).unwrap().unwrap_or("NULL"), shown);
                rows += 1;
            }
            Event::Error(error) => panic!("{}: {error:?}", ty.sql_name()),
            Event::Ready(_) => break,
            _ => {}
        }
    }
    assert_eq!(rows, 4);
}

#[tokio::test]
async fn every_type_in_both_formats() {
    for version in VERSIONS {
        let mut connection = session(version).await;
        let it = &mut connection;
        macro_rules! rounds {
            ($($ty:ident: $rust:ty = $($shown:literal => $value:expr),+;)+) => {
                $($(round::<$rust>(it, Type::$ty, &$value, $shown).await;)+)+
            };
        }
        rounds! {
            BOOL: bool = "true" => true, "false" => false;
            INT2: i16 = "-32768" => i16::MIN, "32767" => i16::MAX;
            INT4: i32 = "-2147483648" => i32::MIN, "0" => 0;
            INT8: i64 = "9223372036854775807" => i64::MAX;
            OID: Oid = "4294967295" => Oid(u32::MAX);
            FLOAT4: f32 = "1.5" => 1.5, "Infinity" => f32::INFINITY, "1e-45" => 1e-45;
            FLOAT8: f64 = "0.1" => 0.1, "-Infinity" => f64::NEG_INFINITY, "5e-324" => 5e-324;
            NUMERIC: Numeric = "-12345678901234567890.0100" => "-12345678901234567890.0100".parse::<Numeric>().unwrap(),
                "NaN" => "NaN".parse::<Numeric>().unwrap(), "0.00" => "0.00".parse::<Numeric>().unwrap();
            TEXT: String = "" => String::new(), "grüße \\ ' \" \n" => String::from("grüße \\ ' \" \n");
            VARCHAR: String = "abc" => String::from("abc");
            NAME: String = "relname" => String::from("relname");
            BYTEA: Vec<u8> = "\\x00ff5c27" => vec![0, 255, 92, 39], "\\x" => vec![];
            UUID: Uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" => "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11".parse::<Uuid>().unwrap();
            JSON: Json<String> = "{\"a\":  1}" => Json(String::from("{\"a\":  1}"));
            JSONB: Json<String> = "{\"a\": 1}" => Json(String::from("{\"a\": 1}"));
            DATE: Date = "2024-02-29" => "2024-02-29".parse::<Date>().unwrap(),
                "0044-03-15 BC" => "0044-03-15 BC".parse::<Date>().unwrap(), "infinity" => "infinity".parse::<Date>().unwrap();
            TIME: Time = "12:34:56.789" => "12:34:56.789".parse::<Time>().unwrap(), "24:00:00" => "24:00:00".parse::<Time>().unwrap();
            TIMETZ: TimeTz = "12:34:56-08:30" => "12:34:56-08:30".parse::<TimeTz>().unwrap();
            TIMESTAMP: Timestamp = "2024-02-29 12:34:56.000001" => "2024-02-29 12:34:56.000001".parse::<Timestamp>().unwrap(),
                "-infinity" => "-infinity".parse::<Timestamp>().unwrap();
            TIMESTAMPTZ: TimestampTz = "2024-02-29 12:34:56+00" => "2024-02-29 12:34:56+00".parse::<TimestampTz>().unwrap();
            INTERVAL: Interval = "1 year 2 mons -3 days +04:05:06.7" => "1 year 2 mons -3 days +04:05:06.7".parse::<Interval>().unwrap();
            INT4_ARRAY: Vec<Option<i32>> = "{1,NULL,3}" => vec![Some(1), None, Some(3)], "{}" => vec![];
            TEXT_ARRAY: Vec<String> = "{\"a,b\",\"\",\"NULL\",\"q\\\"\\\\\"}" => ["a,b", "", "NULL", "q\"\\"].map(String::from).to_vec();
            BOOL_ARRAY: Vec<bool> = "{t,f}" => vec![true, false];
            INT2_ARRAY: Vec<i16> = "{1}" => vec![1];
            INT8_ARRAY: Vec<i64> = "{1}" => vec![1];
            FLOAT8_ARRAY: Vec<f64> = "{0.5}" => vec![0.5];
            NUMERIC_ARRAY: Vec<Numeric> = "{1.50}" => vec!["1.50".parse::<Numeric>().unwrap()];
            BYTEA_ARRAY: Vec<Vec<u8>> = "{\"\\\\x01\"}" => vec![vec![1]];
            UUID_ARRAY: Vec<Uuid> = "{}" => vec![];
            TIMESTAMPTZ_ARRAY: Vec<TimestampTz> = "{\"2000-01-01 00:00:00+00\"}" => vec!["2000-01-01 00:00:00+00".parse::<TimestampTz>().unwrap()];
            INT4: Option<i32> = "NULL" => None, "5" => Some(5);
            TEXT: Option<String> = "NULL" => None, "" => Some(String::new());
        }
        let matrix = b"[0:1][2:3]={{1,2},{3,4}}";
        let matrix = Array::<i32>::from_text(Type::INT4_ARRAY, matrix).unwrap();
        round(it, Type::INT4_ARRAY, &matrix, "[0:1][2:3]={{1,2},{3,4}}").await;
    }
}

type Copied = (i32, Option<String>, Vec<u8>, Option<Numeric>);

/// Rows that look like ends, nulls and separators.
fn rows() -> Vec<Copied> {
    let texts = [
        Some(""),
        None,
        Some("\\N"),
        Some("\\."),
        Some("a\tb,c\"d\\e\r\nf"),
        Some("grüße"),
        Some("NULL"),
        Some("\""),
    ];
    (0..5_000_i32)
        .map(|number| {
            let text = texts[usize::try_from(number).unwrap() % texts.len()];
            let numeric = (number % 3 == 0).then(|| format!("{number}.50").parse().unwrap());
            (
                number,
                text.map(String::from),
                number.to_be_bytes().repeat(10),
                numeric,
            )
        })
        .collect()
}

#[tokio::test]
async fn typed_rows_through_copy() {
    let layouts = [
        (Options::text(), "format text"),
        (Options::csv(), "format csv"),
        (Options::csv().header(Header::Line), "format csv, header"),
        (Options::binary(), "format binary"),
    ];
    let columns = || {
        [
            ("a", Type::INT4),
            ("b", Type::TEXT),
            ("c", Type::BYTEA),
            ("d", Type::NUMERIC),
        ]
    };
    let expected = rows();
    for version in VERSIONS {
        let mut connection = session(version).await;
        connection
            .query("create temporary table t (a int4, b text, c bytea, d numeric)")
            .unwrap();
        answer(&mut connection).await;
        for (options, with) in &layouts {
            connection
                .query(&format!("truncate t; copy t from stdin with ({with})"))
                .unwrap();
            loop {
                match connection.next().await.unwrap() {
                    Event::CopyIn(copy) => {
                        assert_eq!(copy.format == Format::Binary, with.ends_with("binary"));
                        break;
                    }
                    Event::CommandComplete(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            let mut encoder = Encoder::new(options.clone(), columns()).unwrap();
            let mut data = vec![];
            for row in &expected {
                encoder.row(row, &mut data).unwrap();
                // Where the pieces are cut means nothing.
                if data.len() > 1_000 {
                    connection.copy_data(&data[..777]).unwrap();
                    data.drain(..777);
                    connection.send().await.unwrap();
                }
            }
            encoder.finish(&mut data).unwrap();
            connection.copy_data(&data).unwrap();
            connection.copy_done().unwrap();
            assert_eq!(answer(&mut connection).await, "COPY 5000 I", "{with}");

            connection
                .query(&format!(
                    "copy (select * from t order by a) to stdout with ({with})"
                ))
                .unwrap();
            let mut decoder = Decoder::new(options.clone(), columns()).unwrap();
            let mut found = vec![];
            loop {
                match connection.next().await.unwrap() {
                    Event::CopyData(mut data) => {
                        while let Some(row) = decoder.decode::<Copied>(&mut data).unwrap() {
                            found.push(row);
                        }
                    }
                    Event::CopyDone => found.extend(decoder.finish::<Copied>().unwrap()),
                    Event::CopyOut(_) | Event::CommandComplete(_) => {}
                    Event::Ready(_) => break,
                    other => panic!("{other:?}"),
                }
            }
            assert!(found == expected, "{with}: {} rows", found.len());
        }
    }
}

/// T-F01, T-F02.
#[tokio::test]
async fn functions() {
    const INT4PL: u32 = 177;
    for version in VERSIONS {
        let mut connection = session(version).await;
        let one = 1_i32.to_be_bytes();
        for (function, formats, arguments, result_format, expected) in [
            (
                INT4PL,
                &[][..],
                &[Some(&b"1"[..]), Some(b"2")][..],
                0,
                Ok(Some(&b"3"[..])),
            ),
            (
                INT4PL,
                &[1],
                &[Some(&one), Some(&one)],
                1,
                Ok(Some(b"\0\0\0\x02")),
            ),
            (
                INT4PL,
                &[0, 1],
                &[Some(b"1"), Some(&one)],
                0,
                Ok(Some(b"2")),
            ),
            (INT4PL, &[], &[Some(b"1"), None], 0, Ok(None)),
            (999_999, &[], &[], 0, Err("42883")),
            (INT4PL, &[], &[Some(b"1")], 0, Err("08P01")),
            (INT4PL, &[], &[Some(b"1"), Some(b"x")], 0, Err("22P02")),
            (INT4PL, &[], &[Some(b"1"), Some(b"2")], 7, Err("22023")),
        ] {
            connection
                .function_call(&FunctionCall {
                    function: Oid(function),
                    formats: Formats::from(formats),
                    arguments: Values::from(arguments),
                    result_format,
                })
                .unwrap();
            match connection.next().await.unwrap() {
                Event::FunctionResult(result) => assert_eq!(Ok(result.value), expected),
                Event::Error(error) => {
                    let error = trunkline_client::ServerError::new(&error);
                    assert_eq!(Err(error.sqlstate().as_str()), expected.map(drop));
                }
                other => panic!("{other:?}"),
            }
            assert_eq!(answer(&mut connection).await, "I");
        }
    }
}

/// T-N01 to T-N03: between two sessions and to oneself, while idle and within a block, each once and in order.
#[tokio::test]
async fn notifications_between_sessions() {
    async fn heard(connection: &mut Connection, count: usize) -> Vec<(i32, String)> {
        let mut heard = vec![];
        while heard.len() < count {
            if let Event::Notification(note) = connection.next().await.unwrap() {
                let text = [note.channel, b"=", note.payload].concat();
                heard.push((note.pid, String::from_utf8(text).unwrap()));
            }
        }
        heard
    }
    for version in VERSIONS {
        let mut one = session(version).await;
        let mut other = session(version).await;
        let mut pids = vec![];
        for session in [&mut one, &mut other] {
            session.query("select pg_backend_pid()").unwrap();
            let shown = answer(session).await;
            pids.push(
                shown
                    .split(['(', ')'])
                    .nth(1)
                    .unwrap()
                    .parse::<i32>()
                    .unwrap(),
            );
            session.query("listen a; listen \"B c\"").unwrap();
            answer(session).await;
        }
        other
            .query("begin; notify a, '1'; notify a, '1'; notify \"B c\", '2'; notify deaf; commit")
            .unwrap();
        other.send().await.unwrap();
        let expected = ["a=1", "B c=2"].map(|text| (pids[1], text.to_string()));
        assert_eq!(heard(&mut one, 2).await, expected);
        assert_eq!(heard(&mut other, 2).await, expected);
        assert_eq!(answer(&mut other).await, "I");

        // In a block they wait for its end.
        one.query("begin").unwrap();
        assert_eq!(answer(&mut one).await, "BEGIN T");
        other.query("notify a, 'later'").unwrap();
        assert_eq!(answer(&mut other).await, "NOTIFY Notification I");
        one.query("select 1").unwrap();
        assert_eq!(answer(&mut one).await, "RowDescription (1) SELECT 1 T");
        one.query("commit").unwrap();
        assert_eq!(heard(&mut one, 1).await, [(pids[1], "a=later".to_string())]);
        assert_eq!(answer(&mut one).await, "I");

        one.query("unlisten *").unwrap();
        assert_eq!(answer(&mut one).await, "UNLISTEN I");
        other.query("notify a").unwrap();
        answer(&mut other).await;
        one.query("select 2").unwrap();
        assert_eq!(answer(&mut one).await, "RowDescription (2) SELECT 1 I");
    }
}

/// T-Q16 to T-Q18, AS-02: parameters change when the transaction says so; notices come in their severities.
#[tokio::test]
async fn parameters_and_notices() {
    for version in VERSIONS {
        let mut connection = session(version).await;
        let it = &mut connection;
        for (sql, expected, zone) in [
            (
                "set timezone = 'Asia/Tokyo'",
                "SET ParameterStatus I",
                "Asia/Tokyo",
            ),
            (
                "begin; set timezone = 'UTC'",
                "BEGIN SET ParameterStatus T",
                "UTC",
            ),
            ("rollback", "ROLLBACK ParameterStatus I", "Asia/Tokyo"),
            (
                "begin; set local timezone = 'UTC'; commit",
                "BEGIN SET COMMIT I",
                "Asia/Tokyo",
            ),
            (
                "set timezone = 'UTC'; set timezone = 'GMT'",
                "SET SET ParameterStatus I",
                "GMT",
            ),
            ("reset timezone", "RESET ParameterStatus I", "UTC"),
        ] {
            it.query(sql).unwrap();
            assert_eq!(answer(it).await, expected, "{sql}");
            assert_eq!(it.parameter("TimeZone"), Some(zone), "{sql}");
        }
        it.query("do $$ begin raise notice 'n'; raise warning 'w' using detail = 'd', hint = 'h', errcode = '01234'; raise info 'i'; end $$")
            .unwrap();
        let mut seen = vec![];
        loop {
            match it.next().await.unwrap() {
                Event::Notice(notice) => {
                    seen.push(trunkline_client::Notice::new(&notice).to_string());
                }
                Event::Ready(_) => break,
                _ => {}
            }
        }
        assert_eq!(
            seen,
            [
                "NOTICE: n (00000)",
                "WARNING: w (01234); d; hint: h",
                "INFO: i (00000)"
            ]
        );
        assert_eq!(it.parameter("server_encoding"), Some("UTF8"));
    }
}
