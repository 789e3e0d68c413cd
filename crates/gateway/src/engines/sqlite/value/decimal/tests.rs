#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use super::*;

#[test]
fn quotients_have_postgresql_s_digits() {
    // From PostgreSQL 15: select 1::numeric/3, 10/4.0, 1/7.0, 100::numeric/3, 2::numeric/0.0003
    for (l, r, expected) in [
        ("1", "3", "0.33333333333333333333"),
        ("10", "4.0", "2.5000000000000000"),
        ("1", "7.0", "0.14285714285714285714"),
        ("100", "3", "33.3333333333333333"),
        ("3", "2", "1.5000000000000000"),
    ] {
        assert_eq!(calculate(l, "/", r).unwrap(), expected, "{l} / {r}");
    }
}

#[test]
fn sums_and_products_are_exact() {
    assert_eq!(calculate("0.1", "+", "0.2").unwrap(), "0.3");
    assert_eq!(calculate("1.10", "*", "1.10").unwrap(), "1.2100");
    assert_eq!(calculate("5", "-", "7.50").unwrap(), "-2.50");
    assert_eq!(calculate("7", "%", "4").unwrap(), "3");
    assert_eq!(calculate("NaN", "+", "1").unwrap(), "NaN");
    assert_eq!(
        calculate("1", "/", "0").unwrap_err().sqlstate(),
        SqlState::DIVISION_BY_ZERO
    );
}

/// 1e`exponent` in the form it is stored in.
fn ten(exponent: usize) -> String {
    format!("1{}", "0".repeat(exponent))
}

/// 1e-`places` in the form it is stored in.
fn tenth(places: usize) -> String {
    format!("0.{}1", "0".repeat(places - 1))
}

/// What PostgreSQL 15 answers.
#[test]
fn results_have_postgresql_s_limits() {
    let (widest, nine) = (ten(131_071), format!("9{}", "0".repeat(131_071)));
    let length = |l: &str, op, r: &str| calculate(l, op, r).map(|text| text.len());
    for (l, op, r, expected) in [
        (&*widest, "*", "9", 131_072),
        (&ten(65_535), "*", &ten(65_536), 131_072),
        (&widest, "%", "7", 1),
        (&widest, "%", &format!("7{}", &tenth(16_383)[1..]), 16_385),
        (&widest, "^", "-1", 18),
        ("10", "^", "131071", 131_089),
        ("2", "^", "100000", 30_120),
        (&tenth(16_383), "^", "20000", 1002),
        (&tenth(8000), "/", &tenth(8000), 1002),
        (&tenth(9000), "*", &tenth(5000), 14_002),
        (&tenth(9000), "*", &tenth(9000), 16_385),
        (&tenth(16_383), "+", "7", 16_385),
    ] {
        let shown = format!("{:.9} {op} {r:.9}", l);
        assert_eq!(length(l, op, r).unwrap(), expected, "{shown}");
    }
    for (l, op, r) in [
        (&*widest, "*", "10"),
        (&nine, "*", "2"),
        (&ten(65_536), "*", &ten(65_536)),
        (&nine, "+", &nine),
        (&widest, "/", "0.00001"),
        ("10", "^", "131072"),
        ("10", "^", "9000000000000000000"),
        (&tenth(16_383), "^", "-20000"),
        (&tenth(16_383), "^", "-1.5"),
    ] {
        let error = length(l, op, r).unwrap_err();
        assert_eq!(error.sqlstate(), SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
        assert!(error.to_string().contains("value overflows numeric format"));
    }
    assert!(whole_quotient(&widest, "0.0000000001").is_err());
    assert!(round(&nine, -131_071).is_ok());
    assert!(round(&format!("95{}", "0".repeat(131_070)), -131_072).is_err());
    assert!(Decimal::parse("1e131072").is_err());
    assert!(Decimal::parse("1e999999999").is_err());
}

#[test]
fn what_is_too_small_is_rounded_to_the_finest_scale() {
    let product = |places| calculate(&tenth(8000), "*", places).unwrap();
    let six = format!("0.{}6", "0".repeat(8383));
    let four = format!("0.{}4", "0".repeat(8383));
    assert_eq!(product(&six), tenth(16_383));
    assert_eq!(product(&four), format!("0.{}", "0".repeat(16_383)));
    let least = Decimal::parse("1e-999999999").unwrap();
    assert_eq!(least.text(), format!("0.{}", "0".repeat(16_383)));
}

#[test]
fn a_sum_may_leave_the_limits_and_come_back() {
    let nine = Decimal::parse(&format!("9{}", "0".repeat(131_071))).unwrap();
    let twice = nine.plus(&nine);
    assert!(twice.clone().limited().is_err());
    let less = Decimal::parse(&format!("-{}", nine.text())).unwrap();
    assert_eq!(twice.plus(&less).limited().unwrap(), nine);
}

#[test]
fn a_spread_has_the_limits_of_its_result() {
    let deviation = |exponent, root| {
        let large = BigDecimal::from_str(&format!("9e{exponent}")).unwrap();
        let sum = &large + BigDecimal::from(1);
        let squares = large.square() + BigDecimal::from(1);
        spread(2, 1, &sum, &squares, root).map(|text| text.len())
    };
    assert_eq!(deviation(65_530, true).unwrap(), 65_531);
    assert_eq!(deviation(65_530, false).unwrap(), 131_062);
    assert!(deviation(65_540, false).is_err());
}

#[test]
fn a_column_rounds_and_limits() {
    assert_eq!(fit("1.005", 5, 2).unwrap(), "1.01");
    assert_eq!(fit("3", 5, 2).unwrap(), "3.00");
    assert_eq!(fit("999.994", 5, 2).unwrap(), "999.99");
    assert_eq!(
        fit("999.995", 5, 2).unwrap_err().sqlstate(),
        SqlState::NUMERIC_VALUE_OUT_OF_RANGE
    );
}
