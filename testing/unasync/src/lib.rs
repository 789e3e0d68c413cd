//! Runs the tests of the asynchronous client as tests of the blocking one.
//!
//! The two have the same names, so that a test of one without its `async` and `.await` is a test of the other. [`unasync!`] reads files
//! of tests and gives their items that way: no test is written twice, and none can be forgotten.

use std::path::Path;

use proc_macro::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

/// Modules of tests in their blocking form: `unasync!("tests/session" cancel logins)` takes the files `cancel.rs` and `logins.rs` of
/// that folder of the package. To be called in the module `blocking` of the crate of tests, in which there is a module `api`.
///
/// | in the file | here |
/// |---|---|
/// | `async fn`, `async \|x\|`, `impl AsyncFn` | `fn`, `\|x\|`, `impl Fn` |
/// | `x.await` | `x` |
/// | `#[tokio::test]` | `#[test]` |
/// | `crate::` | `crate::blocking::` |
/// | `async { … }` | as it is: a future for somebody who takes one |
///
/// What differs between the clients, tests take from `crate::api`.
#[proc_macro]
pub fn unasync(input: TokenStream) -> TokenStream {
    let mut input = input.into_iter();
    let folder = input.next().map(|literal| literal.to_string());
    let folder = folder.unwrap_or_default();
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let folder = Path::new(&package).join(folder.trim_matches('"'));
    input
        .map(|name| {
            let path = folder.join(format!("{name}.rs"));
            module(&name, &path)
        })
        .collect()
}

fn module(name: &TokenTree, path: &Path) -> TokenStream {
    let tokens = std::fs::read_to_string(path)
        .map_err(|error| error.to_string())
        .and_then(|text| {
            text.parse::<TokenStream>()
                .map_err(|error| error.to_string())
        })
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // So that the compiler knows what this was made of.
    let depends = format!("const _: &[u8] = include_bytes!({path:?});");
    let depends: TokenStream = depends.parse().unwrap_or_default();
    let items = depends
        .into_iter()
        .chain(convert(tokens, Waiting::Blocks))
        .collect();
    let body = Group::new(Delimiter::Brace, items);
    // Some lints look at how a source is written, which is not what the compiler has here; that of the file itself they do look at.
    let head = "#[allow(clippy::all)] mod".parse::<TokenStream>();
    head.unwrap_or_default()
        .into_iter()
        .chain([name.clone(), body.into()])
        .collect()
}

/// Who waits for what is awaited.
#[derive(Copy, Clone)]
enum Waiting {
    /// The thread.
    Blocks,
    /// Whoever polls the `async` block that this is in.
    IsPolled,
}

fn convert(tokens: TokenStream, waiting: Waiting) -> Vec<TokenTree> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    let mut converted = Vec::new();
    // The block after an `async` that stays.
    let mut future = false;
    while let [token, following @ ..] = rest {
        rest = following;
        match token {
            // An attribute of the file itself.
            TokenTree::Punct(hash) if hash.as_char() == '#' && is_punct(following.first(), '!') => {
                rest = following.get(2..).unwrap_or_default();
            }
            TokenTree::Punct(dot)
                if dot.as_char() == '.'
                    && matches!(waiting, Waiting::Blocks)
                    && is_ident(following.first(), "await") =>
            {
                rest = following.get(1..).unwrap_or_default();
            }
            TokenTree::Ident(ident) if ident.to_string() == "async" => {
                let moved = usize::from(is_ident(following.first(), "move"));
                if let Some(TokenTree::Group(_)) = following.get(moved) {
                    future = true;
                    converted.push(token.clone());
                }
            }
            TokenTree::Ident(ident) => {
                let name = ident.to_string();
                match name.strip_prefix("Async") {
                    Some(name @ ("Fn" | "FnMut" | "FnOnce")) => {
                        converted.push(Ident::new(name, ident.span()).into());
                    }
                    _ => converted.push(token.clone()),
                }
                if name == "crate" && is_punct(following.first(), ':') {
                    converted.extend([
                        Punct::new(':', Spacing::Joint).into(),
                        Punct::new(':', Spacing::Alone).into(),
                        Ident::new("blocking", Span::call_site()).into(),
                    ]);
                }
            }
            TokenTree::Group(group) => {
                let inside = match group.delimiter() {
                    Delimiter::Brace if std::mem::take(&mut future) => Waiting::IsPolled,
                    _ => waiting,
                };
                let stream = if is_tokio_test(group) {
                    TokenTree::from(Ident::new("test", Span::call_site())).into()
                } else {
                    convert(group.stream(), inside).into_iter().collect()
                };
                let mut group = Group::new(group.delimiter(), stream);
                group.set_span(Span::call_site());
                converted.push(group.into());
            }
            other => converted.push(other.clone()),
        }
    }
    converted
}

/// `[tokio::test]`, with or without arguments.
fn is_tokio_test(group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket
        && group
            .stream()
            .to_string()
            .replace(' ', "")
            .starts_with("tokio::test")
}

fn is_ident(token: Option<&TokenTree>, name: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident.to_string() == name)
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}
