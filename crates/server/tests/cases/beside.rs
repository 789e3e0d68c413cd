//! Every case again, against PostgreSQL: what is asserted of this crate's server must be true there.

use std::process::Command;

use crate::target::{TARGET, start_postgres};

#[test]
fn the_cases_are_true_of_postgresql() {
    let postgres = start_postgres();
    // This program once more, which takes its cases to the server that is named; but for what compares the two.
    let mut cases = Command::new(std::env::current_exe().unwrap());
    cases
        .args(["--skip", "beside"])
        .env(TARGET, postgres.address().to_string());
    let output = cases.output().unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}");
    // Had none been run, that would be a success too.
    let passed = report.matches(" ... ok\n").count();
    assert!(passed > 200, "{report}");
}
