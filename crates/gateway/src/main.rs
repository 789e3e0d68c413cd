//! The program `trunkline`.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    trunkline_gateway::cli::main()
}
