//! The shorthand in which a test says what it expects, and in which a failure prints what was seen.
//!
//! | written | means |
//! |---|---|
//! | `1` `2` `3` `n` `s` `I` `c` | the message of that type |
//! | `T` `T(2 cols)` `T(fmt 1)` `T(a,b)` `T[23,25]` | RowDescription: any; so many columns; all of one format; by names; by type OIDs |
//! | `D` `D(0)` `D[1,NULL,\x00ff,'a,b']` | DataRow: any; no columns; these values |
//! | `C(SELECT 1)` `Z(I)` `t[23,25]` `R(10)` `K(32)` | as printed; K by the key's length |
//! | `E[22012]` `E[FATAL 08P01]` `E[42601 "near"]` `N[01000]` | SQLSTATE; severity when not ERROR; a part of the message's text |
//! | `S(name)` `S(name=value)` `A(channel=payload)` | |
//! | `v(00030002)` `v(00030000; _pq_.a, _pq_.b)` | |
//! | `V("3")` `V(00000003)` `V(-1)` `V(0)` | FunctionCallResponse: text, bytes, NULL, empty |
//! | `H(0; 0,0)` `G(0; 0)` `d` `d("a\n")` | COPY |
//! | `EOF` | the peer closed |
//! | `S*` `D×5` | any number; exactly so many |

use std::fmt;

/// One message of the server, or the end of the stream.
#[derive(Clone, PartialEq, Eq)]
pub enum Seen {
    Message { tag: u8, body: Vec<u8> },
    Eof,
}

impl Seen {
    /// A field of ErrorResponse or NoticeResponse.
    pub fn field(&self, code: char) -> Option<String> {
        let Self::Message {
            tag: b'E' | b'N',
            body,
        } = self
        else {
            return None;
        };
        body.split(|byte| *byte == 0)
            .find(|field| field.first() == Some(&(code as u8)))
            .map(|field| String::from_utf8_lossy(&field[1..]).into_owned())
    }

    /// The codes of the fields of ErrorResponse or NoticeResponse, in order.
    pub fn fields(&self) -> String {
        let Self::Message {
            tag: b'E' | b'N',
            body,
        } = self
        else {
            return String::new();
        };
        body.split(|byte| *byte == 0)
            .filter_map(|field| field.first())
            .map(|code| *code as char)
            .collect()
    }

    pub fn body(&self) -> &[u8] {
        match self {
            Self::Message { body, .. } => body,
            Self::Eof => &[],
        }
    }

    /// The values of a DataRow.
    pub fn values(&self) -> Vec<Option<Vec<u8>>> {
        values(self.body())
    }

    fn tag(&self) -> char {
        match self {
            Self::Message { tag, .. } => *tag as char,
            Self::Eof => '\0',
        }
    }
}

/// What one word of an expectation asks for, without its repetition.
pub struct Word<'a> {
    pub text: &'a str,
    pub repeat: Repeat,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    Times(usize),
    Any,
}

/// Splits an expectation at the white space outside brackets and quotes.
pub fn words(expected: &str) -> Vec<Word<'_>> {
    let (mut words, mut start, mut depth, mut quoted) = (Vec::new(), None, 0, None);
    for (at, c) in expected.char_indices().chain([(expected.len(), ' ')]) {
        match (quoted, c) {
            (Some(quote), _) if quote == c => quoted = None,
            (Some(_), _) => {}
            (None, '"' | '\'') if depth > 0 => quoted = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth -= 1,
            _ => {}
        }
        if !c.is_whitespace() || depth > 0 {
            start = start.or(Some(at));
        } else if let Some(from) = start.take() {
            words.push(word(&expected[from..at]));
        }
    }
    assert!(
        depth == 0 && quoted.is_none(),
        "unbalanced expectation: {expected}"
    );
    words
}

fn word(text: &str) -> Word<'_> {
    if let Some(text) = text.strip_suffix('*') {
        return Word {
            text,
            repeat: Repeat::Any,
        };
    }
    match text.rsplit_once('×') {
        Some((text, times)) => Word {
            text,
            repeat: Repeat::Times(times.parse().unwrap()),
        },
        None => Word {
            text,
            repeat: Repeat::Times(1),
        },
    }
}

/// Whether a message is what the word asks for.
pub fn matches(word: &str, seen: &Seen) -> bool {
    let body = match seen {
        Seen::Eof => return word == "EOF",
        Seen::Message { body, .. } => body,
    };
    if word == "EOF" || !word.starts_with(seen.tag()) {
        return false;
    }
    let rest = &word[1..];
    if rest.is_empty() {
        return true;
    }
    let inside = &rest[1..rest.len() - 1];
    match (seen.tag(), rest.as_bytes()[0]) {
        ('T', b'[') => list(&columns(body).iter().map(|c| c.ty).collect::<Vec<_>>()) == inside,
        ('T', b'(') => row_description(inside, &columns(body)),
        ('D', b'(') => values(body).len().to_string() == inside,
        ('D', b'[') => {
            let wanted = items(inside);
            let got = values(body);
            wanted.len() == got.len()
                && wanted
                    .iter()
                    .zip(&got)
                    .all(|(w, g)| value_matches(w, g.as_deref()))
        }
        ('E', _) => error(inside, seen, "ERROR"),
        ('N', _) => error(inside, seen, ""),
        ('S', _) | ('A', _) => {
            let full = render(seen);
            let full = &full[2..full.len() - 1];
            inside == full || full.split('=').next() == Some(inside)
        }
        ('V', _) => match (inside, body) {
            ("-1", b) => b.as_slice() == (-1i32).to_be_bytes(),
            ("0", b) => b.as_slice() == 0i32.to_be_bytes(),
            (text, b) if text.starts_with('"') => {
                b.get(4..) == Some(text.trim_matches('"').as_bytes())
            }
            (hexed, b) => hex(b.get(4..).unwrap_or_default()) == hexed,
        },
        _ => render(seen) == word,
    }
}

fn row_description(inside: &str, columns: &[Column]) -> bool {
    if let Some(n) = inside.strip_suffix(" cols") {
        return columns.len().to_string() == n;
    }
    if let Some(format) = inside.strip_prefix("fmt ") {
        return columns
            .iter()
            .all(|column| column.format.to_string() == format);
    }
    inside
        .split(',')
        .map(str::trim)
        .eq(columns.iter().map(|column| column.name.as_str()))
}

fn error(inside: &str, seen: &Seen, ordinary: &str) -> bool {
    let (codes, text) = match inside.split_once('"') {
        Some((codes, text)) => (codes.trim(), text.trim_end_matches('"')),
        None => (inside, ""),
    };
    let (severity, code) = codes.split_once(' ').unwrap_or((ordinary, codes));
    (severity.is_empty()
        || seen.field('V').as_deref() == Some(severity)
            && seen.field('S').as_deref() == Some(severity))
        && seen.field('C').as_deref() == Some(code)
        && seen
            .field('M')
            .is_some_and(|message| message.contains(text))
}

fn value_matches(wanted: &str, got: Option<&[u8]>) -> bool {
    match got {
        None => wanted == "NULL",
        Some(got) => match wanted.strip_prefix("\\x") {
            Some(digits) => hex(got) == digits,
            None => got == wanted.as_bytes(),
        },
    }
}

/// Splits at commas outside quotes, and takes the quotes off.
fn items(inside: &str) -> Vec<String> {
    let (mut items, mut item, mut quoted) = (Vec::new(), String::new(), false);
    for c in inside.chars() {
        match c {
            '\'' => quoted = !quoted,
            ',' if !quoted => items.push(std::mem::take(&mut item)),
            c => item.push(c),
        }
    }
    items.push(item);
    items
}

/// A message as a failure prints it: what `expect` would take, with all that is known.
pub fn render(seen: &Seen) -> String {
    let (tag, body) = match seen {
        Seen::Eof => return "EOF".into(),
        Seen::Message { tag, body } => (*tag as char, body.as_slice()),
    };
    match tag {
        'C' => format!("C({})", text(body.strip_suffix(b"\0").unwrap_or(body))),
        'Z' => format!("Z({})", text(body)),
        'T' => {
            let columns = columns(body);
            let names: Vec<_> = columns
                .iter()
                .map(|c| format!("{}:{}/{}", c.name, c.ty, c.format))
                .collect();
            format!("T({})", names.join(","))
        }
        'D' => {
            let values: Vec<_> = values(body)
                .iter()
                .map(|value| value.as_deref().map_or("NULL".into(), text))
                .collect();
            format!("D[{}]", values.join(","))
        }
        'E' | 'N' => format!(
            "{tag}[{} {} \"{}\"]",
            seen.field('V').unwrap_or_default(),
            seen.field('C').unwrap_or_default(),
            seen.field('M').unwrap_or_default()
        ),
        'S' => {
            let mut parts = body.split(|byte| *byte == 0);
            format!(
                "S({}={})",
                text(parts.next().unwrap_or_default()),
                text(parts.next().unwrap_or_default())
            )
        }
        'A' => {
            let mut parts = body[4..].split(|byte| *byte == 0);
            format!(
                "A({}={})",
                text(parts.next().unwrap_or_default()),
                text(parts.next().unwrap_or_default())
            )
        }
        't' => format!("t[{}]", list(&words32(body.get(2..).unwrap_or_default()))),
        'R' => format!("R({})", words32(body)[0]),
        'K' => format!("K({})", body.len() - 4),
        'v' => {
            let names: Vec<_> = body[8..]
                .split(|byte| *byte == 0)
                .filter(|name| !name.is_empty())
                .map(text)
                .collect();
            if names.is_empty() {
                format!("v({})", hex(&body[..4]))
            } else {
                format!("v({}; {})", hex(&body[..4]), names.join(", "))
            }
        }
        'G' | 'H' => {
            let formats: Vec<_> = body[3..]
                .chunks(2)
                .map(|code| u16::from_be_bytes([code[0], code[1]]))
                .collect();
            format!("{tag}({}; {})", body[0], list(&formats))
        }
        'd' => format!("d({:?})", text(body)),
        'V' => format!("V({})", hex(body)),
        _ if body.is_empty() => tag.to_string(),
        _ => format!("{tag}<{}>", hex(body)),
    }
}

struct Column {
    name: String,
    ty: u32,
    format: i16,
}

fn columns(mut body: &[u8]) -> Vec<Column> {
    let mut columns = Vec::new();
    let n = u16::from_be_bytes([body[0], body[1]]);
    body = &body[2..];
    for _ in 0..n {
        let end = body.iter().position(|byte| *byte == 0).unwrap();
        let fixed = &body[end + 1..end + 19];
        columns.push(Column {
            name: text(&body[..end]),
            ty: u32::from_be_bytes(fixed[6..10].try_into().unwrap()),
            format: i16::from_be_bytes(fixed[16..18].try_into().unwrap()),
        });
        body = &body[end + 19..];
    }
    assert!(body.is_empty(), "bytes after the last column of T");
    columns
}

fn values(body: &[u8]) -> Vec<Option<Vec<u8>>> {
    let mut rest = &body[2..];
    let mut values = Vec::new();
    for _ in 0..u16::from_be_bytes([body[0], body[1]]) {
        let length = i32::from_be_bytes(rest[..4].try_into().unwrap());
        rest = &rest[4..];
        values.push(usize::try_from(length).ok().map(|length| {
            let (value, after) = rest.split_at(length);
            rest = after;
            value.to_vec()
        }));
    }
    assert!(rest.is_empty(), "bytes after the last value of D");
    values
}

fn words32(body: &[u8]) -> Vec<u32> {
    body.chunks_exact(4)
        .map(|word| u32::from_be_bytes(word.try_into().unwrap()))
        .collect()
}

fn list<T: ToString>(items: &[T]) -> String {
    items
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(",")
}

/// Text when it can be read, bytes otherwise.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(|c: char| c.is_control() && c != '\n') => text.into(),
        _ => format!("\\x{}", hex(bytes)),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&render(self))
    }
}
