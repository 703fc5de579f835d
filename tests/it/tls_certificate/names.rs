//! `--hostname`: lists, types, errors that change nothing, warnings.

use crate::read_back;
use crate::support::Sandbox;

#[track_caller]
fn names(hostnames: &[&str]) -> Vec<String> {
    let sandbox = Sandbox::new();
    let ended = sandbox.generate(["--type=server"].iter().chain(hostnames));
    assert_eq!(ended.status, 0, "{ended:?}");
    read_back::names(&sandbox.read("cert.pem"))
}

#[test]
fn names_in_lists_and_flags_keep_their_types_and_order() {
    assert_eq!(
        names(&["--hostname=a.example,b.example", "--hostname=10.0.0.1", "--hostname=::1"]),
        ["dNSName a.example", "dNSName b.example", "iPAddress 10.0.0.1", "iPAddress ::1"]
    );
}

#[test]
fn ip_addresses_stay_before_dns_names_if_given_first() {
    assert_eq!(
        names(&["--hostname=10.0.0.1,a.example,spiffe://mesh.example/zone"]),
        [
            "iPAddress 10.0.0.1",
            "dNSName a.example",
            "uniformResourceIdentifier spiffe://mesh.example/zone"
        ]
    );
}

#[test]
fn spaces_around_commas_are_removed_and_repeated_names_written_once() {
    assert_eq!(
        names(&["--hostname= a.example , b.example,A.EXAMPLE", "--hostname=a.example"]),
        ["dNSName a.example", "dNSName b.example"]
    );
}

#[test]
fn international_names_are_written_as_punycode() {
    assert_eq!(names(&["--hostname=bücher.example"]), ["dNSName xn--bcher-kva.example"]);
}

#[test]
fn an_ipv4_address_mapped_into_ipv6_is_written_as_ipv4() {
    assert_eq!(names(&["--hostname=::ffff:10.0.0.1"]), ["iPAddress 10.0.0.1"]);
}

#[test]
fn an_empty_value_adds_no_name() {
    assert_eq!(names(&["--hostname=", "--hostname=a.example"]), ["dNSName a.example"]);
}

const ADDRESS: &str =
    "an IPv4 address has four numbers from 0 to 255, and the last label of a DNS name is no number";
const SHAPE: &str =
    "use letters, digits, hyphens and dots, such as --hostname=kuma-control-plane.kuma-system";
const SHORTER: &str = "use a shorter DNS name";

/// A value, what is wrong with it, and the hint.
const REFUSED: &[(&str, &str, &str)] = &[
    ("https://cp.example:5678", "is a URL", "did you mean --hostname=cp.example?"),
    ("cp:5678", "has a port", "did you mean --hostname=cp?"),
    ("[::1]", "has brackets, which are only valid in a URL", "did you mean --hostname=::1?"),
    ("10.0.0.0/8", "is a range of addresses", "use single addresses, such as --hostname=10.0.0.0"),
    ("a..b", "has an empty label between its dots", "did you mean --hostname=a.b?"),
    ("cp.example.", "ends with a dot", "did you mean --hostname=cp.example?"),
    ("a b", "has white space inside", "did you mean --hostname=a,b?"),
    (" ", "is empty", "use a name such as --hostname=localhost"),
    (
        "a*.example",
        "has a `*` that is not the whole left-most label",
        "did you mean --hostname=*.example?",
    ),
    (
        "*.*.example",
        "has a `*` that is not the whole left-most label",
        "did you mean --hostname=*.example?",
    ),
    ("010.0.0.1", "is an IPv4 address with leading zeros", "did you mean --hostname=10.0.0.1?"),
    ("127.1", "is neither an IP address nor a host name", ADDRESS),
    ("300.1.1.1", "is neither an IP address nor a host name", ADDRESS),
    (
        "fe80::1%eth0",
        "has a zone, which certificates do not support",
        "did you mean --hostname=fe80::1?",
    ),
    ("a@b.c", "is an email address or has a user name", "did you mean --hostname=b.c?"),
    ("cp.example/api", "has a path", "did you mean --hostname=cp.example?"),
    ("-x", "has a label that starts or ends with a hyphen", "did you mean --hostname=x?"),
    ("$HOST", "has the invalid character '$'", SHAPE),
    (
        "spiffe://",
        "is not a SPIFFE ID: its trust domain is empty",
        "use a SPIFFE ID such as spiffe://TRUST-DOMAIN/PATH",
    ),
];

/// Runs in a directory with files that a failure must not touch.
#[track_caller]
fn refusal(arguments: &[&str]) -> String {
    let sandbox = Sandbox::new();
    sandbox.write("other.txt", "mine");
    sandbox.write("cert.pem", "");
    let before = sandbox.snapshot();
    let stderr = sandbox.generate(arguments).failure(2);
    assert_eq!(sandbox.snapshot(), before);
    stderr
}

#[test]
fn names_that_cannot_work_are_rejected_with_a_hint_and_nothing_is_written() {
    for (value, fault, hint) in REFUSED {
        assert_eq!(
            refusal(&["--type=server", "--hostname=good.example", &format!("--hostname={value}")]),
            format!("error: hostname \"{value}\" {fault}\nhint: {hint}\n"),
        );
    }
}

#[test]
fn names_that_are_too_long_are_rejected_and_nothing_is_written() {
    let label = "a".repeat(64);
    assert_eq!(
        refusal(&["--type=server", &format!("--hostname={label}")]),
        format!(
            "error: hostname \"{label}\" has a label of 64 characters; DNS allows 63\n\
             hint: {SHORTER}\n"
        )
    );
    let name = ["b".repeat(63), "b".repeat(63), "b".repeat(63), "b".repeat(62)].join(".");
    assert_eq!(
        refusal(&["--type=server", &format!("--hostname={name}")]),
        format!(
            "error: hostname \"{}...\" has 254 characters; DNS allows 253\nhint: {SHORTER}\n",
            &name[..80]
        )
    );
}

#[test]
fn an_empty_name_between_commas_is_rejected_with_the_intended_list() {
    for (value, hint) in [
        ("a,,b", "did you mean --hostname=a,b?"),
        ("a,", "did you mean --hostname=a?"),
        (",a", "did you mean --hostname=a?"),
        ("a, ,b", "did you mean --hostname=a,b?"),
        (",", "remove the flag, or add a name: --hostname=localhost"),
    ] {
        assert_eq!(
            refusal(&["--type=server", &format!("--hostname={value}")]),
            format!("error: hostname list \"{value}\" has an empty name\nhint: {hint}\n"),
        );
    }
}

#[test]
fn everything_that_is_wrong_is_reported_at_once() {
    assert_eq!(
        refusal(&["--hostname=cp:5678,https://x.example/", "--hostname=a..b", "--valid-for=90"]),
        "\
error: --type is required
hint: add --type=server for a control plane, or --type=client for a client
error: hostname \"cp:5678\" has a port
hint: did you mean --hostname=cp?
error: hostname \"https://x.example/\" is a URL
hint: did you mean --hostname=x.example?
error: hostname \"a..b\" has an empty label between its dots
hint: did you mean --hostname=a.b?
error: \"90\" is a duration without a unit
hint: did you mean 90d? In hours it would be 90h
"
    );
}

#[test]
fn terminal_commands_in_a_name_are_escaped() {
    let stderr = refusal(&["--type=server", "--hostname=a\u{1b}[2Jb"]);
    assert_eq!(
        stderr,
        format!(
            "error: hostname \"a\\u{{1b}}[2Jb\" has the invalid character '\\u{{1b}}'\n\
             hint: {SHAPE}\n"
        )
    );
}

#[test]
fn each_name_that_only_some_clients_match_causes_a_warning() {
    let sandbox = Sandbox::new();
    let ended =
        sandbox.generate(["--type=server", "--hostname=*,*.test,foo_bar.test,*.example.test"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    assert_eq!(ended.stdout, "Private key saved in key.pem\nCertificate saved in cert.pem\n");
    assert_eq!(
        ended.stderr,
        "\
warning: the name * matches no name in Go, OpenSSL, Python, Node, Java, rustls and browsers
warning: the name *.test matches in Go and Java only; \
OpenSSL, Python, Node, GnuTLS, rustls and browsers require two labels after the `*.`
warning: the name foo_bar.test has an underscore, which is not valid in a host name; \
Java and LibreSSL reject the name, Botan 3 the whole certificate
"
    );
    assert_eq!(
        read_back::names(&sandbox.read("cert.pem")),
        ["dNSName *", "dNSName *.test", "dNSName foo_bar.test", "dNSName *.example.test"]
    );
}
