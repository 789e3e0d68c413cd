//! The cases of protocol 6.8 that concern the login, and the chapters on authentication from the client's side.

use trunkline_proto::auth::scram::{self, ClientError};
use trunkline_proto::auth::{Binding, EndPoint, Mock, Verifier, md5};
use trunkline_proto::client::{
    Connection, Credentials, Login, LoginError, Method, Methods, Misuse, Policy, Progress,
    ProtocolError,
};
use trunkline_proto::frontend::ProtocolVersion;

use crate::support::{IDLE, OK, credentials, error, lax, login, message};

const CLEARTEXT: &[u8] = b"R\0\0\0\x08\0\0\0\x03";
const MD5: &[u8] = b"R\0\0\0\x0C\0\0\0\x05\x2a\x3d\x8f\xe0";
const SCRAM: &[u8] = b"R\0\0\0\x17\0\0\0\x0ASCRAM-SHA-256\0\0";
const GSS: &[u8] = b"R\0\0\0\x08\0\0\0\x07";
const SSPI: &[u8] = b"R\0\0\0\x08\0\0\0\x09";
const OAUTH: &[u8] = b"R\0\0\0\x15\0\0\0\x0AOAUTHBEARER\0\0";

fn plus() -> Vec<u8> {
    message(b'R', b"\0\0\0\x0ASCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0")
}

fn continued(code: u8, data: &[u8]) -> Vec<u8> {
    message(b'R', &[&[0, 0, 0, code], data].concat())
}

fn bound() -> Binding {
    let der = include_bytes!("../../src/auth/testdata/certificates/rsa-sha256.der");
    Binding::ServerEndPoint(EndPoint::of_certificate(der).unwrap())
}

fn plain() -> Login {
    begin(&lax())
}

fn begin(policy: &Policy) -> Login {
    login(
        ProtocolVersion::V3_2,
        policy,
        credentials(b"password", Binding::Plaintext),
    )
}

/// Feeds `bytes`, hashing when asked to; gives what was sent.
fn feed(login: &mut Login, bytes: &[u8]) -> Result<Vec<u8>, LoginError> {
    let mut input = bytes;
    let mut output = vec![];
    while let Some(progress) = login.receive(&mut input, &mut output)? {
        if matches!(progress, Progress::Hash) {
            while login.hash(1000, &mut output)? > 0 {}
        }
    }
    assert_eq!(input, b"", "everything is taken");
    Ok(output)
}

fn order(result: Result<Vec<u8>, LoginError>) -> bool {
    matches!(
        result,
        Err(LoginError::Protocol(
            ProtocolError::AuthenticationOrder { .. }
        ))
    )
}

/// A whole login in which the server does SCRAM; `tamper` changes what it says at each step.
fn scram_login(
    login: &mut Login,
    offer: &[u8],
    binding: &Binding,
    tamper: impl Fn(u8, Vec<u8>) -> Vec<u8>,
) -> Result<(), LoginError> {
    let verifier = Verifier::scram(b"password", [9; 16], 4096).unwrap();
    let server = scram::Server::for_user(
        b"md5_user",
        Some(&verifier),
        &Mock::new([1; 32], 4096),
        [3; 18],
        *binding,
    );
    let sent = feed(login, offer)?;
    // The mechanism's name, then an Int32 length, then the message.
    let body = &sent[5..];
    let end = body.iter().position(|byte| *byte == 0).unwrap();
    let selected = server.select(&body[..end], Some(&body[end + 5..]));
    let Ok(scram::Selected::Challenge(server, challenge)) = selected else {
        panic!("the mechanism is one that was offered");
    };
    let sent = feed(login, &continued(11, &tamper(11, challenge)))?;
    let (_proof, last) = server.last(&sent[5..]).unwrap();
    let rest = tamper(12, last);
    feed(login, &continued(12, &rest))?;
    feed(login, OK)?;
    feed(login, IDLE)?;
    Ok(())
}

fn untouched(_: u8, data: Vec<u8>) -> Vec<u8> {
    data
}

#[test]
fn every_method_succeeds() {
    let open = |mut login: Login| -> Connection {
        feed(&mut login, &[OK, IDLE].concat()).unwrap();
        login.finish().unwrap()
    };
    open(plain());

    let mut cleartext = plain();
    assert_eq!(
        feed(&mut cleartext, CLEARTEXT).unwrap(),
        b"p\0\0\0\x0Dpassword\0"
    );
    open(cleartext);

    let mut hashed = plain();
    let answer = md5::response(b"md5_user", b"password", [0x2a, 0x3d, 0x8f, 0xe0]);
    assert_eq!(
        feed(&mut hashed, MD5).unwrap(),
        message(b'p', format!("{answer}\0").as_bytes())
    );
    open(hashed);

    let mut login = plain();
    scram_login(&mut login, SCRAM, &Binding::Plaintext, untouched).unwrap();
    login.finish().unwrap();

    let policy = Policy {
        require_binding: true,
        ..Policy::default()
    };
    let mut login = crate::support::login(
        ProtocolVersion::V3_0,
        &policy,
        credentials(b"password", bound()),
    );
    scram_login(&mut login, &plus(), &bound(), untouched).unwrap();
    login.finish().unwrap();

    let mut gss = plain();
    let mut out = vec![];
    assert!(matches!(
        gss.receive(&mut &GSS[..], &mut out),
        Ok(Some(Progress::Gss(None)))
    ));
    gss.gss(b"token", &mut out).unwrap();
    assert_eq!(out, b"p\0\0\0\x09token");
    let next = continued(8, b"reply");
    assert!(matches!(
        gss.receive(&mut next.as_slice(), &mut out),
        Ok(Some(Progress::Gss(Some(b"reply"))))
    ));
    assert!(
        gss.receive(&mut &OK[..], &mut out).unwrap().is_none(),
        "the caller's turn"
    );
    gss.gss_last(None, &mut out).unwrap();
    open(gss);
}

/// SEC-21 for GSSAPI: the server is believed when the mechanism is content with it, and not before.
#[test]
fn gss_to_its_end() {
    let begin = || {
        let mut login = plain();
        let progress = login.receive(&mut &GSS[..], &mut vec![]).unwrap();
        assert!(matches!(progress, Some(Progress::Gss(None))));
        login
    };
    let mut early = begin();
    early.gss(b"token", &mut vec![]).unwrap();
    assert!(order(feed(&mut early, OK)));

    let mut out = vec![];
    let mut at_once = begin();
    at_once.gss_last(Some(b"all"), &mut out).unwrap();
    assert_eq!(out, b"p\0\0\0\x07all");
    assert_eq!(at_once.gss_last(None, &mut out), Err(Misuse::OutOfOrder));
    feed(&mut at_once, &[OK, IDLE].concat()).unwrap();
    at_once.finish().unwrap();

    let mut more = begin();
    more.gss_last(Some(b"all"), &mut out).unwrap();
    assert!(order(feed(&mut more, &continued(8, b"more"))));
}

/// OA-01: with a token, and without one to be told where they come from.
#[test]
fn oauth() {
    let anonymous = Credentials {
        password: None,
        ..credentials(b"", Binding::Plaintext)
    };
    let begin = || {
        let mut login = login(ProtocolVersion::V3_2, &lax(), anonymous.clone());
        let progress = login.receive(&mut &OAUTH[..], &mut vec![]).unwrap();
        assert!(matches!(progress, Some(Progress::OAuth)));
        login
    };
    let mut with = begin();
    let mut out = vec![];
    for bad in [&b""[..], b"=", b"a b", b"a=b", b"a\x01", b"\xFF"] {
        assert_eq!(with.oauth(Some(bad), &mut out), Err(Misuse::Token));
    }
    with.oauth(Some(b"t0k.en-_~+/=="), &mut out).unwrap();
    assert_eq!(
        out[5..],
        *b"OAUTHBEARER\0\0\0\0\x1Fn,,\x01auth=Bearer t0k.en-_~+/==\x01\x01"
    );
    feed(&mut with, &[OK, IDLE].concat()).unwrap();
    with.finish().unwrap();

    let mut without = begin();
    out.clear();
    without.oauth(None, &mut out).unwrap();
    assert_eq!(out[5..], *b"OAUTHBEARER\0\0\0\0\x0Bn,,\x01auth=\x01\x01");
    let refusal = continued(11, b"{\"status\":\"invalid_token\"}");
    out.clear();
    assert!(matches!(
        without.receive(&mut refusal.as_slice(), &mut out),
        Ok(Some(Progress::OAuthRefused(
            b"{\"status\":\"invalid_token\"}"
        )))
    ));
    assert_eq!(out, b"p\0\0\0\x05\x01");
    // A refused token lets nobody in.
    assert!(order(feed(&mut without, OK)));

    // Who is let in without a token has proved nothing, which the policy must allow.
    let mut out = vec![];
    let mut careless = begin();
    careless.oauth(None, &mut out).unwrap();
    feed(&mut careless, &[OK, IDLE].concat()).unwrap();
    let strict = Policy {
        methods: Methods::EMPTY.with(Method::OAuth),
        ..Policy::default()
    };
    let mut careful = login(ProtocolVersion::V3_2, &strict, anonymous.clone());
    careful.receive(&mut &OAUTH[..], &mut vec![]).unwrap();
    careful.oauth(None, &mut out).unwrap();
    assert_eq!(
        feed(&mut careful, OK).unwrap_err(),
        LoginError::Method(Method::None)
    );
}

/// T-L05, SEC-21, SEC-22.
#[test]
fn a_server_that_does_not_do_its_part_of_scram() {
    let plaintext = Binding::Plaintext;
    // AuthenticationOk in the middle, at each step.
    let mut login = plain();
    feed(&mut login, SCRAM).unwrap();
    assert!(order(feed(&mut login, OK)));
    let skipped = |step, data: Vec<u8>| if step == 12 { vec![] } else { data };
    let mut login = plain();
    let result = scram_login(&mut login, SCRAM, &plaintext, skipped);
    assert!(matches!(result, Err(LoginError::Scram(_))), "{result:?}");

    let replaced = |from: &'static str, to: &'static str| {
        move |_: u8, data: Vec<u8>| String::from_utf8(data).unwrap().replace(from, to).into()
    };
    type Is = fn(&ClientError) -> bool;
    let cases: [(_, _, Is); 7] = [
        ("r=", "r=x", |e| *e == ClientError::Nonce),
        ("i=4096", "i=0", |e| *e == ClientError::Iterations),
        ("i=4096", "i=-1", |e| *e == ClientError::Iterations),
        ("i=4096", "i=2147483647", |e| {
            matches!(e, ClientError::TooManyIterations { .. })
        }),
        ("i=4096", "i=99999999999999999999", |e| {
            matches!(e, ClientError::TooManyIterations { .. })
        }),
        ("s=", "s=*", |e| *e == ClientError::Salt),
        ("v=", "v=AAAA", |e| *e == ClientError::Signature),
    ];
    for (from, to, is) in cases {
        let mut login = plain();
        match scram_login(&mut login, SCRAM, &plaintext, replaced(from, to)) {
            Err(LoginError::Scram(error)) => assert!(is(&error), "{to}: {error}"),
            other => panic!("{to}: {other:?}"),
        }
        // What failed stays failed.
        assert_eq!(feed_nothing(&mut login), 0);
    }
}

/// Whether anything is still taken.
fn feed_nothing(login: &mut Login) -> usize {
    let bytes = [OK, IDLE].concat();
    let mut input = bytes.as_slice();
    assert!(matches!(login.receive(&mut input, &mut vec![]), Ok(None)));
    bytes.len() - input.len()
}

/// T-L06, SEC-20, SEC-27: the policy holds on every way in.
#[test]
fn nothing_weaker_than_the_policy() {
    let ways = [
        (OK, Method::None),
        (CLEARTEXT, Method::Password),
        (MD5, Method::Md5),
        (SCRAM, Method::Scram),
        (GSS, Method::Gss),
        (SSPI, Method::Sspi),
    ];
    for (request, method) in ways {
        let without = Policy {
            methods: Methods::ALL.without(method),
            ..lax()
        };
        let mut login = begin(&without);
        assert_eq!(
            feed(&mut login, request),
            Err(LoginError::Method(method)),
            "{method:?}"
        );
        let only = Policy {
            methods: Methods::EMPTY.with(method),
            ..lax()
        };
        feed(&mut begin(&only), request).unwrap();

        let binding = Policy {
            require_binding: true,
            ..lax()
        };
        let result = feed(&mut begin(&binding), request);
        if method == Method::Scram {
            assert_eq!(result, Err(LoginError::Scram(ClientError::BindingRequired)));
        } else {
            assert_eq!(result, Err(LoginError::BindingRequired(method)));
        }
    }
    assert_eq!(
        feed(&mut begin(&Policy::default()), CLEARTEXT),
        Err(LoginError::Method(Method::Password)),
        "not unless asked for"
    );
    // -PLUS without TLS: somebody relays.
    assert_eq!(
        feed(&mut plain(), &plus()),
        Err(LoginError::Scram(ClientError::PlusWithoutTls))
    );
}

/// AU-02, SEC-34: all orders of five requests; only what an exchange prescribes gets to the end, and the password is sent
/// once at most.
#[test]
fn all_orders_of_requests() {
    let requests: [&[u8]; 8] = [
        OK,
        CLEARTEXT,
        MD5,
        SCRAM,
        b"R\0\0\0\x09\0\0\0\x0Bx",
        b"R\0\0\0\x09\0\0\0\x0Cx",
        GSS,
        b"R\0\0\0\x09\0\0\0\x08x",
    ];
    let mut accepted = vec![];
    for number in 0..requests.len().pow(5) {
        let mut login = plain();
        let mut sequence = vec![];
        let mut sent = 0;
        let mut rest = number;
        for _ in 0..5 {
            let choice = rest % requests.len();
            rest /= requests.len();
            sequence.push(choice);
            let mut input = requests[choice];
            let mut output = vec![];
            match login.receive(&mut input, &mut output) {
                Ok(Some(Progress::Authenticated)) => {
                    sequence.push(99);
                    break;
                }
                Ok(Some(Progress::Gss(None))) => login.gss(b"t", &mut output).unwrap(),
                Ok(Some(Progress::Gss(Some(_)))) => login.gss_last(None, &mut output).unwrap(),
                Ok(_) => {}
                Err(_) => break,
            }
            sent += usize::from(output.windows(8).any(|window| window == b"password"));
        }
        assert!(sent <= 1, "{sequence:?}");
        if sequence.last() == Some(&99) && !accepted.contains(&sequence) {
            accepted.push(sequence);
        }
    }
    accepted.sort();
    // The mechanism has its last token after the server's first.
    let ways: [&[usize]; 4] = [&[0, 99], &[1, 0, 99], &[2, 0, 99], &[6, 7, 0, 99]];
    assert_eq!(accepted, ways);
}

/// AU-01: the length agrees with the code.
#[test]
fn surplus_bytes_in_a_request() {
    for request in [
        &b"R\0\0\0\x09\0\0\0\0x"[..],
        b"R\0\0\0\x09\0\0\0\x03x",
        b"R\0\0\0\x0B\0\0\0\x05abc",
        b"R\0\0\0\x08\0\0\0\x63",
        b"R\0\0\0\x07\0\0\0",
    ] {
        assert!(feed(&mut plain(), request).is_err(), "{request:?}");
    }
    for (code, length) in [(1, 8), (2, 8), (4, 10), (6, 8)] {
        let mut request = message(b'R', &[0, 0, 0, code]);
        request.resize(1 + length, 0);
        request[4] = u8::try_from(length).unwrap();
        assert_eq!(
            feed(&mut plain(), &request),
            Err(LoginError::Unsupported { code: code.into() })
        );
    }
}

fn negotiation(version: ProtocolVersion, count: i32, names: &[u8]) -> Vec<u8> {
    let head = [version.0.to_be_bytes(), count.to_be_bytes()].concat();
    message(b'v', &[head.as_slice(), names].concat())
}

/// T-L07, NV-04, NV-05.
#[test]
fn negotiation_of_the_version() {
    let (old, new) = (ProtocolVersion::V3_0, ProtocolVersion::V3_2);
    let option = b"_pq_.command_tag_format\0";
    let good = [
        negotiation(old, 0, b""),
        negotiation(old, 1, option),
        negotiation(new, 1, option),
    ];
    for (answer, version) in good.iter().zip([old, old, new]) {
        let mut login = plain();
        feed(&mut login, answer).unwrap();
        assert_eq!(login.version(), version);
        feed(&mut login, &[OK, IDLE].concat()).unwrap();
        assert_eq!(login.finish().unwrap().version(), version);
    }
    let twice = [negotiation(old, 0, b""), negotiation(old, 0, b"")].concat();
    let late = [OK, &negotiation(old, 0, b"")].concat();
    let bad = [
        negotiation(ProtocolVersion::new(3, 3), 0, b""),
        negotiation(ProtocolVersion::new(3, 1), 0, b""),
        negotiation(ProtocolVersion::V2_0, 0, b""),
        negotiation(ProtocolVersion(2), 0, b""),
        negotiation(new, 0, b""),
        negotiation(old, 1, b"_pq_.other\0"),
        negotiation(old, 1, b"user\0"),
        negotiation(old, -1, b""),
        negotiation(old, i32::MAX, option),
        negotiation(old, 2, option),
        twice,
        late,
    ];
    for answer in bad {
        assert!(feed(&mut plain(), &answer).is_err(), "{answer:?}");
    }
    let strict = Policy {
        min_version: new,
        ..lax()
    };
    assert_eq!(
        feed(&mut begin(&strict), &negotiation(old, 0, b"")),
        Err(LoginError::Version {
            offered: old,
            minimum: new
        })
    );
}

/// GR-03: whoever greases insists on an answer.
#[test]
fn grease_must_be_answered() {
    let grease = || {
        crate::support::login(
            ProtocolVersion::GREASE,
            &lax(),
            credentials(b"", Binding::Plaintext),
        )
    };
    assert!(feed(&mut grease(), OK).is_err());
    let unbelievable = negotiation(ProtocolVersion::new(3, 3), 1, b"_pq_.command_tag_format\0");
    assert!(feed(&mut grease(), &unbelievable).is_err());
    let mut login = grease();
    feed(&mut login, &negotiation(ProtocolVersion::V3_2, 0, b"")).unwrap();
    feed(&mut login, &[OK, IDLE].concat()).unwrap();
}

fn key(length: usize) -> Vec<u8> {
    message(b'K', &[&[0, 0, 0, 42][..], &vec![7; length]].concat())
}

/// T-L08, T-L09, T-L22.
#[test]
fn cancel_keys() {
    let cases = [
        (ProtocolVersion::V3_0, 3, false),
        (ProtocolVersion::V3_0, 4, true),
        (ProtocolVersion::V3_0, 5, false),
        (ProtocolVersion::V3_0, 32, false),
        (ProtocolVersion::V3_2, 3, false),
        (ProtocolVersion::V3_2, 4, true),
        (ProtocolVersion::V3_2, 32, true),
        (ProtocolVersion::V3_2, 256, true),
        (ProtocolVersion::V3_2, 257, false),
    ];
    for (version, length, legal) in cases {
        let mut login =
            crate::support::login(version, &lax(), credentials(b"", Binding::Plaintext));
        let result = feed(&mut login, &[OK, &key(length)].concat());
        assert_eq!(result.is_ok(), legal, "{version} {length}");
        if legal {
            feed(&mut login, IDLE).unwrap();
            let connection = login.finish().unwrap();
            let key = connection.cancel_key().unwrap();
            let mut request = vec![];
            key.request(&mut request);
            assert_eq!(key.pid(), 42);
            assert_eq!(request.len(), 12 + length);
            assert!(!format!("{connection:?}").contains("7, 7"));
        }
    }
    // An older server, after negotiation.
    let mut login = plain();
    let negotiated = negotiation(ProtocolVersion::V3_0, 0, b"");
    feed(&mut login, &[&negotiated, OK, &key(4), IDLE].concat()).unwrap();
    // None at all is legal; two are not.
    let mut login = plain();
    feed(&mut login, &[OK, IDLE].concat()).unwrap();
    assert!(login.finish().unwrap().cancel_key().is_none());
    let twice = [OK, &key(4), &key(4)].concat();
    assert!(feed(&mut plain(), &twice).is_err());
}

/// CL-09, CL-10: what may come before the first ReadyForQuery, and what may not.
#[test]
fn the_opening() {
    let status = message(b'S', b"TimeZone\0UTC\0");
    let notice = message(b'N', b"SNOTICE\0C00000\0Mm\0\0");
    let mut login = plain();
    let any_order = [&notice, OK, &status, &key(4), &notice, &status, IDLE].concat();
    feed(&mut login, &any_order).unwrap();
    login.finish().unwrap();

    for early in [&status, &key(4), &IDLE.to_vec(), &message(b'C', b"x\0")] {
        assert!(feed(&mut plain(), early).is_err(), "{early:?}");
    }
    for late in [OK, SCRAM, CLEARTEXT] {
        assert!(feed(&mut plain(), &[OK, late].concat()).is_err());
    }
    assert_eq!(
        plain().finish().map(|_| ()),
        Err(Misuse::OutOfOrder),
        "there is no other way into a session"
    );
}

/// The server refuses: its error is the last word.
#[test]
fn a_refusal_ends_the_login() {
    for before in [vec![], OK.to_vec(), CLEARTEXT.to_vec()] {
        let mut login = plain();
        let bytes = [before, error("FATAL"), OK.to_vec(), IDLE.to_vec()].concat();
        let mut input = bytes.as_slice();
        let mut refused = false;
        while let Some(progress) = login.receive(&mut input, &mut vec![]).unwrap() {
            refused = matches!(progress, Progress::Error(_));
        }
        assert!(refused);
        assert!(login.finish().is_err());
    }
}

/// T-L18, LM-03: a server that never comes to an end is left.
#[test]
fn an_endless_login() {
    let notice = message(b'N', b"SNOTICE\0C00000\0Mm\0\0");
    for before in [vec![], OK.to_vec()] {
        let mut login = plain();
        feed(&mut login, &before).unwrap();
        let mut taken = 0;
        let error = loop {
            match feed(&mut login, &notice) {
                Ok(_) => taken += notice.len(),
                Err(error) => break error,
            }
        };
        assert_eq!(error, LoginError::Protocol(ProtocolError::LoginTooLong));
        let limit = if before.is_empty() { 65_535 } else { 1 << 20 };
        assert!(taken <= limit && taken + notice.len() > limit, "{taken}");
    }
}

/// The limits of a single message before anybody has vouched for the server, on both sides of the boundary: LM-01, SEC-31.
#[test]
fn lengths_before_login() {
    let header = |tag: u8, length: i32| [&[tag][..], &length.to_be_bytes()].concat();
    for (tag, limit) in [(b'R', 2000), (b'v', 2000), (b'E', 30_000), (b'N', 30_000)] {
        let mut most = header(tag, limit);
        assert!(feed_header(&mut plain(), &most).is_ok());
        most = header(tag, limit + 1);
        assert!(feed_header(&mut plain(), &most).is_err());
        assert!(feed_header(&mut plain(), &header(tag, 3)).is_err());
        for length in [-1, -2, i32::MAX, i32::MIN, i32::MIN + 5] {
            assert!(feed_header(&mut plain(), &header(tag, length)).is_err());
        }
    }
    for tag in *b"ACDGHITVWZcdnst123" {
        assert!(feed_header(&mut plain(), &[tag]).is_err());
    }
}

fn feed_header(login: &mut Login, header: &[u8]) -> Result<bool, LoginError> {
    login
        .receive(&mut &*header, &mut vec![])
        .map(|progress| progress.is_none())
}

/// Neither passwords nor tokens are printed.
#[test]
fn secrets_are_not_shown() {
    let shown = format!(
        "{:?} {:?}",
        plain(),
        credentials(b"password", Binding::Plaintext)
    );
    assert!(!shown.contains("password\""), "{shown}");
    assert!(!shown.contains("112, 97"), "{shown}");
}
