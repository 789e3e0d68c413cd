//! The derives of Trunkline. Use them through the crate whose trait they implement: it has both under one name.
//!
//! | derive | from | for |
//! |---|---|---|
//! | [`Encode`](macro@Encode), [`Decode`](macro@Decode) | `trunkline-types`, `trunkline::types` | an enum, domain or composite |
//! | [`EncodeRow`](macro@EncodeRow) | `trunkline-types`, `trunkline::types` | a struct as a row to be written |
//! | [`FromRow`](macro@FromRow) | `trunkline-client`, `trunkline::client` | a row as a struct |
#![forbid(unsafe_code)]

mod attributes;
mod bounds;
mod case;
mod encode_row;
mod from_row;
mod path;
mod value;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Reads a row as a struct.
///
/// A struct with named fields takes the columns of these names, wherever they stand, and leaves others. Each field is looked for from
/// the one before it on, and then from the start: columns in the order of the fields are found with one comparison each, and where
/// several columns share a name each field takes its own. A tuple struct takes the columns in their order, and all of them.
///
/// Fields may borrow from the row: the struct's lifetime, of which there may be one, is the row's.
///
/// ```
/// use trunkline_client::FromRow;
///
/// #[derive(FromRow)]
/// struct Person<'r> {
///     id: i64,
///     name: &'r str,
///     #[from_row(rename = "e_mail")]
///     mail: Option<&'r str>,
/// }
///
/// # fn example(row: trunkline_client::Row<'_>) -> trunkline_client::Result<()> {
/// let person: Person<'_> = row.decode()?;
/// # let _ = (person.id, person.name, person.mail);
/// # Ok(())
/// # }
/// ```
///
/// On a field:
///
/// | `#[from_row(…)]` | what it does |
/// |---|---|
/// | `rename = "column"` | the column is called so |
/// | `default` | the field's own `Default`, where there is no such column; NULL still takes an `Option` |
/// | `skip` | never read: the field's `Default` |
/// | `flatten` | the field is a struct with this derive, and takes columns of this row |
/// | `try_from = "i64"` | read as this type, then made the field's with `TryFrom` |
///
/// On the struct: `rename_all = "camelCase"` (or `PascalCase`, `lowercase`, `UPPERCASE`, `SCREAMING_SNAKE_CASE`, `kebab-case`) for
/// fields without a `rename`: `user_id` is `userId` (`UserId`, `user_id`, `USER_ID`, `USER_ID`, `user-id`).
/// And `crate = "path"` where the client's crate is not to be found by itself.
///
/// What does not compile:
///
/// ```compile_fail
/// #[derive(trunkline_client::FromRow)]
/// enum Neither { A, B }
/// ```
/// ```compile_fail
/// #[derive(trunkline_client::FromRow)]
/// struct Two<'a, 'b> { a: &'a str, b: &'b str }
/// ```
/// ```compile_fail
/// #[derive(trunkline_client::FromRow)]
/// struct Misspelt { #[from_row(renam = "b")] a: i32 }
/// ```
/// ```compile_fail
/// #[derive(trunkline_client::FromRow)]
/// struct NotAValue { a: std::fs::File }
/// ```
/// ```compile_fail
/// #[derive(trunkline_client::FromRow)]
/// struct Twice { #[from_row(rename = "x")] a: i32, x: i32 }
/// ```
#[proc_macro_derive(FromRow, attributes(from_row))]
pub fn from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    from_row::derive(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Writes a Rust type as a PostgreSQL type of one database.
///
/// | Rust | PostgreSQL |
/// |---|---|
/// | an enum without data | an enum of the same labels, or text |
/// | a tuple struct of one field | a domain over the field's type, or that type |
/// | any other struct | a composite of these fields, in this order |
///
/// ```
/// use trunkline_types::{Decode, Encode};
///
/// // create type mood as enum ('sad', 'very-happy');
/// #[derive(Encode, Decode)]
/// #[value(rename_all = "kebab-case")]
/// enum Mood { Sad, VeryHappy }
///
/// // create domain email as text check (value ~ '@');
/// #[derive(Encode, Decode)]
/// struct Email(String);
///
/// // create type person as (name text, mail email, mood mood);
/// #[derive(Encode, Decode)]
/// struct Person { name: String, mail: Option<Email>, mood: Mood }
/// ```
///
/// Arrays of them are `Vec<_>`, and what may be NULL is an `Option<_>`. A composite is sent as text, since its binary form has the OIDs
/// of its fields' types in it; it is read in both formats. A field whose type is a domain takes a struct for that domain.
///
/// `#[value(rename = "label")]` on a variant, and on an enum `rename_all` with `lowercase`, `UPPERCASE`, `PascalCase`, `camelCase`,
/// `snake_case`, `SCREAMING_SNAKE_CASE` or `kebab-case`, say how the labels are written, which otherwise are the variants' names;
/// `#[value(crate = "path")]` where the crate `trunkline-types` is not to be found by itself.
///
/// What does not compile:
///
/// ```compile_fail
/// #[derive(trunkline_types::Encode)]
/// enum Data { A(i32) }
/// ```
/// ```compile_fail
/// #[derive(trunkline_types::Encode)]
/// struct Nothing;
/// ```
/// ```compile_fail
/// #[derive(trunkline_types::Encode)]
/// enum Twice { A, #[value(rename = "A")] B }
/// ```
/// ```compile_fail
/// #[derive(trunkline_types::Encode)]
/// union Either { a: i32, b: f32 }
/// ```
#[proc_macro_derive(Encode, attributes(value))]
pub fn encode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    value::encode(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Reads a Rust type from a PostgreSQL type of one database: see [`Encode`](macro@Encode).
///
/// A domain may borrow from the value; a composite owns its fields, since in text they may be escaped:
///
/// ```
/// #[derive(trunkline_types::Decode)]
/// struct Email<'a>(&'a str);
/// ```
/// ```compile_fail
/// #[derive(trunkline_types::Decode)]
/// struct Person<'a> { name: &'a str, id: i32 }
/// ```
#[proc_macro_derive(Decode, attributes(value))]
pub fn decode(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    value::decode(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Writes a struct as a row: its fields are the values of the columns, in this order. Rows go into COPY, and are the parameters of a
/// statement.
///
/// ```
/// use trunkline_types::copy::{Encoder, Options};
/// use trunkline_types::{EncodeRow, Type};
///
/// #[derive(EncodeRow)]
/// struct Item<'a> {
///     id: i32,
///     name: Option<&'a str>,
/// }
///
/// let mut data = Vec::new();
/// let columns = [("id", Type::INT4), ("name", Type::TEXT)];
/// let mut encoder = Encoder::new(Options::text(), columns)?;
/// encoder.row(&Item { id: 1, name: Some("tea") }, &mut data)?;
/// encoder.row(&Item { id: 2, name: None }, &mut data)?;
/// encoder.finish(&mut data)?;
/// assert_eq!(data, b"1\ttea\n2\t\\N\n");
/// # Ok::<(), trunkline_types::copy::Error>(())
/// ```
/// ```compile_fail
/// #[derive(trunkline_types::EncodeRow)]
/// enum Neither { A, B }
/// ```
#[proc_macro_derive(EncodeRow, attributes(value))]
pub fn encode_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    encode_row::derive(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
