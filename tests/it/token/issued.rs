//! The commands that sign tokens.

use regex_lite::Regex;
use serde_json::Value;

use super::{decoded, now, sandbox, sign};
use crate::support::Sandbox;

const HEADER: &str = r#"{"alg":"RS256","kid":"1","typ":"JWT"}"#;

/// The claims of a token without those that differ from run to run, which are checked: issued 5 seconds
/// before now, for a day from now, with a random UUID.
#[track_caller]
fn claims(token: &str, before: i64) -> String {
    let [header, payload] = decoded(token);
    assert_eq!(header, HEADER);
    let registered = Regex::new(concat!(
        r#",?"exp":(\d+),"nbf":(\d+),"iat":(\d+),"#,
        r#""jti":"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"\}$"#
    ));
    let registered = registered.expect("an expression");
    let found = registered.captures(&payload).unwrap_or_else(|| panic!("{payload}"));
    let [expiry, not_before, issued] =
        [1, 2, 3].map(|group| found[group].parse::<i64>().expect("a number"));
    assert!((before - 5..=now() - 5).contains(&issued), "{payload}");
    assert_eq!((not_before, expiry), (issued, issued + 5 + 86_400));
    registered.replace(&payload, "}").into_owned()
}

#[test]
fn standard_output_is_the_token_alone_with_the_official_claims() {
    let sandbox = sandbox();
    let all = ["--name=dp-1", "-m=demo", "--tag=k=v", "--proxy-type=dataplane", "--workload=w"];
    for (noun, arguments, expected) in [
        (
            "dataplane-token",
            &[][..],
            r#"{"Name":"","Mesh":"default","Tags":{},"Type":"","Workload":""}"#,
        ),
        (
            "dataplane-token",
            &all,
            r#"{"Name":"dp-1","Mesh":"demo","Tags":{"k":["v"]},"Type":"dataplane","Workload":"w"}"#,
        ),
        (
            "dataplane-token",
            &["--mesh="],
            r#"{"Name":"","Mesh":"default","Tags":{},"Type":"","Workload":""}"#,
        ),
        ("zone-token", &["--zone=z"], r#"{"Zone":"z","Scope":["ingress","egress"]}"#),
        ("zone-token", &["--zone=z", "--scope=egress"], r#"{"Zone":"z","Scope":["egress"]}"#),
        ("zone-token", &["--zone=z", "--scope=cp"], r#"{"Zone":"z","Scope":["cp"]}"#),
        ("user-token", &["--name=a"], r#"{"Name":"a","Groups":null}"#),
        ("user-token", &["--name=a", "--group="], r#"{"Name":"a","Groups":[]}"#),
        (
            "user-token",
            &["--name=a", "--group=b,c", "--group=\"d,e\""],
            r#"{"Name":"a","Groups":["b","c","d,e"]}"#,
        ),
    ] {
        let before = now();
        let token = sign(&sandbox, noun, arguments).quiet_success();
        assert_eq!(claims(&token, before), expected, "{arguments:?}");
    }
}

#[test]
fn tags_are_parsed_like_the_official_ones_and_repeated_tags_are_merged() {
    let sandbox = sandbox();
    for (flags, expected) in [
        (&["--tag=a=b,c=d"][..], r#"{"a":["b"],"c":["d"]}"#),
        (&["--tag=k=v2,v1,v2"], r#"{"k":["v1","v2"]}"#),
        (&["--tag=a=x=y"], r#"{"a":["x=y"]}"#),
        (&["--tag=\"a=1,2\",c=3"], r#"{"a":["1","2"],"c":["3"]}"#),
        (&["--tag=k=web", "--tag=k=api"], r#"{"k":["api","web"]}"#),
        (
            &["--tag=\u{e9}=1", "--tag=z=2", "--tag=Z=3"],
            "{\"Z\":[\"3\"],\"z\":[\"2\"],\"\u{e9}\":[\"1\"]}",
        ),
    ] {
        let token = sign(&sandbox, "dataplane-token", flags).quiet_success();
        let payload = decoded(&token)[1].clone();
        assert!(payload.contains(&format!("\"Tags\":{expected},")), "{payload}");
    }
}

#[test]
fn claims_that_no_proxy_can_match_are_rejected() {
    let sandbox = sandbox();
    for (noun, arguments, expected) in [
        ("dataplane-token", &["--tag=a"][..], "error: --tag \"a\": \"a\" has no `=`\n"),
        ("dataplane-token", &["--tag=a=1,2,c=3"], "error: --tag \"a=1,2,c=3\": \"2\" has no `=`\n"),
        ("dataplane-token", &["--tag=a="], "error: the tag \"a\" has an empty value\n"),
        ("dataplane-token", &["--tag==b"], "error: the name of a tag is empty\n"),
        ("dataplane-token", &["--tag=a= b"], "error: the value of a tag \" b\" has a blank"),
        ("dataplane-token", &["--name=dp-1 "], "error: the name \"dp-1 \" has a blank"),
        ("dataplane-token", &["--mesh=a\nb"], "error: the mesh \"a\\\\u{a}b\" has a blank"),
        ("dataplane-token", &["--proxy-type=nonsense"], "error: invalid value 'nonsense'"),
        ("dataplane-token", &["extra"], "error: unexpected argument 'extra' found\n"),
        ("zone-token", &["--zone="], "error: the zone is empty\n"),
        ("zone-token", &["--zone=z", "--scope="], "error: a value is required for"),
        ("zone-token", &["--zone=z", "--scope=foo"], "error: invalid value 'foo'"),
        ("zone-token", &[], "error: --zone is missing"),
        ("user-token", &["--name="], "error: the name is empty\n"),
        ("user-token", &[], "error: --name is missing"),
        ("user-token", &["--name=a", "extra"], "error: unexpected argument 'extra' found\n"),
        ("user-token", &["--name=a", "--group=b,"], "error: the group is empty\n"),
        ("user-token", &["--name=a", "--kid= 1"], "error: the key ID \" 1\" has a blank"),
        ("user-token", &["--name=a", "--valid-for=0s"], "error: \"0s\" is less than a second\n"),
        ("user-token", &["--name=a", "--valid-for=-1h"], "error: \"-1h\" is less than a second\n"),
        (
            "user-token",
            &["--name=a", "--valid-for=24"],
            "error: \"24\" is a duration without a unit\n",
        ),
        (
            "user-token",
            &["--name=a", "--valid-for=293y"],
            "error: a token can be valid for 2562047h at most\n",
        ),
    ] {
        let refused = sign(&sandbox, noun, arguments).failure(2);
        assert!(refused.starts_with(expected), "{refused}\n{expected}");
    }
}

#[test]
fn a_lifetime_can_be_days_and_up_to_that_of_go() {
    let sandbox = sandbox();
    for (duration, seconds) in
        [("90d", 90 * 86_400), ("1h30m", 5_400), ("2562047h47m", 2_562_047 * 3_600 + 47 * 60)]
    {
        let flag = format!("--valid-for={duration}");
        let token = sign(&sandbox, "user-token", &["--name=a", &flag]).quiet_success();
        let payload: Value = serde_json::from_str(&decoded(&token)[1]).expect("claims");
        let lifetime = payload["exp"].as_i64().zip(payload["iat"].as_i64());
        assert_eq!(lifetime.map(|(end, start)| end - start - 5), Some(seconds), "{duration}");
    }
}

#[test]
fn the_key_and_its_id_are_given_together() {
    let sandbox = sandbox();
    for noun in [
        "dataplane-token --valid-for=1h",
        "zone-token --zone=z --valid-for=1h",
        "user-token --name=a --valid-for=1h",
    ] {
        let words = ["generate"].into_iter().chain(noun.split(' '));
        let refused = sandbox.kumactl(words.clone().chain(["--kid=1"])).failure(2);
        assert!(refused.starts_with("error: --kid needs --signing-key-path\n"), "{refused}");
        let refused = sandbox.kumactl(words.chain(["--signing-key-path=signing.key"])).failure(2);
        assert!(refused.starts_with("error: --signing-key-path needs --kid\n"), "{refused}");
    }
    let refused = sandbox.kumactl(["generate", "zone-token"]).failure(2);
    for flag in ["--zone", "--valid-for"] {
        assert!(refused.contains(&format!("error: {flag} is missing")), "{refused}");
    }
}

#[test]
fn the_deprecated_type_warns_on_standard_error_only() {
    let sandbox = sandbox();
    let ended = sign(&sandbox, "dataplane-token", &["--type=ingress"]);
    assert_eq!(ended.status, 0);
    assert!(decoded(&ended.stdout)[1].contains(r#""Type":"ingress""#), "{ended:?}");
    assert_eq!(
        ended.stderr,
        "warning: --type is deprecated: use --proxy-type\n\
         warning: a zone ingress takes no dataplane token: use `kumactl generate zone-token`\n"
    );
}

#[test]
fn a_token_file_contains_only_the_token_and_only_its_owner_can_read_it() {
    let sandbox = sandbox();
    let arguments = ["--name=dp-1", "--token-file=dp.token"];
    let said = sign(&sandbox, "dataplane-token", &arguments).quiet_success();
    assert_eq!(said, "Token saved in dp.token\n");
    assert_eq!(sandbox.mode("dp.token"), 0o600);
    let token = sandbox.read("dp.token");
    assert_eq!(decoded(&token)[0], HEADER);
    assert_eq!(token.trim(), token);
    let refused = sign(&sandbox, "dataplane-token", &arguments).failure(1);
    assert_eq!(
        refused,
        "error: dp.token already exists; no file was changed\n\
         hint: rerun with --force to overwrite it\n"
    );
    sign(&sandbox, "dataplane-token", &[&arguments[..], &["--force"]].concat()).quiet_success();
    assert_ne!(sandbox.read("dp.token"), token);
    let refused =
        sign(&sandbox, "dataplane-token", &["--token-file=signing.key", "--force"]).failure(2);
    assert!(refused.contains("overwrite the input file"), "{refused}");
    let quiet = ["--token-file=quiet.token", "--quiet"];
    assert_eq!(sign(&sandbox, "dataplane-token", &quiet).quiet_success(), "");
    assert_eq!(decoded(&sandbox.read("quiet.token"))[0], HEADER);
    let stdout = sign(&sandbox, "dataplane-token", &["--token-file=-"]).quiet_success();
    assert_eq!(decoded(&stdout)[0], HEADER);
}

#[test]
fn json_has_the_id_by_which_a_token_is_revoked_and_the_token_unless_a_file_has_it() {
    let sandbox = sandbox();
    let json = |more: &[&str]| -> Value {
        let arguments = [&["--name=dp-1", "-o=json"][..], more].concat();
        let text = sign(&sandbox, "dataplane-token", &arguments).quiet_success();
        serde_json::from_str(&text).expect("JSON")
    };
    let printed = json(&[]);
    let payload: Value =
        serde_json::from_str(&decoded(printed["token"].as_str().expect("a token"))[1])
            .expect("claims");
    assert_eq!(printed["id"], payload["jti"]);
    assert_eq!(printed["kind"], "dataplane");
    assert_eq!(printed["key_id"], "1");
    assert!(printed["expires_at"].as_str().is_some_and(|time| time.ends_with('Z')));
    assert_eq!(printed["files"], serde_json::json!([]));
    let saved = json(&["--token-file=dp.token"]);
    assert_eq!(saved["token"], Value::Null);
    assert_eq!(
        saved["files"],
        serde_json::json!([{"role": "token", "path": "dp.token", "mode": "0600"}])
    );
    let shared = sign(&sandbox, "dataplane-token", &["-o=json", "--token-file=-"]).failure(2);
    assert!(shared.contains("cannot both go to standard output"), "{shared}");
}

#[test]
fn a_key_of_any_size_from_2048_bits_signs() {
    let sandbox = Sandbox::new();
    let script = "openssl genrsa -traditional -out signing.key 3000 2> log
        kumactl generate public-key --signing-key-path=signing.key > signing.pub
        kumactl generate user-token --name=a --valid-for=1h --signing-key-path=signing.key --kid=1 > a
        kumactl verify token a --public-key=signing.pub --quiet";
    if crate::support::installed("openssl").is_some() {
        assert_eq!(sandbox.shell(script).quiet_success(), "");
    }
}
