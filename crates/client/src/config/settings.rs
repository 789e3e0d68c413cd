//! What has been said: a text for each option that was given, empty or not.

use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

use super::Keyword;

/// Texts by option. An option that is there was given, even if its text is empty: nothing else stands in for it then.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Settings(BTreeMap<Keyword, Zeroizing<String>>);

impl Settings {
    pub(super) fn get(&self, keyword: Keyword) -> Option<&str> {
        self.0.get(&keyword).map(|text| text.as_str())
    }

    /// The text, or `None` where it is missing or empty.
    pub(super) fn filled(&self, keyword: Keyword) -> Option<&str> {
        self.get(keyword).filter(|text| !text.is_empty())
    }

    pub(super) fn set(&mut self, keyword: Keyword, text: impl Into<String>) {
        self.0.insert(keyword, Zeroizing::new(text.into()));
    }

    /// Gives an option that has not been given.
    pub(super) fn fill(&mut self, keyword: Keyword, text: impl Into<String>) {
        self.0
            .entry(keyword)
            .or_insert_with(|| Zeroizing::new(text.into()));
    }

    /// Stores `name=text` as libpq does: `requiressl`, which is older than `sslmode`, is turned into it.
    ///
    /// Gives back whether there is such an option.
    pub(super) fn store(&mut self, name: &str, text: &str) -> bool {
        if name == "requiressl" {
            let mode = if text.starts_with('1') {
                "require"
            } else {
                "prefer"
            };
            self.set(Keyword::SslMode, mode);
            return true;
        }
        match Keyword::from_name(name) {
            Some(keyword) => self.set(keyword, text),
            None => return false,
        }
        true
    }

    /// What was given, in libpq's order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Keyword, &str)> {
        self.0
            .iter()
            .map(|(keyword, text)| (*keyword, text.as_str()))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map()
            .entries(self.iter().map(|(keyword, text)| {
                let shown = if keyword.is_secret() { "***" } else { text };
                (keyword.name(), shown)
            }))
            .finish()
    }
}
