//! JSON: checked on the way in, jsonb in PostgreSQL's normal form, and the operators' way into it.

use serde_json::Value;
use trunkline_server::{Error, Result, SqlState, Type};

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree(pub(crate) Value);

impl Tree {
    /// # Errors
    ///
    /// 22P02 for what is not JSON.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map(Self).map_err(|error| {
            let message = "invalid input syntax for type json";
            Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
                .detail(format!("JSON: {error}."))
        })
    }

    /// As jsonb prints: keys by length, then by bytes; one blank after each comma and colon.
    pub(crate) fn normal(&self) -> String {
        let mut out = String::new();
        write(&self.0, &mut out);
        out
    }

    /// A member by key or, of an array, by index; negative ones count from the end.
    pub(crate) fn member(&self, key: &Key<'_>) -> Option<Self> {
        match (&self.0, key) {
            (Value::Object(map), Key::Name(name)) => map.get(*name).cloned().map(Self),
            (Value::Array(items), Key::Index(at)) => {
                let at = if *at < 0 {
                    at.checked_add(i64::try_from(items.len()).ok()?)?
                } else {
                    *at
                };
                items.get(usize::try_from(at).ok()?).cloned().map(Self)
            }
            _ => None,
        }
    }

    /// The value at the end of a path, whose steps are keys or indexes as the value at hand asks.
    pub(crate) fn path<'p>(&self, steps: impl IntoIterator<Item = &'p str>) -> Option<Self> {
        let mut at = self.clone();
        for step in steps {
            let key = match (&at.0, step.parse()) {
                (Value::Array(_), Ok(index)) => Key::Index(index),
                _ => Key::Name(step),
            };
            at = at.member(&key)?;
        }
        Some(at)
    }

    /// As `->>` gives it: strings bare, null as NULL.
    pub(crate) fn text(&self, ty: Type) -> Option<String> {
        match &self.0 {
            Value::Null => None,
            Value::String(s) => Some(s.clone()),
            _ if ty == Type::JSONB => Some(self.normal()),
            other => Some(other.to_string()),
        }
    }

    /// As `->` gives it.
    pub(crate) fn print(&self, ty: Type) -> String {
        if ty == Type::JSONB {
            self.normal()
        } else {
            self.0.to_string()
        }
    }

    /// `@>`.
    pub(crate) fn contains(&self, inner: &Self) -> bool {
        contains(&self.0, &inner.0, true)
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self.0 {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        }
    }
}

/// A step into JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Key<'k> {
    Name(&'k str),
    Index(i64),
}

fn contains(outer: &Value, inner: &Value, top: bool) -> bool {
    match (outer, inner) {
        (Value::Object(a), Value::Object(b)) => b
            .iter()
            .all(|(k, v)| a.get(k).is_some_and(|w| contains(w, v, false))),
        (Value::Array(a), Value::Array(b)) => {
            b.iter().all(|v| a.iter().any(|w| contains(w, v, false)))
        }
        // An array contains a scalar, at the top only.
        (Value::Array(a), scalar) if top && !scalar.is_object() => a.contains(scalar),
        (a, b) => a == b,
    }
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut keys: Vec<(&String, &Value)> = map.iter().collect();
            keys.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
            out.push('{');
            for (at, (key, value)) in keys.into_iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push_str(": ");
                write(value, out);
            }
            out.push('}');
        }
        Value::Number(number) => {
            // jsonb keeps numerics: an exponent is written out.
            let digits = number.to_string();
            match digits.parse::<trunkline_types::Numeric>() {
                Ok(numeric) => out.push_str(&numeric.to_string()),
                Err(_) => out.push_str(&digits),
            }
        }
        other => out.push_str(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use super::*;

    #[test]
    fn jsonb_is_normalized() {
        let tree =
            Tree::parse(r#"{"bb":1.50, "a":[1,  null, "x\u00e9"], "c":{}, "a": true}"#).unwrap();
        assert_eq!(tree.normal(), r#"{"a": true, "c": {}, "bb": 1.50}"#);
        assert_eq!(Tree::parse("1e3").unwrap().normal(), "1000");
        assert_eq!(
            Tree::parse("{").unwrap_err().sqlstate(),
            SqlState::INVALID_TEXT_REPRESENTATION
        );
    }

    #[test]
    fn members_paths_and_containment() {
        let tree = Tree::parse(r#"{"a": [10, {"b": "x"}]}"#).unwrap();
        assert_eq!(
            tree.path(["a", "1", "b"])
                .unwrap()
                .text(Type::JSONB)
                .unwrap(),
            "x"
        );
        assert_eq!(
            tree.path(["a", "-2"]).unwrap().text(Type::JSONB).unwrap(),
            "10"
        );
        assert!(tree.path(["a", "9"]).is_none());
        assert!(tree.contains(&Tree::parse(r#"{"a": [{"b": "x"}]}"#).unwrap()));
        assert!(!tree.contains(&Tree::parse(r#"{"a": [{"b": "y"}]}"#).unwrap()));
    }
}
