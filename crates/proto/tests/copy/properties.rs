//! Properties of the COPY codecs: what is written is read again, in every layout, with any options, however it is cut; and nothing that
//! is read makes a decoder panic or depend on the cuts.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use trunkline_proto::copy::{
    Columns, Decoder, Encoder, Encoding, EndMarker, Header, Layout, LineEnd, Options,
};

use crate::{Fields, decode};

const COLUMNS: usize = 3;

const NAMES: [&[u8]; COLUMNS] = [b"a", b"\\.", b"c\n"];

/// What matters to some layout, and some other characters.
fn character() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => proptest::sample::select(vec!["\\", ".", "\n", "\r", "\t", ",", "\"", "'", "N", "x", "1", "é", "|", " "]).prop_map(str::to_owned),
        1 => proptest::char::range('\u{1}', '\u{ffff}').prop_map(String::from),
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    vec(character(), 0..8).prop_map(|characters| characters.concat().into_bytes())
}

fn rows() -> impl Strategy<Value = Vec<Fields>> {
    vec(vec(option::of(value()), COLUMNS), 0..6)
}

fn columns() -> impl Strategy<Value = Columns> {
    prop_oneof![
        Just(Columns::NONE),
        Just(Columns::All),
        vec(0..COLUMNS, 0..3).prop_map(Columns::These),
    ]
}

/// Options of any layout, of which most go together, and what decides whether a field is NULL.
#[derive(Clone, Debug)]
struct Given {
    options: Options,
    null: Vec<u8>,
    not_null: Columns,
    null_in_quotes: Columns,
}

impl Given {
    /// What a field is read as.
    fn expected(&self, column: usize, field: &Option<Vec<u8>>) -> Option<Vec<u8>> {
        let is_null = |value: &Vec<u8>| *value == self.null;
        let layout = self.options.layout();
        match field {
            // In text, what looks like NULL is NULL, unless a backslash is put before it.
            Some(value) if layout == Layout::Text && is_null(value) && !value.contains(&b'\\') => {
                None
            }
            Some(value)
                if layout == Layout::Csv
                    && is_null(value)
                    && self.null_in_quotes.contains(column) =>
            {
                None
            }
            None if layout == Layout::Csv && self.not_null.contains(column) => {
                Some(self.null.clone())
            }
            field => field.clone(),
        }
    }
}

prop_compose! {
    fn given()(
        layout in proptest::sample::select(vec![Layout::Text, Layout::Csv, Layout::Binary]),
        delimiter in option::of(1_u8..=127),
        null in option::of(proptest::sample::select(vec!["", "\\N", "NULL", "x", "é", "'"])),
        quote in option::of(proptest::sample::select(b"\"'\\|x".to_vec())),
        escape in option::of(proptest::sample::select(b"\"'\\|x".to_vec())),
        force in (columns(), columns(), columns()),
        header in proptest::sample::select(vec![Header::Absent, Header::Line, Header::Match(NAMES.map(<[u8]>::to_vec).to_vec())]),
        end_marker in proptest::sample::select(vec![EndMarker::TextOnly, EndMarker::Anywhere]),
        line_end in proptest::sample::select(vec![LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr]),
    ) -> Given {
        // With that quote PostgreSQL up to 17 takes a quoted field that begins with `.` and a newline for the end marker.
        let end_marker = if quote == Some(b'\\') { EndMarker::TextOnly } else { end_marker };
        let mut options = Options::new(layout).end_marker(end_marker).line_end(line_end);
        if layout != Layout::Binary {
            options = delimiter.into_iter().fold(options.header(header), Options::delimiter);
            options = null.into_iter().fold(options, Options::null);
        }
        if layout == Layout::Csv {
            options = options.force_quote(force.0).force_not_null(force.1.clone()).force_null(force.2.clone());
            options = quote.into_iter().fold(options, Options::quote);
            options = escape.into_iter().fold(options, Options::escape);
        }
        let default = if layout == Layout::Csv { "" } else { "\\N" };
        Given { options, null: null.unwrap_or(default).into(), not_null: force.1, null_in_quotes: force.2 }
    }
}

/// Cuts data at places that the numbers choose.
fn cut<'d>(data: &'d [u8], cuts: &[usize]) -> Vec<&'d [u8]> {
    let mut places: Vec<_> = cuts.iter().map(|cut| cut % (data.len() + 1)).collect();
    places.sort_unstable();
    let mut pieces = vec![];
    let mut start = 0;
    for end in places.into_iter().chain([data.len()]) {
        pieces.push(&data[start..end]);
        start = end;
    }
    pieces
}

fn written(options: &Options, rows: &[Fields]) -> Option<Vec<u8>> {
    let mut encoder = Encoder::new(options.clone()).ok()?;
    let mut data = vec![];
    encoder.header(NAMES, &mut data).unwrap();
    for row in rows {
        encoder
            .row(row.iter().map(Option::as_ref), &mut data)
            .unwrap();
    }
    encoder.finish(&mut data);
    Some(data)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 2000 } else { 50_000 }))]

    #[test]
    fn what_is_written_is_read_again(
        given in given(),
        rows in rows(),
        cuts in vec(any::<usize>(), 0..6),
    ) {
        if let Some(data) = written(&given.options, &rows) {
            let mut decoder = Decoder::new(given.options.clone(), COLUMNS).unwrap();
            let read = decode(&mut decoder, cut(&data, &cuts));
            let expected = rows.iter().map(|row| {
                row.iter().enumerate().map(|(column, field)| given.expected(column, field)).collect()
            });
            prop_assert_eq!(read.unwrap(), expected.collect::<Vec<Fields>>(), "{:?}", String::from_utf8_lossy(&data));
        }
    }

    #[test]
    fn defaults_tell_null_from_every_value(rows in rows(), cuts in vec(any::<usize>(), 0..6)) {
        for options in [Options::csv(), Options::csv().null("x"), Options::binary(), Options::text()] {
            let data = written(&options, &rows).unwrap();
            let mut decoder = Decoder::new(options, COLUMNS).unwrap();
            prop_assert_eq!(&decode(&mut decoder, cut(&data, &cuts)).unwrap(), &rows);
        }
    }

    #[test]
    fn any_data_is_read_the_same_however_it_is_cut(
        given in given(),
        utf8 in any::<bool>(),
        limit in 1_usize..60,
        data in prop_oneof![vec(character(), 0..40).prop_map(|c| c.concat().into_bytes()), vec(any::<u8>(), 0..80)],
        head in any::<bool>(),
        cuts in vec(any::<usize>(), 0..6),
    ) {
        let encoding = if utf8 { Encoding::Utf8 } else { Encoding::Other };
        let options = given.options.encoding(encoding).max_row(limit);
        let data = if head && options.layout() == Layout::Binary {
            [b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", &data[..]].concat()
        } else {
            data
        };
        if let Ok(mut whole) = Decoder::new(options.clone(), COLUMNS) {
            let whole = decode(&mut whole, [&data[..]]);
            let mut pieces = Decoder::new(options.clone(), COLUMNS).unwrap();
            let pieces = decode(&mut pieces, cut(&data, &cuts));
            let long = |read: &Result<Vec<Fields>, trunkline_proto::copy::Error>| {
                read.as_ref().err().is_some_and(|error| error.sqlstate().as_str() == "54000")
            };
            // Of a line that is both too long and wrong, the cuts may say which is seen first.
            if long(&whole) || long(&pieces) {
                prop_assert!(whole.is_err() && pieces.is_err());
            } else {
                prop_assert_eq!(whole, pieces);
            }
        }
    }
}
