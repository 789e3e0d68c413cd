//! The settings that clients follow (ParameterStatus).

use std::borrow::Cow;
use std::sync::Arc;

/// Settings and their values as the client knows them.
///
/// It begins with those that drivers cannot do without; a session changes or adds to them in
/// [`Session::parameters`](crate::Session::parameters). See "Asynchronous Operations" in the protocol chapter of the
/// PostgreSQL manual for the list that PostgreSQL itself reports.
#[derive(Debug, Clone)]
pub struct ParameterStatus {
    base: Arc<[(Cow<'static, str>, Cow<'static, str>)]>,
    /// What differs from the base: few, so that an idle session costs little.
    own: Vec<(Box<str>, Box<str>)>,
}

/// What every client is told unless the server or the session says otherwise.
pub(crate) const STANDARD: [(&str, &str); 13] = [
    (
        "server_version",
        concat!("18.0 (Trunkline ", env!("CARGO_PKG_VERSION"), ")"),
    ),
    ("server_encoding", "UTF8"),
    ("client_encoding", "UTF8"),
    ("DateStyle", "ISO, MDY"),
    ("IntervalStyle", "postgres"),
    ("TimeZone", "Etc/UTC"),
    ("integer_datetimes", "on"),
    ("standard_conforming_strings", "on"),
    ("is_superuser", "off"),
    ("default_transaction_read_only", "off"),
    ("in_hot_standby", "off"),
    ("scram_iterations", "4096"),
    ("search_path", "\"$user\", public"),
];

impl ParameterStatus {
    pub(crate) fn new(base: Arc<[(Cow<'static, str>, Cow<'static, str>)]>) -> Self {
        Self {
            base,
            own: Vec::new(),
        }
    }

    /// The value of a setting, if it is one of these. Names are compared without regard to case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.own_value(name).or_else(|| {
            self.base
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| &**value)
        })
    }

    /// Sets or adds a setting.
    pub fn set(&mut self, name: &str, value: &str) {
        self.replace(name, value);
    }

    /// Every setting with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let known = self
            .base
            .iter()
            .map(|(name, value)| (&**name, self.own_value(name).unwrap_or(value)));
        let added = self
            .own
            .iter()
            .filter(|(name, _)| {
                !self
                    .base
                    .iter()
                    .any(|(key, _)| key.eq_ignore_ascii_case(name))
            })
            .map(|(name, value)| (&**name, &**value));
        known.chain(added)
    }

    fn own_value(&self, name: &str) -> Option<&str> {
        self.own
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| &**value)
    }

    /// Sets a value; says whether it is another than before.
    pub(crate) fn replace(&mut self, name: &str, value: &str) -> bool {
        if self.get(name) == Some(value) {
            return false;
        }
        match self
            .own
            .iter_mut()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
        {
            Some((_, old)) => *old = value.into(),
            None => self.own.push((name.into(), value.into())),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_values_lie_over_the_base() {
        let base: Vec<_> = vec![("TimeZone".into(), "UTC".into()), ("a".into(), "1".into())];
        let mut status = ParameterStatus::new(base.into());
        assert!(!status.replace("timezone", "UTC"), "unchanged");
        assert!(status.replace("TimeZone", "Asia/Tokyo"));
        assert!(status.replace("b", "2"));
        assert_eq!(
            status.iter().collect::<Vec<_>>(),
            [("TimeZone", "Asia/Tokyo"), ("a", "1"), ("b", "2")]
        );
        assert!(status.replace("TimeZone", "UTC"), "back to the base");
        assert_eq!(status.get("TIMEZONE"), Some("UTC"));
    }
}
