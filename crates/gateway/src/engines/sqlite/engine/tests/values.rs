//! Values as PostgreSQL has them.

use super::*;

/// Each of these is true of PostgreSQL 15.
#[tokio::test]
async fn blanks_at_the_end_of_char_are_nothing() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table c (a char(5) unique, v varchar(5), t text, one char)")
        .await
        .unwrap();
    a.run("insert into c values ('ab', 'ab ', 'ab ', 'x')")
        .await
        .unwrap();
    assert_eq!(
        a.code("insert into c (a) values ('ab   ')").await,
        SqlState::UNIQUE_VIOLATION
    );
    assert_eq!(
        a.code("insert into c (a) values ('abcdef')").await,
        SqlState::STRING_DATA_RIGHT_TRUNCATION
    );
    for truth in [
        "a = 'ab'",
        "a = 'ab  '",
        "'ab ' = a",
        "a = v",
        "v = a",
        "a <> t",
        "t <> a",
        "a <> 'ab '::text",
        "a = 'ab'::text",
        "length(a) = 2",
        "octet_length(a) = 5",
        "'[' || a || ']' = '[ab]'",
        "concat('[', a, ']') = '[ab   ]'",
        "a not like 'ab'",
        "a like 'ab   '",
        "a !~ 'b$'",
        "upper(a) = 'AB'",
        "a::text = 'ab'",
        "a in ('x', 'ab')",
        "a in (select 'ab'::char(3))",
        "'ab' in (a, 'x')",
        "a = any (array['ab'::char(2)])",
        "a between 'ab' and 'ab '",
        "a is not distinct from 'ab'",
        "(a, 1) = ('ab', 1)",
        "'x'::char(3) = 'x'::char(5)",
        "'x'::char(3) || 'y' = 'xy'",
        "length('x  '::char(5)) = 1",
        "case a when 'ab' then true end",
        "nullif(a, 'ab') is null",
        "(select count(*) from (select a from c union select 'ab'::char(2)) u) = 1",
        "(select count(*) from (values ('a'::char(3)), ('a'::char(4))) s(a) where s.a = 'a') = 2",
        "one = 'x'",
    ] {
        let sql = format!("select 1 from c where {truth}");
        let found = a.run(&sql).await;
        assert_eq!(
            found.unwrap_or_else(|error| panic!("{truth}: {error}")),
            1,
            "{truth}"
        );
    }
}

/// From PostgreSQL 15.
#[tokio::test]
async fn numbers_have_postgresql_s_digits() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table n (i int, d numeric, f real)")
        .await
        .unwrap();
    a.run("insert into n values (1, 1.5, 1.5), (2, 2.25, 2.25), (4, 4, 4)")
        .await
        .unwrap();
    for (expression, text) in [
        ("stddev(i)", "1.5275252316519467"),
        ("variance(i)", "2.3333333333333333"),
        ("stddev_pop(i)", "1.2472191289246471"),
        ("var_pop(i)", "1.5555555555555556"),
        ("stddev(d)", "1.2829003598617210"),
        ("stddev_pop(d)", "1.04748375749804455964"),
        ("var_pop(d)", "1.09722222222222222222"),
        ("variance(distinct d)", "1.6458333333333333"),
        ("variance(f)", "1.6458333333333333"),
        ("var_pop(case when i = 1 then i end)", "0"),
        ("coalesce(stddev(case when i = 1 then i end), -1)", "-1"),
        ("min(sqrt(2.0))", "1.414213562373095"),
        ("min(power(2.0, 3))", "8.0000000000000000"),
        ("min(2.0 ^ 3)", "8.0000000000000000"),
        ("min(power(2, 3))", "8"),
        ("min(ln(2.0))", "0.6931471805599453"),
        ("min(log(2, 8))", "3.0000000000000000"),
        ("min(div(7, 2))", "3"),
        ("min(div(-7.5, 2))", "-3"),
        ("min(div(7.25, 0.5))", "14"),
        ("min(div(1e20, 3))", "33333333333333333333"),
        ("min(sign(-1.5))", "-1"),
        ("min(mod(7.5, 2))", "1.5"),
        ("min(0.1::real + 1)", "1.1000000014901161"),
        ("min(0.1::real + 0.2::real)", "0.3"),
        ("bool_and(0.1::real = 0.1)", "false"),
        ("bool_and(0.5::real = 0.5)", "true"),
        ("bool_and(0.1::real = '0.1')", "true"),
    ] {
        let sql = format!("select count(*) from n having ({expression})::text = '{text}'");
        let found = a.run(&sql).await;
        let found = found.unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(found, 1, "{expression} is not {text}");
    }
    assert_eq!(a.code("select div(1, 0)").await, SqlState::DIVISION_BY_ZERO);
    assert_eq!(
        a.code("select power(-2, 0.5::float8)").await,
        SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION
    );
}

/// From PostgreSQL 15.
#[tokio::test]
async fn what_does_not_fit_is_out_of_range() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table o (i int, s int2, b int8, r real)")
        .await
        .unwrap();
    let mut wrong = String::new();
    for (sql, message) in [
        ("select 3000000000::int4", "integer out of range"),
        (
            "select '3000000000'::int4",
            "value \"3000000000\" is out of range for type integer",
        ),
        ("select 40000::int2", "smallint out of range"),
        ("select cast(32768 as smallint)", "smallint out of range"),
        ("select -32769::int2", "smallint out of range"),
        ("select (v + 40000)::int2 from t", "smallint out of range"),
        ("select 1e10::int4", "integer out of range"),
        ("select 1e30::int8", "bigint out of range"),
        ("select 1e10::float8::int4", "integer out of range"),
        ("select 'NaN'::float8::int4", "integer out of range"),
        ("select 'Infinity'::float8::int4", "integer out of range"),
        ("select 9223372036854775808::int8", "bigint out of range"),
        ("select 12345678901234567890::int", "integer out of range"),
        ("select 5000000000::oid", "OID out of range"),
        (
            "select 1e300::float8::float4",
            "value out of range: overflow",
        ),
        (
            "select 1e-50::float8::float4",
            "value out of range: underflow",
        ),
        (
            "select 1e39::float4",
            "\"1000000000000000000000000000000000000000\" is out of range for type real",
        ),
        (
            "select '1e39'::float4",
            "\"1e39\" is out of range for type real",
        ),
        ("select 99999.9::numeric(5,2)", "numeric field overflow"),
        (
            "insert into o (i) values (3000000000)",
            "integer out of range",
        ),
        (
            "insert into o (i) values ('3000000000')",
            "value \"3000000000\" is out of range for type integer",
        ),
        ("insert into o (i) values (1e10)", "integer out of range"),
        ("insert into o (s) values (70000)", "smallint out of range"),
        ("insert into o (s) select 70000", "smallint out of range"),
        ("insert into o (b) values (1e19)", "bigint out of range"),
        ("select 2147483647 + 1", "integer out of range"),
        ("select -(-2147483648)::int4", "integer out of range"),
        ("select 9223372036854775807 + 1", "bigint out of range"),
        ("select abs((-32768)::int2)", "smallint out of range"),
        ("select 32767::int2 * 2::int2", "smallint out of range"),
    ] {
        let found = match a.run(sql).await {
            Ok(_) => "a value".to_owned(),
            Err(error) if error.sqlstate() == SqlState::NUMERIC_VALUE_OUT_OF_RANGE => {
                error.message().to_owned()
            }
            Err(error) => format!("{error:?}"),
        };
        if found != message {
            wrong.push_str(&format!("{sql} gives {found}\n"));
        }
    }
    assert_eq!(wrong, "");
    assert_eq!(
        a.code("select 'NaN'::numeric::int4").await,
        SqlState::FEATURE_NOT_SUPPORTED
    );
}

#[tokio::test]
async fn literals_of_an_insert_s_select_have_their_columns_types() {
    let database = database().await;
    let a = Session::open(&database).await;
    a.run("create table z (a int, b varchar(3), c numeric(4,1), d date)")
        .await
        .unwrap();
    a.run("insert into z select null, 'abc', '1.25', '2024-1-5'")
        .await
        .unwrap();
    a.run("insert into z (a) select '5'").await.unwrap();
    for sql in [
        "select * from z where a is null and c = 1.3 and d = '2024-01-05'",
        "select * from z where a = 5",
    ] {
        assert_eq!(a.run(sql).await.unwrap(), 1, "{sql}");
    }
    assert_eq!(
        a.code("insert into z (b) select 'abcd'").await,
        SqlState::STRING_DATA_RIGHT_TRUNCATION
    );
    assert_eq!(
        a.code("insert into z (a) select 'x'").await,
        SqlState::INVALID_TEXT_REPRESENTATION
    );
    assert_eq!(
        a.code("insert into z (a) select distinct '5'").await,
        SqlState::DATATYPE_MISMATCH
    );
    assert_eq!(
        a.code("insert into z (a) select 'x'::text").await,
        SqlState::DATATYPE_MISMATCH
    );
}

/// From PostgreSQL 15.
#[tokio::test]
async fn having_needs_no_aggregate_in_the_list() {
    let database = database().await;
    let a = Session::open(&database).await;
    for (sql, rows) in [
        ("select 1 from t having count(*) = 2", 1),
        ("select 1 from t having count(*) > 2", 0),
        ("select 1 from t where id > 5 having count(*) = 0", 1),
        ("select 1 from t where id > 5 having true", 1),
        ("select 1 from t having false", 0),
        (
            "select 'x', (select 2) from t having max(id) = 2 order by count(*)",
            1,
        ),
        ("select count(*) from t having max(id) > 5", 0),
        ("select v from t group by v having count(*) = 1", 2),
    ] {
        let found = a.run(sql).await;
        assert_eq!(
            found.unwrap_or_else(|error| panic!("{sql}: {error}")),
            rows,
            "{sql}"
        );
    }
}
