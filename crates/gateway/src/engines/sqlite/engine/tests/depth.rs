//! Statements that nest too deeply for a stack.

use super::*;
use crate::engines::sqlite::parse;

/// How a chain begins, its members, what is between them, how it ends.
type Kind = (&'static str, &'static str, &'static str, &'static str);

const KINDS: &[Kind] = &[
    ("select ", "true", " and ", ""),
    ("select ", "1 = 2", " or ", ""),
    ("select ", "true", " and true or ", ""),
    ("select count(*) from t where ", "id = 1", " or ", ""),
    ("select ", "1", "+", ""),
    ("select ", "1", "#", ""),
    ("select ", "1", "::int + ", ""),
    ("select ", "'a'", "||", ""),
    ("select ", "1", " = ", ""),
    ("select ", "'{}'::jsonb", " -> 'a' || ", ""),
    ("select 1 from t where v", "", " || 'a'", ""),
    ("select 1 from t where v", "", " is null", ""),
    ("select 1 from t where v", "", " between 1 and 2", ""),
    ("select 1 from t where v", "", " in (1)", ""),
    ("select 1 from t where v", "", " collate \"C\"", ""),
    ("select 1 from t where v", "", " at time zone 'UTC'", ""),
    ("select v", "", ".x", ""),
    ("select (v)", "", ".x", ""),
    ("select 1 from t where v", "", "[1]", ""),
    ("select 1", "", "::int", ""),
    ("select abs(1", "", "+ 1", ")"),
    ("select case when true then 1", "", "+ 1", " end"),
    ("select (select 1", "", "+ 1", ")"),
    ("select not 1", "", "+ 1", ""),
    (
        "select 1 where exists (select 1",
        "",
        " union select 1",
        ")",
    ),
    ("select 1", "", "::numeric(10, 2)", ""),
    ("select 1::int", "", "[]", ""),
    ("", "select 1", " union all ", ""),
    ("", "select 1, 2", " union ", ""),
    ("", "(select 1, 2)", " except ", ""),
    ("", "values (1, 2)", " union all ", ""),
    ("select 1 from t", "", " join t using (id)", ""),
    ("select * from t a", "", ", t", ""),
    ("select ", "(", "", ""),
    ("", "(", "", ""),
    ("select * from ", "(", "", ""),
    ("select ", "not ", "", ""),
    ("select ", "-", " ", ""),
    ("select ", "abs(", "", ""),
    ("select ", "array[", "", ""),
    ("select ", "case when ", "", ""),
    ("", "explain ", "", ""),
    ("select sum(v) from t group by ", "v", " + ", ""),
    ("select 1 from t order by ", "v", " + ", ""),
    ("update t set v = ", "v", " - ", ""),
    ("insert into t select ", "1", " * ", ""),
    ("create table n (a int check (", "a > 1", " and ", "))"),
    ("create view n as select ", "1", "+", ""),
    ("alter table t add column n int default ", "1", "+", ""),
    ("copy (select ", "1", "+", ") to stdout"),
];

fn chain((head, member, separator, tail): &Kind, count: usize) -> String {
    format!("{head}{}{tail}", vec![*member; count].join(separator))
}

/// Each ends in an error or a result, and not the process.
async fn survive(kinds: &[Kind], count: usize) {
    let database = database().await;
    let a = Session::open(&database).await;
    for kind in kinds {
        let sql = chain(kind, count);
        // It is checked on a thread with a small stack.
        drop(parse::check(&sql));
        drop(a.ask(move |engine| engine.prepare(&sql, &[])).await);
    }
    let b = Session::open(&database).await;
    assert_eq!(b.run("select 1").await.unwrap(), 1);
    assert_eq!(a.run("select 1").await.unwrap(), 1);
}

#[tokio::test]
async fn the_deepest_that_is_parsed_fits_the_stack() {
    survive(KINDS, 4_990).await;
    survive(KINDS, 9_990).await;
}

#[tokio::test]
async fn what_is_deeper_is_refused() {
    let named = [
        ("select ", "true", " and ", ""),
        ("select ", "1 = 2", " or ", ""),
        ("select ", "1", "+", ""),
        ("select ", "'a'", "||", ""),
        ("", "select 1", " union all ", ""),
        ("select 1", "", "::int", ""),
        ("select ", "(", "", ""),
        ("select ", "not ", "", "true"),
    ];
    survive(&named, 100_000).await;
    let database = database().await;
    let a = Session::open(&database).await;
    for kind in &named {
        let code = a.code(&chain(kind, 100_000)).await;
        assert_eq!(code, SqlState::STATEMENT_TOO_COMPLEX, "{kind:?}");
    }
    // SQLite's own limits.
    for (kind, count) in [(&named[2], 1500), (&named[3], 1500), (&named[4], 600)] {
        let code = a.code(&chain(kind, count)).await;
        assert_eq!(code, SqlState::STATEMENT_TOO_COMPLEX, "{kind:?}");
    }
}

/// A tree that some operators would write twice on each level.
#[tokio::test]
async fn what_doubles_is_refused() {
    let database = database().await;
    let a = Session::open(&database).await;
    let code = a.code(&chain(&("select ", "1", " # ", ""), 50)).await;
    assert_eq!(code, SqlState::STATEMENT_TOO_COMPLEX);
}

#[tokio::test]
async fn conditions_may_be_many() {
    let database = database().await;
    let a = Session::open(&database).await;
    for (member, separator, rows) in [
        ("id = 1", " or ", 1),
        ("(id = 1 and v = 1)", " or ", 1),
        ("id > 1", " and ", 1),
        ("id < 1 or id > 0", " and ", 2),
    ] {
        for count in [1, 2, 3, 64, 65, 1000, 4500] {
            if member.contains("or id") && count > 1000 {
                continue;
            }
            let sql = chain(&("select * from t where ", member, separator, ""), count);
            let outcome = a.run(&sql).await;
            assert_eq!(outcome.ok(), Some(rows), "{count} of {member}");
        }
    }
}
