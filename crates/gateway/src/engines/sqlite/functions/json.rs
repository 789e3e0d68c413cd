//! JSON operators and builders.

use rusqlite::types::{Value, ValueRef};
use serde_json::{Map, Value as Json};
use trunkline_server::{Error, Result, SqlState, Type};

use super::{Args, Registry, bool_value, text_value};
use crate::engines::sqlite::value::{JsonKey as Key, Tree, output, read_array};

pub(super) fn register(registry: &Registry<'_>) -> rusqlite::Result<()> {
    registry.strict("tl_json_member", 4, |a| {
        let ty = a.ty(3)?;
        let tree = Tree::parse(&a.text(0)?)?;
        let member = match a.raw(1) {
            ValueRef::Integer(at) => tree.member(&Key::Index(at)),
            _ => tree.member(&Key::Name(&a.text(1)?)),
        };
        Ok(shown(member, a.integer(2)? != 0, ty))
    })?;
    registry.strict("tl_json_path", 4, |a| {
        let ty = a.ty(3)?;
        let tree = Tree::parse(&a.text(0)?)?;
        let steps = read_array(&a.text(1)?)?;
        let found = tree.path(
            steps
                .elements()
                .iter()
                .map(|s| s.as_deref().unwrap_or_default()),
        );
        Ok(shown(found, a.integer(2)? != 0, ty))
    })?;
    registry.strict("tl_json_has", 2, |a| {
        let (tree, key) = (Tree::parse(&a.text(0)?)?, a.text(1)?);
        bool_value(match &tree.0 {
            Json::Object(map) => map.contains_key(key.as_ref()),
            Json::Array(items) => items.iter().any(|item| item.as_str() == Some(&key)),
            Json::String(text) => *text == key,
            _ => false,
        })
    })?;
    registry.strict("tl_jsonb_contains", 2, |a| {
        bool_value(Tree::parse(&a.text(0)?)?.contains(&Tree::parse(&a.text(1)?)?))
    })?;
    registry.strict("tl_jsonb_cat", 2, |a| {
        let (l, r) = (Tree::parse(&a.text(0)?)?.0, Tree::parse(&a.text(1)?)?.0);
        let list = |json| match json {
            Json::Array(items) => items,
            other => vec![other],
        };
        let joined = match (l, r) {
            (Json::Object(mut l), Json::Object(r)) => {
                l.extend(r);
                Json::Object(l)
            }
            (l, r) => Json::Array(list(l).into_iter().chain(list(r)).collect()),
        };
        text_value(Tree(joined).normal())
    })?;
    registry.strict("tl_json_typeof", 1, |a| {
        text_value(Tree::parse(&a.text(0)?)?.kind())
    })?;
    registry.strict("tl_jsonb_pretty", 1, |a| {
        let tree = Tree::parse(&a.text(0)?)?;
        let mut out = Vec::new();
        let mut writer = serde_json::Serializer::with_formatter(
            &mut out,
            serde_json::ser::PrettyFormatter::with_indent(b"    "),
        );
        serde::Serialize::serialize(&tree.0, &mut writer).map_err(Error::internal)?;
        text_value(String::from_utf8(out).map_err(Error::internal)?)
    })?;
    registry.strict("tl_to_json", 3, |a| {
        text_value(Tree(json_of(a.raw(0), a.ty(1)?)?).print(a.ty(2)?))
    })?;
    registry.lenient("tl_json_build", -1, build)
}

fn shown(tree: Option<Tree>, as_text: bool, ty: Type) -> Value {
    match tree {
        None => Value::Null,
        Some(tree) if as_text => tree.text(ty).map_or(Value::Null, Value::Text),
        Some(tree) => Value::Text(tree.print(ty)),
    }
}

/// A stored value as JSON.
pub(super) fn json_of(stored: ValueRef<'_>, ty: Type) -> Result<Json> {
    if stored == ValueRef::Null {
        return Ok(Json::Null);
    }
    let text = output(stored, ty)?;
    Ok(match ty {
        Type::BOOL => Json::Bool(text == "t"),
        Type::JSON | Type::JSONB => Tree::parse(&text)?.0,
        Type::INT2 | Type::INT4 | Type::INT8 | Type::FLOAT4 | Type::FLOAT8 | Type::NUMERIC => {
            serde_json::from_str(&text).unwrap_or_else(|_| Json::String(text.into_owned()))
        }
        Type::TIMESTAMP => Json::String(text.replacen(' ', "T", 1)),
        Type::TIMESTAMPTZ => Json::String(text.replacen(' ', "T", 1) + ":00"),
        _ => match ty.element() {
            Some(element) => {
                let items = read_array(&text)?;
                let items = items.elements().iter().map(|item| match item {
                    None => Ok(Json::Null),
                    Some(item) => json_of(ValueRef::Text(item.as_bytes()), element),
                });
                Json::Array(items.collect::<Result<_>>()?)
            }
            None => Json::String(text.into_owned()),
        },
    })
}

/// `json_build_object` and `json_build_array`: values and their types take turns.
fn build(a: &Args<'_, '_>) -> Result<Value> {
    let (ty, is_object) = (a.ty(0)?, a.integer(1)? != 0);
    let mut values = Vec::new();
    let mut at = 2;
    while at + 1 < a.len() {
        values.push((a.raw(at), a.ty(at + 1)?));
        at += 2;
    }
    if !is_object {
        let items = values
            .into_iter()
            .map(|(value, ty)| json_of(value, ty))
            .collect::<Result<_>>()?;
        return text_value(Tree(Json::Array(items)).print(ty));
    }
    if values.len() % 2 == 1 {
        let message = "argument list must have even number of elements";
        return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
    }
    let mut map = Map::new();
    for pair in values.chunks(2) {
        if let [(key, key_ty), (value, value_ty)] = pair {
            if *key == ValueRef::Null {
                return Err(Error::new(
                    SqlState::INVALID_PARAMETER_VALUE,
                    "null value not allowed for object key",
                ));
            }
            map.insert(
                output(*key, *key_ty)?.into_owned(),
                json_of(*value, *value_ty)?,
            );
        }
    }
    text_value(Tree(Json::Object(map)).print(ty))
}
