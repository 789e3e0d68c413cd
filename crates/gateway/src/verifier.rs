//! `trunkline verifier`: a password becomes what a server may keep of it.

use std::io::{BufRead, IsTerminal, Write};

use trunkline_server::Verifier;

use crate::cli;

/// Reads a password and prints the line for the users' file.
///
/// # Errors
///
/// The line to print: a password that cannot be read, or is empty.
pub fn run(options: &cli::Verifier) -> Result<(), String> {
    if options.name.is_empty() || options.name.contains([':', '\n', '\0']) {
        return Err(
            "a user's name must not be empty, and must not contain a colon or a newline".to_owned(),
        );
    }
    let password = password()?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt)
        .map_err(|error| format!("the system gives no random numbers: {error}"))?;
    let verifier = Verifier::scram(password.as_bytes(), salt, options.iterations)
        .map_err(|error| error.to_string())?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}:{verifier}", options.name)
        .and_then(|()| out.flush())
        .map_err(|error| format!("cannot write: {error}"))
}

fn password() -> Result<String, String> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let ask = |prompt| {
            rpassword::prompt_password(prompt)
                .map_err(|error| format!("cannot read the password: {error}"))
        };
        let password = ask("Password: ")?;
        if ask("Again: ")? != password {
            return Err("the passwords differ".to_owned());
        }
        return Ok(password);
    }
    let mut line = String::new();
    stdin
        .lock()
        .read_line(&mut line)
        .map_err(|error| format!("cannot read the password from standard input: {error}"))?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
