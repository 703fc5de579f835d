//! Tokens with a known time and ID, octet by octet.

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use kuma_pki::ValidFor;
use kuma_pki::token::{
    Claims, DataplaneClaims, ProxyType, SigningKey, Tags, TokenId, TokenRequest, UserClaims,
    ZoneClaims, ZoneScope,
};
use time::OffsetDateTime;

use super::{decoded, sandbox};
use crate::support::{Sandbox, installed, run, said_aloud};

const ID: [u8; 16] = [
    0xc9, 0x23, 0xbe, 0xed, 0x05, 0x1e, 0x48, 0xf9, 0xb6, 0x9f, 0x4b, 0x3c, 0xb6, 0x95, 0x39, 0x18,
];

const REGISTERED: &str = r#""exp":1795698284,"nbf":1795611879,"iat":1795611879,"jti":"c923beed-051e-48f9-b69f-4b3cb6953918"}"#;

fn dataplane() -> Claims {
    let mut tags = Tags::default();
    for (tag, value) in
        [("kuma.io/service", "web-api"), ("kuma.io/service", "web"), ("a", "b"), ("a", "b")]
    {
        tags.allow(tag, value);
    }
    Claims::Dataplane(DataplaneClaims {
        name: "dp-1".to_owned(),
        mesh: "demo".to_owned(),
        tags,
        proxy_type: ProxyType::Dataplane,
        workload: "back<end>&\u{e9}".to_owned(),
    })
}

fn zone() -> Claims {
    let scope = vec![ZoneScope::Ingress, ZoneScope::Egress];
    Claims::Zone(ZoneClaims { zone: "zone-1".to_owned(), scope })
}

fn user(groups: Option<&[&str]>) -> Claims {
    let groups = groups.map(|groups| groups.iter().map(|&group| group.to_owned()).collect());
    Claims::User(UserClaims { name: "john".to_owned(), groups })
}

/// What is signed, and the signature of OpenSSL.
fn expected(sandbox: &Sandbox, openssl: &Path, payload: &str) -> String {
    let header = r#"{"alg":"RS256","kid":"1","typ":"JWT"}"#;
    let encode = |octets: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(octets);
    let text = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
    sandbox.write("text", &text);
    let mut command = sandbox.command(openssl);
    command.args(["dgst", "-sha256", "-sign", "signing.key", "-out", "signature", "text"]);
    run(&mut command).quiet_success();
    let signature = std::fs::read(sandbox.path("signature")).expect("a signature");
    format!("{text}.{}", encode(&signature))
}

#[test]
fn a_token_has_the_official_claims_in_order_and_a_signature_that_openssl_verifies() {
    let Some(openssl) = installed("openssl") else { return };
    let sandbox = sandbox();
    let key = SigningKey::from_text(sandbox.read("signing.key").as_bytes()).expect("a key");
    // A fraction of a second is cut off.
    let now = OffsetDateTime::from_unix_timestamp_nanos(1_795_611_884_900_000_000);
    for (claims, begins) in [
        (
            dataplane(),
            "{\"Name\":\"dp-1\",\"Mesh\":\"demo\",\"Tags\":{\"a\":[\"b\"],\"kuma.io/service\":[\"web\",\"web-api\"]},\
             \"Type\":\"dataplane\",\"Workload\":\"back\\u003cend\\u003e\\u0026\u{e9}\",",
        ),
        (
            Claims::Dataplane(DataplaneClaims::default()),
            r#"{"Name":"","Mesh":"","Tags":{},"Type":"","Workload":"","#,
        ),
        (zone(), r#"{"Zone":"zone-1","Scope":["ingress","egress"],"#),
        (user(Some(&["users", "admins"])), r#"{"Name":"john","Groups":["users","admins"],"#),
        (user(None), r#"{"Name":"john","Groups":null,"#),
        (user(Some(&[])), r#"{"Name":"john","Groups":[],"#),
    ] {
        let request = TokenRequest {
            claims: &claims,
            key_id: "1",
            id: TokenId::from_octets(ID),
            now: now.expect("a time"),
            valid_for: ValidFor::from_days(1),
        };
        let token = request.sign(&key).expect("a token");
        let payload = format!("{begins}{REGISTERED}");
        assert_eq!(decoded(&token.text)[1], payload);
        assert_eq!(*token.text, expected(&sandbox, &openssl, &payload));
    }
}

/// Given the time and the ID of an official token, the library makes the same octets.
#[test]
fn a_token_equals_the_official_one_with_the_same_time_and_id() {
    let Some(official) = std::env::var_os("KUMACTL_OFFICIAL") else {
        return said_aloud("for want of KUMACTL_OFFICIAL");
    };
    let sandbox = sandbox();
    let key = SigningKey::from_text(sandbox.read("signing.key").as_bytes()).expect("a key");
    for (claims, arguments) in [
        (
            dataplane(),
            &[
                "dataplane-token",
                "--name=dp-1",
                "--mesh=demo",
                "--tag=kuma.io/service=web-api,web,web",
                "--tag=a=b",
                "--proxy-type=dataplane",
                "--workload=back<end>&\u{e9}",
            ][..],
        ),
        (zone(), &["zone-token", "--zone=zone-1"]),
        (user(Some(&["users", "admins"])), &["user-token", "--name=john", "--group=users,admins"]),
        (user(None), &["user-token", "--name=john"]),
        (user(Some(&[])), &["user-token", "--name=john", "--group="]),
    ] {
        let mut command = sandbox.command(&official);
        command.args(["--no-config", "generate"]).args(arguments);
        command.args(["--valid-for=24h", "--signing-key-path=signing.key", "--kid=1"]);
        let token = run(&mut command).stdout;
        let payload: serde_json::Value = serde_json::from_str(&decoded(&token)[1]).expect("claims");
        let id = payload["jti"].as_str().expect("an ID").replace('-', "");
        let octet = |at: usize| u8::from_str_radix(&id[2 * at..2 * at + 2], 16).expect("digits");
        // The whole second of the expiry is that of the issuance.
        let now = payload["exp"].as_i64().expect("an expiry") - 86_400;
        let request = TokenRequest {
            claims: &claims,
            key_id: "1",
            id: TokenId::from_octets(std::array::from_fn(octet)),
            now: OffsetDateTime::from_unix_timestamp(now).expect("a time"),
            valid_for: ValidFor::from_days(1),
        };
        assert_eq!(*request.sign(&key).expect("a token").text, token, "{arguments:?}");
    }
}
