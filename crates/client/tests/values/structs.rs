//! Rows as structs.

use trunkline_client::FromRow;
use trunkline_types::{Date, Format};

use crate::support::{Session, VERSIONS, Way, ways};

#[derive(FromRow, Debug, PartialEq)]
struct Person<'r> {
    id: i64,
    name: &'r str,
    born: Option<Date>,
    #[from_row(rename = "Post")]
    post: Option<&'r str>,
}

#[tokio::test]
async fn a_struct_takes_its_columns() {
    const SQL: &str = "select born, null::text as \"Post\", false as other, name, id from (values
        (1::int8, 'Ada'::text, '1815-12-10'::date), (2, 'Bob', null)) people (id, name, born) where id = $1";
    for version in VERSIONS {
        let mut session = Session::open(version).await;
        for way in ways() {
            let row = session.one(way, SQL, (1i64,)).await;
            let ada: Person<'_> = row.decode().unwrap();
            let expected = Person {
                id: 1,
                name: "Ada",
                born: Some("1815-12-10".parse().unwrap()),
                post: None,
            };
            assert_eq!(ada, expected);
            let row = session.one(way, SQL, (2i64,)).await;
            assert_eq!(row.decode::<Person<'_>>().unwrap().born, None);
        }
    }
}

/// What the columns say of themselves.
#[tokio::test]
async fn columns_know_where_they_are_from() {
    for version in VERSIONS {
        let mut session = Session::open(version).await;
        session
            .batch("create temp table t (a int4, b numeric(5, 2))")
            .await;
        let (_, columns) = session.prepare("select b, a + 1 from t").await;
        let names: Vec<_> = columns.names().collect();
        assert_eq!(names, ["b", "?column?"]);
        let [b, computed] = &columns[..] else {
            panic!("{columns:?}");
        };
        assert_eq!((b.attribute(), computed.attribute()), (Some(2), None));
        assert!(b.table().is_some() && computed.table().is_none());
        assert_eq!((b.size(), computed.size()), (-1, 4));
        // Precision and scale, 4 bytes further.
        assert_eq!(b.modifier(), (5 << 16 | 2) + 4);
        let way = Way {
            described: true,
            results: Format::Binary,
        };
        let rows = session.query(way, "select from pg_class limit 1", ());
        let [row] = &rows.await.unwrap()[..] else {
            panic!("one row");
        };
        assert!(row.is_empty());
        row.decode::<()>().unwrap();
    }
}
