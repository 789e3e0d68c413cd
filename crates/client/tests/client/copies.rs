//! COPY in both directions, raw and typed.

use trunkline_client::types::Type;
use trunkline_client::types::copy::Options;

use crate::support::with_clients;

pub(crate) const TABLE: &str = "create temp table t (id int4, name text)";
const COLUMNS: [(&str, Type); 2] = [("id", Type::INT4), ("name", Type::TEXT)];

#[test]
fn rows_go_in_and_out() {
    with_clients(async |client| {
        client.batch_execute(TABLE).await.unwrap();
        for (options, with) in [
            (Options::text(), ""),
            (Options::csv(), "csv"),
            (Options::binary(), "binary"),
        ] {
            client.batch_execute("truncate t").await.unwrap();
            let copy = client
                .copy_in(&format!("copy t from stdin {with}"))
                .await
                .unwrap();
            let mut rows = copy.rows(options.clone(), COLUMNS).unwrap();
            for id in 0..50_000i32 {
                rows.row(&(id, (id % 7 != 0).then(|| format!("name\t{id}"))))
                    .await
                    .unwrap();
            }
            assert_eq!(rows.finish().await.unwrap(), 50_000);
            let copy = client
                .copy_out(&format!(
                    "copy (select * from t order by id) to stdout {with}"
                ))
                .await
                .unwrap();
            let mut rows = copy.rows(options, COLUMNS).unwrap();
            let mut expected = 0;
            while let Some((id, name)) = rows.next::<(i32, Option<String>)>().await.unwrap() {
                assert_eq!(id, expected);
                assert_eq!(name, (id % 7 != 0).then(|| format!("name\t{id}")));
                expected += 1;
            }
            assert_eq!(expected, 50_000);
        }
    });
}

#[test]
fn raw_data_is_what_it_is() {
    with_clients(async |client| {
        client.batch_execute(TABLE).await.unwrap();
        let mut copy = client.copy_in("copy t from stdin").await.unwrap();
        copy.send(b"1\ton").await.unwrap();
        copy.send(b"e\n2\t\\N\n").await.unwrap();
        assert_eq!(copy.finish().await.unwrap(), 2);
        let mut copy = client.copy_out("copy t to stdout").await.unwrap();
        let mut data = Vec::new();
        while let Some(piece) = copy.next().await.unwrap() {
            data.extend_from_slice(piece);
        }
        assert_eq!(data, b"1\tone\n2\t\\N\n");
        assert_eq!(copy.copied(), Some(2));
    });
}

#[test]
fn a_copy_can_be_given_up() {
    with_clients(async |client| {
        client.batch_execute(TABLE).await.unwrap();
        let mut copy = client.copy_in("copy t from stdin").await.unwrap();
        copy.send(b"1\tone\n").await.unwrap();
        drop(copy);
        let copy = client.copy_in("copy t from stdin").await.unwrap();
        copy.abort().await.unwrap();
        let (count,): (i64,) = client
            .query_one("select count(*) from t", ())
            .await
            .unwrap();
        assert_eq!(count, 0);
        let status = client.transaction_status();
        assert_eq!(format!("{status:?}"), "Idle");
    });
}

#[test]
fn what_the_server_refuses_is_said() {
    with_clients(async |client| {
        client.batch_execute(TABLE).await.unwrap();
        let mut copy = client.copy_in("copy t from stdin").await.unwrap();
        copy.send(b"one\tone\n").await.unwrap();
        let error = copy.finish().await.unwrap_err();
        assert_eq!(error.sqlstate().unwrap().as_str(), "22P02");
        let mut copy = client.copy_in("copy t from stdin").await.unwrap();
        let error = loop {
            // The server gives up at the first line; the client learns of it while it sends.
            if let Err(error) = copy.send(&b"one\tone\n".repeat(100_000)).await {
                break error;
            }
        };
        assert_eq!(error.sqlstate().unwrap().as_str(), "22P02");
        drop(copy);
        assert!(client.copy_in("select 1").await.is_err());
        assert!(client.copy_out("copy t from stdin").await.is_err());
        assert!(client.copy_in("copy t to stdout").await.is_err());
        let error = client.execute("copy t from stdin", ()).await.unwrap_err();
        assert!(error.to_string().contains("COPY"), "{error}");
        client.execute("select 1", ()).await.unwrap();
    });
}

#[test]
fn a_second_copy_of_the_same_sql_is_refused() {
    with_clients(async |client| {
        client.batch_execute(TABLE).await.unwrap();
        let copy = client
            .copy_in("copy t from stdin; copy t from stdin")
            .await
            .unwrap();
        let error = copy.finish().await.unwrap_err();
        assert!(error.to_string().contains("second COPY"), "{error}");
        client.batch_execute("select 1").await.unwrap();
    });
}
