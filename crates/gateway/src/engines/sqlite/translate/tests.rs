#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use std::sync::Arc;

use trunkline_proto::copy::{Columns, EndMarker, Header, Options};
use trunkline_server::{Error, SqlState, Type};

use super::*;
use crate::engines::sqlite::catalog::{Catalog, Column, Key, Table};

/// Two tables: `people (id int4 primary key, name varchar(20), born date, balance numeric(10,2))` and `logs (at timestamptz, ok bool,
/// person int4, tags text[])`.
struct Schema;

impl Catalog for Schema {
    fn table(&self, name: &str) -> Result<Option<Arc<Table>>> {
        let column = |name: &str, ty, modifier| Column {
            name: name.to_owned(),
            ty,
            modifier,
            not_null: name == "id",
            default: None,
            identity: false,
            generated: false,
        };
        let columns = match name {
            "people" => vec![
                column("id", Type::INT4, -1),
                column("name", Type::VARCHAR, 24),
                column("born", Type::DATE, -1),
                column("balance", Type::NUMERIC, (10 << 16) + 2 + 4),
            ],
            "logs" => vec![
                column("at", Type::TIMESTAMPTZ, -1),
                column("ok", Type::BOOL, -1),
                column("person", Type::INT4, -1),
                column("tags", Type::TEXT_ARRAY, -1),
            ],
            _ => return Ok(None),
        };
        let key = Key {
            name: format!("{name}_pkey"),
            columns: vec!["id".to_owned()],
        };
        Ok(Some(Arc::new(Table {
            name: name.to_owned(),
            oid: 20000,
            columns,
            primary_key: Some(key),
            ..Table::default()
        })))
    }

    fn is_function(&self, name: &str) -> bool {
        name == "json_extract"
    }
}

fn plan(sql: &str) -> Result<Plan> {
    let facts = Facts {
        user: "ada".to_owned(),
        database: "app".to_owned(),
    };
    translate(sql, &[], &Schema, &facts)
}

fn query(sql: &str) -> Query {
    match plan(sql) {
        Ok(Plan::Query(query)) => query,
        other => panic!("{sql} gives {other:?}"),
    }
}

fn error(sql: &str) -> Error {
    plan(sql).unwrap_err()
}

fn columns(sql: &str) -> Vec<(String, Type)> {
    query(sql)
        .columns
        .unwrap()
        .into_iter()
        .map(|c| (c.name, c.ty))
        .collect()
}

fn types(sql: &str) -> Vec<Type> {
    columns(sql).into_iter().map(|(_, ty)| ty).collect()
}

#[test]
fn columns_have_postgresql_s_names() {
    let names = |sql| {
        columns(sql)
            .into_iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names("select 1, 'a', 1 + 1, true, count(*), 1::int8"),
        ["?column?", "?column?", "?column?", "bool", "count", "int8"]
    );
    assert_eq!(
        names("select id::text, p.Name, upper(name), coalesce(name, '') from people p"),
        ["id", "name", "upper", "coalesce"]
    );
    assert_eq!(
        names(
            "select case when true then id end, (select id from people), exists (select 1) from people"
        ),
        ["case", "id", "exists"]
    );
    assert_eq!(
        names("select extract(year from born), date '2024-01-01', \"Id\".id from people as \"Id\""),
        ["extract", "date", "id"]
    );
    assert_eq!(
        names("select * from people natural join logs"),
        [
            "id", "name", "born", "balance", "at", "ok", "person", "tags"
        ]
    );
}

#[test]
fn results_have_postgresql_s_types() {
    use Type as T;
    assert_eq!(
        types("select 1, 3000000000, 1.5, 'a', true, null"),
        [T::INT4, T::INT8, T::NUMERIC, T::TEXT, T::BOOL, T::TEXT]
    );
    assert_eq!(
        types("select * from people"),
        [T::INT4, T::VARCHAR, T::DATE, T::NUMERIC]
    );
    assert_eq!(
        types("select count(*), sum(id), avg(id), max(born), sum(balance) from people"),
        [T::INT8, T::INT8, T::NUMERIC, T::DATE, T::NUMERIC]
    );
    assert_eq!(
        types("select 1 / 2, 1 / 2.0, 1 + 1::int8, 1.5 * 1::float8"),
        [T::INT4, T::NUMERIC, T::INT8, T::FLOAT8]
    );
    assert_eq!(
        types("select born + 1, born - born, born + interval '1 day', at - at from people, logs"),
        [T::DATE, T::INT4, T::TIMESTAMP, T::INTERVAL]
    );
    assert_eq!(types("select 1 union select 1.5"), [T::NUMERIC]);
    assert_eq!(
        types(
            "select 1::float4 + 1, 1::float4 * 1.5, 1::float4 + 1::float4, 1::float4 * '2', coalesce(1::float4, 1)"
        ),
        [T::FLOAT8, T::FLOAT8, T::FLOAT4, T::FLOAT4, T::FLOAT4]
    );
    assert_eq!(
        types(
            "select sqrt(2), sqrt(2.0), power(2, 3), power(2.0, 3), power(2.0, 3::float8), div(7, 2), ceil(1), ceil(1.5), ln(2.0)"
        ),
        [
            T::FLOAT8,
            T::NUMERIC,
            T::FLOAT8,
            T::NUMERIC,
            T::FLOAT8,
            T::NUMERIC,
            T::FLOAT8,
            T::NUMERIC,
            T::NUMERIC
        ]
    );
    assert_eq!(
        types("select stddev(id), variance(balance), stddev_pop(id::float4) from people"),
        [T::NUMERIC, T::NUMERIC, T::FLOAT8]
    );
    assert_eq!(
        types("select case when true then 1 else 2.5 end, array[1, 2], '{a}'::text[]"),
        [T::NUMERIC, T::INT4_ARRAY, T::TEXT_ARRAY]
    );
    assert_eq!(
        types("with recursive r(n) as (select 1 union all select n + 1 from r) select n from r"),
        [T::INT4]
    );
    assert_eq!(types("select g from generate_series(1, 3) g"), [T::INT4]);
    assert_eq!(types("select json_extract('{}', '$.a')"), [T::UNSPECIFIED]);
}

#[test]
fn parameters_take_the_type_of_their_context() {
    use Type as T;
    let params = |sql| query(sql).params;
    assert_eq!(
        params("select * from people where id = $1 and $2 < born"),
        [T::INT4, T::DATE]
    );
    assert_eq!(
        params("select * from people where id in ($1, $2) and balance between $3 and $4"),
        [T::INT4, T::INT4, T::NUMERIC, T::NUMERIC]
    );
    assert_eq!(
        params("insert into people values ($1, $2, $3, $4)"),
        [T::INT4, T::VARCHAR, T::DATE, T::NUMERIC]
    );
    assert_eq!(
        params("insert into people (id, born, name) select $1, $2, $3"),
        [T::INT4, T::DATE, T::VARCHAR]
    );
    assert_eq!(
        params("update people set born = $2 where id = $1"),
        [T::INT4, T::DATE]
    );
    assert_eq!(
        params("select * from people limit $1 offset $2"),
        [T::INT8, T::INT8]
    );
    assert_eq!(
        params("select $1::int4, $2 + 1, $3 || 'x', upper($4)"),
        [T::INT4, T::INT4, T::TEXT, T::TEXT]
    );
    assert_eq!(
        params("select * from people where id = any($1)"),
        [T::INT4_ARRAY]
    );
    assert_eq!(params("select $1"), [T::TEXT]);
    assert_eq!(
        params("select * from logs where ok = $1 and $2"),
        [T::BOOL, T::BOOL]
    );
    assert_eq!(
        error("select $1 is null").sqlstate(),
        SqlState::INDETERMINATE_DATATYPE
    );
    assert_eq!(
        error("select $2::int4").sqlstate(),
        SqlState::INDETERMINATE_DATATYPE
    );
}

#[test]
fn the_client_s_types_win() {
    let facts = Facts {
        user: String::new(),
        database: String::new(),
    };
    let given = translate("select $1, $2 from people", &[Type::UUID], &Schema, &facts).unwrap();
    let Plan::Query(query) = given else {
        panic!("no query")
    };
    assert_eq!(query.params, [Type::UUID, Type::TEXT]);
}

#[test]
fn literals_become_what_is_stored() {
    assert!(
        query("select * from people where born = '2024-1-5'")
            .sql
            .contains("= '2024-01-05'")
    );
    assert!(
        query("select * from logs where ok = 'yes'")
            .sql
            .contains("= 1")
    );
    assert!(
        query("insert into people (balance) values (1.005)")
            .sql
            .contains("'1.01'")
    );
    assert!(query("select E'a\\tb'").sql.contains("'a\tb'"));
    assert!(query("select '\\xDEAD'::bytea").sql.contains("X'dead'"));
}

#[test]
fn errors_name_the_thing_and_its_place() {
    let place = |sql: &str| {
        let error = error(sql);
        (
            error.sqlstate().as_str().to_owned(),
            error.message().to_owned(),
        )
    };
    let is = |sql, code: &str, message: &str| {
        assert_eq!(place(sql), (code.to_owned(), message.to_owned()))
    };
    is(
        "select * from nowhere",
        "42P01",
        "relation \"nowhere\" does not exist",
    );
    is(
        "select x from people",
        "42703",
        "column \"x\" does not exist",
    );
    is(
        "select p.x from people p",
        "42703",
        "column p.x does not exist",
    );
    is(
        "select q.x from people p",
        "42P01",
        "missing FROM-clause entry for table \"q\"",
    );
    is(
        "select nothing(1)",
        "42883",
        "function nothing(integer) does not exist",
    );
    is(
        "select born = 1 from people",
        "42883",
        "operator does not exist: date = integer",
    );
    is("selec 1", "42601", "syntax error at or near \"selec\"");
    is("select 1 from", "42601", "syntax error at end of input");
    is(
        "select 'a",
        "42601",
        "unterminated quoted string at or near \"'a\"",
    );
    is(
        "select 1 where born = 'x'",
        "42703",
        "column \"born\" does not exist",
    );
    is(
        "select * from people where born = 'x'",
        "22007",
        "invalid input syntax for type date: \"x\"",
    );
    is(
        "insert into people (id) values ('x')",
        "22P02",
        "invalid input syntax for type integer: \"x\"",
    );
    is(
        "insert into people (nope) values (1)",
        "42703",
        "column \"nope\" of relation \"people\" does not exist",
    );
    is(
        "insert into people (id) values (1, 2)",
        "42601",
        "INSERT has more expressions than target columns",
    );
    is(
        "insert into people (born) values (true)",
        "42804",
        "column \"born\" is of type date but expression is of type boolean",
    );
    is(
        "select 1 from people where count(*) > 1",
        "42803",
        "aggregate functions are not allowed in WHERE",
    );
    is(
        "select 1 where 1",
        "42804",
        "argument of WHERE must be type boolean, not type integer",
    );
    is(
        "select id from people, people",
        "42712",
        "table name \"people\" specified more than once",
    );
    is(
        "select person from logs a, logs b",
        "42702",
        "column reference \"person\" is ambiguous",
    );
    is(
        "create table people (id int)",
        "42P07",
        "relation \"people\" already exists",
    );
    is(
        "create table x (id nosuch)",
        "42704",
        "type \"nosuch\" does not exist",
    );
    is(
        "select 'x'::nosuch",
        "42704",
        "type \"nosuch\" does not exist",
    );
    is(
        "select true::date",
        "42846",
        "cannot cast type boolean to date",
    );
}

/// From PostgreSQL 15.
#[test]
fn grouped_queries_use_what_they_are_grouped_by() {
    let ungrouped = |sql: &str| {
        let error = error(sql);
        assert_eq!(error.sqlstate(), SqlState::GROUPING_ERROR, "{sql}");
        let message = error.message();
        let column = message.strip_prefix("column \"").and_then(|rest| {
            rest.strip_suffix(
                "\" must appear in the GROUP BY clause or be used in an aggregate function",
            )
        });
        let shown = format!("{error:?}");
        let place = shown.split("position: ").nth(1);
        let place = place
            .and_then(|rest| rest.split([',', ' ']).next())
            .unwrap_or_default();
        (column.unwrap_or(message).to_owned(), place.to_owned())
    };
    // The caret stands before what is at fault.
    let is = |sql: &str, column: &str| {
        let place = (sql.find('^').unwrap() + 1).to_string();
        assert_eq!(
            ungrouped(&sql.replace('^', "")),
            (column.to_owned(), place),
            "{sql}"
        );
    };
    is("select ^name, count(*) from people", "people.name");
    is("select ^p.name from people p group by p.born", "p.name");
    is("select ^* from people group by name", "people.id");
    is("select p.name, ^p.* from people p group by name", "p.id");
    is(
        "select ^name from people group by born having born > '2000-1-1' and id > 1",
        "people.name",
    );
    is(
        "select born from people group by born having ^id > 1",
        "people.id",
    );
    is(
        "select born from people group by born order by ^name",
        "people.name",
    );
    is(
        "select ^id + 2 from people group by id + 1, name",
        "people.id",
    );
    is(
        "select sum(count(*)) over (order by ^name) from people group by born",
        "people.name",
    );
    is("select count(*) from people having ^id > 1", "people.id");
    is(
        "select ^tags, p.born from logs l join people p on p.id = l.person group by p.id",
        "l.tags",
    );
    is(
        "select (select max(at) from logs where person = ^p.id) from people p group by name",
        "subquery uses ungrouped column \"p.id\" from outer query",
    );
    for sql in [
        "select name, count(*), max(born) from people group by name",
        "select name, born from people group by id",
        "select * from people p group by p.id order by p.born",
        "select id + 1, count(*) from people group by id + 1, name having (id + 1) > 3",
        "select upper(name) as big, sum(balance) filter (where id > 1) from people group by big",
        "select extract(year from born), count(*) from people group by 1 order by 1",
        "select coalesce(name, ''), sum(sum(id)) over (order by name) from people group by name",
        "select (select count(*) from logs where person = p.id) from people p group by id",
        "select (select max(p.born) from logs) from people p group by name",
        "select name from people where born > '2000-1-1' group by people.name",
        "select id from people join (select person as id from logs) l using (id) group by people.id",
        "select x from (select name as x from people) s group by x",
        "select count(*), 1, $1::int4 from people",
        "select id, row_number() over (order by name) from people",
        "select case when id > 1 then 'a' end from people group by id > 1",
    ] {
        if let Err(error) = plan(sql) {
            panic!("{sql}: {error}");
        }
    }
}

#[test]
fn tables_keep_the_names_of_their_constraints() {
    let Plan::Batch { statements, .. } = plan(
        "create table t (id serial primary key, a int not null unique, b text check (b <> ''), p int references people, constraint c unique (a, b))",
    )
    .unwrap() else {
        panic!("no table")
    };
    let sql = statements.join(";");
    for part in [
        "\"t_pkey\" PRIMARY KEY AUTOINCREMENT",
        "\"t_a_key\" UNIQUE",
        "\"t_b_check\" CHECK",
        "\"t_p_fkey\" FOREIGN KEY",
        "\"c\" UNIQUE",
    ] {
        assert!(sql.contains(part), "{part} in {sql}");
    }
}

#[test]
fn session_statements_are_not_sqlite_s() {
    let set = |name: &str, value: Option<&str>, scope| {
        Plan::Command(Command::Set {
            name: name.to_owned(),
            value: value.map(str::to_owned),
            scope,
        })
    };
    assert_eq!(
        plan("SET extra_float_digits = 3").unwrap(),
        set("extra_float_digits", Some("3"), SetScope::Session)
    );
    assert_eq!(
        plan("set local TimeZone to 'UTC'").unwrap(),
        set("timezone", Some("UTC"), SetScope::Local)
    );
    assert_eq!(
        plan("set application_name to default").unwrap(),
        set("application_name", None, SetScope::Session)
    );
    assert_eq!(
        plan("SHOW TRANSACTION ISOLATION LEVEL").unwrap(),
        Plan::Command(Command::Show("transaction_isolation".to_owned()))
    );
    assert_eq!(plan("RESET ALL").unwrap(), Plan::Command(Command::ResetAll));
    assert_eq!(plan("UNLISTEN *").unwrap(), Plan::Nothing("UNLISTEN"));
    assert_eq!(
        plan("CLOSE ALL").unwrap(),
        Plan::Nothing("CLOSE CURSOR ALL")
    );
}

#[test]
fn files_of_the_machine_are_out_of_reach() {
    for sql in [
        "attach database '/etc/passwd' as x",
        "pragma journal_mode = off",
        "copy people from '/etc/passwd'",
        "vacuum into 'x'",
    ] {
        assert!(plan(sql).is_err(), "{sql}");
    }
}

#[test]
fn options_of_copy() {
    let options = |sql: &str| match plan(sql) {
        Ok(Plan::CopyIn { options, .. } | Plan::CopyOut { options, .. }) => options,
        other => panic!("{sql} gives {other:?}"),
    };
    let csv = || Options::csv().end_marker(EndMarker::Anywhere);
    let names = ["id", "name"].map(|name| name.as_bytes().to_vec());
    for (sql, expected) in [
        (
            "copy people from stdin",
            Options::text().end_marker(EndMarker::Anywhere),
        ),
        (
            "copy people to stdout (format binary)",
            Options::binary().end_marker(EndMarker::Anywhere),
        ),
        (
            "copy people (id, name) from stdin (FORMAT csv, HEADER MATCH, null 'x', force_null (name), force_not_null *)",
            csv()
                .header(Header::Match(names.to_vec()))
                .null("x")
                .force_null(Columns::These(vec![1]))
                .force_not_null(Columns::All),
        ),
        (
            "copy (select id * 2 as force_quote from people) to stdout with (format csv, force_quote *, header, delimiter ';')",
            csv()
                .force_quote(Columns::All)
                .header(Header::Line)
                .delimiter(b';'),
        ),
        (
            "copy people to stdout delimiter '|' csv header quote '''' escape '~' force quote id, balance",
            csv()
                .delimiter(b'|')
                .header(Header::Line)
                .quote(b'\'')
                .escape(b'~')
                .force_quote(Columns::These(vec![0, 3])),
        ),
        (
            "copy people to stdout csv force quote *",
            csv().force_quote(Columns::All),
        ),
    ] {
        assert_eq!(options(sql), expected, "{sql}");
    }
}

/// The answers are PostgreSQL 15's.
#[test]
fn options_of_copy_that_are_refused() {
    for (sql, expected) in [
        (
            "from stdin (format xml)",
            "22023: COPY format \"xml\" not recognized",
        ),
        (
            "from stdin (format binary, delimiter ',')",
            "42601: cannot specify DELIMITER in BINARY mode",
        ),
        (
            "from stdin (delimiter 'x')",
            "22023: COPY delimiter cannot be \"x\"",
        ),
        (
            "to stdout (force_quote (id))",
            "0A000: COPY force quote available only in CSV mode",
        ),
        (
            "from stdin (format csv, force_quote (id))",
            "0A000: COPY force quote only available using COPY TO",
        ),
        (
            "to stdout (format csv, force_not_null (id))",
            "0A000: COPY force not null only available using COPY FROM",
        ),
        (
            "to stdout (header match)",
            "0A000: cannot use \"match\" with HEADER in COPY TO",
        ),
        (
            "(id) from stdin (format csv, force_null (name))",
            "42P10: FORCE_NULL column \"name\" not referenced by COPY",
        ),
        (
            "from stdin (format csv, force_null (zz))",
            "42703: column \"zz\" of relation \"people\" does not exist",
        ),
    ] {
        let error = error(&format!("copy people {sql}"));
        assert_eq!(format!("{}: {error}", error.sqlstate()), expected);
    }
}
