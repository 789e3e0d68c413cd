//! The rows of a COPY into their table: all or none.

use rusqlite::types::Value;
use trunkline_server::Result;

use crate::engines::sqlite::engine::Engine;
use crate::engines::sqlite::translate::Query;

impl Engine {
    /// Opens what a failed COPY is taken back to.
    pub(crate) fn copy_begin(&self) -> Result<()> {
        self.shared.start_statement();
        self.enter_write()?;
        let sql = if self.connection.is_autocommit() {
            "BEGIN IMMEDIATE"
        } else {
            "SAVEPOINT tl_copy"
        };
        self.connection
            .execute_batch(sql)
            .map_err(|error| self.fault(error, &Query::default(), &[]))
    }

    /// Stores some rows.
    pub(crate) fn copy_rows(&self, insert: &Query, rows: &[Vec<Value>]) -> Result<u64> {
        let mut statement = self
            .connection
            .prepare_cached(&insert.sql)
            .map_err(|error| self.fault(error, insert, &[]))?;
        for row in rows {
            statement
                .execute(rusqlite::params_from_iter(row))
                .map_err(|error| self.fault(error, insert, row))?;
        }
        Ok(u64::try_from(rows.len()).unwrap_or(u64::MAX))
    }

    /// Keeps the rows, or takes them back.
    pub(crate) fn copy_end(&self, keep: bool) -> Result<()> {
        let sql = match (self.is_in_block(), keep) {
            (true, true) => "RELEASE tl_copy",
            (true, false) => "ROLLBACK TO tl_copy; RELEASE tl_copy",
            (false, true) => "COMMIT",
            (false, false) => "ROLLBACK",
        };
        if self.connection.is_autocommit() {
            return Ok(());
        }
        let outcome = self
            .connection
            .execute_batch(sql)
            .map_err(|error| self.fault(error, &Query::default(), &[]));
        if outcome.is_err() && !self.is_in_block() && !self.connection.is_autocommit() {
            // The reason of the failed commit is what counts.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        outcome
    }

    /// DISCARD: temporary tables and views go.
    pub(crate) fn drop_temporary(&self) -> Result<()> {
        let fault = |error| self.fault(error, &Query::default(), &[]);
        let names = || -> rusqlite::Result<Vec<(String, String)>> {
            let sql = "SELECT type, name FROM temp.sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%'";
            let mut statement = self.connection.prepare(sql)?;
            statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        };
        for (kind, name) in names().map_err(fault)? {
            let sql = format!(
                "DROP {kind} IF EXISTS temp.{}",
                crate::engines::sqlite::translate::quote(&name)
            );
            self.connection.execute_batch(&sql).map_err(fault)?;
        }
        Ok(())
    }
}
