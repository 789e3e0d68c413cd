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

/// SEC-81, SEC-92: whatever a backslash or a byte means to the session just now.
#[test]
fn under_every_setting() {
    with_clients(async |client| {
        let simple = client.with_mode(Mode::Simple);
        let bytes: &[u8] = b"\\'\0\xff\x81\x5c";
        for strings in ["on", "off"] {
            for encoding in [
                "UTF8", "LATIN1", "SJIS", "BIG5", "GBK", "GB18030", "UHC", "EUC_JP", "WIN1251",
            ] {
                let set = format!(
                    "set standard_conforming_strings to {strings}; set client_encoding to '{encoding}'"
                );
                client.batch_execute(&set).await.unwrap();
                for value in [
                    "\\'",
                    "\\",
                    "'",
                    "''\\\\'",
                    "\u{e9}\\'",
                    "\u{c1}'",
                    "\u{c1}\\",
                    "\u{5c0f}\\'",
                    "\u{1f600}'",
                    "{\"a\": \"\\\\d\\u0041'\"}",
                    "\\x00",
                    "\u{bf}'; select 1; --",
                ] {
                    // As its bytes, since not every encoding has every letter.
                    let sql = "select encode(convert_to($1, 'UTF8'), 'hex'), $2";
                    let row: (String, String) = simple.query_one(sql, (value, "\\")).await.unwrap();
                    let hex = value
                        .bytes()
                        .fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
                    assert_eq!(row, (hex, "\\".into()), "{set}");
                }
                let row: (bool, String) = simple
                    .query_one(
                        "select $1::bytea = decode('5c2700ff815c', 'hex'), $2::jsonb ->> 'a'",
                        (bytes, "{\"a\": \"\\\\d'\\u0041\"}"),
                    )
                    .await
                    .unwrap();
                assert_eq!(row, (true, "\\d'A".into()), "{set}");
            }
        }
        client.batch_execute("reset all").await.unwrap();
    });
}

/// A literal would go on with a string before it, or be gone on with; and where a string ends must be certain.
#[test]
fn not_where_a_string_would_be_another() {
    with_clients(async |client| {
        let simple = client.with_mode(Mode::Simple);
        for sql in [
            "select E'a'\n$1",
            "select 'a' -- b\n$1",
            "select $1\n'a'",
            "select 'a' like $1 escape '\\'",
            "select E'\u{c1}\\'', $1",
        ] {
            let error = simple.execute(sql, ("\\'",)).await.unwrap_err();
            assert!(
                error.to_string().contains("written into the SQL"),
                "{error}"
            );
            assert!(!error.is_closed());
        }
        let sql = "select 'a\\b' like $1 escape E'\\\\', '\\d'";
        let (like, text): (bool, String) = simple.query_one(sql, ("a\\\\%",)).await.unwrap();
        assert_eq!((like, text.as_str()), (true, "\\d"));
    });
}
