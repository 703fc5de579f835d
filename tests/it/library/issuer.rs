//! Issuers at times and in chains that are hard to create with files.

use kuma_pki::verify::Finding;
use kuma_pki::{
    CaRequest, IssueError, Issuer, KeyAlgorithm, KeyPair, Profile, SerialNumber, Template,
};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-08-21 12:00:00 UTC);

fn ca(key: &KeyPair) -> Template {
    ca_above(0, key)
}

fn ca_above(path_length: u8, key: &KeyPair) -> Template {
    let valid_for = "30d".parse().expect("a duration");
    let request = CaRequest::new("CA", KeyAlgorithm::EcdsaP256, Vec::new(), Some(valid_for));
    let request = request.expect("a request").with_path_length(path_length);
    let profile = Profile::CertificateAuthority {
        request: &request,
        key: key.identifier(),
        issuer_validity: None,
    };
    profile.resolve(NOW, SerialNumber::from_octets([1; 16])).expect("a template")
}

fn key() -> KeyPair {
    KeyPair::generate(KeyAlgorithm::EcdsaP256).expect("a key")
}

fn at(now: OffsetDateTime) -> Result<Issuer, IssueError> {
    let key = key();
    let certificate = kuma_pki::self_signed(&ca(&key), &key).expect("a certificate");
    Issuer::new(vec![certificate], key, now)
}

#[test]
fn an_issuer_is_rejected_before_and_after_its_validity_with_both_times() {
    assert!(at(NOW).is_ok());
    let early = at(datetime!(2026-08-21 11:54:59 UTC)).expect_err("too early").to_string();
    assert!(
        early.contains("2026-08-21T11:55:00Z; the time of verification is 2026-08-21T11:54:59Z"),
        "{early}"
    );
    let late = at(datetime!(2026-09-20 11:55:01 UTC)).expect_err("too late").to_string();
    assert!(
        late.contains("2026-09-20T11:55:00Z; the time of verification is 2026-09-20T11:55:01Z"),
        "{late}"
    );
}

/// A root that allows one CA below it.
fn root() -> Issuer {
    let key = key();
    let certificate = kuma_pki::self_signed(&ca_above(1, &key), &key).expect("a certificate");
    Issuer::new(vec![certificate], key, NOW).expect("an issuer")
}

#[test]
fn an_issuer_below_a_ca_with_path_length_0_is_rejected() {
    let (root, key) = (root(), key());
    let middle = kuma_pki::issued_by(&ca(&key), &key, &root).expect("a certificate");
    // The same root, as it would be if it allowed none.
    let strict = kuma_pki::self_signed(&ca(root.key()), root.key()).expect("a certificate");
    let chain = vec![middle, strict];
    let refused = Issuer::new(chain, key, NOW).expect_err("a path that is too long");
    let IssueError::Issuer(finding) = &refused else { panic!("{refused}") };
    assert!(matches!(**finding, Finding::PathTooLong { allowed: 0, found: 1, .. }), "{refused}");
}

#[test]
fn a_ca_issues_no_ca_that_its_path_length_forbids() {
    let (root, key) = (root(), key());
    let refused = kuma_pki::issued_by(&ca_above(1, &key), &key, &root).expect_err("a CA too many");
    let IssueError::Issuer(finding) = &refused else { panic!("{refused}") };
    assert!(matches!(**finding, Finding::PathTooLong { allowed: 1, found: 2, .. }), "{refused}");
}

#[test]
fn a_chain_whose_second_certificate_did_not_issue_the_first_is_rejected_with_both_names() {
    let (root, other, key) = (root(), root(), key());
    let middle = kuma_pki::issued_by(&ca(&key), &key, &root).expect("a certificate");
    let chain = vec![middle, other.certificate().clone()];
    let refused = Issuer::new(chain, key, NOW).expect_err("no chain").to_string();
    assert!(refused.contains(root.name()) && refused.contains(other.name()), "{refused}");
    assert!(refused.contains("certificate 2 of the CA file"), "{refused}");
}
