#![allow(
    clippy::unwrap_used,
    reason = "a panic is the failure report of a test"
)]

use super::*;

/// What PostgreSQL 15 answers.
#[test]
fn digits_are_postgresql_s() {
    for (number, expected) in [
        ("2.0", "1.414213562373095"),
        ("123456.789", "351.3641828644462"),
        ("1000000", "1000.0000000000000"),
        ("0.0001", "0.01000000000000000"),
        ("0", "0.000000000000000"),
        ("4.00", "2.000000000000000"),
    ] {
        assert_eq!(sqrt(number).unwrap(), expected, "sqrt({number})");
    }
    for (base, exponent, expected) in [
        ("2.0", "3", "8.0000000000000000"),
        ("2.0", "0.5", "1.4142135623730950"),
        ("2.0", "-1", "0.5000000000000000"),
        ("10.0", "20", "100000000000000000000.0000000000000000"),
        ("1.5", "2.5", "2.7556759606310754"),
        ("0.1", "3", "0.0010000000000000"),
        ("1.0000001", "100", "1.0000100000495002"),
        ("99.0", "0.5", "9.9498743710661995"),
        ("-2.0", "3", "-8.0000000000000000"),
        ("0.0", "0", "1.0000000000000000"),
    ] {
        assert_eq!(
            decimal::calculate(base, "^", exponent).unwrap(),
            expected,
            "{base} ^ {exponent}"
        );
    }
    for (number, expected) in [
        ("2.0", "0.6931471805599453"),
        ("123456.789", "11.723646487185881"),
        ("0.5", "-0.6931471805599453"),
        ("1.0", "0.0000000000000000"),
        ("1000000000000000000000000000000", "69.077552789821371"),
    ] {
        assert_eq!(ln(number).unwrap(), expected, "ln({number})");
    }
    for (number, expected) in [
        ("0.0", "1.0000000000000000"),
        ("1.0", "2.7182818284590452"),
        ("10.5", "36315.502674246638"),
        ("-3.0", "0.04978706836786394"),
        ("50.0", "5184705528587072464087.5"),
    ] {
        assert_eq!(exp(number).unwrap(), expected, "exp({number})");
    }
    for (base, number, expected) in [
        ("10", "100.0", "2.0000000000000000"),
        ("10", "2.0", "0.3010299956639812"),
        ("10", "0.001", "-3.0000000000000000"),
        ("2", "8", "3.0000000000000000"),
    ] {
        assert_eq!(
            log(base, number).unwrap(),
            expected,
            "log({base}, {number})"
        );
    }
}

/// The last digits that PostgreSQL 15 shows.
#[test]
fn every_digit_that_is_shown_is_right() {
    let two = format!("2.{}", "0".repeat(990));
    let half = format!("2.5{}", "0".repeat(989));
    let power = |base, exponent| decimal::calculate(base, "^", exponent);
    for (shown, length, last) in [
        (exp(&two), 992, "72276144866745056499"),
        (ln(&two), 992, "05340164925687274778"),
        (log("3", &two), 992, "45682092203159263603"),
        (power("1.5", &half), 992, "94605482683809916289"),
        (exp("5999.9"), 2608, "816822103798416416.2"),
        (power("2.0", "8000.5"), 2411, "225496395121482570.8"),
        (power("1.2345678", "150000"), 13_745, "250.4870249785928443"),
        (power("1.2345678", "-150"), 18, "0.0000000000000187"),
        (power("0.99999999", "100000000"), 18, "0.3678794393320451"),
    ] {
        let shown = shown.unwrap();
        assert!(shown.ends_with(last), "{last}: {shown}");
        assert_eq!(shown.len(), length, "{last}");
    }
}

#[test]
fn whole_roots_are_exact() {
    for n in 0..5000_u64 {
        assert_eq!(whole_root(&n.into()), n.isqrt().into(), "{n}");
    }
    let root = BigInt::from(12345).pow(1000);
    let square = &root * &root;
    assert_eq!(whole_root(&square), root);
    assert_eq!(whole_root(&(&square - 1)), &root - 1);
    assert_eq!(whole_root(&(square + &root * 2)), root);
}

#[test]
fn what_has_no_value_is_an_error() {
    let code = |outcome: Result<String>| outcome.unwrap_err().sqlstate();
    let power = |base, exponent| code(decimal::calculate(base, "^", exponent));
    assert_eq!(
        code(sqrt("-1.0")),
        SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION
    );
    assert_eq!(
        power("-2.0", "0.5"),
        SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION
    );
    assert_eq!(
        power("0.0", "-1"),
        SqlState::INVALID_ARGUMENT_FOR_POWER_FUNCTION
    );
    assert_eq!(power("10", "200000"), SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
    assert_eq!(code(ln("0")), SqlState::INVALID_ARGUMENT_FOR_LOGARITHM);
    assert_eq!(code(exp("1000000")), SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
    assert_eq!(code(exp("6000")), SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
    assert_eq!(exp("5999.9").unwrap().len(), 2608);
    assert_eq!(power("2.0", "9000.5"), SqlState::NUMERIC_VALUE_OUT_OF_RANGE);
    assert_eq!(exp("-1e30").unwrap(), format!("0.{}", "0".repeat(1000)));
}
