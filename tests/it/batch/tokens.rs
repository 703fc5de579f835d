//! Tokens in a specification.

use super::{Ended, Sandbox, Value, counts, generate};
use crate::token;

const TOKENS: &str = r#"
signingKeys:
  dataplane: {keyFile: signing.key, kid: "1"}
  zone: {keyFile: zone.key, kid: "2"}
  user: {keyFile: user.key, kid: ops}
defaults: {validFor: 90d}
tokens:
- name: web-1
  dataplane:
    mesh: demo
    tags: {kuma.io/service: [web, web-api], team: a}
    workload: web
- {name: any, dataplane: {name: ""}, validFor: 24h}
- {name: ingress, zone: {zone: zone-1, scope: ingress}}
- {name: zone-2, zone: {zone: zone-2}}
- {name: admin, user: {name: jane, groups: [mesh-system:admin, ops]}}
- {name: john, user: {}}
"#;

/// A sandbox with a specification of tokens and a key for each kind.
fn sandbox(specification: &str) -> Sandbox {
    let sandbox = token::sandbox();
    sandbox.write("zones.yaml", specification);
    for kind in ["zone", "user"] {
        let file = format!("--key-file={kind}.key");
        sandbox.kumactl(["generate", "signing-key", "--format=pem", &file]).quiet_success();
    }
    sandbox
}

/// The counts of tokens in a JSON report.
#[track_caller]
fn tokens(ended: &Ended) -> [u64; 4] {
    assert_eq!(ended.status, 0, "{ended:?}");
    let report: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    ["created", "replaced", "repaired", "kept"]
        .map(|field| report["tokens"][field].as_u64().expect("a number"))
}

/// The claims of a token, without its dates and its ID.
fn claims(sandbox: &Sandbox, name: &str) -> (Value, String) {
    let [header, payload] = token::decoded(&sandbox.read(&format!("tls/{name}/token")));
    let header: Value = serde_json::from_str(&header).expect("JSON");
    let mut payload: Value = serde_json::from_str(&payload).expect("JSON");
    let claims = payload.as_object_mut().expect("an object");
    for name in ["exp", "nbf", "iat", "jti"] {
        claims.remove(name).expect(name);
    }
    (payload, header["kid"].as_str().expect("a key ID").to_owned())
}

#[test]
fn each_token_is_the_one_of_its_own_command() {
    let sandbox = sandbox(TOKENS);
    let printed = generate(&sandbox, &[]).quiet_success();
    assert!(printed.starts_with("Tokens: 6 created, in "), "{printed}");
    for (name, command) in [
        (
            "web-1",
            "dataplane-token --signing-key-path=signing.key --kid=1 --name=web-1 --mesh=demo \
             --tag=kuma.io/service=web,web-api --tag=team=a --workload=web",
        ),
        ("any", "dataplane-token --signing-key-path=signing.key --kid=1"),
        ("ingress", "zone-token --signing-key-path=zone.key --kid=2 --zone=zone-1 --scope=ingress"),
        ("zone-2", "zone-token --signing-key-path=zone.key --kid=2 --zone=zone-2"),
        (
            "admin",
            "user-token --signing-key-path=user.key --kid=ops --name=jane \
             --group=mesh-system:admin,ops",
        ),
        ("john", "user-token --signing-key-path=user.key --kid=ops --name=john"),
    ] {
        let file = format!("--token-file=tls/{name}/token");
        let found = claims(&sandbox, name);
        let command = ["generate"].into_iter().chain(command.split_whitespace());
        sandbox.kumactl(command.chain(["--valid-for=90d", "--force", &file])).quiet_success();
        assert_eq!(found, claims(&sandbox, name), "{name}");
    }
    assert_eq!(sandbox.mode("tls/web-1/token"), 0o600);
}

#[test]
fn certificates_and_tokens_of_one_specification_are_counted_apart() {
    let both = format!(
        "{TOKENS}certificates: [{{name: cp, type: server, hostnames: cp.example, keyType: ecdsa}}]\n"
    );
    let sandbox = sandbox(&both);
    let printed = generate(&sandbox, &[]).quiet_success();
    assert!(printed.starts_with("Certificates: 1 created; tokens: 6 created, in "), "{printed}");
    let again = generate(&sandbox, &["--if-needed", "--output=json"]);
    assert_eq!(tokens(&again), [0, 0, 0, 6]);
    assert_eq!(counts(again), [0, 0, 0, 1]);
}

#[test]
fn existing_tokens_stay_unless_they_do_not_match_or_expire_soon() {
    let sandbox = sandbox(TOKENS);
    generate(&sandbox, &[]).quiet_success();
    let first = sandbox.snapshot();
    let refused = generate(&sandbox, &[]).failure(1);
    let already = "tls/web-1 and 5 others already exist; no file was changed\n";
    assert!(refused.starts_with(&format!("error: {already}")), "{refused}");
    assert_eq!(sandbox.snapshot(), first);

    // Another lifetime alone replaces nothing; other claims, another key and permissions do something.
    let changed = TOKENS.replace("90d", "30d").replace("zone: zone-2}", "zone: zone-3}");
    sandbox.write("zones.yaml", changed.replace("kid: ops", "kid: \"3\""));
    std::fs::remove_dir_all(sandbox.path("tls/ingress")).expect("a directory");
    sandbox.shell("chmod 644 tls/any/token && printf broken > tls/web-1/token").quiet_success();
    let again = generate(&sandbox, &["--if-needed", "--output=json"]);
    assert_eq!(tokens(&again), [1, 4, 1, 0]);
    for note in [
        "note: web-1: replaced: token: it does not have three parts with dots between\n",
        "note: any: repaired: token has permissions 0644 instead of 0600\n",
        "note: zone-2: replaced: token: its claims do not match the request\n",
        "note: admin: replaced: token: the token is signed with key \"ops\", and the control plane knows \
         \"3\"\n",
    ] {
        assert!(again.stderr.contains(note), "{note}{}", again.stderr);
    }
    let renewed = generate(&sandbox, &["--if-needed", "--output=json", "--renew-before=25h"]);
    assert_eq!(tokens(&renewed), [0, 1, 0, 5]);
    assert!(renewed.stderr.contains("any: replaced: token: it expires at "), "{renewed:?}");
    let always = "any: the lifetime of the token is not longer than --renew-before, so every run replaces it";
    assert!(renewed.stderr.contains(always), "{renewed:?}");

    sandbox.write("signing.key", sandbox.read("user.key"));
    let rotated = generate(&sandbox, &["--if-needed", "--output=json"]);
    assert_eq!(tokens(&rotated), [0, 2, 0, 4]);
    let signature = "web-1: replaced: token: the signature does not match the public key";
    assert!(rotated.stderr.contains(signature), "{rotated:?}");
    assert_eq!(tokens(&generate(&sandbox, &["--force", "--output=json"])), [0, 6, 0, 0]);
}

#[test]
fn wrong_tokens_are_reported_with_their_lines_before_anything_is_written() {
    let sandbox = sandbox(
        r#"signingKeys:
  dataplane: {keyFile: signing.key, kid: ""}
  zone: {keyFile: zone.key}
certificates: [{name: cp, type: server, hostnames: cp.example}]
tokens:
- {name: a, dataplane: {name: "a "}, validFor: 24h}
- {name: b, zone: {}, validFor: 24h}
- {name: c, zone: {zone: z, scope: [ingres]}, validFor: 24h}
- {name: d, dataplane: {}}
- {name: e, dataplane: {}, user: {}, validFor: 24h}
- {name: f, user: {}, validFor: 24h}
- {name: g, dataplane: {tags: {team: ""}}, validFor: 1}
- {dataplane: {}, validFor: 24h}
- {name: CP, dataplane: {}, validFor: 24h}
- {name: h, dataplane: {}, validFor: 300y}
"#,
    );
    let before = sandbox.names();
    let stderr = generate(&sandbox, &[]).failure(2);
    for said in [
        "error: zones.yaml:2:42: the key ID is empty\n",
        "error: zones.yaml:3:9: a signing key requires keyFile and kid\nhint: {keyFile: ",
        "error: zones.yaml:6:24: the name \"a \" has a blank at its start or end, or a control character\n",
        "error: zones.yaml:7:19: the zone is empty\n",
        "error: zones.yaml:8:37: unknown scope \"ingres\"\nhint: use ingress, egress or cp\n",
        "error: zones.yaml:9:3: d has no validFor\nhint: set validFor: 30d, here or in defaults\n",
        "error: zones.yaml:10:3: a token is for either a dataplane, a zone or a user\nhint: add dataplane",
        "error: zones.yaml:11:3: f: there is no signing key for user tokens\nhint: signingKeys: {user: ",
        "error: zones.yaml:12:24: the tag \"team\" has an empty value\n",
        "error: zones.yaml:12:54: validFor: \"1\" is a duration without a unit\n",
        "error: zones.yaml:13:3: a token has no name\nhint: add name: dp-1",
        "error: zones.yaml:14:3: duplicate name CP, first used in line 4\n",
        "error: zones.yaml:15:3: h: a token can be valid for 2562047h at most\n",
    ] {
        assert!(stderr.contains(said), "{said}\n--\n{stderr}");
    }
    assert_eq!(stderr.matches("error: ").count(), 13, "{stderr}");
    assert_eq!(sandbox.names(), before);
}

#[test]
fn a_signing_key_that_cannot_sign_is_reported_with_its_line_and_never_overwritten() {
    let one = "tokens: [{name: dp-1, dataplane: {}, validFor: 24h}]\n\
               signingKeys: {dataplane: {keyFile: KEY, kid: \"1\"}}\n";
    let sandbox = sandbox(&one.replace("KEY", "none.key"));
    let missing = generate(&sandbox, &[]).failure(1);
    let reason = "could not read the signing key file none.key: no such file or directory";
    assert!(missing.starts_with(&format!("error: zones.yaml:2:26: {reason}\n")), "{missing}");
    sandbox.write("zones.yaml", one.replace("KEY", "\"-\""));
    let stream = generate(&sandbox, &[]).failure(2);
    assert!(stream.ends_with("2:36: keyFile: \"-\" is not a file name\n"), "{stream}");
    sandbox.write("zones.yaml", one.replace("KEY", "tls/dp-1/token"));
    std::fs::create_dir_all(sandbox.path("tls/dp-1")).expect("a directory");
    sandbox.write("tls/dp-1/token", sandbox.read("signing.key"));
    let input = generate(&sandbox, &["--force"]);
    assert_eq!(input.status, 2, "{input:?}");
    assert!(input.stderr.contains("the token file would overwrite the input file"), "{input:?}");
    assert_eq!(sandbox.read("tls/dp-1/token"), sandbox.read("signing.key"));
}

#[test]
fn the_printed_specification_has_the_tokens_of_the_directory() {
    let sandbox = sandbox(TOKENS);
    generate(&sandbox, &[]).quiet_success();
    let print = ["generate", "tls-certificates", "--print-spec=tls"];
    let printed = sandbox.kumactl(print).quiet_success();
    for line in [
        "# signed with the dataplane key \"1\": any, web-1",
        "# signed with the user key \"ops\": admin, john",
        "# add signingKeys: {user: {keyFile: user-signing.key, kid: \"ops\"}} with the file of that key",
        "  validFor: 2160h",
    ] {
        assert!(printed.lines().any(|one| one == line), "{line}\n{printed}");
    }
    let keys = &TOKENS[..TOKENS.find("defaults").expect("defaults")];
    sandbox.write("zones.yaml", format!("{keys}{printed}"));
    assert_eq!(tokens(&generate(&sandbox, &["--if-needed", "--output=json"])), [0, 0, 0, 6]);
}

#[test]
fn one_key_for_dataplane_and_zone_tokens_causes_a_warning() {
    let sandbox = sandbox(&TOKENS.replace("zone.key", "./signing.key"));
    let ended = generate(&sandbox, &[]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let warning = "warning: one key signs zone and dataplane tokens, so any data plane proxy can use a \
                   zone token as its own\n";
    assert_eq!(ended.stderr, warning);
}
