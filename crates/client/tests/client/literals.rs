//! Parameters that have to be written into the SQL: whatever they are, they stay values.

use trunkline_client::Mode;

use crate::support::with_clients;

/// SEC-80, SEC-82: what would end a string, begin a comment, or name another parameter.
#[test]
fn values_stay_values() {
    with_clients(async |client| {
        let simple = client.with_mode(Mode::Simple);
        let long = "'\\".repeat(10_000);
        for value in [
            "",
            "'",
            "''",
            "\\",
            "\\'",
            "'; drop table t; --",
            "$1",
            "$2",
            "/*",
            "*/",
            "--",
            "\n",
            "x'--\n",
            "$$",
            "$a$",
            "E'",
            "U&'",
            "é'",
            "\u{bf}'",
            "\u{5c0f}\\",
            "null",
            "\u{1}",
            "%",
            &long,
        ] {
            for sql in [
                "select $1::text, $2::text",
                "select $1, $2",
                "select/*'$9*/$1,$2 -- $9 '",
                "select $1 as \"$9\", $2 where '$9' <> E'\\'$9' and $$ $9 ' $$ <> ''",
            ] {
                let row: (String, String) = simple.query_one(sql, (value, "second")).await.unwrap();
                assert_eq!((row.0.as_str(), row.1.as_str()), (value, "second"), "{sql}");
            }
        }
        // Minus a negative number is no comment, and a name does not grow into a parameter.
        for (sql, expected) in [
            ("select (1 -$1::int4)::text", "2"),
            ("select (1-$1::int4)::text", "2"),
            ("select (1 - -$1::int4)::text", "0"),
            ("select $1::text", "-1"),
            ("select case when 1<$1::int4 then 'y' else 'n' end", "n"),
            ("select 'x'where($1::int4)=-1", "x"),
        ] {
            let (found,): (String,) = simple.query_one(sql, (-1i32,)).await.unwrap();
            assert_eq!(found, expected, "{sql}");
        }
        let row: (Option<String>, Option<String>) = simple
            .query_one("select $1::text, $1::text", (None::<&str>,))
            .await
            .unwrap();
        assert_eq!(row, (None, None));
        // What cannot be a value of the server's.
        assert!(simple.execute("select $1", ("a\0b",)).await.is_err());
        // More and fewer than there are.
        assert!(simple.execute("select $1, $3", (1, 2)).await.is_err());
        assert!(simple.execute("select $1", (1, 2)).await.is_err());
        assert!(simple.execute("select $0", (1,)).await.is_err());
        simple.execute("select 1", ()).await.unwrap();
    });
}

/// SEC-81, SEC-92: where a backslash or a byte could mean something else, nothing is written at all; it is known from when it holds.
#[test]
fn not_where_strings_mean_something_else() {
    with_clients(async |client| {
        let simple = client.with_mode(Mode::Simple);
        for (set, reset) in [
            (
                "set standard_conforming_strings to off",
                "set standard_conforming_strings to on",
            ),
            (
                "set client_encoding to 'SJIS'",
                "set client_encoding to 'UTF8'",
            ),
            ("set client_encoding to 'LATIN1'", "reset client_encoding"),
        ] {
            client.batch_execute(set).await.unwrap();
            let error = simple.execute("select $1", ("\\'",)).await.unwrap_err();
            assert!(error.to_string().contains("is not"), "{error}");
            assert!(!error.is_closed());
            // Without parameters nothing has to be written.
            simple.execute("select 1", ()).await.unwrap();
            client.batch_execute(reset).await.unwrap();
            let (value,): (String,) = simple.query_one("select $1", ("\\'",)).await.unwrap();
            assert_eq!(value, "\\'");
        }
    });
}
