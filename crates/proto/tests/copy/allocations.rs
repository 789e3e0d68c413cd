//! That a row costs no allocation, in either direction, in any layout, and that no more is held than a row.

use trunkline_proto::EncodeError;
use trunkline_proto::copy::{Decoder, Encoder, Header, Options};

const ROWS: usize = 5000;

/// Options, and a first row that has all the trouble there is.
fn layouts() -> [Options; 5] {
    [
        Options::text(),
        Options::text().header(Header::Line),
        Options::csv(),
        Options::csv().escape(b'\\'),
        Options::binary(),
    ]
}

#[test]
fn nothing_is_allocated_for_a_row() {
    for options in layouts() {
        let mut encoder = Encoder::new(options.clone()).unwrap();
        let mut data = Vec::with_capacity(1 << 20);
        encoder.header(["a", "b", "c"], &mut data).unwrap();
        let row = [Some(&b"12345"[..]), Some(b"a \"b\"\t\\ c"), None];
        let field = |out: &mut Vec<u8>| {
            out.extend_from_slice(b"\"\t,");
            Ok::<_, EncodeError>(())
        };
        let mut write = |data: &mut Vec<u8>| {
            encoder.row(row, data).unwrap();
            let with = encoder.row_with(data, |row| {
                row.field_with(field)?;
                row.null();
                row.field(Some(b"plain"))
            });
            with.unwrap();
        };
        write(&mut data);
        let written = allocation_counter::measure(|| (0..ROWS).for_each(|_| write(&mut data)));
        assert_eq!(written.count_total, 0, "{options:?}: {written:?}");
        encoder.finish(&mut data);

        for size in [data.len(), 1000, 7, 1] {
            let mut decoder = Decoder::new(options.clone(), 3).unwrap();
            let mut pieces = data.chunks(size);
            let mut rows = 0;
            let mut read = |decoder: &mut Decoder, until: usize| {
                let mut fields = 0;
                while rows < until
                    && let Some(mut piece) = pieces.next()
                {
                    while let Some(row) = decoder.decode(&mut piece).unwrap() {
                        rows += 1;
                        fields += row.iter().flatten().count();
                    }
                }
                (rows, fields)
            };
            // Both kinds of row come once first.
            if size < data.len() {
                read(&mut decoder, ROWS);
            }
            let allocations = allocation_counter::measure(|| {
                read(&mut decoder, usize::MAX);
            });
            assert!(decoder.finish().unwrap().is_none());
            assert_eq!(
                read(&mut decoder, usize::MAX).0,
                2 * ROWS + 2,
                "{options:?}"
            );
            // In one piece there is no warming up: lists grow to the size of a row.
            let allowed = if size < data.len() { 0 } else { 8 };
            assert!(
                allocations.count_total <= allowed,
                "{options:?} by {size}: {allocations:?}"
            );
        }
    }
}

#[test]
fn a_row_without_end_is_held_up_to_the_limit() {
    const LIMIT: usize = 1 << 16;
    let piece = [b'x'; 1000];
    let length = u32::MAX.wrapping_shr(1).to_be_bytes();
    let binary = [&b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x01"[..], &length].concat();
    let limited = (LIMIT + 100).to_be_bytes();
    let over = [
        &b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\0\x01"[..],
        &limited[4..],
    ]
    .concat();
    for (options, start) in [
        (Options::text(), &b""[..]),
        (Options::csv(), b"\""),
        (Options::binary(), &binary),
        (Options::binary(), &over),
    ] {
        let mut decoder = Decoder::new(options.max_row(LIMIT), 1).unwrap();
        let mut error = None;
        let allocations = allocation_counter::measure(|| {
            error = decoder.decode(&mut &start[..]).err();
            for _ in 0..100 {
                let read = decoder.decode(&mut &piece[..]);
                error = error.take().or(read.err());
            }
        });
        let error = error.unwrap();
        assert_eq!(error.sqlstate().as_str(), "54000");
        assert!(error.to_string().ends_with("longer than 65536 bytes"));
        assert!(allocations.bytes_max < 4 * 65_536, "{allocations:?}");
    }
}
