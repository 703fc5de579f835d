//! The search for paths, at a fixed time.

use time::OffsetDateTime;
use time::macros::datetime;

use super::search::{SearchResult, search};
use super::{PathInput, check};
use crate::issue::{
    CaRequest, IssuanceRequest, Issuer, Profile, SerialNumber, Template, issued_by, self_signed,
};
use crate::key::{KeyAlgorithm, KeyPair};
use crate::name::SubjectAltName;
use crate::usage::ExtendedKeyUsage;
use crate::validity::ValidFor;
use crate::verify::finding::Finding;
use crate::verify::report::Report;
use crate::x509::Certificate;

const ISSUED: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const VERIFIED: OffsetDateTime = datetime!(2026-03-01 00:00 UTC);
const KEY: KeyAlgorithm = KeyAlgorithm::EcdsaP256;

/// A root, an intermediate CA and a server certificate, and certificates that are easily confused with them.
struct Pki {
    /// Expires before `VERIFIED`.
    old_root: Certificate,
    /// Has the name and key of `old_root`.
    root: Certificate,
    /// Has the name of `root`, but another key.
    impostor: Certificate,
    intermediate: Certificate,
    leaf: Certificate,
    self_signed: Certificate,
}

impl Pki {
    fn new() -> Self {
        let serial = |octet| SerialNumber::from_octets([octet; 16]);
        let key = || KeyPair::generate(KEY).expect("a key");
        let resolve = |profile: Profile<'_>, octet| -> Template {
            profile.resolve(ISSUED, serial(octet)).expect("a template")
        };
        let ca = |name, days| {
            let valid_for = Some(ValidFor::from_days(days));
            CaRequest::new(name, KEY, Vec::new(), valid_for).expect("a request").with_path_length(1)
        };
        let server = IssuanceRequest::new(
            ExtendedKeyUsage::ServerAuth,
            [SubjectAltName::parse("cp.example").expect("a name")],
            KEY,
            None,
        )
        .expect("a request");

        let root_key = key();
        let identifier = root_key.identifier();
        let [old, new] = [ca("root", 30), ca("root", 3650)];
        let profile =
            Profile::CertificateAuthority { request: &old, key: identifier, issuer_validity: None };
        let old_root = self_signed(&resolve(profile, 1), &root_key).expect("a root");
        let profile =
            Profile::CertificateAuthority { request: &new, key: identifier, issuer_validity: None };
        let template = resolve(profile, 2);
        let root = self_signed(&template, &root_key).expect("a root");
        let impostor = self_signed(&template, &key()).expect("a root");

        let issuer = Issuer::new(vec![root.clone()], root_key, ISSUED).expect("an issuer");
        let (request, ca_key) = (ca("intermediate", 365).with_path_length(0), key());
        let profile = Profile::CertificateAuthority {
            request: &request,
            key: ca_key.identifier(),
            issuer_validity: Some(issuer.validity()),
        };
        let intermediate =
            issued_by(&resolve(profile, 3), &ca_key, &issuer).expect("an intermediate");

        let chain = vec![intermediate.clone(), root.clone()];
        let issuer = Issuer::new(chain, ca_key, ISSUED).expect("an issuer");
        let issuer_validity = issuer.validity();
        let profile =
            Profile::EndEntity { request: &server, issuer_validity: Some(issuer_validity) };
        let leaf = issued_by(&resolve(profile, 4), &key(), &issuer).expect("a certificate");
        let profile = Profile::EndEntity { request: &server, issuer_validity: None };
        let self_signed = self_signed(&resolve(profile, 5), &key()).expect("a certificate");
        Self { old_root, root, impostor, intermediate, leaf, self_signed }
    }

    fn name(&self, certificate: &Certificate) -> &'static str {
        let names = [
            (&self.old_root, "old root"),
            (&self.root, "root"),
            (&self.impostor, "impostor"),
            (&self.intermediate, "intermediate"),
            (&self.leaf, "leaf"),
            (&self.self_signed, "self-signed"),
        ];
        names.iter().find(|(one, _)| *one == certificate).map_or("unknown", |(_, name)| name)
    }
}

fn input<'a>(chain: &'a [Certificate], anchors: &'a [Certificate]) -> PathInput<'a> {
    PathInput { chain, anchors, usage: ExtendedKeyUsage::ServerAuth, at: VERIFIED }
}

#[test]
fn every_path_to_a_certificate_in_the_ca_file_is_found() {
    let pki = Pki::new();
    let certificates = |list: &[&Certificate]| -> Vec<Certificate> {
        list.iter().map(|one| (*one).clone()).collect()
    };
    let Pki { old_root, root, impostor, intermediate, leaf, self_signed } = &pki;
    for (chain, anchors, expected) in [
        (vec![leaf, intermediate], vec![root], vec!["leaf > intermediate > root"]),
        // The server need not send the root, nor keep the order, nor send only what is needed.
        (
            vec![leaf, root, self_signed, intermediate],
            vec![root],
            vec!["leaf > intermediate > root"],
        ),
        (vec![leaf], vec![intermediate], vec!["leaf > intermediate"]),
        (
            vec![leaf],
            vec![root, intermediate],
            vec!["leaf > intermediate", "leaf > intermediate > root"],
        ),
        // Both roots have the key that signed the intermediate CA.
        (
            vec![leaf, intermediate],
            vec![old_root, root],
            vec![
                "leaf > intermediate > old root",
                "leaf > intermediate > old root > root",
                "leaf > intermediate > root",
                "leaf > intermediate > root > old root",
            ],
        ),
        (vec![leaf, intermediate], vec![impostor, root], vec!["leaf > intermediate > root"]),
        (vec![self_signed], vec![self_signed], vec!["self-signed"]),
        (vec![leaf], vec![leaf], vec!["leaf"]),
    ] {
        let (chain, anchors) = (certificates(&chain), certificates(&anchors));
        let SearchResult::Paths(paths) = search(&input(&chain, &anchors)) else {
            panic!("no path, but {expected:?}");
        };
        let shown = |path: &Vec<&Certificate>| {
            path.iter().map(|one| pki.name(one)).collect::<Vec<_>>().join(" > ")
        };
        assert_eq!(paths.iter().map(shown).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn the_reason_for_a_missing_path_is_about_the_certificate_at_its_end() {
    let pki = Pki::new();
    let Pki { root, impostor, intermediate, leaf, self_signed, .. } = pki;
    let is_missing = |finding: &Finding, of: &Certificate| matches!(finding, Finding::IssuerMissing { subject, .. } if *subject == of.subject());
    let reason = |chain: &[&Certificate], anchors: &[&Certificate]| {
        let [chain, anchors] =
            [chain, anchors].map(|list| list.iter().map(|one| (*one).clone()).collect::<Vec<_>>());
        match search(&input(&chain, &anchors)) {
            SearchResult::NoPath(finding) => finding,
            SearchResult::Paths(_) => panic!("a path"),
        }
    };
    assert!(is_missing(&reason(&[&leaf], &[&root]), &leaf));
    assert!(is_missing(&reason(&[&leaf, &intermediate], &[&self_signed]), &intermediate));
    assert!(matches!(
        reason(&[&leaf, &intermediate], &[&impostor]),
        Finding::SignatureInvalid { subject, .. } if subject == intermediate.subject()
    ));
    assert!(matches!(
        reason(&[&self_signed], &[&root]),
        Finding::SelfSignedUntrusted { is_end_entity: true, .. }
    ));
    assert!(matches!(
        reason(&[&leaf, &intermediate, &root], &[&impostor]),
        Finding::SelfSignedUntrusted { is_end_entity: false, .. }
    ));
}

#[test]
fn an_expired_root_does_not_matter_next_to_its_renewal() {
    let Pki { old_root, root, intermediate, leaf, .. } = Pki::new();
    let chain = [leaf, intermediate];
    for (anchors, is_valid) in [
        (vec![old_root.clone()], false),
        (vec![old_root.clone(), root.clone()], true),
        (vec![root, old_root], true),
    ] {
        let mut report = Report::default();
        let path = check(&input(&chain, &anchors), &mut report).expect("a path");
        assert_eq!(report.verifies(), is_valid, "{report:?}");
        assert_eq!(path.issuers.len(), 2);
    }
}
