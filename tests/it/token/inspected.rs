//! `kumactl inspect token`.

use serde_json::Value;

use super::{decoded, forged, now, sandbox, sign};

const HEADER: &str = r#"{"alg":"RS256","kid":"1","typ":"JWT"}"#;

#[test]
fn a_token_is_shown_with_its_claims_and_dates_but_never_itself() {
    let sandbox = sandbox();
    let arguments = ["--name=dp-1", "--tag=k=a,b", "--token-file=dp.token"];
    sign(&sandbox, "dataplane-token", &arguments).quiet_success();
    let text = sandbox.kumactl(["inspect", "token", "dp.token"]).quiet_success();
    let token = sandbox.read("dp.token");
    let id: Value = serde_json::from_str(&decoded(&token)[1]).expect("claims");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "dp.token (dataplane token)");
    for line in [
        "   key ID      1",
        "   algorithm   RS256",
        "   Name        dp-1",
        "   Mesh        default",
        "   Tags        k=a, b",
        &format!("   ID          {}", id["jti"].as_str().expect("an ID")),
    ] {
        assert!(lines.contains(&line), "{line:?} is missing in\n{text}");
    }
    assert!(text.contains("23 hours, 59 minutes left\n"), "{text}");
    assert!(!text.contains("warning"), "{text}");
    assert!(token.split('.').all(|part| !text.contains(part)), "{text}");
}

#[test]
fn surprising_claims_cause_a_warning() {
    let sandbox = sandbox();
    let end = now() + 3600;
    let past = now() - 60;
    let future = format!(r#"{{"Name":"a","exp":{end},"nbf":{end},"jti":"x"}}"#);
    let expired = format!(r#"{{"Name":"a","exp":{past},"jti":"x"}}"#);
    let tags = format!(r#"{{"exp":{end},"Tags":{{"a":"b"}}}}"#);
    let zone = format!(r#"{{"Zone":"z","Scope":["egress"],"exp":{end},"jti":"x"}}"#);
    for (payload, expected) in [
        (
            "{}",
            &[
                "the token never expires",
                "the token has no ID (jti), and cannot be revoked",
                "any data plane proxy can use it, in every mesh",
            ][..],
        ),
        (future.as_str(), &["not valid before "]),
        // kuma-cp rejects them whatever else they lack.
        (&tags, &["the claim Tags has the wrong type"]),
        (r#"{"exp":"soon"}"#, &["the claim exp has the wrong type"]),
        (&expired, &["expired at "]),
        (
            &zone,
            &[
                "any data plane proxy can use this zone token as its own if one key signs both kinds",
            ],
        ),
    ] {
        sandbox.write("a.token", forged(&sandbox, HEADER, payload));
        let text = sandbox.kumactl(["inspect", "token", "a.token"]).quiet_success();
        let warnings: Vec<_> = text.lines().filter_map(|l| l.strip_prefix("warning: ")).collect();
        assert_eq!(warnings.len(), expected.len(), "{text}");
        for (warning, expected) in warnings.iter().zip(expected) {
            assert!(warning.starts_with(expected), "{text}");
        }
        let json = sandbox.kumactl(["inspect", "token", "a.token", "-o=json"]).quiet_success();
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json[0]["warnings"], serde_json::json!(warnings));
        assert_eq!(json[0]["expired"], Value::Bool(payload == expired));
        assert_eq!(json[0]["header"]["kid"], "1");
        let claims: Value = serde_json::from_str(payload).expect("claims");
        assert_eq!(json[0]["claims"], claims);
    }
}

#[test]
fn claims_cannot_control_the_terminal() {
    let sandbox = sandbox();
    let payload = "{\"Name\":\"\\u001b[2J\",\"\\u001b[1m\":\"a\\nb\",\"Zone\":1}";
    sandbox.write("a.token", forged(&sandbox, HEADER, payload));
    let text = sandbox.kumactl(["inspect", "token", "a.token"]).quiet_success();
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(text.contains("a\\u{a}b"), "{text}");
}

#[test]
fn a_file_without_a_token_ends_with_status_3() {
    let sandbox = sandbox();
    for (content, reason) in [
        ("x", "it does not have three parts with dots between"),
        ("a.b.c.d", "it does not have three parts with dots between"),
        ("!.b.c", "its header is not Base64 for URLs without padding, from byte 0"),
        ("e30.YQ==.c", "its claim is not Base64 for URLs without padding, from byte 2"),
        ("YQ.e30.", "its header is not a JSON object"),
        ("e30.W10.", "its claim is not a JSON object"),
    ] {
        sandbox.write("a.token", content);
        let refused = sandbox.kumactl(["inspect", "token", "a.token"]).failure(3);
        assert_eq!(
            refused,
            format!(
                "error: there is no token in a.token: {reason}\n\
                 hint: a token is one line, as `kumactl generate dataplane-token` prints it\n"
            )
        );
    }
    sandbox.kumactl(["inspect", "token", "missing"]).failure(3);
}

#[test]
fn a_token_with_a_claim_of_the_wrong_type_shows_its_dates() {
    let sandbox = sandbox();
    for (payload, line) in [
        (r#"{"exp":9999999999,"Tags":{"a":"b"}}"#, "   expires     2286-11-20T17:46:39Z, "),
        (r#"{"exp":"soon"}"#, "   expires     no date\n"),
    ] {
        sandbox.write("a.token", forged(&sandbox, HEADER, payload));
        let text = sandbox.kumactl(["inspect", "token", "a.token"]).quiet_success();
        assert!(text.contains(line), "{text}");
    }
}

#[test]
fn claims_that_are_not_utf_8_are_read_as_go_reads_them() {
    let sandbox = sandbox();
    sandbox.write("a.token", forged(&sandbox, HEADER, b"{\"Mesh\":\"d\",\"Name\":\"a\xff\"}"));
    let text = sandbox.kumactl(["inspect", "token", "a.token"]).quiet_success();
    assert!(text.contains("   Name        a\u{fffd}\n"), "{text}");
}
