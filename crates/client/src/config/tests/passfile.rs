//! Password files.

use super::{ada, allow, folder, resolve};
use crate::config::{Environment, Resolved, Secret, Warning};

/// The passwords of the hosts of `text`, with this password file.
fn passwords(file: &str, text: &str) -> Vec<Option<String>> {
    let home = folder(&[(".pgpass", file)]);
    let resolved = resolve(text, &ada().home(home.path())).unwrap();
    assert_eq!(resolved.warnings, []);
    resolved
        .hosts
        .iter()
        .map(|host| shown(&host.password))
        .collect()
}

fn shown(password: &Option<Secret>) -> Option<String> {
    let bytes = password.as_ref()?.as_bytes();
    Some(String::from_utf8_lossy(bytes).into_owned())
}

#[test]
fn the_first_line_that_fits_counts() {
    let file = "# a comment\n\
        db:5432:app:ada:first\n\
        db:5432:app:ada:second\n\
        db:*:app:ada:any port\n\
        *:*:*:bob:bob's\n\
        *:*:*:*:anybody's\n";
    for (text, expected) in [
        ("host=db dbname=app", "first"),
        ("host=db dbname=app port=6000", "any port"),
        ("host=db dbname=app user=bob", "bob's"),
        ("host=db", "anybody's"),
        ("host=other dbname=app user=bob", "bob's"),
        ("", "anybody's"),
    ] {
        assert_eq!(passwords(file, text), [Some(expected.to_owned())], "{text}");
    }
    assert_eq!(passwords("db:5432:app:ada:first\n", "host=db"), [None]);
    assert_eq!(passwords("", "host=db"), [None]);
}

#[test]
fn backslashes_make_characters_ordinary() {
    for (file, text, expected) in [
        (r"::1:*:*:*:right", "host=::1", Some("right")),
        (r"\:\:1:*:*:*:right", "host=::1", Some("right")),
        (r"*:*:a\\b:*:right", r"dbname=a\\b", Some("right")),
        (r"*:*:\*:*:right", "dbname=x", None),
        (r"*:*:\*:*:right", "dbname=*", Some("right")),
        (r"*:*:a*:*:right", "dbname=ab", None),
        (r"*:*:*:*:a\:b\\c", "", Some(r"a:b\c")),
        (r"*:*:*:*:a:b", "", Some("a")),
        (r"*:*:*:*:a\", "", Some(r"a\")),
        ("*:*:*:*: a \r\n", "", Some(" a ")),
        ("*:*:*:*:", "", Some("")),
        ("*:*:*:*", "", None),
        ("*:*:*:* :a", "", None),
        ("*:*:*\n:*:a", "", None),
        (" *:*:*:*:a", "", None),
    ] {
        let expected = expected.map(str::to_owned);
        assert_eq!(passwords(file, text), [expected], "{file} {text}");
    }
}

#[test]
fn each_host_has_its_own_password() {
    // SEC-13: nothing that is meant for one host goes to another.
    let file = "a:*:*:*:for a\nlocalhost:*:*:*:for sockets\n127.0.0.1:*:*:*:for the address\n";
    let of = |text: &str| {
        let found = passwords(file, text);
        found
            .into_iter()
            .map(Option::unwrap_or_default)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("host=a,b,a"), ["for a", "", "for a"]);
    assert_eq!(
        of("host=,/tmp,/run,localhost"),
        ["for sockets", "for sockets", "", "for sockets"]
    );
    assert_eq!(of("hostaddr=127.0.0.1"), ["for the address"]);
    // The name counts where there is one, and the address is not asked.
    assert_eq!(of("host=b hostaddr=127.0.0.1"), [""]);
}

#[test]
fn a_password_that_was_given_goes_before_the_file() {
    let file = "*:*:*:*:from the file\n";
    assert_eq!(
        passwords(file, "password=given host=a,b"),
        [Some("given".to_owned()), Some("given".to_owned())]
    );
    assert_eq!(
        passwords(file, "password=''"),
        [Some("from the file".to_owned())]
    );
}

#[test]
fn the_file_is_named_by_an_option_or_a_variable() {
    let files = folder(&[
        (".pgpass", "*:*:*:*:home"),
        ("a", "*:*:*:*:a"),
        ("b", "*:*:*:*:b"),
    ]);
    let path = |name| files.path().join(name);
    let around = ada().home(files.path());
    let of = |resolved: Resolved| {
        let host = &resolved.hosts[0];
        (
            shown(&host.password).unwrap(),
            host.passfile.clone().unwrap(),
        )
    };
    let found = of(resolve("", &around).unwrap());
    assert_eq!(found, ("home".to_owned(), path(".pgpass")));

    let around = around.variable("PGPASSFILE", path("a"));
    let found = of(resolve("", &around).unwrap());
    assert_eq!(found, ("a".to_owned(), path("a")));

    let text = format!("passfile='{}'", path("b").display());
    let found = of(resolve(&text, &around).unwrap());
    assert_eq!(found, ("b".to_owned(), path("b")));

    let resolved = resolve("passfile=/no/such/file", &around).unwrap();
    assert_eq!(resolved.hosts[0].password, None);
    assert_eq!(resolved.warnings, []);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_passed_over_with_a_warning() {
    // SEC-14
    for mode in [0o640, 0o604, 0o660, 0o601] {
        let home = folder(&[(".pgpass", "*:*:*:*:secret")]);
        let path = home.path().join(".pgpass");
        allow(&path, mode);
        let resolved = resolve("", &ada().home(home.path())).unwrap();
        assert_eq!(resolved.hosts[0].password, None, "{mode:o}");
        assert_eq!(resolved.warnings, [Warning::PassfileAccess(path.clone())]);
        assert_eq!(
            resolved.warnings[0].to_string(),
            format!(
                "password file \"{}\" has group or world access; permissions should be u=rw (0600) or less",
                path.display()
            )
        );
    }
    let home = folder(&[(".pgpass/x", "")]);
    let resolved = resolve("", &ada().home(home.path())).unwrap();
    let path = home.path().join(".pgpass");
    assert_eq!(resolved.warnings, [Warning::PassfileNotPlain(path)]);
}

#[test]
fn passwords_need_not_be_utf8() {
    let home = folder(&[(".pgpass", "")]);
    std::fs::write(home.path().join(".pgpass"), b"*:*:*:*:\xff\xfe\n").unwrap();
    let around = Environment::empty().user("ada").home(home.path());
    let resolved = resolve("", &around).unwrap();
    let password = resolved.hosts[0].password.as_ref().unwrap();
    assert_eq!(password.as_bytes(), b"\xff\xfe");
}
