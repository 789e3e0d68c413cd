//! The file of `--users`.

use std::collections::HashMap;
use std::path::Path;

use trunkline_server::Verifier;

/// Reads lines `name:verifier`; blank lines and those that begin with `#` are passed over.
///
/// # Errors
///
/// The line to print: which file, which line, what is wrong with it. Never the verifier.
pub(super) fn read(path: &Path) -> Result<HashMap<String, Verifier>, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read the users' file {}: {error}", path.display()))?;
    let users = parse(&text).map_err(|(line, message)| {
        format!("the users' file {}, line {line}: {message}", path.display())
    })?;
    if users.is_empty() {
        return Err(format!("the users' file {} names no user", path.display()));
    }
    Ok(users)
}

fn parse(text: &str) -> Result<HashMap<String, Verifier>, (usize, String)> {
    let mut users = HashMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, verifier)) = line.split_once(':').filter(|(name, _)| !name.is_empty())
        else {
            return Err((number, "it is not of the form name:verifier".to_owned()));
        };
        let verifier: Verifier = verifier
            .parse()
            .map_err(|error| (number, format!("the verifier of \"{name}\": {error}")))?;
        if verifier.admits_empty_password(name.as_bytes()) {
            return Err((number, format!("\"{name}\" has an empty password")));
        }
        if users.insert(name.to_owned(), verifier).is_some() {
            return Err((number, format!("\"{name}\" is there twice")));
        }
    }
    Ok(users)
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[test]
    fn lines_are_checked() {
        let verifier = Verifier::scram(b"secret", [7; 16], 4096)
            .unwrap()
            .to_string();
        let users = parse(&format!("# comment\n\nada:{verifier}\n")).unwrap();
        assert_eq!(users.keys().collect::<Vec<_>>(), ["ada"]);
        assert_eq!(parse("ada\n").unwrap_err().0, 1);
        assert_eq!(
            parse(&format!("ada:{verifier}\nada:{verifier}"))
                .unwrap_err()
                .0,
            2
        );
        let (line, message) = parse("\nada:SCRAM-SHA-256$x").unwrap_err();
        assert_eq!(line, 2);
        assert!(!message.contains("SCRAM-SHA-256$x"), "{message}");
    }

    #[test]
    fn an_empty_password_is_refused() {
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        // md5('' || 'ada')
        let line = format!("ada:md5{}", "8c8d357b5e872bbacd45197626bd5759");
        assert!(
            parse(&line).unwrap_err().1.contains("empty password"),
            "{md5}"
        );
    }
}
