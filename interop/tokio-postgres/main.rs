//! tokio-postgres: binary values, a prepared statement for everything, queries pipelined on one connection.

mod cases;
mod connect;
mod memory;
mod values;

use std::process::ExitCode;

/// What a case gives back: the error says what is wrong.
pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Fails the case unless both are equal.
macro_rules! same {
    ($actual:expr, $expected:expr) => {
        // A match, because it keeps temporary values alive.
        match (&$actual, &$expected) {
            (actual, expected) if actual == expected => {}
            (actual, expected) => {
                return Err(
                    format!("line {}: got {actual:?} instead of {expected:?}", line!()).into(),
                )
            }
        }
    };
}

/// Fails the case unless this holds.
macro_rules! check {
    ($condition:expr) => {
        if !$condition {
            return Err(format!("line {}: not so: {}", line!(), stringify!($condition)).into());
        }
    };
}

/// Runs cases in turn, each on a connection of its own, and reports each.
macro_rules! run {
    ($($module:ident::$case:ident),* $(,)?) => {$(
        let outcome = match connect::connect().await {
            Ok(client) => $module::$case(client).await,
            Err(error) => Err(error),
        };
        let name = stringify!($case).replace('_', " ");
        match outcome {
            Ok(()) => println!("ok {name}"),
            Err(error) => println!("not ok {name}: {}", describe(error.as_ref()).replace('\n', " ")),
        }
    )*};
}

pub(crate) use {check, same};

/// An error with the causes that its own text leaves out.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    if std::env::var("PGPASSWORD").is_ok() {
        run![cases::a_wrong_password_is_refused];
    }
    run![
        cases::login,
        values::there_and_back_in_binary,
        values::text_in_a_simple_query,
        values::a_table_of_every_type,
        cases::a_prepared_statement_is_used_again,
        cases::an_unnamed_statement_with_given_types,
        cases::an_empty_query,
        cases::several_statements_in_one_query,
        cases::commit_and_rollback,
        cases::a_failed_transaction,
        cases::savepoints,
        cases::errors_and_their_fields,
        cases::portals_that_take_turns,
        cases::many_queries_at_once,
        cases::an_error_among_queries_at_once,
        cases::a_stream_dropped_half_way,
        cases::cancel,
        cases::a_million_rows,
        cases::the_table_is_dropped,
    ];
    println!("done");
    ExitCode::SUCCESS
}
