//! The database's own types: an enum, a domain and a composite as Rust's.
//!
//!     cargo run --example types --features client -- postgres://localhost/postgres

use trunkline::client::{Client, Result};
use trunkline::types::{Decode, Encode};

const TYPES: &str = "create type pg_temp.mood as enum ('sad', 'very-happy');
    create domain pg_temp.email as text check (value ~ '@');
    create type pg_temp.person as (name text, mail pg_temp.email, moods pg_temp.mood[]);";

#[derive(Encode, Decode, Debug)]
#[value(rename_all = "kebab-case")]
enum Mood {
    Sad,
    VeryHappy,
}

#[derive(Encode, Decode, Debug)]
struct Email(String);

#[derive(Encode, Decode, Debug)]
struct Person {
    name: String,
    mail: Option<Email>,
    moods: Vec<Mood>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let client = Client::connect(&std::env::args().nth(1).unwrap_or_default()).await?;
    client.batch_execute(TYPES).await?;
    let (name, mail) = ("Ada".into(), Some(Email("ada@example.org".into())));
    let moods = vec![Mood::VeryHappy, Mood::Sad];
    let sql = "select $1::pg_temp.person, 'sad'::pg_temp.mood";
    let ada = Person { name, mail, moods };
    let (person, mood): (Person, Mood) = client.query_one(sql, (ada,)).await?;
    println!("{person:?} is {mood:?}");
    Ok(())
}
