//! That data is read and written exactly as PostgreSQL reads and writes it.

use trunkline_proto::copy::{Decoder, Encoder};

use crate::Fields;
use crate::cases::{self, Case, NAMES};

/// What became of data: rows, or SQLSTATE, message, hint and context.
type Outcome = Result<Vec<Fields>, (String, String, Option<String>, Option<String>)>;

/// Reads the pieces, and refuses rows that are too short, as PostgreSQL does.
fn read<'p>(case: &Case, pieces: impl IntoIterator<Item = &'p [u8]>) -> Outcome {
    let mut decoder = Decoder::new(case.options(), case.columns).unwrap();
    let mut rows = vec![];
    let fail = |error: trunkline_proto::copy::Error| {
        (
            error.sqlstate().to_string(),
            error.to_string(),
            error.hint().map(str::to_owned),
            error
                .context(&case.table, &NAMES)
                .map(|context| context.to_string()),
        )
    };
    let mut keep = |row: trunkline_proto::copy::Row<'_>| {
        if row.len() < case.columns {
            return Err((
                "22P04".to_owned(),
                format!("missing data for column \"{}\"", NAMES[row.len()]),
                None,
                Some(row.context(&case.table).to_string()),
            ));
        }
        rows.push(crate::owned(row));
        Ok(())
    };
    for mut piece in pieces {
        while let Some(row) = decoder.decode(&mut piece).map_err(fail)? {
            keep(row)?;
        }
        assert_eq!(piece, b"", "not all was taken");
    }
    while let Some(row) = decoder.finish().map_err(fail)? {
        keep(row)?;
    }
    Ok(rows)
}

#[test]
fn data_is_read_as_postgresql_reads_it_however_it_is_cut() {
    let mut count = 0;
    for case in cases::all().iter().filter(|case| case.is_read) {
        let data = &case.data[0][..];
        let expected = match &case.error {
            None => Ok(case.rows.clone()),
            Some(error) => Err((
                error.sqlstate.clone(),
                error.message.clone(),
                error.hint.clone(),
                error.context.clone(),
            )),
        };
        assert_eq!(read(case, [data]), expected, "{case:?}");
        assert_eq!(read(case, data.chunks(1)), expected, "bytewise: {case:?}");
        for at in 0..data.len() {
            let (start, end) = data.split_at(at);
            assert_eq!(read(case, [start, end]), expected, "cut at {at}: {case:?}");
        }
        count += 1;
    }
    assert!(count > 240, "only {count} cases");
}

#[test]
fn rows_are_written_as_postgresql_writes_them() {
    let mut count = 0;
    for case in cases::all().iter().filter(|case| !case.is_read) {
        for with in [false, true] {
            let mut encoder = Encoder::new(case.options()).unwrap();
            let mut pieces = vec![vec![]];
            encoder
                .header(&NAMES[..case.columns], &mut pieces[0])
                .unwrap();
            for row in &case.rows {
                let mut piece = vec![];
                if with {
                    let write =
                        |row: &mut trunkline_proto::copy::RowWriter<'_>,
                         field: &Option<Vec<u8>>| match field {
                            None => {
                                row.null();
                                Ok(())
                            }
                            Some(field) => row.field_with(|out| {
                                out.extend_from_slice(field);
                                Ok::<_, trunkline_proto::EncodeError>(())
                            }),
                        };
                    encoder
                        .row_with(&mut piece, |out| {
                            row.iter().try_for_each(|field| write(out, field))
                        })
                        .unwrap();
                } else {
                    encoder
                        .row(row.iter().map(Option::as_ref), &mut piece)
                        .unwrap();
                }
                pieces.push(piece);
            }
            let mut piece = vec![];
            encoder.finish(&mut piece);
            pieces.push(piece);
            pieces.retain(|piece| !piece.is_empty());
            assert_eq!(pieces, case.data, "{case:?}");
        }
        count += 1;
    }
    assert!(count > 25, "only {count} cases");
}
