//! How a client runs SQL.

/// How SQL is run that was not prepared by hand. Statements that were are run as such in every mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mode {
    /// Prepares a statement the first time and keeps it in the client's cache: one more round trip then, and none of the parsing and
    /// planning later. Parameters are held against the statement's types and go in binary, and so do results.
    #[default]
    Prepared,
    /// One round trip, and nothing stays behind on the server, as poolers that give a session out for one transaction need it.
    /// Parameters and results go as text: the server makes of a parameter what the statement asks for.
    Unnamed,
    /// The simple query protocol, for servers that know no other. Parameters are written into the SQL as quoted literals that mean the
    /// same whatever the session's settings are, and everything is text. SQL with parameters in which that would not be certain is
    /// refused: with a backslash before a quote in a string, as in `escape '\'`, which can be written `escape E'\\'`. The SQL may be
    /// several statements, if there are no parameters.
    Simple,
}
