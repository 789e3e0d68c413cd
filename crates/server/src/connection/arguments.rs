//! The arguments of EXECUTE: constants, turned into parameter values. Nothing is evaluated here, since only the session
//! could.

use trunkline_proto::sql::{List, Literal, LiteralKind};
use trunkline_proto::{Format, SqlState, codec};
use trunkline_types::Type;

use crate::params::Values;
use crate::{Error, Result};

/// The values of a statement's parameters.
///
/// # Errors
///
/// 42601 for a wrong number of arguments; 0A000 for one that is no constant; 42804 for a constant of a kind that the
/// parameter's type does not take; 42704 for a cast to an unknown type; otherwise what the type says of the value.
pub(super) fn values(name: &str, arguments: List<'_>, types: &[Type]) -> Result<Values> {
    let count = arguments.iter().count();
    if count != types.len() {
        return Err(Error::new(
            SqlState::SYNTAX_ERROR,
            format!("wrong number of parameters for prepared statement \"{name}\""),
        )
        .detail(format!(
            "Expected {} parameters but got {count}.",
            types.len()
        )));
    }
    let literals = arguments
        .iter()
        .zip(types)
        .enumerate()
        .map(|(index, (argument, ty))| value(argument, *ty, index + 1))
        .collect::<Result<Vec<_>>>()?;
    let texts = literals
        .iter()
        .map(|literal| (literal.kind != LiteralKind::Null).then(|| literal.text.as_bytes()));
    let mut values = Values::NONE;
    // They have been checked, with better messages than those about a Bind.
    values.copy_from(&codec::Formats::EMPTY, texts, &[])?;
    Ok(values)
}

fn value(argument: &str, ty: Type, number: usize) -> Result<Literal<'_>> {
    let literal = Literal::parse(argument).ok_or_else(|| no_constant(argument, number))?;
    let suits = match literal.kind {
        LiteralKind::Null | LiteralKind::String => true,
        LiteralKind::Boolean => ty == Type::BOOL || takes_any(ty),
        LiteralKind::Number => is_number(ty) || takes_any(ty),
    };
    if let Some(cast) = literal.cast {
        let cast = Type::from_name(cast).ok_or_else(|| no_type(cast))?;
        let carries_over = cast == ty
            || !Type::ALL.contains(&ty)
            || (is_string(cast) && is_string(ty))
            || (is_integer(cast) && is_number(ty));
        if !carries_over {
            return Err(Error::unsupported(format!(
                "argument {number} of EXECUTE is cast to {}, and the parameter is of type {}",
                cast, ty
            ))
            .hint("Leave the cast out, or cast to the type of the parameter."));
        }
        check(cast, &literal)?;
    } else if !suits {
        let kind = match literal.kind {
            LiteralKind::Boolean => "boolean",
            _ => "numeric",
        };
        return Err(Error::new(
            SqlState::DATATYPE_MISMATCH,
            format!(
                "parameter ${number} of type {kind} cannot be coerced to the expected type {}",
                ty.sql_name()
            ),
        )
        .hint("You will need to rewrite or cast the expression."));
    }
    check(ty, &literal)?;
    Ok(literal)
}

fn check(ty: Type, literal: &Literal<'_>) -> Result<()> {
    if literal.kind != LiteralKind::Null {
        trunkline_types::check(ty, Format::Text, literal.text.as_bytes())?;
    }
    Ok(())
}

/// Strings, and types that are not built in, of which only the session knows what they take.
fn takes_any(ty: Type) -> bool {
    is_string(ty) || !Type::ALL.contains(&ty)
}

fn is_string(ty: Type) -> bool {
    matches!(ty, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME)
}

fn is_integer(ty: Type) -> bool {
    matches!(ty, Type::INT2 | Type::INT4 | Type::INT8)
}

fn is_number(ty: Type) -> bool {
    is_integer(ty)
        || matches!(
            ty,
            Type::NUMERIC | Type::FLOAT4 | Type::FLOAT8 | Type::OID | Type::MONEY
        )
}

#[cold]
fn no_constant(argument: &str, number: usize) -> Error {
    let is_parameter = argument
        .strip_prefix('$')
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()) && !rest.is_empty());
    if is_parameter {
        return Error::new(
            SqlState::UNDEFINED_PARAMETER,
            format!("there is no parameter {argument}"),
        );
    }
    Error::unsupported(format!("argument {number} of EXECUTE is not a constant")).hint(
        "Expressions are not evaluated here: give a number, a quoted string, TRUE, FALSE or NULL.",
    )
}

#[cold]
pub(super) fn no_type(name: &str) -> Error {
    Error::new(
        SqlState::UNDEFINED_OBJECT,
        format!("type \"{name}\" does not exist"),
    )
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a panic is the failure report of a test"
    )]

    use trunkline_proto::sql::Control;

    use super::*;
    use crate::Params;

    fn given(list: &str, types: &[Type]) -> Result<Vec<Option<String>>> {
        let sql = format!("execute p {list}");
        let Some(Control::Execute { arguments, .. }) = Control::parse(&sql) else {
            panic!("no EXECUTE: {sql}");
        };
        let values = values("p", arguments, types)?;
        let params = Params::new(&values, types);
        Ok((0..params.len())
            .map(|index| {
                params
                    .raw(index)
                    .map(|raw| String::from_utf8_lossy(raw).into_owned())
            })
            .collect())
    }

    #[test]
    fn constants_become_values() {
        let list = "(1, -2.5, 'it''s', null, true, '2024-02-03'::date, 7::int2, 8)";
        let types = [
            Type::INT4,
            Type::NUMERIC,
            Type::TEXT,
            Type::INT4,
            Type::BOOL,
            Type::DATE,
            Type::INT8,
            Type::TEXT,
        ];
        let values = given(list, &types).unwrap();
        let values: Vec<_> = values
            .iter()
            .map(|value| value.as_deref().unwrap_or("NULL"))
            .collect();
        assert_eq!(
            values,
            ["1", "-2.5", "it's", "NULL", "true", "2024-02-03", "7", "8"]
        );
        assert_eq!(given("", &[]).unwrap(), []);
    }

    #[test]
    fn what_does_not_suit_is_refused() {
        for (list, ty, code) in [
            ("('x')", Type::INT4, "22P02"),
            ("(2147483648)", Type::INT4, "22003"),
            ("(true)", Type::INT4, "42804"),
            ("(1)", Type::BOOL, "42804"),
            ("(1)", Type::DATE, "42804"),
            ("('1'::nonsense)", Type::INT4, "42704"),
            ("('2024-02-03'::date)", Type::TIMESTAMP, "0A000"),
            ("('x'::int)", Type::INT4, "22P02"),
            ("(1 + 1)", Type::INT4, "0A000"),
            ("(f(1))", Type::INT4, "0A000"),
            ("($1)", Type::INT4, "42P02"),
            ("(1, 2)", Type::INT4, "42601"),
            ("", Type::INT4, "42601"),
        ] {
            let error = given(list, &[ty]).unwrap_err();
            assert_eq!(error.sqlstate().as_str(), code, "{list}: {error}");
        }
    }
}
