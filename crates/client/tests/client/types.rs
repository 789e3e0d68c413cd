//! The types of one database: given and read as Rust's, looked up where that is needed, and forgotten when they are gone.

use trunkline_client::catalog::Kind;
use trunkline_client::types::{Decode, Encode, Type};
use trunkline_client::{FromRow, Mode};
use trunkline_proto::{Format, Oid};

use crate::api::wait;
use crate::support::with_clients;

const TYPES: &str = "
    create type pg_temp.mood as enum ('sad', 'happy');
    create domain pg_temp.id as int8;
    create domain pg_temp.user_id as pg_temp.id;
    create type pg_temp.pet as (name text, mood pg_temp.mood);
    create temp table owner (id pg_temp.user_id, pets pg_temp.pet[], mood pg_temp.mood);
";

#[derive(Encode, Decode, Debug, PartialEq, Clone, Copy)]
#[value(rename_all = "lowercase")]
enum Mood {
    Sad,
    Happy,
}

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Pet {
    name: String,
    mood: Option<Mood>,
}

#[derive(FromRow, Debug, PartialEq)]
struct Owner {
    id: i64,
    pets: Vec<Pet>,
    mood: Mood,
}

#[test]
fn structs_hold_composites_and_enums_in_every_mode() {
    with_clients(async |client| {
        client.batch_execute(TYPES).await.unwrap();
        let ada = Owner {
            id: 1 << 40,
            pets: vec![
                Pet {
                    name: "Rex (\"the\" one)".into(),
                    mood: Some(Mood::Happy),
                },
                Pet {
                    name: "O'Malley, \\".into(),
                    mood: None,
                },
            ],
            mood: Mood::Sad,
        };
        for mode in [Mode::Prepared, Mode::Unnamed, Mode::Simple] {
            let client = client.with_mode(mode);
            client.batch_execute("truncate owner").await.unwrap();
            let sql = "insert into owner values ($1, $2, $3)";
            let count = client.execute(sql, (ada.id, &ada.pets, ada.mood)).await;
            assert_eq!(count.unwrap(), 1, "{mode:?}");
            let sql = "select mood, pets, id from owner";
            let back: Owner = client.query_one(sql, ()).await.unwrap();
            assert_eq!(back, ada, "{mode:?}");
        }
    });
}

#[test]
fn a_domain_takes_what_is_beneath_it() {
    with_clients(async |mut client| {
        client.batch_execute(TYPES).await.unwrap();
        let sql = "insert into owner (id) values ($1)";
        let statement = client.prepare(sql).await.unwrap();
        let [id] = statement.params() else {
            panic!("{statement:?}");
        };
        assert!(client.catalog().find(id.oid()).is_none());
        for _ in 0..2 {
            assert_eq!(client.execute(&statement, (7i64,)).await.unwrap(), 1);
            assert_eq!(client.execute(sql, (Some(7i64),)).await.unwrap(), 1);
        }
        let found = client.catalog().find(id.oid()).unwrap();
        assert_eq!(found.name(), "user_id");
        assert_eq!(client.catalog().base(*id), Type::INT8);

        // What is known by now holds for a pipeline, too.
        let mut pipeline = client.pipeline();
        let count = pipeline.execute(&statement, (8i64,));
        pipeline.sync().await.unwrap();
        assert_eq!(wait(count).await.unwrap(), 1);

        // An array of a domain's values, whose own type knows them by the domain.
        let sql = "select cardinality($1::pg_temp.id[]), ($1)[2]::int8";
        let ids = vec![1i64, 1 << 40];
        let found: (i32, i64) = client.query_one(sql, (ids,)).await.unwrap();
        assert_eq!(found, (2, 1 << 40));

        let sql = "insert into owner (id) values ($1)";
        let error = client.execute(sql, (true,)).await.unwrap_err();
        let expected = "parameter $1 is of type bigint, which bool cannot be given as";
        assert_eq!(error.to_string(), expected);
        // In a transaction, of which nothing is lost.
        let transaction = client.transaction().await.unwrap();
        let sql = "update owner set id = $1 where id = $2 and mood is not distinct from $3";
        let params = (9i64, 8i64, None::<Mood>);
        assert_eq!(transaction.execute(sql, params).await.unwrap(), 1);
        transaction.commit().await.unwrap();
    });
}

#[test]
fn a_type_is_asked_for_once_and_forgotten_when_it_is_gone() {
    with_clients(async |client| {
        client.batch_execute(TYPES).await.unwrap();
        let (pets,): (Oid,) = client
            .query_one("select 'pg_temp.pet[]'::regtype::oid", ())
            .await
            .unwrap();
        let pets = Type::from_oid(pets);
        for mode in [Mode::Prepared, Mode::Unnamed, Mode::Simple] {
            client.catalog().clear();
            let client = client.with_mode(mode);
            let found = client.user_type(pets).await.unwrap().unwrap();
            let Kind::Array { element } = *found.kind() else {
                panic!("{found:?}");
            };
            let pet = client.catalog().find(element.oid()).unwrap();
            let Kind::Composite { attributes } = pet.kind() else {
                panic!("{pet:?}");
            };
            let mood = client.catalog().find(attributes[1].ty.oid()).unwrap();
            let labels = ["sad", "happy"].map(str::to_owned).into();
            assert_eq!(mood.kind(), &Kind::Enum { labels });
        }
        assert_eq!(client.user_type(Type::INT4).await.unwrap(), None);
        let missing = Type::from_oid(Oid(u32::MAX - 1));
        assert_eq!(client.user_type(missing).await.unwrap(), None);

        let error = client.execute("select null::no_such_type", ()).await;
        assert_eq!(error.unwrap_err().sqlstate().unwrap().as_str(), "42704");
        assert!(client.catalog().find(pets.oid()).is_none());
    });
}

#[test]
fn records_hold_what_is_not_built_in() {
    #[derive(Decode, Debug, PartialEq)]
    struct Doc(String);
    #[derive(Decode, Debug, PartialEq)]
    struct Ratio(f64);
    #[derive(Decode, Debug, PartialEq)]
    struct Documented(Doc, Mood);
    #[derive(Decode, Debug, PartialEq)]
    struct Rated(Ratio, i32);
    #[derive(Decode, Debug, PartialEq)]
    struct Privilege(String, i32);

    with_clients(async |client| {
        let sql = "
            create domain pg_temp.doc as jsonb;
            create type pg_temp.mood as enum ('sad', 'happy', 'happyday');
        ";
        client.batch_execute(sql).await.unwrap();
        let sql = "select row('{}'::pg_temp.doc, 'sad'::pg_temp.mood)";
        let (found,): (Documented,) = client.query_one(sql, ()).await.unwrap();
        assert_eq!(found, Documented(Doc("{}".into()), Mood::Sad));
        let sql = "select array[row('{}'::pg_temp.doc, 'sad'::pg_temp.mood)]";
        let (found,): (Vec<Documented>,) = client.query_one(sql, ()).await.unwrap();
        assert_eq!(found, [Documented(Doc("{}".into()), Mood::Sad)]);
        let sql = "select row('happyday'::pg_temp.mood, 1)";
        let refused = client.query_one::<(Rated,)>(sql, ()).await.unwrap_err();
        assert!(refused.to_string().contains("happyday"), "{refused}");
        let sql = "select row((acldefault('r', 10))[1], 1)";
        let (found,): (Privilege,) = client.query_one(sql, ()).await.unwrap();
        assert!(found.0.contains('/'), "{found:?}");
    });
}

#[test]
fn columns_of_every_built_in_type_can_be_asked_for() {
    with_clients(async |client| {
        let sql = "
            select string_agg(format('null::%s', oid::regtype), ', '),
                string_agg(oid::text, ' ') filter (where typsend = 0 or typelem in (
                    select oid from pg_type where typsend = 0
                ))
            from pg_type where oid < 10000 and typtype in ('b', 'r', 'm')
        ";
        let (names, lacking): (String, String) = client.query_one(sql, ()).await.unwrap();
        assert!(names.len() > 1500, "{names}");
        let sql = format!("select {names}");
        let statement = client.prepare(&sql).await.unwrap();
        let row: trunkline_client::OwnedRow = client.query_one(&statement, ()).await.unwrap();
        assert_eq!(row.len(), statement.columns().len());
        // The server itself says which types have no binary form.
        for oid in lacking.split(' ') {
            let ty = Type::from_oid(Oid(oid.parse().unwrap()));
            let mut columns = statement
                .columns()
                .iter()
                .filter(|column| column.ty() == ty);
            assert!(
                columns.all(|column| column.format() == Format::Text),
                "{ty}"
            );
        }
    });
}

#[test]
fn text_goes_into_types_of_every_kind() {
    with_clients(async |client| {
        client.batch_execute(TYPES).await.unwrap();
        for mode in [Mode::Prepared, Mode::Unnamed, Mode::Simple] {
            let client = client.with_mode(mode);
            let sql = "select $1::pg_temp.mood::text";
            let (found,): (String,) = client.query_one(sql, ("sad",)).await.unwrap();
            assert_eq!(found, "sad");
            let sql = "select ($1::pg_temp.pet).name";
            let (found,): (String,) = client.query_one(sql, ("(Rex,sad)",)).await.unwrap();
            assert_eq!(found, "Rex");
        }
        for (extension, ty, value) in [
            ("ltree", "ltree", "Top.Science"),
            ("hstore", "hstore", "\"a\"=>\"1\""),
            ("citext", "citext", "Ada"),
        ] {
            let schema = format!("own_{extension}");
            // In a transaction that is not kept: others use the server, too.
            let sql = format!(
                "begin; create schema {schema}; create extension {extension} schema {schema}"
            );
            client.batch_execute(&sql).await.unwrap();
            let sql = format!("select $1::{schema}.{ty}, $2::{schema}.{ty}[]");
            let params = (value, vec![value, value]);
            let found: (String, Vec<String>) = client.query_one(&sql, params).await.unwrap();
            assert_eq!(found, (value.to_owned(), vec![value.to_owned(); 2]));
            client.batch_execute("rollback").await.unwrap();
        }
    });
}

#[test]
fn an_array_that_has_no_commas_is_refused_rather_than_sent_as_one_element() {
    with_clients(async |client| {
        let sql = "
            create type pg_temp.geo;
            create function pg_temp.geo_in(cstring) returns pg_temp.geo as 'textin' language internal immutable strict;
            create function pg_temp.geo_out(pg_temp.geo) returns cstring as 'textout' language internal immutable strict;
            create type pg_temp.geo (input = pg_temp.geo_in, output = pg_temp.geo_out, delimiter = ':', like = text);
        ";
        client.batch_execute(sql).await.unwrap();
        client.batch_execute(TYPES).await.unwrap();
        for mode in [Mode::Prepared, Mode::Unnamed, Mode::Simple] {
            let client = client.with_mode(mode);
            let sql = "select cardinality($1::pg_temp.geo[])";
            for several in [[Some("a"), Some("b")], [None, None], [None, Some("b")]] {
                let refused = client
                    .query_one::<(i32,)>(sql, (several,))
                    .await
                    .unwrap_err();
                assert_eq!(refused.sqlstate().unwrap().as_str(), "22P02", "{mode:?}");
            }
            let (count,): (i32,) = client.query_one(sql, (["a:b"],)).await.unwrap();
            assert_eq!(count, 1);
            // With commas all is well.
            for several in [
                [Some("sad"), Some("happy")],
                [None, None],
                [None, Some("sad")],
            ] {
                let sql = "select $1::pg_temp.mood[]::text[]";
                let (found,): (Vec<Option<String>>,) =
                    client.query_one(sql, (several,)).await.unwrap();
                assert_eq!(found, several.map(|label| label.map(str::to_owned)));
            }
        }
    });
}
