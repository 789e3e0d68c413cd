//! COPY data, as any decoder reads it.

use trunkline_proto::copy::{
    Columns, Decoder, Encoder, Encoding, EndMarker, Error, Header, Layout, LineEnd, Options,
};

/// The columns of the rows.
const COLUMNS: usize = 3;

/// The longest row.
const LIMIT: usize = 4096;

type Rows = Vec<Vec<Option<Vec<u8>>>>;

/// Reads `data` as COPY data: six bytes for the options and the cuts, then what is to be read.
///
/// However it is cut, the same comes of it; and what the rows are written as gives the rows again.
pub fn check(layout: Layout, data: &[u8]) {
    let Some(([features, delimiter, quote, escape, header, cut], data)) = data.split_first_chunk()
    else {
        return;
    };
    let options = options(layout, *features, [*delimiter, *quote, *escape], *header);
    if options.check().is_err() {
        return;
    }
    let whole = read(&options, [data]);
    let pieces = read(&options, data.chunks(1 + usize::from(*cut)));
    let bytes = read(&options, data.chunks(1));
    match (&whole, &pieces, &bytes) {
        // Of a line that is too long and wrong besides, the cuts may say which is seen first.
        (Err(_), Err(_), Err(_)) if data.len() > LIMIT => return,
        _ => assert!(whole == pieces && whole == bytes),
    }
    if let Ok(rows) = whole {
        again(&options, &rows);
    }
}

fn options(layout: Layout, features: u8, characters: [u8; 3], header: u8) -> Options {
    let has = |bit: u8| features & (1 << bit) != 0;
    let mut options = Options::new(layout).max_row(LIMIT);
    if has(0) {
        options = options.encoding(Encoding::Other);
    }
    if layout == Layout::Binary {
        return options;
    }
    let [delimiter, quote, escape] = characters;
    if has(1) {
        options = options.end_marker(EndMarker::Anywhere);
    }
    if delimiter != 0 {
        options = options.delimiter(delimiter);
    }
    if has(2) {
        options = options.null("null");
    }
    options = options.header(match header & 3 {
        0 => Header::Line,
        1 => Header::Match(vec![b"a".to_vec(), b"".to_vec(), b"c".to_vec()]),
        _ => Header::Absent,
    });
    if layout == Layout::Text {
        return options;
    }
    if quote != 0 {
        options = options.quote(quote);
    }
    if escape != 0 {
        options = options.escape(escape);
    }
    if has(3) {
        options = options.force_null(Columns::All);
    }
    if has(4) {
        options = options.force_not_null(Columns::These(vec![1]));
    }
    options
}

fn read<'p>(options: &Options, pieces: impl IntoIterator<Item = &'p [u8]>) -> Result<Rows, Error> {
    let mut decoder = Decoder::new(options.clone(), COLUMNS).expect("checked options");
    let mut rows = Rows::new();
    for mut piece in pieces {
        while let Some(row) = decoder.decode(&mut piece).inspect_err(show)? {
            assert!(row.len() <= COLUMNS);
            let _ = (
                row.context("t").to_string(),
                row.column_context("t", "a", 0).to_string(),
            );
            rows.push(row.iter().map(|field| field.map(<[u8]>::to_vec)).collect());
        }
        assert!(piece.is_empty(), "not all was taken");
    }
    while let Some(row) = decoder.finish().inspect_err(show)? {
        rows.push(row.iter().map(|field| field.map(<[u8]>::to_vec)).collect());
    }
    Ok(rows)
}

fn show(error: &Error) {
    let _ = (
        error.to_string(),
        error
            .context("t", &["a", "b", "c"])
            .map(|context| context.to_string()),
    );
}

/// Writes the rows by the defaults of the layout, which are never ambiguous, and reads them again.
fn again(options: &Options, rows: &Rows) {
    let whole: Rows = rows
        .iter()
        .filter(|row| row.len() == COLUMNS)
        .cloned()
        .collect();
    let options = Options::new(options.layout()).encoding(Encoding::Other);
    for line_end in [LineEnd::Lf, LineEnd::CrLf, LineEnd::Cr] {
        let options = options.clone().line_end(line_end);
        let mut data = Vec::new();
        let mut encoder = Encoder::new(options.clone()).expect("the defaults");
        for row in &whole {
            encoder
                .row(row.iter().map(Option::as_ref), &mut data)
                .expect("no NUL was read");
        }
        encoder.finish(&mut data);
        assert_eq!(read(&options, [&data[..]]).as_ref(), Ok(&whole));
    }
}
