//! `to_char`.

use rusqlite::types::Value;
use trunkline_server::{Error, Result, SqlState, Type};
use trunkline_types::Date;

use super::fields::{extract, parts};
use super::out_of_range;
use crate::engines::sqlite::functions::{Args, text_value};

/// The commonest patterns of `to_char` for dates; a number is printed as it is.
pub(super) fn to_char(a: &Args<'_, '_>) -> Result<Value> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] = [
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
        "Thursday",
        "Friday",
        "Saturday",
    ];
    let ty = a.ty(1)?;
    let format = a.text(2)?;
    if !matches!(
        ty,
        Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ | Type::TIME
    ) {
        return Err(Error::new(
            SqlState::FEATURE_NOT_SUPPORTED,
            format!("to_char of {} is not supported", ty.sql_name()),
        ));
    }
    let (days, time) = parts(a.raw(0), ty)?;
    let date = Date::from_days(i32::try_from(days).map_err(Error::internal)?).and_then(Date::ymd);
    let (year, month, day) = date.ok_or_else(|| out_of_range("date"))?;
    let (hour, minute, second) = (
        time / 3_600_000_000,
        time / 60_000_000 % 60,
        time / 1_000_000 % 60,
    );
    let name = |names: &[&'static str], at: i64| {
        usize::try_from(at)
            .ok()
            .and_then(|at| names.get(at).copied())
            .unwrap_or_default()
    };
    let month_name = name(&MONTHS, i64::from(month) - 1);
    let day_name = name(&DAYS, (days + 6).rem_euclid(7));
    let patterns: [(&str, String); 21] = [
        ("YYYY", format!("{year:04}")),
        ("YY", format!("{:02}", year.rem_euclid(100))),
        ("Month", format!("{month_name:<9}")),
        ("FMMonth", month_name.to_owned()),
        ("Mon", month_name.chars().take(3).collect()),
        ("MM", format!("{month:02}")),
        ("MI", format!("{minute:02}")),
        ("MS", format!("{:03}", time % 1_000_000 / 1000)),
        ("US", format!("{:06}", time % 1_000_000)),
        ("FMDay", day_name.to_owned()),
        ("Day", format!("{day_name:<9}")),
        ("Dy", day_name.chars().take(3).collect()),
        (
            "DDD",
            extract("doy", a.raw(0), ty)
                .map(|d| format!("{d:0>3}"))
                .unwrap_or_default(),
        ),
        ("DD", format!("{day:02}")),
        ("D", ((days + 6).rem_euclid(7) + 1).to_string()),
        ("HH24", format!("{hour:02}")),
        ("HH12", format!("{:02}", (hour + 11) % 12 + 1)),
        ("HH", format!("{:02}", (hour + 11) % 12 + 1)),
        ("SS", format!("{second:02}")),
        ("AM", if hour < 12 { "AM" } else { "PM" }.to_owned()),
        ("Q", ((month - 1) / 3 + 1).to_string()),
    ];
    let mut out = String::new();
    let mut rest = format.as_ref();
    while let Some(c) = rest.chars().next() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let (literal, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            out.push_str(literal);
            rest = after;
        } else if let Some((pattern, text)) = patterns
            .iter()
            .find(|(pattern, _)| rest.starts_with(pattern))
        {
            out.push_str(text);
            rest = rest.get(pattern.len()..).unwrap_or_default();
        } else {
            out.push(c);
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    text_value(out)
}
