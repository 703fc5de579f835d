//! `kumactl verify token`: what kuma-cp 2.14.3 was seen to answer to such tokens.

use serde_json::{Value, json};

use super::{forged, now, sandbox, sign};
use crate::support::Sandbox;

const HEADER: &str = r#"{"alg":"RS256","kid":"1","typ":"JWT"}"#;
const PARSE: &str = "authentication failed: could not parse token: ";

const DATAPLANE: &str = "type: Dataplane
mesh: demo
name: dp-1
labels:
  kuma.io/workload: backend
networking:
  address: 127.0.0.1
  inbound:
    - {port: 1, tags: {kuma.io/service: web, team: a}}
    - {port: 2, tags: {kuma.io/service: api}}
";

/// The report about `a.token`.
fn report(sandbox: &Sandbox, more: &[&str]) -> Value {
    let arguments = ["verify", "token", "a.token", "--public-key=signing.pub", "-o=json"];
    let ended = sandbox.kumactl(arguments.iter().chain(more));
    assert_eq!(ended.stderr, "");
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(ended.status == 0, report["verifies"] == true, "{report}");
    report
}

/// The failed checks with what Kuma says.
fn failures(report: &Value) -> Vec<(String, String)> {
    let checks = report["checks"].as_array().expect("checks").iter();
    let failed = checks.filter(|check| check["outcome"] == "failed");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    failed.map(|check| (text(&check["check"]), text(&check["kuma_error"]["text"]))).collect()
}

fn warned(report: &Value) -> Vec<&str> {
    let checks = report["checks"].as_array().expect("checks").iter();
    let warnings = checks.filter(|check| check["outcome"] == "warning");
    warnings.filter_map(|check| check["check"].as_str()).collect()
}

#[test]
fn a_token_of_each_kind_is_accepted() {
    let sandbox = sandbox();
    for (noun, arguments, kind) in [
        ("dataplane-token", &["--name=dp-1"][..], "dataplane"),
        ("zone-token", &["--zone=z"], "zone"),
        ("user-token", &["--name=a", "--group=b"], "user"),
    ] {
        sandbox.write("a.token", sign(&sandbox, noun, arguments).quiet_success());
        let report = report(&sandbox, &["--kid=1"]);
        assert_eq!((&report["verifies"], &report["kind"]), (&json!(true), &json!(kind)));
    }
    // White space around a token is cut off by kuma-dp.
    let token = sign(&sandbox, "dataplane-token", &["--name=dp-1"]).quiet_success();
    sandbox.write("a.token", format!("\r\n {token}\r\n"));
    assert_eq!(report(&sandbox, &[])["verifies"], true);
}

#[test]
fn errors_about_a_header_are_those_of_kuma_cp() {
    let sandbox = sandbox();
    let payload = format!(r#"{{"Name":"dp-1","exp":{},"jti":"x"}}"#, now() + 60);
    let key_function = "token is unverifiable: error while executing keyfunc: ";
    let allowed = "Allowed algorithms are RS256 and &{HS256 SHA-256}";
    let kid = "JWT token must have kid header";
    for (header, check, words) in [
        (r#"{"alg":"RS384","kid":"1"}"#, "algorithm", format!("{PARSE}{key_function}unsupported token alg RS384. {allowed}")),
        (r#"{"alg":"none","kid":"1"}"#, "algorithm", format!("{PARSE}{key_function}unsupported token alg none. {allowed}")),
        (r#"{"alg":"HS256","kid":"1"}"#, "algorithm", format!("{PARSE}{key_function}not supported")),
        (r#"{"alg":"XS1","kid":"1"}"#, "algorithm", format!("{PARSE}token is unverifiable: signing method (alg) is unavailable")),
        (r#"{"kid":"1"}"#, "algorithm", format!("{PARSE}token is unverifiable: signing method (alg) is unspecified")),
        (r#"{"alg":"RS256"}"#, "key-id", format!("{PARSE}{key_function}{kid}")),
        (r#"{"alg":"RS256","kid":1}"#, "key-id", format!("{PARSE}{key_function}JWT token kid header must be a string")),
        (r#"{"alg":"RS256","kid":"2"}"#, "key-id", "authentication failed: there is no signing key with KID 2. GlobalSecret of name \"-2\" is not found. If signing key was rotated, regenerate the token".to_owned()),
    ] {
        sandbox.write("a.token", forged(&sandbox, header, &payload));
        let failed = failures(&report(&sandbox, &["--kid=1"]));
        assert_eq!(failed, [(check.to_owned(), words)], "{header}");
    }
    // Without --kid, the ID of the key in the control plane is that in the token.
    sandbox.write("a.token", forged(&sandbox, r#"{"alg":"RS256","kid":"2"}"#, &payload));
    assert_eq!(failures(&report(&sandbox, &[])), []);
    // No typ, and a `crit` that nobody knows, are no faults.
    sandbox.write(
        "a.token",
        forged(&sandbox, r#"{"alg":"RS256","kid":"1","crit":["b64"]}"#, &payload),
    );
    assert_eq!(failures(&report(&sandbox, &[])), []);
}

#[test]
fn errors_about_the_encoding_are_those_of_kuma_cp() {
    let sandbox = sandbox();
    let good = forged(&sandbox, HEADER, r#"{"Name":"dp-1"}"#);
    let other = Sandbox::new();
    let key = other.kumactl(["generate", "signing-key", "--format=pem"]).quiet_success();
    other.write("signing.key", key);
    let (input, signature) = good.rsplit_once('.').expect("a token");
    let cut = format!("{input}.{}", &signature[..signature.len() - 4]);
    let unsigned = format!("{PARSE}token signature is invalid: crypto/rsa: verification error");
    let malformed = |text: &str| format!("{PARSE}token is malformed: {text}");
    let illegal = "illegal base64 data at input byte";
    for (token, check, words) in [
        (forged(&other, HEADER, r#"{"Name":"dp-1"}"#), "signature", unsigned.clone()),
        (cut, "signature", unsigned),
        ("x".to_owned(), "format", malformed("token contains an invalid number of segments")),
        (
            format!("Bearer {good}"),
            "format",
            malformed(&format!("could not base64 decode header: {illegal} 6")),
        ),
        (
            format!("{good}=="),
            "format",
            malformed(&format!("could not base64 decode signature: {illegal} {}", signature.len())),
        ),
        (
            "a".repeat(5) + ".e30.",
            "format",
            malformed(&format!("could not base64 decode header: {illegal} 4")),
        ),
        ("YQ.e30.".to_owned(), "format", malformed("could not JSON decode header: ...")),
        ("e30.YQ.".to_owned(), "format", malformed("could not JSON decode claim: ...")),
        (
            format!("Flag --type has been deprecated\n{good}"),
            "format",
            "Token shouldn't contain line breaks within the token, only at the start or end"
                .to_owned(),
        ),
    ] {
        sandbox.write("a.token", &token);
        assert_eq!(failures(&report(&sandbox, &[])), [(check.to_owned(), words)], "{token}");
    }
}

#[test]
fn errors_about_claims_are_those_of_kuma_cp() {
    let sandbox = sandbox();
    let (past, later) = (now() - 1, now() + 60);
    let expired = format!("{PARSE}token has invalid claims: token is expired");
    let early = "authentication failed: token is not yet valid: 'valid_from' date is in the future. Check if the system clock on the instance that issued the token is set correctly: token has invalid claims: token is not valid yet";
    let mismatch = |what: &str, claim: &str, go: &str| {
        format!(
            "{PARSE}token is malformed: could not JSON decode claim: json: cannot unmarshal {what} into Go struct field DataplaneClaims.{claim} of type {go}"
        )
    };
    for (payload, expected) in [
        ("{}".to_owned(), vec![]),
        (r#"{"name":"a","extra":[1],"exp":null}"#.to_owned(), vec![]),
        (format!(r#"{{"exp":"{later}"}}"#), vec![]),
        (format!(r#"{{"exp":{later}.5,"iat":{later}}}"#), vec![]),
        (r#"{"exp":99999999999}"#.to_owned(), vec![]),
        (format!(r#"{{"exp":{past}}}"#), vec![("expiry", expired.clone())]),
        (format!(r#"{{"Exp":{later},"EXP":{past}}}"#), vec![("expiry", expired)]),
        (format!(r#"{{"nbf":{later}}}"#), vec![("not-before", early.to_owned())]),
        (
            r#"{"Tags":{"a":"b"}}"#.to_owned(),
            vec![("claims", mismatch("string", "Tags", "[]string"))],
        ),
        (
            r#"{"Tags":"a"}"#.to_owned(),
            vec![("claims", mismatch("string", "Tags", "map[string][]string"))],
        ),
        (r#"{"name":1}"#.to_owned(), vec![("claims", mismatch("number", "Name", "string"))]),
    ] {
        sandbox.write("a.token", forged(&sandbox, HEADER, &payload));
        let failed = failures(&report(&sandbox, &[]));
        let expected: Vec<_> = expected.into_iter().map(|(c, w)| (c.to_owned(), w)).collect();
        assert_eq!(failed, expected, "{payload}");
    }
}

#[test]
fn a_data_plane_proxy_is_compared_as_kuma_cp_compares_it() {
    let sandbox = sandbox();
    sandbox.write("dataplane.yaml", DATAPLANE);
    let failed = |text: &str| format!("authentication failed: {text}");
    for (claims, expected) in [
        (r#""Name":"dp-1","Mesh":"demo","Workload":"backend""#, vec![]),
        (r#""name":"dp-1","mesh":"demo","tags":{"kuma.io/service":["web","api","x"]}"#, vec![]),
        (r#""Tags":{"nobody":[]}"#, vec![]),
        (
            r#""Name":"dp-2","Mesh":"other""#,
            vec![
                (
                    "name",
                    failed("proxy name from requestor: dp-1 is different than in token: dp-2"),
                ),
                (
                    "mesh",
                    failed("proxy mesh from requestor: demo is different than in token: other"),
                ),
            ],
        ),
        (
            r#""Tags":{"kuma.io/service":["web"]}"#,
            vec![(
                "tags",
                failed(
                    "dataplane contains tag \"kuma.io/service\" with value \"api\" which is not allowed with this token. Allowed values in token are [\"web\"]",
                ),
            )],
        ),
        (
            r#""Tags":{"zone":["a"]}"#,
            vec![("tags", failed("dataplane has no tag \"zone\" required by the token"))],
        ),
        (
            r#""Workload":"front""#,
            vec![(
                "workload",
                failed(
                    "dataplane workload \"backend\" is not allowed with this token. Allowed workload in token is \"front\"",
                ),
            )],
        ),
    ] {
        let payload = format!(r#"{{{claims},"exp":{},"jti":"x"}}"#, now() + 60);
        sandbox.write("a.token", forged(&sandbox, HEADER, &payload));
        let report = report(&sandbox, &["--dataplane-file=dataplane.yaml"]);
        let expected: Vec<_> = expected.into_iter().map(|(c, w)| (c.to_owned(), w)).collect();
        assert_eq!(failures(&report), expected, "{claims}");
    }
    sandbox.write("dataplane.yaml", DATAPLANE.replace("kuma.io/workload", "other"));
    sandbox.write("a.token", forged(&sandbox, HEADER, r#"{"Workload":"backend"}"#));
    assert_eq!(
        failures(&report(&sandbox, &["--dataplane-file=dataplane.yaml"])),
        [("workload".to_owned(), failed("dataplane has no workload label required by the token"))]
    );
}

#[test]
fn a_zone_proxy_is_compared_as_kuma_cp_compares_it() {
    let sandbox = sandbox();
    sandbox.write("ingress.yaml", "type: ZoneIngress\nname: i\nnetworking: {address: 127.0.0.1}\n");
    let failed = |text: &str| format!("authentication failed: {text}");
    let scope =
        "token cannot be used to authenticate zone entity (ingress is out of token's scope: ";
    for (claims, flags, expected) in [
        (
            r#""Zone":"z","Scope":["ingress"]"#,
            &["--zone=z", "--dataplane-file=ingress.yaml"][..],
            vec![],
        ),
        (r#""zone":"","Scope":["egress"]"#, &["--zone=z"], vec![]),
        (
            r#""Zone":"y","Scope":["egress"]"#,
            &["--zone=z", "--dataplane-file=ingress.yaml"],
            vec![
                ("scope", failed(&format!("{scope}[egress])"))),
                ("zone", failed("zone from requestor: z is different than in token: y")),
            ],
        ),
        // A dataplane token, even one of the type ingress.
        (r#""Type":"ingress""#, &["--zone=z"], vec![("scope", failed(&format!("{scope}[])")))]),
    ] {
        let payload = format!(r#"{{{claims},"exp":{},"jti":"x"}}"#, now() + 60);
        sandbox.write("a.token", forged(&sandbox, HEADER, &payload));
        let expected: Vec<_> = expected.into_iter().map(|(c, w)| (c.to_owned(), w)).collect();
        assert_eq!(failures(&report(&sandbox, flags)), expected, "{claims}");
    }
}

#[test]
fn an_accepted_but_surprising_token_causes_a_warning() {
    let sandbox = sandbox();
    sandbox.write("dataplane.yaml", DATAPLANE);
    let end = now() + 60;
    for (payload, flags, expected) in [
        (r#"{"Name":"a"}"#.to_owned(), &[][..], &["expiry", "id"][..]),
        (format!(r#"{{"Mesh":"m","exp":{end},"jti":"x"}}"#), &[], &["name"]),
        (
            format!(r#"{{"Zone":"","Scope":["egress"],"exp":{end},"jti":"x"}}"#),
            &[],
            &["zone", "kind"],
        ),
        (
            format!(r#"{{"Zone":"z","Scope":["egress"],"exp":{end},"jti":"x"}}"#),
            &["--dataplane-file=dataplane.yaml"],
            &["workload", "name", "kind"],
        ),
        (
            format!(r#"{{"Name":"dp-1","exp":{end},"jti":"x"}}"#),
            &["--dataplane-file=dataplane.yaml"],
            &["workload"],
        ),
    ] {
        sandbox.write("a.token", forged(&sandbox, HEADER, &payload));
        let report = report(&sandbox, flags);
        assert_eq!(report["verifies"], true, "{report}");
        assert_eq!(warned(&report), expected, "{payload}");
    }
}

#[test]
fn at_verifies_a_token_for_another_time() {
    let sandbox = sandbox();
    sandbox.write("a.token", sign(&sandbox, "dataplane-token", &["--name=a"]).quiet_success());
    assert_eq!(report(&sandbox, &["--at=+23h"])["verifies"], true);
    assert_eq!(failures(&report(&sandbox, &["--at=+25h"]))[0].0, "expiry");
}

#[test]
fn the_text_report_has_the_error_of_kuma_and_a_hint() {
    let sandbox = sandbox();
    sandbox.write("a.token", forged(&sandbox, HEADER, r#"{"Name":"a","exp":1,"jti":"x"}"#));
    let arguments = ["verify", "token", "a.token", "--public-key=signing.pub", "--quiet"];
    assert_eq!(
        sandbox.kumactl(arguments).failure_report(),
        "failed   expiry                   expired at 1970-01-01T00:00:01Z
         kuma-cp: authentication failed: could not parse token: token has invalid claims: token is expired
         hint: sign a new token with a longer --valid-for\n"
    );
    let report = sandbox.kumactl(&arguments[..4]).failure_report();
    assert!(report.ends_with("\nThe control plane rejects the token\n"), "{report}");
}

#[test]
fn unreadable_input_ends_with_status_3_and_a_hint() {
    let sandbox = sandbox();
    sandbox.write("a.token", sign(&sandbox, "dataplane-token", &[]).quiet_success());
    sandbox.write("mesh.yaml", "type: Mesh\nname: default\n");
    sandbox.write("variables.yaml", "type: Dataplane\nname: {{ name }}\n");
    sandbox.write("broken.yaml", "type: [\n");
    sandbox.write("text", "no key");
    for (arguments, expected) in [
        (
            &["a.token", "--public-key=signing.key"][..],
            "cannot use public key file signing.key: it holds no public key but \"RSA PRIVATE KEY\"\nhint: kumactl generate public-key --signing-key-path=signing.key > signing.pub\n",
        ),
        (
            &["a.token", "--public-key=text"],
            "cannot use public key file text: it has no PEM block\nhint: kuma-cp panics",
        ),
        (&["missing", "--public-key=signing.pub"], "could not read the token file missing"),
        (
            &["a.token", "--public-key=signing.pub", "--dataplane-file=mesh.yaml"],
            "cannot use dataplane file mesh.yaml: it is a Mesh, not a Dataplane",
        ),
        (
            &["a.token", "--public-key=signing.pub", "--dataplane-file=variables.yaml"],
            "cannot use dataplane file variables.yaml: it has variables such as {{ name }}, whose values only kuma-dp has\nhint: replace them first",
        ),
        (
            &["a.token", "--public-key=signing.pub", "--dataplane-file=broken.yaml"],
            "cannot use dataplane file broken.yaml: it cannot be read",
        ),
    ] {
        let refused = sandbox.kumactl(["verify", "token"].iter().chain(arguments)).failure(3);
        assert!(refused.starts_with(&format!("error: {expected}")), "{refused}");
    }
    sandbox.write("dataplane.yaml", DATAPLANE);
    let both = [
        "verify",
        "token",
        "a.token",
        "--public-key=signing.pub",
        "--zone=z",
        "--dataplane-file=dataplane.yaml",
    ];
    assert!(sandbox.kumactl(both).failure(2).starts_with("error: --zone is for zone tokens"));
}
