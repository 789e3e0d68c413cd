//! Service files: the facts of libpq's `src/interfaces/libpq/t/006_service.pl`, and its messages.

use super::{ada, error, folder, resolve};

const FILE: &str = "# comment\n\n[other]\nhost=other\n\n  [my_srv]  \n host=first \nhost=second\nport=7000\n#user=x\n[last]\nhost=last\n";

#[test]
fn a_service_is_found_in_the_users_file_or_the_systems() {
    let files = folder(&[
        ("valid", FILE),
        ("empty", ""),
        (
            "system/pg_service.conf",
            "[my_srv]\nhost=system\n[only]\nhost=only\n",
        ),
    ]);
    let path = |name: &str| files.path().join(name);
    let host = |text: &str, around: &super::Environment| {
        resolve(text, around).unwrap().hosts[0]
            .name
            .clone()
            .unwrap()
    };

    let valid = ada().variable("PGSERVICEFILE", path("valid"));
    assert_eq!(host("service=my_srv", &valid), "first");
    assert_eq!(host("postgres://?service=my_srv", &valid), "first");
    assert_eq!(
        host("", &valid.clone().variable("PGSERVICE", "my_srv")),
        "first"
    );
    assert_eq!(
        host(
            "service=other",
            &valid.clone().variable("PGSERVICE", "my_srv")
        ),
        "other"
    );
    assert_eq!(
        error("service=undefined-service", &valid),
        "definition of service \"undefined-service\" not found"
    );
    assert_eq!(
        error(
            "",
            &valid.clone().variable("PGSERVICE", "undefined-service")
        ),
        "definition of service \"undefined-service\" not found"
    );

    let both = valid.variable("PGSYSCONFDIR", path("system"));
    assert_eq!(host("service=my_srv", &both), "first");
    assert_eq!(host("service=only", &both), "only");

    let missing = ada()
        .variable("PGSERVICEFILE", path("missing"))
        .variable("PGSYSCONFDIR", path("system"));
    assert_eq!(
        error("service=my_srv", &missing),
        format!("service file \"{}\" not found", path("missing").display())
    );

    let system = ada().system_folder(path("system"));
    assert_eq!(host("service=my_srv", &system), "system");
    let empty = system.variable("PGSERVICEFILE", path("empty"));
    assert_eq!(host("service=my_srv", &empty), "system");
    assert_eq!(
        error("service=my_srv", &ada()),
        "definition of service \"my_srv\" not found"
    );
    // Nobody asked for a service.
    assert_eq!(host("host=a", &missing), "a");
}

#[test]
fn lines_that_are_wrong_are_told_with_their_numbers() {
    let long = format!("[s]\n#{}\n", "x".repeat(1022));
    for (file, expected) in [
        (
            "[s]\nhost\n",
            "syntax error in service file \"FILE\", line 2",
        ),
        (
            "[s]\n\nhots=a\n",
            "syntax error in service file \"FILE\", line 3",
        ),
        (
            "[s]\nhost = a\n",
            "syntax error in service file \"FILE\", line 2",
        ),
        (
            "[s]\nservice=t\n[t]\nhost=a\n",
            "nested service specifications not supported in service file \"FILE\", line 2",
        ),
        (long.as_str(), "line 2 too long in service file \"FILE\""),
        (
            "[s]\nsslmode=none\n",
            "service file \"FILE\", line 2: invalid sslmode value: \"none\"",
        ),
        (
            "[s]\ngssencmode=require\n",
            "service file \"FILE\", line 2: gssencmode=require is not supported: connections are encrypted with TLS: set gssencmode=disable and sslmode=verify-full",
        ),
        (
            "[s]\nldap://host/x\n",
            "service file \"FILE\", line 2: a service that is looked up by LDAP is not supported: write its options into the service file",
        ),
    ] {
        let home = folder(&[(".pg_service.conf", file)]);
        let path = home.path().join(".pg_service.conf").display().to_string();
        let told = error("service=s", &ada().home(home.path()));
        assert_eq!(told.replace(&path, "FILE"), expected);
    }
}

#[test]
fn what_other_services_say_does_not_matter() {
    let home = folder(&[(
        ".pg_service.conf",
        "[a]\nnonsense\n[s]\nuser=x=y\ndbname= z\n[b]\nmore\n",
    )]);
    let resolved = resolve("service=s", &ada().home(home.path())).unwrap();
    assert_eq!(resolved.user, "x=y");
    assert_eq!(resolved.database, " z");
    // What the string gives is not even read in the file.
    let home = folder(&[(".pg_service.conf", "[s]\nsslmode=none\n")]);
    resolve("service=s sslmode=disable", &ada().home(home.path())).unwrap();
}
