//! What the server reports about the session's settings.

use std::collections::BTreeMap;

use trunkline_proto::backend::ParameterStatus;

/// PostgreSQL 18 reports 15; a server that reports thousands is after our memory (SEC-66).
const MAX: usize = 256;

/// The parameters that the server reports, with their present values.
#[derive(Debug, Default)]
pub(crate) struct Parameters(BTreeMap<Box<str>, Box<str>>);

impl Parameters {
    pub(crate) fn set(&mut self, status: &ParameterStatus<'_>) {
        let name = String::from_utf8_lossy(status.name);
        let value = String::from_utf8_lossy(status.value);
        if self.0.len() < MAX || self.0.contains_key(&*name) {
            self.0.insert(name.into(), value.into());
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| &**value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}
