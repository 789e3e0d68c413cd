//! Values of every type there and back.

use std::time::{Duration, SystemTime};

use serde_json::json;
use tokio_postgres::types::{FromSqlOwned, Oid, ToSql, Type};
use tokio_postgres::{Client, SimpleQueryMessage};
use uuid::Uuid;

use crate::{Outcome, same};

async fn back<T: ToSql + FromSqlOwned + PartialEq + std::fmt::Debug + Sync>(
    client: &Client,
    ty: Type,
    name: &str,
    values: &[T],
) -> Outcome {
    let statement = client
        .prepare(&format!("select $1::{name} as value"))
        .await?;
    same!(statement.params(), std::slice::from_ref(&ty));
    same!(statement.columns()[0].type_(), &ty);
    same!(statement.columns()[0].name(), "value");
    for value in values {
        let got: T = client.query_one(&statement, &[value]).await?.try_get(0)?;
        same!(got, *value);
    }
    let nothing: Option<T> = client
        .query_one(&statement, &[&None::<T>])
        .await?
        .try_get(0)?;
    same!(nothing, None::<T>);
    Ok(())
}

pub(crate) async fn there_and_back_in_binary(client: Client) -> Outcome {
    let moment = SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_000_001);
    let long_ago = SystemTime::UNIX_EPOCH - Duration::from_secs(40 * 365 * 86_400);
    let texts = ["", "it's \"quoted\" \\", "Ünï ☃ 🦀"].map(str::to_owned);
    back(&client, Type::BOOL, "bool", &[true, false]).await?;
    back(&client, Type::INT2, "int2", &[0, i16::MIN, i16::MAX]).await?;
    back(&client, Type::INT4, "int4", &[0, i32::MIN, i32::MAX]).await?;
    back(&client, Type::INT8, "int8", &[0, i64::MIN, i64::MAX]).await?;
    back::<Oid>(&client, Type::OID, "oid", &[0, u32::MAX]).await?;
    back(
        &client,
        Type::FLOAT4,
        "float4",
        &[0.1f32, f32::MIN, f32::INFINITY],
    )
    .await?;
    back(
        &client,
        Type::FLOAT8,
        "float8",
        &[0.1f64, f64::MAX, f64::NEG_INFINITY],
    )
    .await?;
    back(&client, Type::TEXT, "text", &texts).await?;
    back(&client, Type::VARCHAR, "varchar", &texts).await?;
    back(
        &client,
        Type::BYTEA,
        "bytea",
        &[vec![], (0..=255u8).collect(), vec![0; 100_000]],
    )
    .await?;
    back(&client, Type::TIMESTAMP, "timestamp", &[moment, long_ago]).await?;
    back(
        &client,
        Type::TIMESTAMPTZ,
        "timestamptz",
        &[moment, long_ago],
    )
    .await?;
    back(&client, Type::UUID, "uuid", &[Uuid::nil(), Uuid::max()]).await?;
    back(&client, Type::JSON, "json", &[json!({"a": [1, null, "ü"]})]).await?;
    back(
        &client,
        Type::JSONB,
        "jsonb",
        &[json!({"a": [1, null, "ü"]}), json!(null)],
    )
    .await?;
    back(
        &client,
        Type::INT4_ARRAY,
        "int4[]",
        &[vec![], vec![Some(1), None]],
    )
    .await?;
    back(&client, Type::TEXT_ARRAY, "text[]", &[texts.to_vec()]).await?;
    back(&client, Type::UUID_ARRAY, "uuid[]", &[vec![Uuid::max()]]).await?;
    Ok(())
}

pub(crate) async fn text_in_a_simple_query(client: Client) -> Outcome {
    let sql = "select true as a, 1.5::float8 as b, '1.50'::numeric as c, '{1,2}'::int4[] as d, null::text as e, '2026-02-28'::date as f";
    let messages = client.simple_query(sql).await?;
    let Some(SimpleQueryMessage::Row(row)) = messages
        .iter()
        .find(|message| matches!(message, SimpleQueryMessage::Row(_)))
    else {
        return Err("no row".into());
    };
    let values: Vec<Option<&str>> = (0..row.len()).map(|column| row.get(column)).collect();
    same!(
        values,
        [
            Some("t"),
            Some("1.5"),
            Some("1.50"),
            Some("{1,2}"),
            None,
            Some("2026-02-28")
        ]
    );
    Ok(())
}

pub(crate) async fn a_table_of_every_type(client: Client) -> Outcome {
    let table = format!("tokio_{}_kinds", std::env::var("INTEROP_LOGIN")?);
    client
        .batch_execute(&format!("drop table if exists {table}"))
        .await?;
    let columns = "b bool, i2 int2, i4 int4, i8 int8, f8 float8, t text, v varchar(20), by bytea, tz timestamptz, u uuid, j jsonb, a int4[]";
    client
        .batch_execute(&format!("create table {table} ({columns})"))
        .await?;
    // No cast: the server finds the type of each parameter in the column it goes to.
    let insert = client
        .prepare(&format!(
            "insert into {table} values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        ))
        .await?;
    let types = [
        Type::BOOL,
        Type::INT2,
        Type::INT4,
        Type::INT8,
        Type::FLOAT8,
        Type::TEXT,
        Type::VARCHAR,
        Type::BYTEA,
        Type::TIMESTAMPTZ,
        Type::UUID,
        Type::JSONB,
        Type::INT4_ARRAY,
    ];
    same!(insert.params(), types);
    let (moment, document) = (
        SystemTime::UNIX_EPOCH + Duration::from_secs(1),
        json!({"ü": 1}),
    );
    let (id, bytes, list) = (Uuid::max(), vec![0u8, 255], vec![Some(1), None]);
    let values: [&(dyn ToSql + Sync); 12] = [
        &true,
        &-2i16,
        &44i32,
        &(1i64 << 40),
        &0.1f64,
        &"Grüße",
        &"short",
        &bytes,
        &moment,
        &id,
        &document,
        &list,
    ];
    same!(client.execute(&insert, &values).await?, 1);
    let row = client
        .query_one(
            &format!("select * from {table} where i4 = $1 and u = $2 and b"),
            &[&44i32, &id],
        )
        .await?;
    let shape: Vec<&Type> = row.columns().iter().map(|column| column.type_()).collect();
    same!(shape, types.iter().collect::<Vec<_>>());
    same!(
        (
            row.try_get::<_, bool>("b")?,
            row.try_get::<_, i16>("i2")?,
            row.try_get::<_, i64>("i8")?
        ),
        (true, -2, 1 << 40)
    );
    same!(
        (
            row.try_get::<_, f64>("f8")?,
            row.try_get::<_, &str>("t")?,
            row.try_get::<_, &str>("v")?
        ),
        (0.1, "Grüße", "short")
    );
    same!(
        (
            row.try_get::<_, Vec<u8>>("by")?,
            row.try_get::<_, SystemTime>("tz")?
        ),
        (bytes, moment)
    );
    same!(row.try_get::<_, serde_json::Value>("j")?, document);
    same!(row.try_get::<_, Vec<Option<i32>>>("a")?, list);
    client.batch_execute(&format!("drop table {table}")).await?;
    Ok(())
}
