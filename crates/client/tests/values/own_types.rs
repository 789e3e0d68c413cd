//! Enums, domains and composites: sent, received, looked up.

use trunkline_client::catalog::{self, Attribute, Catalog, Kind};
use trunkline_proto::Oid;
use trunkline_types::{Decode, Encode, Format, Type};

use crate::support::{Session, VERSIONS, Way, ways};

/// In a schema that only this session has.
const TYPES: &str = "
    create type pg_temp.mood as enum ('sad', 'so so', 'happy');
    create domain pg_temp.email as text check (value ~ '@');
    create domain pg_temp.work_email as pg_temp.email;
    create domain pg_temp.ratio as float8 check (value between 0 and 1);
    create type pg_temp.address as (street text, number int4);
    create type pg_temp.person as (
        name text, mail pg_temp.work_email, moods pg_temp.mood[], home pg_temp.address, others pg_temp.address[]
    );
    create type pg_temp.ratios as range (subtype = float8);
";

#[derive(Encode, Decode, Debug, PartialEq, Clone, Copy)]
#[value(rename_all = "lowercase")]
enum Mood {
    Sad,
    #[value(rename = "so so")]
    SoSo,
    Happy,
}

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Email(String);

#[derive(Encode, Decode, Debug, PartialEq, Clone, Copy)]
struct Ratio(f64);

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Address {
    street: String,
    number: Option<i32>,
}

#[derive(Encode, Decode, Debug, PartialEq, Clone)]
struct Person {
    name: String,
    mail: Option<Email>,
    moods: Vec<Option<Mood>>,
    home: Option<Address>,
    others: Vec<Address>,
}

async fn session(version: trunkline_test_postgres::Version) -> Session {
    let mut session = Session::open(version).await;
    session.batch(TYPES).await;
    session
}

#[tokio::test]
async fn enums_domains_and_composites_go_both_ways() {
    let address = |street: &str, number| Address {
        street: street.into(),
        number,
    };
    let ada = Person {
        name: "Ada, \"Countess\"".into(),
        mail: Some(Email("ada@example.org".into())),
        moods: vec![Some(Mood::SoSo), None, Some(Mood::Happy)],
        home: Some(address("St James's Sq. \\ 12 (W)", Some(12))),
        others: vec![address("", None), address("NULL", Some(-1))],
    };
    for version in VERSIONS {
        let mut session = session(version).await;
        for way in ways() {
            let row = session
                .one(way, "select $1::pg_temp.mood", (Mood::SoSo,))
                .await;
            assert_eq!(row.get::<Mood>(0).unwrap(), Mood::SoSo);
            assert_eq!(row.get::<&str>(0).unwrap(), "so so");
            let moods = vec![Some(Mood::Sad), None];
            let row = session
                .one(way, "select $1::pg_temp.mood[]", (&moods,))
                .await;
            assert_eq!(row.get::<Vec<Option<Mood>>>(0).unwrap(), moods);
            assert_eq!(
                row.get::<Vec<Option<String>>>(0).unwrap(),
                [Some("sad".to_owned()), None]
            );

            let sql = "select $1::pg_temp.work_email, $2::pg_temp.ratio, $3::pg_temp.ratio[]";
            let params = (Email("a@b".into()), Ratio(0.5), vec![Ratio(1.0)]);
            let row = session.one(way, sql, &params).await;
            let back: (Email, Ratio, Vec<Ratio>) = row.decode().unwrap();
            assert_eq!(back, params);
            // Of a domain's column the server says what is beneath.
            assert_eq!(row.get::<&str>(0).unwrap(), "a@b");
            assert_eq!(row.get::<f64>(1).unwrap(), 0.5);

            let row = session.one(way, "select $1::pg_temp.person", (&ada,)).await;
            assert_eq!(row.get::<Person>(0).unwrap(), ada);
            let people = vec![ada.clone(), ada.clone()];
            let row = session
                .one(way, "select $1::pg_temp.person[]", (&people,))
                .await;
            assert_eq!(row.get::<Vec<Person>>(0).unwrap(), people);

            #[derive(Decode, Debug, PartialEq)]
            struct Anonymous(Option<bool>, i32, String);
            let row = session
                .one(way, "select row(null::bool, 7, ')'::text)", ())
                .await;
            assert_eq!(
                row.get::<Anonymous>(0).unwrap(),
                Anonymous(None, 7, ")".into())
            );
        }
    }
}

#[tokio::test]
async fn what_the_types_are_is_looked_up_at_once() {
    for version in VERSIONS {
        let mut session = session(version).await;
        let way = Way {
            described: true,
            results: Format::Binary,
        };
        let sql = "select $1::pg_temp.person[], $2::pg_temp.ratio, $3::pg_temp.ratios, null::pg_temp.ratios_multirange";
        let (params, columns) = session.prepare(sql).await;
        let catalog = Catalog::new();
        let ratios = columns[3].ty();
        let unknown = catalog.unknown(params.iter().copied().chain([ratios]));
        assert_eq!(unknown.len(), 4);
        for row in session.query(way, catalog::SQL, (unknown,)).await.unwrap() {
            catalog.add(row.row()).unwrap();
        }
        let kind = |ty: Type| catalog.find(ty.oid()).unwrap().kind().clone();

        let Kind::Array { element: person } = kind(params[0]) else {
            panic!("{:?}", kind(params[0]));
        };
        let Kind::Composite { attributes } = kind(person) else {
            panic!("{:?}", kind(person));
        };
        let names: Vec<_> = attributes.iter().map(|a| a.name.as_str()).collect();
        assert_eq!(names, ["name", "mail", "moods", "home", "others"]);
        assert_eq!(attributes[0].ty, Type::TEXT);
        assert_eq!(catalog.base(attributes[1].ty), Type::TEXT);
        assert_eq!(
            kind(attributes[3].ty),
            Kind::Composite {
                attributes: [("street", Type::TEXT), ("number", Type::INT4)]
                    .map(|(name, ty)| Attribute {
                        name: name.into(),
                        ty
                    })
                    .into()
            }
        );
        let Kind::Array { element: mood } = kind(attributes[2].ty) else {
            panic!("{:?}", kind(attributes[2].ty));
        };
        let labels = ["sad", "so so", "happy"].map(str::to_owned).into();
        assert_eq!(kind(mood), Kind::Enum { labels });
        let found = catalog.find(mood.oid()).unwrap();
        assert_eq!(found.name(), "mood");
        assert!(found.schema().starts_with("pg_temp"), "{found:?}");
        assert_eq!(found.array(), Some(attributes[2].ty));
        assert_eq!(
            catalog.find_name(found.schema(), "mood"),
            Some(found.clone())
        );

        assert_eq!(kind(params[1]), Kind::Domain { base: Type::FLOAT8 });
        assert_eq!(catalog.base(params[1]), Type::FLOAT8);
        let bound = Type::FLOAT8;
        assert_eq!(kind(params[2]), Kind::Range { bound });
        assert_eq!(kind(ratios), Kind::Multirange { bound });
        assert_eq!(catalog.unknown([person, mood, ratios]), [] as [Oid; 0]);

        // With the type beneath, a plain value goes into a domain.
        let sql = "select $1::pg_temp.ratio";
        let (params, _) = session.prepare(sql).await;
        let error = session.query(way, sql, (0.5,)).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "parameter $1 is of type oid {}, which f64 cannot be given as; \
                 a type of the database's own goes with text, or with #[derive(Encode)]",
                params[0].oid()
            )
        );
        assert_eq!(catalog.base(params[0]), Type::FLOAT8);
    }
}
