//! Values: evaluating expressions, and writing them as types.

use trunkline_server::{Encode, EncodeError, Error, Params, Result, SqlState, Type};

use super::state::{State, Value};
use super::statement::{Expr, Select, Source};

/// The rows of a SELECT, one by one, so that a long series takes no memory.
pub fn rows<'a>(
    select: &'a Select,
    state: &State,
    params: Params<'a>,
) -> Result<Box<dyn Iterator<Item = Result<Vec<Value>>> + Send + 'a>> {
    if let [item] = &select.items[..]
        && let Expr::Call(name, arguments, _) = &item.expr
        && let ("generate_series", [Expr::Int(from), Expr::Int(to)]) =
            (name.as_str(), &arguments[..])
    {
        return Ok(Box::new((*from..=*to).map(|n| int(n).map(|n| vec![n]))));
    }
    let (names, source) = source(&select.from, state)?;
    if let [item] = &select.items[..]
        && matches!(&item.expr, Expr::Call(name, ..) if name == "count")
    {
        let count = i64::try_from(source.count()).unwrap();
        return Ok(Box::new(std::iter::once(Ok(vec![Value::Long(count)]))));
    }
    Ok(Box::new(source.map(move |row| {
        let row = row?;
        let mut values = Vec::with_capacity(select.items.len());
        for item in &select.items {
            match &item.expr {
                Expr::Star => values.extend(row.iter().cloned()),
                expr => values.push(evaluate(expr, &names, &row, params)?),
            }
        }
        Ok(values)
    })))
}

type Rows<'a> = Box<dyn Iterator<Item = Result<Vec<Value>>> + Send + 'a>;

fn source<'a>(source: &'a Source, state: &State) -> Result<(Vec<String>, Rows<'a>)> {
    Ok(match source {
        Source::Nothing | Source::Query(_) => {
            (Vec::new(), Box::new(std::iter::once(Ok(Vec::new()))))
        }
        Source::Series { from, to, name } => (
            vec![name.clone()],
            Box::new((*from..=*to).map(|n| int(n).map(|n| vec![n]))),
        ),
        Source::Values(rows) => {
            let names = (1..=rows[0].len()).map(|n| format!("column{n}")).collect();
            let row = |row: &Vec<Expr>| {
                row.iter()
                    .map(|value| evaluate(value, &[], &[], Params::none()))
                    .collect()
            };
            (names, Box::new(rows.iter().map(row)))
        }
        Source::Table(name, place) => {
            let table = state.table(&(name.clone(), *place))?.clone();
            let names = table.columns.iter().map(|c| c.name.clone()).collect();
            (names, Box::new(table.rows.into_iter().map(Ok)))
        }
    })
}

pub fn evaluate(expr: &Expr, names: &[String], row: &[Value], params: Params<'_>) -> Result<Value> {
    Ok(match expr {
        Expr::Int(n) => int(*n)?,
        Expr::Text(text) => Value::Text(text.clone()),
        Expr::Null => Value::Null,
        Expr::Param(n, _) => param(params, n - 1)?,
        Expr::Column(name, _) => {
            let at = names.iter().position(|known| known == name).unwrap();
            row[at].clone()
        }
        Expr::Cast(inner, ty) => cast(evaluate(inner, names, row, params)?, *ty)?,
        Expr::Add(left, right) => two(left, right, names, row, params, i32::checked_add)?,
        Expr::Subtract(left, right) => two(left, right, names, row, params, i32::checked_sub)?,
        Expr::Divide(left, right) => two(left, right, names, row, params, i32::checked_div)?,
        Expr::IsNull(inner) => Value::Bool(evaluate(inner, names, row, params)? == Value::Null),
        Expr::Call(name, ..) if name == "panic" => {
            // In the first row all is well.
            assert_eq!(row[0], Value::Int(1), "the session panics");
            Value::Null
        }
        Expr::Call(..) | Expr::Star => Value::Void,
    })
}

fn two(
    left: &Expr,
    right: &Expr,
    names: &[String],
    row: &[Value],
    params: Params<'_>,
    operate: fn(i32, i32) -> Option<i32>,
) -> Result<Value> {
    let (Value::Int(left), Value::Int(right)) = (
        evaluate(left, names, row, params)?,
        evaluate(right, names, row, params)?,
    ) else {
        return Ok(Value::Null);
    };
    match operate(left, right) {
        Some(n) => Ok(Value::Int(n)),
        None if right == 0 => Err(Error::new(SqlState::DIVISION_BY_ZERO, "division by zero")),
        None => Err(Error::new(
            SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            "integer out of range",
        )),
    }
}

fn param(params: Params<'_>, at: usize) -> Result<Value> {
    Ok(match params.ty(at) {
        Type::INT4 => params
            .get::<Option<i32>>(at)?
            .map_or(Value::Null, Value::Int),
        Type::BYTEA => params
            .raw(at)
            .map_or(Value::Null, |raw| Value::Text(format!("{raw:?}"))),
        Type::BOOL => params
            .get::<Option<bool>>(at)?
            .map_or(Value::Null, Value::Bool),
        _ => params
            .get::<Option<String>>(at)?
            .map_or(Value::Null, Value::Text),
    })
}

fn cast(value: Value, ty: Type) -> Result<Value> {
    Ok(match (value, ty) {
        (Value::Text(text), Type::INT4) => Value::Int(text.trim().parse().map_err(|_| {
            let message = format!("invalid input syntax for type integer: \"{text}\"");
            Error::new(SqlState::INVALID_TEXT_REPRESENTATION, message)
        })?),
        (value, _) => value,
    })
}

pub fn int(n: i64) -> Result<Value> {
    let out_of_range = |_| Error::new(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "integer out of range");
    i32::try_from(n).map(Value::Int).map_err(out_of_range)
}

impl Encode for Value {
    fn accepts(_: Type) -> bool {
        true
    }

    fn is_null(&self) -> bool {
        *self == Self::Null
    }

    fn encode_text(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Null | Self::Void => Ok(()),
            Self::Int(n) => n.encode_text(ty, out),
            Self::Long(n) => n.encode_text(ty, out),
            Self::Text(text) => text.encode_text(ty, out),
            Self::Bool(truth) => truth.encode_text(ty, out),
        }
    }

    fn encode_binary(&self, ty: Type, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Null | Self::Void => Ok(()),
            Self::Int(n) => n.encode_binary(ty, out),
            Self::Long(n) => n.encode_binary(ty, out),
            Self::Text(text) => text.encode_binary(ty, out),
            Self::Bool(truth) => truth.encode_binary(ty, out),
        }
    }
}
