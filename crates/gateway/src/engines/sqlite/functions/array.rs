//! Arrays, which are stored as PostgreSQL prints them.

use rusqlite::types::{Value, ValueRef};
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::{Array, Dimension};

use super::{Args, Registry, bool_value, text_value};
use crate::engines::sqlite::value::{input, output, read_array, write_array};

pub(super) fn register(registry: &Registry<'_>) -> rusqlite::Result<()> {
    registry.lenient("tl_array", -1, |a| {
        let element = a.ty(0)?;
        let items: Vec<Option<String>> = (1..a.len())
            .map(|at| item(a.raw(at), element))
            .collect::<Result<_>>()?;
        if element.element().is_some() {
            return text_value(nested(&items)?);
        }
        text_value(write_array(&Array::from(items))?)
    })?;
    registry.lenient("tl_array_cat", 4, cat)?;
    registry.strict("tl_array_contains", 3, |a| {
        let (outer, inner) = (read_array(&a.text(0)?)?, read_array(&a.text(1)?)?);
        bool_value(
            inner
                .elements()
                .iter()
                .all(|e| e.is_some() && outer.elements().contains(e)),
        )
    })?;
    registry.strict("tl_array_get", 3, |a| {
        let (array, element) = (
            read_array(&a.text(0)?)?,
            a.ty(1)?.element().unwrap_or(Type::TEXT),
        );
        let at = i32::try_from(a.integer(2)?).unwrap_or(0);
        match (array.dimensions().len(), array.at(&[at])) {
            (1, Some(Some(text))) => input(text, element, -1, true),
            _ => Ok(Value::Null),
        }
    })?;
    registry.strict("tl_array_json", 2, |a| {
        let (array, element) = (
            read_array(&a.text(0)?)?,
            a.ty(1)?.element().unwrap_or(Type::TEXT),
        );
        let mut out = String::from("[");
        for (at, item) in array.elements().iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            match item {
                None => out.push_str("null"),
                Some(item) => match input(item, element, -1, true)? {
                    Value::Integer(i) => out.push_str(&i.to_string()),
                    Value::Real(f) if f.is_finite() => out.push_str(&format!("{f:?}")),
                    Value::Text(text) => out.push_str(&serde_json::Value::from(text).to_string()),
                    _ => {
                        let message =
                            format!("an array of {} cannot be searched", element.sql_name());
                        return Err(Error::new(SqlState::FEATURE_NOT_SUPPORTED, message));
                    }
                },
            }
        }
        out.push(']');
        text_value(out)
    })?;
    registry.strict("tl_array_size", 4, |a| {
        let array = read_array(&a.text(0)?)?;
        let dimensions = array.dimensions();
        let dimension = usize::try_from(a.integer(3)?)
            .ok()
            .and_then(|n| n.checked_sub(1))
            .and_then(|n| dimensions.get(n));
        let size = match (a.text(2)?.as_ref(), dimension) {
            ("cardinality", _) => i64::try_from(array.elements().len()).ok(),
            ("array_ndims", Some(_)) => i64::try_from(dimensions.len()).ok(),
            ("array_length", Some(d)) => i64::try_from(d.length).ok(),
            ("array_lower", Some(d)) => Some(i64::from(d.lower)),
            ("array_upper", Some(d)) => i64::try_from(d.length)
                .ok()
                .map(|length| i64::from(d.lower) + length - 1),
            _ => None,
        };
        Ok(size.map_or(Value::Null, Value::Integer))
    })?;
    registry.lenient("tl_array_to_string", 4, |a| {
        if a.is_null(0) || a.is_null(2) {
            return Ok(Value::Null);
        }
        let array = read_array(&a.text(0)?)?;
        let null = if a.is_null(3) {
            None
        } else {
            Some(a.text(3)?.into_owned())
        };
        let items: Vec<String> = array
            .elements()
            .iter()
            .filter_map(|e| e.clone().or_else(|| null.clone()))
            .collect();
        text_value(items.join(&a.text(2)?))
    })
}

/// An element's text.
pub(super) fn item(stored: ValueRef<'_>, ty: Type) -> Result<Option<String>> {
    match stored {
        ValueRef::Null => Ok(None),
        stored => Ok(Some(output(stored, ty)?.into_owned())),
    }
}

/// Arrays of one shape become one of a dimension more.
fn nested(items: &[Option<String>]) -> Result<String> {
    let mut elements = Vec::new();
    let mut inner: Option<Vec<Dimension>> = None;
    let shape = || {
        Error::new(
            SqlState::ARRAY_SUBSCRIPT_ERROR,
            "multidimensional arrays must have array expressions with matching dimensions",
        )
    };
    for item in items {
        let array = read_array(item.as_deref().unwrap_or("{}"))?;
        if inner.as_ref().is_some_and(|d| d != array.dimensions()) {
            return Err(shape());
        }
        inner = Some(array.dimensions().to_vec());
        elements.extend(array.into_elements());
    }
    let mut dimensions = vec![Dimension {
        length: items.len(),
        lower: 1,
    }];
    dimensions.extend(inner.unwrap_or_default());
    if elements.is_empty() {
        dimensions.clear();
    }
    write_array(&Array::new(dimensions, elements).ok_or_else(shape)?)
}

/// `array || array`, `array || element`, `element || array`; NULL adds nothing where it is an array.
fn cat(a: &Args<'_, '_>) -> Result<Value> {
    let part = |value: usize, ty: usize| -> Result<Vec<Option<String>>> {
        let ty = a.ty(ty)?;
        Ok(match (ty.element(), a.is_null(value)) {
            (Some(_), true) => Vec::new(),
            (Some(_), false) => read_array(&a.text(value)?)?.into_elements(),
            (None, _) => vec![item(a.raw(value), ty)?],
        })
    };
    let mut items = part(0, 1)?;
    items.extend(part(2, 3)?);
    text_value(write_array(&Array::from(items))?)
}
