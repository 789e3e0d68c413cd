//! SEC-91: what the client asks of the server by itself runs nothing that others have put into the search path.

use trunkline_client::types::Type;
use trunkline_client::{Mode, catalog};
use trunkline_proto::Oid;

use crate::support::with_clients;

/// Functions and operators that fit better than the server's own, or come before them; each says that it was run.
const EVIL: &str = "
    create schema evil;
    create sequence evil.hits;
    create function evil.unnest(oid[]) returns setof oid language sql as 'select nextval(''evil.hits'')::oid';
    create function evil.yes(oid, int4) returns bool language sql as 'select nextval(''evil.hits'') > 0';
    create function evil.yes(oid, oid) returns bool language sql as 'select nextval(''evil.hits'') > 0';
    create function evil.yes(regproc, regproc) returns bool language sql as 'select nextval(''evil.hits'') > 0';
    create function evil.yes(int2, int4) returns bool language sql as 'select nextval(''evil.hits'') > 0';
    create function evil.pg_is_in_recovery() returns bool language sql as 'select nextval(''evil.hits'') > 0';
    create operator evil.>= (leftarg = oid, rightarg = int4, function = evil.yes);
    create operator evil.= (leftarg = oid, rightarg = oid, function = evil.yes);
    create operator evil.= (leftarg = regproc, rightarg = regproc, function = evil.yes);
    create operator evil.> (leftarg = int2, rightarg = int4, function = evil.yes);
    create domain evil.text as pg_catalog.text check (nextval('evil.hits') > 0);
    create domain evil.oid as pg_catalog.oid check (nextval('evil.hits') > 0);
    create view evil.pg_type as select nextval('evil.hits')::oid as oid;
    create type pg_temp.mood as enum ('sad', 'happy');
    create type pg_temp.pet as (name pg_catalog.text, moods pg_temp.mood[]);
";

#[test]
fn the_search_path_is_not_searched() {
    with_clients(async |client| {
        client.batch_execute("begin").await.unwrap();
        client.batch_execute(EVIL).await.unwrap();
        for path in ["evil, pg_catalog", "pg_catalog, evil", "evil"] {
            client
                .batch_execute(&format!("set search_path = {path}"))
                .await
                .unwrap();
            for mode in [Mode::Prepared, Mode::Unnamed, Mode::Simple] {
                let sql = "select 'pg_temp.pet'::pg_catalog.regtype::pg_catalog.oid";
                let (oid,): (Oid,) = client.query_one(sql, ()).await.unwrap();
                let asking = client.with_mode(mode);
                asking.catalog().clear();
                let found = asking
                    .user_type(Type::from_oid(oid))
                    .await
                    .unwrap()
                    .unwrap();
                assert!(
                    matches!(found.kind(), catalog::Kind::Composite { .. }),
                    "{found:?}"
                );
                let sql = "select last_value, is_called from evil.hits";
                let (hits, called): (i64, bool) = client.query_one(sql, ()).await.unwrap();
                assert_eq!((hits, called), (1, false), "{path}, {mode:?}");
            }
        }
        client.batch_execute("rollback").await.unwrap();
    });
}
