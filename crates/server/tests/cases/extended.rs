//! T-X, first part: Parse, Bind, Describe and their errors (PostgreSQL docs 54.2.3).

use std::time::Duration;

use crate::target::server;
use crate::wire::*;

/// Parse and Bind of the unnamed objects, without parameters.
fn bound(sql: &str) -> Vec<u8> {
    [parse("", sql, &[]), bind("", "", &[])].concat()
}

#[test]
fn t_x01_the_whole_series() {
    let mut client = server().login();
    client.send([
        bound("select 1"),
        describe_portal(""),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 T[23] D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_x02_execute_sends_no_row_description() {
    let mut client = server().login();
    client.send([bound("select 1"), execute("", 0), sync()]);
    client.expect("1 2 D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_x03_describe_statement() {
    let mut client = server().login();
    client.send([
        parse("", "select $1::int, $2", &[]),
        describe_statement(""),
        sync(),
    ]);
    client.expect("1 t[23,25] T(fmt 0) Z(I)");
    client.send([
        parse("", "select $1::int, $2", &[]),
        describe_statement(""),
        sync(),
    ]);
    client.expect("1 t[23,25] T[23,25] Z(I)");
}

#[test]
fn t_x04_describe_of_what_returns_nothing() {
    let mut client = server().login();
    client.send([
        parse("", "create temp table t(n int)", &[]),
        describe_statement(""),
        bind("", "", &[]),
        describe_portal(""),
        sync(),
    ]);
    client.expect("1 t[] n 2 n Z(I)");
}

#[test]
fn t_x05_one_error_a_series() {
    let mut client = server().login();
    client.send([bound("selct"), describe_portal(""), execute("", 0), sync()]);
    client.expect("E[42601] Z(I)");
}

#[test]
fn t_x06_a_query_is_skipped_like_all_else() {
    let mut client = server().login();
    client.send([
        parse("", "selct", &[]),
        query("select 1"),
        sync(),
        query("select 2"),
    ]);
    client.expect("E[42601] Z(I) T D[2] C(SELECT 1) Z(I)");
}

#[test]
fn t_x07_the_first_sync_ends_skipping() {
    let mut client = server().login();
    client.send([parse("", "selct", &[]), sync(), sync()]);
    client.expect("E[42601] Z(I) Z(I)");
}

#[test]
fn t_x08_one_ready_a_sync() {
    let mut client = server().login();
    client.send([sync(), sync(), sync()]);
    client.expect("Z(I) Z(I) Z(I)");
    client.expect_silence(Duration::from_millis(50));
}

#[test]
fn t_x09_nothing_is_sent_before_flush_or_sync() {
    let mut client = server().login();
    client.send([parse("", "select 1", &[]), describe_statement("")]);
    client.expect_silence(Duration::from_secs(1));
    client.send([flush()]);
    client.expect("1 t[] T[23]");
}

#[test]
fn t_x10_a_parameter_that_is_no_int() {
    let mut client = server().login();
    client.send([
        parse("", "select $1::int", &[]),
        bind("", "", &[Some("abc")]),
        sync(),
    ]);
    let seen = client.expect("1 E[22P02 \"invalid input syntax for type integer: \"abc\"\"] Z(I)");
    let context = seen[1].field('W').unwrap();
    assert!(context.contains("$1"), "{context}");
}

#[test]
fn t_x11_wrong_counts() {
    let mut client = server().login();
    let two = parse("", "select $1::int, $2::int", &[]);
    let (one, both) = (Some(&b"1"[..]), [Some(&b"1"[..]), Some(&b"2"[..])]);
    for (bind, text) in [
        (
            bind_as("", "", &[], &[one], &[]),
            "bind message supplies 1 parameters, but prepared statement \"\" requires 2",
        ),
        (
            bind_as("", "", &[], &[one, one, one], &[]),
            "bind message supplies 3 parameters, but prepared statement \"\" requires 2",
        ),
        (
            bind_as("", "", &[0, 0, 0], &both, &[]),
            "bind message has 3 parameter formats but 2 parameters",
        ),
        (
            bind_as("", "", &[], &both, &[0, 0, 0]),
            "bind message has 3 result formats but query has 2 columns",
        ),
    ] {
        client.send([two.clone(), bind, execute("", 0), sync()]);
        client.expect(&format!("1 E[08P01 \"{text}\"] Z(I)"));
    }
}

#[test]
fn t_x12_one_format_for_all() {
    let mut client = server().login();
    let values = [Some(&b"\0\0\0\x01"[..]), Some(&b"\0\0\0\x02"[..])];
    client.send([
        parse("", "select $1::int, $2::int", &[]),
        bind_as("", "", &[1], &values, &[1]),
        describe_portal(""),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 T(fmt 1) D[\\x00000001,\\x00000002] C(SELECT 1) Z(I)");
    // Column by column.
    client.send([
        parse("", "select $1::int, $2::int", &[]),
        bind_as("", "", &[1, 0], &[values[0], Some(b"2")], &[0, 1]),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 D[1,\\x00000002] C(SELECT 1) Z(I)");
}

#[test]
fn t_x13_result_formats_without_a_result() {
    let mut client = server().login();
    for (name, formats) in [("t", &[1][..]), ("u", &[1, 0])] {
        client.send([
            parse("", &format!("create temp table {name}(n int)"), &[]),
            bind_as("", "", &[], &[], formats),
            execute("", 0),
            sync(),
        ]);
        client.expect("1 2 C(CREATE TABLE) Z(I)");
    }
}

#[test]
fn t_x14_formats_that_do_not_exist() {
    let mut client = server().login();
    client.send([
        parse("", "select $1::int", &[]),
        bind_as("", "", &[2], &[Some(b"1")], &[]),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 E[22023 \"unsupported format code: 2\"] Z(I)");
    client.send([
        parse("", "select 1", &[]),
        bind_as("", "", &[], &[], &[2]),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 E[22023 \"unsupported format code: 2\"] Z(I)");
}

#[test]
fn t_x15_bind_messages_that_are_not_well_formed() {
    let mut client = server().login();
    let with = |rest: &[u8]| message(b'B', &[&bind_head("", "", &[]), rest].concat());
    let good = b"\0\x01\0\0\0\x011\0\0";
    for (rest, case) in [
        (&b"\0\x01\xff\xff\xff\xfe\0\0"[..], "length −2"),
        (b"\0\x01\0\0\0\x091\0\0", "a value beyond the message"),
        (b"\0\x01\0\0\0\x011", "no count of result formats"),
        (b"\0\x01\0\0\0\x011\0\0x", "bytes behind"),
        (b"\0\x01\x7f\xff\xff\xff1\0\0", "a huge value"),
        (b"", "nothing after the formats"),
    ] {
        client.send([
            parse("", "select $1::int", &[]),
            with(rest),
            execute("", 0),
            sync(),
        ]);
        let seen = client.expect("1 E[08P01] Z(I)");
        assert!(seen[1].field('M').is_some(), "{case}");
    }
    client.send([
        parse("", "select $1::int", &[]),
        with(good),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_x16_binary_values_of_the_wrong_size() {
    let mut client = server().login();
    for (value, code) in [(&b"\0\x01"[..], "08P01"), (b"\0\0\0\0\x01", "22P03")] {
        client.send([
            parse("", "select $1::int", &[]),
            bind_as("", "", &[1], &[Some(value)], &[]),
            execute("", 0),
            sync(),
        ]);
        client.expect(&format!("1 E[{code}] Z(I)"));
    }
}

#[test]
fn t_x17_null_in_and_out() {
    let mut client = server().login();
    client.send([
        parse("", "select $1::int, $2::text", &[]),
        bind("", "", &[None, Some("")]),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 D[NULL,] C(SELECT 1) Z(I)");
}

#[test]
fn t_x18_two_statements_in_parse() {
    let mut client = server().login();
    client.send([parse("", "select 1; select 2", &[]), sync()]);
    client.expect("E[42601 \"cannot insert multiple commands into a prepared statement\"] Z(I)");
    client.send([parse("", "select 1;", &[]), sync()]);
    client.expect("1 Z(I)");
}

#[test]
fn t_x19_empty_statement() {
    let mut client = server().login();
    for sql in ["", " -- nothing\n"] {
        client.send([
            parse("", sql, &[]),
            describe_statement(""),
            bind("", "", &[]),
            describe_portal(""),
            execute("", 0),
            sync(),
        ]);
        client.expect("1 t[] n 2 n I Z(I)");
    }
}

#[test]
fn t_x20_duplicate_statement() {
    let mut client = server().login();
    client.send([
        parse("a", "select 1", &[]),
        parse("a", "select 2", &[]),
        sync(),
    ]);
    client.expect("1 E[42P05 \"prepared statement \"a\" already exists\"] Z(I)");
    client.send([bind("", "a", &[]), execute("", 0), sync()]);
    client.expect("2 D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_x21_duplicate_portal() {
    let mut client = server().login();
    client.send([
        parse("", "select 1", &[]),
        bind("p", "", &[]),
        bind("p", "", &[]),
        sync(),
    ]);
    client.expect("1 2 E[42P03] Z(I)");
}

#[test]
fn t_x22_the_unnamed_portal_is_replaced() {
    let mut client = server().login();
    client.send([
        parse("", "select 1", &[]),
        bind("", "", &[]),
        bind("", "", &[]),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 2 D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_x23_close_of_nothing() {
    let mut client = server().login();
    client.send([
        close_statement("nosuch"),
        close_portal("nosuch"),
        close_statement(""),
        close_portal(""),
        sync(),
    ]);
    client.expect("3 3 3 3 Z(I)");
}

#[test]
fn t_x24_kinds_that_do_not_exist() {
    let mut client = server().login();
    for tag in [b'C', b'D'] {
        client.send([target(tag, b'Z', ""), sync()]);
        client.expect("E[08P01] Z(I)");
    }
}

#[test]
fn t_x25_names_that_nothing_has() {
    let mut client = server().login();
    for (bytes, error) in [
        (
            bind("", "nosuch", &[]),
            "26000 \"prepared statement \"nosuch\" does not exist\"",
        ),
        (
            bind("", "", &[]),
            "26000 \"unnamed prepared statement does not exist\"",
        ),
        (
            describe_statement("nosuch"),
            "26000 \"prepared statement \"nosuch\" does not exist\"",
        ),
        (
            describe_statement(""),
            "26000 \"unnamed prepared statement does not exist\"",
        ),
        (
            describe_portal("nosuch"),
            "34000 \"portal \"nosuch\" does not exist\"",
        ),
        (describe_portal(""), "34000 \"portal \"\" does not exist\""),
        (
            execute("nosuch", 0),
            "34000 \"portal \"nosuch\" does not exist\"",
        ),
        (execute("", 0), "34000 \"portal \"\" does not exist\""),
    ] {
        client.send([bytes, sync()]);
        client.expect(&format!("E[{error}] Z(I)"));
    }
}

#[test]
fn t_x34_a_query_destroys_the_unnamed_objects() {
    let mut client = server().login();
    client.send([query("begin")]);
    client.expect("C(BEGIN) Z(T)");
    client.send([bound("select 1"), query("select 2")]);
    client.expect("1 2 T D[2] C(SELECT 1) Z(T)");
    client.send([query("savepoint a"), execute("", 0), sync()]);
    client.expect("C(SAVEPOINT) Z(T) E[34000] Z(E)");
    client.send([query("rollback"), bind("", "", &[]), sync()]);
    client.expect("C(ROLLBACK) Z(I) E[26000] Z(I)");
}

#[test]
fn t_x35_the_unnamed_statement_survives_sync() {
    let mut client = server().login();
    client.send([parse("", "select 1", &[]), sync()]);
    client.expect("1 Z(I)");
    for _ in 0..2 {
        client.send([bind("", "", &[]), execute("", 0), sync()]);
        client.expect("2 D[1] C(SELECT 1) Z(I)");
    }
}

#[test]
fn t_x36_a_failing_parse_leaves_no_unnamed_statement() {
    let mut client = server().login();
    client.send([
        parse("", "select 1", &[]),
        sync(),
        parse("", "selct", &[]),
        sync(),
        bind("", "", &[]),
        sync(),
    ]);
    client.expect("1 Z(I) E[42601] Z(I) E[26000] Z(I)");
}

#[test]
fn t_x47_more_types_than_parameters() {
    let mut client = server().login();
    client.send([
        parse("", "select 1", &[23, 25, 16]),
        describe_statement(""),
        bind("", "", &[]),
        sync(),
    ]);
    client.expect("1 t[23,25,16] T E[08P01] Z(I)");
    client.send([
        parse("", "select 1", &[23, 25, 16]),
        bind("", "", &[Some("1"), Some("a"), Some("t")]),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 D[1] C(SELECT 1) Z(I)");
}

#[test]
fn t_x48_parameters_without_a_type() {
    let mut client = server().login();
    for (sql, code) in [
        ("select $2::int", "42P18"),
        ("select $0", "42P02"),
        ("select $1 is null", "42P18"),
    ] {
        client.send([parse("", sql, &[]), sync()]);
        client.expect(&format!("E[{code}] Z(I)"));
    }
}

#[test]
fn t_x49_65535_parameters() {
    let mut client = server().login();
    let types = vec![23; 65535];
    let values = vec![Some("1"); 65535];
    client.send([
        parse("", "select $65535 + 1", &types),
        bind("", "", &values),
        execute("", 0),
        sync(),
    ]);
    client.expect("1 2 D[2] C(SELECT 1) Z(I)");
}

#[test]
fn t_x50_sql_and_protocol_share_statements() {
    let mut client = server().login();
    client.send([
        query("prepare a as select 1"),
        bind("", "a", &[]),
        execute("", 0),
        sync(),
    ]);
    client.expect("C(PREPARE) Z(I) 2 D[1] C(SELECT 1) Z(I)");
    client.send([parse("b", "select 2", &[]), sync(), query("execute b")]);
    client.expect("1 Z(I) T D[2] C(SELECT 1) Z(I)");
    client.send([
        query("deallocate all"),
        bind("", "a", &[]),
        sync(),
        bind("", "b", &[]),
        sync(),
    ]);
    client.expect("C(DEALLOCATE ALL) Z(I) E[26000] Z(I) E[26000] Z(I)");
}

#[test]
fn t_x50_deallocate_ends_a_parsed_statement() {
    let mut client = server().login();
    client.send([
        parse("b", "select 2", &[]),
        sync(),
        query("deallocate b"),
        bind("", "b", &[]),
        sync(),
    ]);
    client.expect("1 Z(I) C(DEALLOCATE) Z(I) E[26000] Z(I)");
    client.send([query("deallocate b")]);
    client.expect("E[26000] Z(I)");
}

#[test]
fn t_x53_a_cached_plan_may_not_change_its_result() {
    let mut client = server().login();
    client.send([
        query("create temp table t(n int)"),
        parse("a", "select * from t", &[]),
        describe_statement("a"),
        sync(),
    ]);
    client.expect("C(CREATE TABLE) Z(I) 1 t[] T(n) Z(I)");
    client.send([
        query("alter table t add m int"),
        bind("", "a", &[]),
        execute("", 0),
        sync(),
    ]);
    client.expect("C(ALTER TABLE) Z(I) E[0A000 \"cached plan must not change result type\"] Z(I)");
}

#[test]
fn t_x54_names_are_cut_to_63_bytes() {
    let mut client = server().login();
    let (first, second) = (
        format!("{}1234567", "n".repeat(63)),
        format!("{}7654321", "n".repeat(63)),
    );
    client.send([
        parse(&first, "select 1", &[]),
        parse(&second, "select 2", &[]),
        sync(),
    ]);
    client.expect("1 E[42P05] Z(I)");
    client.send([bind("", &first, &[]), execute("", 0), sync()]);
    client.expect("2 D[1] C(SELECT 1) Z(I)");
    // One byte sooner they differ.
    client.send([
        parse(&format!("{}1", "m".repeat(62)), "select 1", &[]),
        parse(&format!("{}2", "m".repeat(62)), "select 2", &[]),
        sync(),
    ]);
    client.expect("1 1 Z(I)");
}

#[test]
fn t_x55_text_that_is_no_text() {
    let mut client = server().login();
    for (format, value) in [
        (0, &b"a\0b"[..]),
        (0, b"\xff"),
        (1, b"\xff"),
        (1, b"a\0b"),
        (0, b"\xe9\x80"),
    ] {
        client.send([
            parse("", "select $1::text", &[]),
            bind_as("", "", &[format], &[Some(value)], &[]),
            execute("", 0),
            sync(),
        ]);
        client.expect("1 E[22021] Z(I)");
    }
    // In names.
    for bytes in [
        message(b'P', b"\xff\0select 1\0\0\0"),
        message(b'D', b"S\xff\0"),
        message(b'P', b"\0select '\xff'\0\0\0"),
    ] {
        client.send([bytes, sync()]);
        client.expect("E[22021] Z(I)");
    }
}

#[test]
fn t_x59_three_binds_of_one_statement() {
    let mut client = server().login();
    client.send([parse("", "select $1::int", &[]), sync()]);
    client.expect("1 Z(I)");
    let one = |value: &str| [bind("", "", &[Some(value)]), execute("", 0)].concat();
    client.send([one("1"), one("2"), one("3"), sync()]);
    client.expect("2 D[1] C(SELECT 1) 2 D[2] C(SELECT 1) 2 D[3] C(SELECT 1) Z(I)");
}

#[test]
fn t_x20_a_statement_is_prepared_before_its_name_is_looked_at() {
    let mut client = server().login();
    client.send([
        parse("a", "select 1", &[]),
        parse("a", "selct", &[]),
        sync(),
    ]);
    client.expect("1 E[42601] Z(I)");
    client.send([parse("a", "table nosuch", &[]), sync()]);
    client.expect("E[42P01] Z(I)");
}

#[test]
fn t_x50_deallocate_all_leaves_the_unnamed_statement() {
    let mut client = server().login();
    client.send([
        parse("", "deallocate all", &[]),
        bind("", "", &[]),
        execute("", 0),
        bind("", "", &[]),
        sync(),
    ]);
    client.expect("1 2 C(DEALLOCATE ALL) 2 Z(I)");
}
