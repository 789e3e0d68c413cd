//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{serve, verifier};

/// Databases that PostgreSQL's clients can speak to.
#[derive(Debug, Parser)]
#[command(
    name = "trunkline",
    version,
    about,
    propagate_version = true,
    max_term_width = 100
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Serve),
    Verifier(Verifier),
}

/// Serve a SQLite database over the PostgreSQL protocol.
///
/// psql, every driver and every tool that speaks to PostgreSQL can use it. Without DATABASE it is kept in memory, shared by all
/// sessions, and gone when the server stops. With a path it is that SQLite file, which is made if there is none.
///
/// Times are in UTC: a client that connects with another TimeZone is warned, and SET TimeZone to another is refused.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Serve {
    /// The SQLite file; in memory if left out.
    pub database: Option<PathBuf>,

    /// Where to listen: HOST:PORT, or the path of a Unix socket. May be given several times.
    ///
    /// psql finds a socket by its folder, if the file is called .s.PGSQL.5432.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:5432")]
    pub listen: Vec<String>,

    /// How clients prove who they are.
    #[arg(long, value_enum, default_value_t = Auth::Trust)]
    pub auth: Auth,

    /// The users for `--auth scram`: a file with lines `name:verifier`, as `trunkline verifier` prints them and as
    /// PostgreSQL keeps them in pg_authid.rolpassword.
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,

    /// The certificate chain for TLS, in PEM, the server's own certificate first. SIGHUP reads it again.
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Sessions at one time; more are refused.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_connections: u32,

    /// What to log to standard error: error, warn, info, debug, trace, off, or a filter such as
    /// `trunkline_server=debug`.
    #[arg(long, value_name = "FILTER", default_value = "warn")]
    pub log: String,

    /// Load a small sample: the log of an observatory.
    #[arg(long)]
    pub demo: bool,

    /// Let anyone who can reach the network address in, as whatever user they say. `--auth trust` on other than the
    /// loopback interface is refused without this.
    #[arg(long)]
    pub dangerously_trust_network: bool,
}

const EXAMPLES: &str = "\
Examples:
  A database in memory with something in it, for psql on this machine:
      trunkline serve --demo
      psql -h 127.0.0.1

  A file, on a Unix socket and on TCP:
      trunkline serve app.db --listen /tmp/.s.PGSQL.5432 --listen 127.0.0.1:5432

  For the network: passwords, and TLS:
      trunkline verifier ada > users
      trunkline serve app.db --listen 0.0.0.0:5432 --auth scram --users users \\
          --tls-cert cert.pem --tls-key key.pem

Signals:
  SIGTERM, SIGINT   stop: idle sessions at once, the others when their transaction ends, or after ten seconds;
                    a second one stops all at once
  SIGHUP            read the certificate and the key again";

/// Print a line for the file of `--users`.
///
/// The password is read from the terminal without showing it, or from standard input if that is no terminal (one line). What is
/// printed is a SCRAM-SHA-256 verifier: the password cannot be read from it, but it can be guessed with it, so keep it safe.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Examples:\n  trunkline verifier ada >> users\n  pass show db/ada | trunkline verifier ada >> users"
)]
pub struct Verifier {
    /// The name that the user logs in with.
    pub name: String,

    /// How often the password is hashed: slower logins, slower guessing.
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(4096..=1_000_000))]
    pub iterations: u32,
}

/// How clients prove who they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Auth {
    /// They need not: for a machine of your own.
    Trust,
    /// By password, with SCRAM-SHA-256; over TLS bound to the channel.
    Scram,
}

/// Runs the program: the exit code is 0, 1 for what went wrong (with a line on standard error that says what), or 2 for a mistake
/// in the command line.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Serve(options) => serve::run(options),
        Command::Verifier(options) => verifier::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("trunkline: {message}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn defaults_are_safe() {
        let Command::Serve(options) = Cli::try_parse_from(["trunkline", "serve"]).unwrap().command
        else {
            panic!("not serve")
        };
        assert_eq!(options.listen, ["127.0.0.1:5432"]);
        assert_eq!(options.auth, Auth::Trust);
        assert!(!options.dangerously_trust_network);
    }
}
