//! What is said of values that do not go together; the connection is as good as before.

use trunkline_types::{Format, Type};

use crate::support::{Session, VERSIONS, Way};

#[tokio::test]
async fn errors_name_the_value_and_leave_the_connection() {
    for version in VERSIONS {
        let mut session = Session::open(version).await;
        let way = Way {
            described: true,
            results: Format::Binary,
        };
        let open = Way {
            described: false,
            ..way
        };
        for (error, message) in [
            (
                session.query(way, "select $1::int8", (1i32,)).await,
                "parameter $1 is of type bigint, which i32 cannot be given as",
            ),
            (
                session
                    .query(way, "select $1::int8, $2::text", (1i64,))
                    .await,
                "the statement has 2 parameters, and 1 was given",
            ),
        ] {
            let error = error.unwrap_err();
            assert_eq!(error.to_string(), message);
            assert!(!error.is_closed() && error.sqlstate().is_none());
        }
        let error = session.query(open, "select $1::int4", ("x",)).await;
        let error = error.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "22P02");

        let sql = "select 1 as one, null::text as none";
        let row = session.one(way, sql, ()).await;
        for (error, message) in [
            (
                row.get::<i64>("one").unwrap_err(),
                "column \"one\" is of type integer, which cannot be read as i64",
            ),
            (
                row.decode::<(i32, String)>().unwrap_err(),
                "column \"none\" (text) is NULL: read it as Option<String>",
            ),
            (
                row.get::<i32>("two").unwrap_err(),
                "there is no column \"two\": the row has one, none",
            ),
        ] {
            assert_eq!(error.to_string(), message);
            assert!(!error.is_closed());
        }
        assert_eq!(row.columns().types(), [Type::INT4, Type::TEXT]);
        let row = session.one(way, "select $1::int4", (1,)).await;
        assert_eq!(row.get::<i32>(0).unwrap(), 1);
    }
}
