//! Statements, transactions, portals, pipelines and cancel.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use futures_util::future::join_all;
use tokio_postgres::error::{DbError, ErrorPosition, SqlState};
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error, NoTls, SimpleQueryMessage};

use crate::connect::{config, connect_with, is_tls, tls};
use crate::memory::Watch;
use crate::{Outcome, check, same};

fn table() -> String {
    format!(
        "tokio_{}",
        std::env::var("INTEROP_LOGIN").unwrap_or_default()
    )
}

async fn make_table(client: &Client) -> Result<String, Error> {
    let table = table();
    client
        .batch_execute(&format!("drop table if exists {table}"))
        .await?;
    let create = format!(
        "create table {table} (id serial primary key, name text not null, age int4, boss int4,
         constraint {table}_name_key unique (name),
         constraint {table}_age_check check (age >= 0),
         constraint {table}_boss_fkey foreign key (boss) references {table} (id))"
    );
    client.batch_execute(&create).await?;
    client
        .batch_execute(&format!(
            "insert into {table} (name, age) values ('Ada', 36)"
        ))
        .await?;
    Ok(table)
}

async fn names(client: &Client) -> Result<Vec<String>, Error> {
    let rows = client
        .query(&format!("select name from {} order by id", table()), &[])
        .await?;
    rows.iter().map(|row| row.try_get(0)).collect()
}

/// The server's own error; anything else is an error of the case.
fn refused<T>(outcome: Result<T, Error>) -> Result<DbError, Box<dyn std::error::Error>> {
    match outcome {
        Ok(_) => Err("no error".into()),
        Err(error) => match error.as_db_error() {
            Some(said) => Ok(said.clone()),
            None => Err(error.into()),
        },
    }
}

pub(crate) async fn login(client: Client) -> Outcome {
    let row = client
        .query_one("select current_user::text, current_database()::text", &[])
        .await?;
    same!(row.try_get::<_, String>(0)?, std::env::var("PGUSER")?);
    same!(row.try_get::<_, String>(1)?, std::env::var("PGDATABASE")?);
    let shown = client.query_one("show application_name", &[]).await?;
    same!(shown.try_get::<_, &str>(0)?, "tokio-postgres");
    Ok(())
}

pub(crate) async fn a_wrong_password_is_refused(_: Client) -> Outcome {
    let mut config = config()?;
    config.password("wrong");
    let error = connect_with(config).await.err().ok_or("no error")?;
    let error = error.downcast::<Error>()?;
    same!(error.code(), Some(&SqlState::INVALID_PASSWORD));
    Ok(())
}

pub(crate) async fn a_prepared_statement_is_used_again(client: Client) -> Outcome {
    let statement = client.prepare("select $1::int4 + 1").await?;
    for number in 0..100 {
        same!(
            client
                .query_one(&statement, &[&number])
                .await?
                .try_get::<_, i32>(0)?,
            number + 1
        );
    }
    drop(statement);
    client.batch_execute("select 1").await?;
    Ok(())
}

pub(crate) async fn an_unnamed_statement_with_given_types(client: Client) -> Outcome {
    let rows = client
        .query_typed("select $1, $2", &[(&7i64, Type::INT8), (&"x", Type::TEXT)])
        .await?;
    let [row] = rows.as_slice() else {
        return Err("not one row".into());
    };
    same!(
        (row.try_get::<_, i64>(0)?, row.try_get::<_, &str>(1)?),
        (7, "x")
    );
    Ok(())
}

pub(crate) async fn an_empty_query(client: Client) -> Outcome {
    same!(client.execute("", &[]).await?, 0);
    client.batch_execute("").await?;
    client.batch_execute("-- nothing").await?;
    same!(
        client
            .query_one("select 1", &[])
            .await?
            .try_get::<_, i32>(0)?,
        1
    );
    Ok(())
}

pub(crate) async fn several_statements_in_one_query(client: Client) -> Outcome {
    let table = make_table(&client).await?;
    let messages = client
        .simple_query(&format!(
            "select 1; update {table} set age = 37; select 'three'"
        ))
        .await?;
    let counts: Vec<u64> = messages
        .iter()
        .filter_map(|message| match message {
            SimpleQueryMessage::CommandComplete(count) => Some(*count),
            _ => None,
        })
        .collect();
    same!(counts, [1, 1, 1]);
    let both = format!(
        "insert into {table} (name) values ('undone'); insert into {table} (name) values ('Ada')"
    );
    same!(
        refused(client.batch_execute(&both).await)?.code(),
        &SqlState::UNIQUE_VIOLATION
    );
    same!(names(&client).await?, ["Ada"]);
    Ok(())
}

pub(crate) async fn commit_and_rollback(mut client: Client) -> Outcome {
    let table = make_table(&client).await?;
    let insert = format!("insert into {table} (name) values ($1)");
    let transaction = client.transaction().await?;
    transaction.execute(&insert, &[&"kept"]).await?;
    transaction.commit().await?;
    let transaction = client.transaction().await?;
    transaction.execute(&insert, &[&"lost"]).await?;
    transaction.rollback().await?;
    let transaction = client
        .build_transaction()
        .read_only(true)
        .isolation_level(tokio_postgres::IsolationLevel::Serializable)
        .start()
        .await?;
    same!(
        refused(transaction.execute(&insert, &[&"refused"]).await)?.code(),
        &SqlState::READ_ONLY_SQL_TRANSACTION
    );
    // Dropped, it rolls back.
    drop(transaction);
    same!(names(&client).await?, ["Ada", "kept"]);
    Ok(())
}

pub(crate) async fn a_failed_transaction(client: Client) -> Outcome {
    client.batch_execute("begin").await?;
    same!(
        refused(client.query("select * from nowhere", &[]).await)?.code(),
        &SqlState::UNDEFINED_TABLE
    );
    same!(
        refused(client.query("select 1", &[]).await)?.code(),
        &SqlState::IN_FAILED_SQL_TRANSACTION
    );
    same!(
        refused(client.batch_execute("select 1").await)?.code(),
        &SqlState::IN_FAILED_SQL_TRANSACTION
    );
    client.batch_execute("rollback").await?;
    same!(
        client
            .query_one("select 1", &[])
            .await?
            .try_get::<_, i32>(0)?,
        1
    );
    Ok(())
}

pub(crate) async fn savepoints(mut client: Client) -> Outcome {
    let table = make_table(&client).await?;
    let insert = format!("insert into {table} (name) values ($1)");
    let mut outer = client.transaction().await?;
    outer.execute(&insert, &[&"kept"]).await?;
    let inner = outer.savepoint("inner_one").await?;
    inner.execute(&insert, &[&"undone"]).await?;
    same!(
        refused(inner.execute(&insert, &[&"kept"]).await)?.code(),
        &SqlState::UNIQUE_VIOLATION
    );
    inner.rollback().await?;
    outer.commit().await?;
    same!(names(&client).await?, ["Ada", "kept"]);
    Ok(())
}

pub(crate) async fn errors_and_their_fields(client: Client) -> Outcome {
    let table = make_table(&client).await?;
    let insert = format!("insert into {table}");
    for (sql, code, field) in [
        (
            format!("{insert} (name) values ('Ada')"),
            "23505",
            format!("{table}_name_key"),
        ),
        (
            format!("{insert} (name) values (null)"),
            "23502",
            "name".into(),
        ),
        (
            format!("{insert} (name, boss) values ('Ghost', 999)"),
            "23503",
            format!("{table}_boss_fkey"),
        ),
        (
            format!("{insert} (name, age) values ('Young', -1)"),
            "23514",
            format!("{table}_age_check"),
        ),
    ] {
        let error = refused(client.query(&sql, &[]).await)?;
        same!(error.code().code(), code);
        same!(error.table(), Some(table.as_str()));
        same!(error.constraint().or(error.column()), Some(field.as_str()));
    }
    for (sql, code, position) in [
        ("select * from nowhere".into(), "42P01", 15),
        (format!("select nothing from {table}"), "42703", 8),
        ("selec 1".into(), "42601", 1),
    ] {
        let error = refused(client.query(&sql, &[]).await)?;
        same!(error.code().code(), code);
        same!(error.position(), Some(&ErrorPosition::Original(position)));
    }
    Ok(())
}

pub(crate) async fn portals_that_take_turns(mut client: Client) -> Outcome {
    let transaction = client.transaction().await?;
    let ones = transaction
        .bind("select g::int4 from generate_series(1, 10) as t(g)", &[])
        .await?;
    let tens = transaction
        .bind(
            "select g::int4 * 10 from generate_series(1, $1::int4) as t(g)",
            &[&9i32],
        )
        .await?;
    let mut seen = Vec::new();
    for _ in 0..4 {
        for (portal, size) in [(&ones, 3), (&tens, 2)] {
            let rows = transaction.query_portal(portal, size).await?;
            seen.push(
                rows.iter()
                    .map(|row| row.try_get::<_, i32>(0))
                    .collect::<Result<Vec<_>, _>>()?,
            );
        }
    }
    let expected: [&[i32]; 8] = [
        &[1, 2, 3],
        &[10, 20],
        &[4, 5, 6],
        &[30, 40],
        &[7, 8, 9],
        &[50, 60],
        &[10],
        &[70, 80],
    ];
    same!(seen, expected);
    same!(transaction.query_portal(&tens, 0).await?.len(), 1);
    transaction.commit().await?;
    Ok(())
}

pub(crate) async fn many_queries_at_once(client: Client) -> Outcome {
    let statement = client.prepare("select $1::int4 * 2").await?;
    let numbers: Vec<i32> = (0..500).collect();
    let answers = join_all(numbers.iter().map(|number| async {
        client
            .query_one(&statement, &[number])
            .await?
            .try_get::<_, i32>(0)
    }))
    .await;
    for (number, answer) in numbers.iter().zip(answers) {
        same!(answer?, number * 2);
    }
    Ok(())
}

pub(crate) async fn an_error_among_queries_at_once(client: Client) -> Outcome {
    let table = make_table(&client).await?;
    let insert = client
        .prepare(&format!("insert into {table} (name) values ($1)"))
        .await?;
    let outcomes = join_all(["one", "Ada", "two"].map(|name| {
        let (client, insert) = (&client, &insert);
        async move { client.execute(insert, &[&name]).await }
    }))
    .await;
    let [one, ada, two]: [_; 3] = outcomes.try_into().map_err(|_| "not three")?;
    same!((one?, two?), (1, 1));
    same!(refused(ada)?.code(), &SqlState::UNIQUE_VIOLATION);
    same!(names(&client).await?, ["Ada", "one", "two"]);
    Ok(())
}

pub(crate) async fn a_stream_dropped_half_way(client: Client) -> Outcome {
    let mut rows = Box::pin(
        client
            .query_raw(
                "select g from generate_series(1, 10000) as t(g)",
                Vec::<i32>::new(),
            )
            .await?,
    );
    check!(rows.try_next().await?.is_some());
    drop(rows);
    same!(
        client
            .query_one("select 1", &[])
            .await?
            .try_get::<_, i32>(0)?,
        1
    );
    Ok(())
}

pub(crate) async fn cancel(client: Client) -> Outcome {
    let began = Instant::now();
    let token = client.cancel_token();
    let canceller = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let sent = if is_tls() {
            token.cancel_query(tls()?).await
        } else {
            token.cancel_query(NoTls).await
        };
        Ok::<_, Box<dyn std::error::Error>>(sent?)
    };
    let (slept, sent) = tokio::join!(client.batch_execute("select pg_sleep(20)"), canceller);
    sent?;
    same!(refused(slept)?.code(), &SqlState::QUERY_CANCELED);
    check!(began.elapsed() < Duration::from_secs(5));
    same!(
        client
            .query_one("select 1", &[])
            .await?
            .try_get::<_, i32>(0)?,
        1
    );
    Ok(())
}

pub(crate) async fn a_million_rows(client: Client) -> Outcome {
    let watch = Watch::start()?;
    let sql = "select g::int4, 'row ' || g from generate_series(1, 1000000) as t(g)";
    let mut rows = pin!(client.query_raw(sql, Vec::<i32>::new()).await?);
    let (mut count, mut total) = (0u64, 0i64);
    while let Some(row) = rows.try_next().await? {
        count += 1;
        total += i64::from(row.try_get::<_, i32>(0)?);
    }
    same!((count, total), (1_000_000, 500_000_500_000));
    watch.flat()
}

pub(crate) async fn the_table_is_dropped(client: Client) -> Outcome {
    client
        .batch_execute(&format!("drop table {}", table()))
        .await?;
    Ok(())
}
