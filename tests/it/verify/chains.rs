//! Chains for which Go finds a path, and other clients take another one.

use rcgen::{
    CertificateParams, DnType, DnValue, GeneralSubtree, IsCa, Issuer, KeyPair, NameConstraints,
    PKCS_RSA_SHA256, SanType,
};
use time::{Duration, OffsetDateTime};

use super::pki::{Pki, extension, key, pem, write_key};
use super::{FILES, checks, refusing, report};
use crate::support::{Sandbox, installed, run};

const OPENSSL: [&str; 5] = ["curl", "openssl", "openssl-strict", "python", "node"];

/// A CA and its key.
struct Ca {
    params: CertificateParams,
    key: KeyPair,
}

impl Ca {
    fn new(name: &str) -> Self {
        let mut params = Pki::new().root;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        Self { params, key: key() }
    }

    fn without_identifiers(mut self) -> Self {
        self.params.use_authority_key_identifier_extension = false;
        self.params.key_identifier_method = rcgen::KeyIdMethod::PreSpecified(vec![7; 20]);
        self
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &self.key)
    }

    fn root(&self) -> String {
        pem(self.params.self_signed(&self.key).expect("a CA").der())
    }

    /// The same CA, expired.
    fn expired(&self) -> Self {
        let mut params = self.params.clone();
        params.not_before = OffsetDateTime::now_utc() - Duration::days(90);
        params.not_after = OffsetDateTime::now_utc() - Duration::days(1);
        let key = KeyPair::try_from(self.key.serialize_der()).expect("a key");
        Self { params, key }
    }

    /// Its certificate by another CA.
    fn by(&self, other: &Self) -> String {
        pem(self.params.signed_by(&self.key, &other.issuer()).expect("a CA").der())
    }
}

/// A certificate for `cp.example`, changed in some way, and its key.
fn leaf(sandbox: &Sandbox, ca: &Ca, change: impl FnOnce(&mut CertificateParams)) -> String {
    let Pki { mut leaf, leaf_key, .. } = Pki::new();
    change(&mut leaf);
    write_key(sandbox, "tls.key", &leaf_key);
    pem(leaf.signed_by(&leaf_key, &ca.issuer()).expect("a certificate").der())
}

/// Returns the clients that reject the chain, which Go accepts.
#[track_caller]
fn rejecting(sandbox: &Sandbox, chain: &[&str], ca_file: &[&str]) -> Vec<String> {
    sandbox.write("tls.crt", chain.concat());
    sandbox.write("ca.crt", ca_file.concat());
    let (json, _) = report(sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    let failed = checks(&json, "failed");
    let is_about_a_client = |(name, _): &(String, String)| name == "client";
    assert!(failed.iter().all(is_about_a_client), "{json}");
    let rejecting = refusing(&json);
    if let Some(openssl) = installed("openssl") {
        let mut command = sandbox.command(openssl);
        command.args(["verify", "-CAfile", "ca.crt", "-untrusted", "tls.crt", "tls.crt"]);
        let accepts = run(&mut command).status == 0;
        assert_eq!(accepts, !rejecting.contains(&"openssl".to_owned()), "{json}");
    }
    rejecting
}

/// What a check says that fails.
#[track_caller]
fn failure(sandbox: &Sandbox, chain: &[&str], ca_file: &[&str], check: &str) -> String {
    sandbox.write("tls.crt", chain.concat());
    sandbox.write("ca.crt", ca_file.concat());
    let (json, status) = report(sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    let failed = checks(&json, "failed");
    let found = failed.into_iter().find(|(name, _)| name == check);
    assert_eq!(status, 1, "{json}");
    found.unwrap_or_else(|| panic!("{check} passes: {json}")).1
}

#[test]
fn envoy_chooses_an_expired_ca_before_its_renewal() {
    let (sandbox, root) = (Sandbox::new(), Ca::new("root"));
    let (old, new) = (root.expired().root(), root.root());
    let leaf = leaf(&sandbox, &root, |_| {});
    assert_eq!(rejecting(&sandbox, &[&leaf], &[&old, &new]), ["envoy"]);
    assert_eq!(rejecting(&sandbox, &[&leaf], &[&new, &old]), [""; 0]);
}

#[test]
fn envoy_and_gnutls_choose_an_expired_intermediate_before_its_renewal() {
    let (sandbox, root, between) = (Sandbox::new(), Ca::new("root"), Ca::new("between"));
    let (old, new) = (between.expired().by(&root), between.by(&root));
    let leaf = leaf(&sandbox, &between, |_| {});
    let root = root.root();
    assert_eq!(rejecting(&sandbox, &[&leaf, &old, &new], &[&root]), ["envoy", "gnutls"]);
    assert_eq!(rejecting(&sandbox, &[&leaf, &new, &old], &[&root]), [""; 0]);
}

#[test]
fn an_expired_intermediate_in_the_ca_file_hides_the_renewal_in_the_chain() {
    let (sandbox, root, between) = (Sandbox::new(), Ca::new("root"), Ca::new("between"));
    let (old, new) = (between.expired().by(&root), between.by(&root));
    let leaf = leaf(&sandbox, &between, |_| {});
    let root = root.root();
    let all_but_the_searching = [&["envoy"], &OPENSSL[..], &["mbedtls"]].concat();
    assert_eq!(rejecting(&sandbox, &[&leaf, &new], &[&root, &old]), all_but_the_searching);
    assert_eq!(rejecting(&sandbox, &[&leaf, &old], &[&root, &new]), [""; 0]);
}

#[test]
fn a_certificate_with_the_name_of_its_ca_counts_as_self_signed_without_an_identifier() {
    let (sandbox, root) = (Sandbox::new(), Ca::new("root"));
    let name = root.params.distinguished_name.clone();
    let same = |has_identifier, has_usage: bool| {
        let name = name.clone();
        leaf(&sandbox, &root, move |leaf| {
            leaf.distinguished_name = name;
            leaf.use_authority_key_identifier_extension = has_identifier;
            if !has_usage {
                leaf.key_usages.clear();
            }
        })
    };
    let ca = root.root();
    assert_eq!(rejecting(&sandbox, &[&same(true, true)], &[&ca]), [""; 0]);
    assert_eq!(rejecting(&sandbox, &[&same(false, true)], &[&ca]), OPENSSL);
    // BoringSSL looks whether its key may sign certificates.
    let envoy_too = [&["envoy"], &OPENSSL[..]].concat();
    assert_eq!(rejecting(&sandbox, &[&same(false, false)], &[&ca]), envoy_too);
}

#[test]
fn openssl_distinguishes_two_cas_with_one_name_by_key_type() {
    let sandbox = Sandbox::new();
    let own = Ca::new("twin").without_identifiers();
    let mut other = Ca::new("twin").without_identifiers();
    let bare = |leaf: &mut CertificateParams| leaf.use_authority_key_identifier_extension = false;
    let leaf = leaf(&sandbox, &own, bare);
    let same_type = [&["envoy"], &OPENSSL[..]].concat();
    let strict = ["openssl-strict", "python"];
    let (own, twin) = (own.root(), other.root());
    assert_eq!(rejecting(&sandbox, &[&leaf], &[&twin, &own]), same_type);
    other.key = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key");
    let rsa = other.root();
    assert_eq!(rejecting(&sandbox, &[&leaf], &[&rsa, &own]), [&["envoy"], &strict[..]].concat());
    // GnuTLS chooses the last.
    let gnutls = [&strict[..], &["gnutls"]].concat();
    assert_eq!(rejecting(&sandbox, &[&leaf], &[&own, &rsa]), gnutls);
}

#[test]
fn clients_that_do_not_search_use_only_the_first_of_two_paths() {
    let (sandbox, root, between) = (Sandbox::new(), Ca::new("root"), Ca::new("between"));
    let (known, unknown) = (between.by(&root), between.by(&Ca::new("unknown")));
    let leaf = leaf(&sandbox, &between, |_| {});
    let root = root.root();
    let not_searching = [&["envoy"], &OPENSSL[..], &["gnutls", "mbedtls"]].concat();
    assert_eq!(rejecting(&sandbox, &[&leaf, &unknown, &known], &[&root]), not_searching);
    assert_eq!(rejecting(&sandbox, &[&leaf, &known, &unknown], &[&root]), [""; 0]);
}

#[test]
fn mbedtls_searches_for_an_issuer_after_the_certificate_only() {
    let (sandbox, root) = (Sandbox::new(), Ca::new("root"));
    let (upper, lower) = (Ca::new("upper"), Ca::new("lower"));
    let leaf = leaf(&sandbox, &lower, |_| {});
    let (lower, upper, root) = (lower.by(&upper), upper.by(&root), root.root());
    assert_eq!(rejecting(&sandbox, &[&leaf, &lower, &upper], &[&root]), [""; 0]);
    assert_eq!(rejecting(&sandbox, &[&leaf, &upper, &lower], &[&root]), ["mbedtls"]);
}

#[test]
fn the_first_of_two_self_signed_certificates_with_one_key_counts() {
    let (sandbox, mut own) = (Sandbox::new(), Ca::new("cp"));
    own.params.subject_alt_names = Pki::new().leaf.subject_alt_names;
    own.params.key_usages.push(rcgen::KeyUsagePurpose::DigitalSignature);
    write_key(&sandbox, "tls.key", &own.key);
    let old = own.root();
    own.params.serial_number = Some(vec![1, 2, 3].into());
    let new = own.root();
    let ca_as_server = ["rustls", "firefox"];
    let wanted: Vec<_> =
        ["envoy", "openssl", "openssl-strict", "node"].into_iter().chain(ca_as_server).collect();
    let without_apple = |found: Vec<String>| -> Vec<String> {
        found.into_iter().filter(|client| client != "apple").collect()
    };
    assert_eq!(without_apple(rejecting(&sandbox, &[&new], &[&old, &new])), wanted);
    assert_eq!(without_apple(rejecting(&sandbox, &[&new], &[&new, &old])), ca_as_server);
}

#[test]
fn a_self_signed_certificate_that_reuses_its_key_works_next_to_the_old_one() {
    let sandbox = Sandbox::new();
    let made = ["--type=server", "--hostname=cp.example", "--key-type=ecdsa", "--valid-for=825d"];
    let files = ["--cert-file=tls.crt", "--key-file=tls.key"];
    sandbox.generate(made.iter().chain(&files)).quiet_success();
    let old = sandbox.read("tls.crt");
    sandbox.generate(made.iter().chain(&files).chain(&["--force", "--reuse-key"]));
    let new = sandbox.read("tls.crt");
    assert_ne!(old, new);
    for served in [&old, &new] {
        for ca_file in [[&old, &new], [&new, &old]] {
            let found = rejecting(&sandbox, &[served], &[ca_file[0], ca_file[1]]);
            assert_eq!(found, ["rustls", "firefox"]);
        }
    }
}

#[test]
fn a_ca_name_in_another_string_type_is_distinguished_from_a_missing_ca() {
    let (sandbox, mut root) = (Sandbox::new(), Ca::new("root"));
    let leaf = leaf(&sandbox, &root, |_| {});
    let text = DnValue::PrintableString("Root".try_into().expect("letters"));
    root.params.distinguished_name = rcgen::DistinguishedName::new();
    root.params.distinguished_name.push(DnType::CommonName, text);
    let says = failure(&sandbox, &[&leaf], &[&root.root()], "chain");
    assert!(says.contains("with other string types, letter case or spaces"), "{says}");
}

#[test]
fn go_ends_the_handshake_over_a_certificate_that_the_chain_does_not_need() {
    let (sandbox, root, mut other) = (Sandbox::new(), Ca::new("root"), Ca::new("other"));
    let leaf = leaf(&sandbox, &root, |_| {});
    let root = root.root();
    assert_eq!(rejecting(&sandbox, &[&leaf, &other.root()], &[&root]), [""; 0]);
    let twice = extension(&[1, 2, 3, 4], &[5, 0], false);
    other.params.custom_extensions = vec![twice.clone(), twice];
    let says = failure(&sandbox, &[&leaf, &other.root()], &[&root], "extensions");
    assert!(says.starts_with("Go aborts the handshake because of CN=other"), "{says}");
    // In the CA file, Go passes over it.
    assert_eq!(rejecting(&sandbox, &[&leaf], &[&root, &other.root()]), [""; 0]);
}

#[test]
fn extensions_of_a_ca_that_go_does_not_process_fail() {
    let (sandbox, sound) = (Sandbox::new(), Ca::new("root"));
    let leaf = leaf(&sandbox, &sound, |_| {});
    let spoil = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = sound.params.clone();
        change(&mut params);
        pem(params.self_signed(&sound.key).expect("a CA").der())
    };
    let excluding = |base: GeneralSubtree| {
        spoil(&|params| {
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: Vec::new(),
                excluded_subtrees: vec![base.clone()],
            });
        })
    };
    for (ca, says) in [
        (
            excluding(GeneralSubtree::Rfc822Name("@x".to_owned())),
            "failed to parse rfc822Name constraint",
        ),
        (
            excluding(GeneralSubtree::DnsName("a..b".to_owned())),
            "failed to parse dnsName constraint",
        ),
        (
            spoil(&|params| {
                // A directoryName (RFC 5280 4.2.1.6) alone.
                let name = [0x30, 0x04, 0xa4, 0x02, 0x30, 0x00];
                params.custom_extensions = vec![extension(&[2, 5, 29, 17], &name, true)];
            }),
            "a critical subjectAltName with only name types that Go does not support",
        ),
    ] {
        let found = failure(&sandbox, &[&leaf], &[&ca], "extensions");
        assert!(found.contains(says), "{found}");
    }
    // The outer algorithm of the signature becomes ecdsa-with-SHA384.
    let mut root = sound.params.clone();
    root.use_authority_key_identifier_extension = false;
    let mut der = root.self_signed(&sound.key).expect("a CA").der().to_vec();
    let oid = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
    let at = der.windows(oid.len()).rposition(|window| window == oid).expect("the algorithm");
    der[at + oid.len() - 1] = 3;
    let found = failure(&sandbox, &[&leaf], &[&pem(&der)], "extensions");
    assert!(found.contains("inner and outer signature algorithm"), "{found}");
}

#[test]
fn an_explicit_policy_is_required_of_the_certificates_below_it() {
    let (sandbox, root, mut between) = (Sandbox::new(), Ca::new("root"), Ca::new("between"));
    // policyConstraints with requireExplicitPolicy 0 and certificatePolicies 1.2.3 (RFC 5280 4.2.1.11).
    let required = extension(&[2, 5, 29, 36], &[0x30, 3, 0x80, 1, 0], true);
    let policy = extension(&[2, 5, 29, 32], &[0x30, 6, 0x30, 4, 6, 2, 0x2a, 3], false);
    between.params.custom_extensions = vec![required, policy.clone()];
    let without = leaf(&sandbox, &between, |_| {});
    let ca = root.root();
    let says = failure(&sandbox, &[&without, &between.by(&root)], &[&ca], "extensions");
    assert!(says.contains("requires a certificate policy"), "{says}");
    let with = leaf(&sandbox, &between, |leaf| leaf.custom_extensions = vec![policy]);
    let found = rejecting(&sandbox, &[&with, &between.by(&root)], &[&ca]);
    assert_eq!(found, ["rustls", "gnutls", "mbedtls"]);
}

#[test]
fn a_constraint_with_a_wildcard_is_rejected_by_rustls_firefox_and_mbedtls_and_is_no_failure() {
    let (sandbox, mut root) = (Sandbox::new(), Ca::new("root"));
    root.params.name_constraints = Some(NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: vec![GeneralSubtree::DnsName("*.internal".to_owned())],
    });
    let leaf = leaf(&sandbox, &root, |_| {});
    assert_eq!(rejecting(&sandbox, &[&leaf], &[&root.root()]), ["rustls", "firefox", "mbedtls"]);
}

#[test]
fn an_empty_extended_key_usage_limits_nothing_in_go() {
    let (sandbox, root) = (Sandbox::new(), Ca::new("root"));
    let leaf = leaf(&sandbox, &root, |leaf| {
        leaf.extended_key_usages.clear();
        leaf.custom_extensions = vec![extension(&[2, 5, 29, 37], &[0x30, 0], false)];
    });
    sandbox.write("tls.crt", leaf);
    sandbox.write("ca.crt", root.root());
    let (json, _) = report(&sandbox, &[&FILES[..], &["--hostname=cp.example"]].concat());
    let failed = checks(&json, "failed");
    assert!(failed.iter().all(|(name, _)| name == "client"), "{json}");
    let found = refusing(&json);
    for client in ["envoy", "openssl", "java", "node"] {
        assert!(found.contains(&client.to_owned()), "{client}: {json}");
    }
    assert!(!found.contains(&"kuma-dp".to_owned()), "{json}");
}

#[test]
fn a_name_that_go_cannot_compare_fails_only_if_the_ca_has_constraints() {
    let (sandbox, mut root) = (Sandbox::new(), Ca::new("root"));
    let named = |leaf: &mut CertificateParams| {
        leaf.subject_alt_names.push(SanType::DnsName("a..b".try_into().expect("ASCII")));
    };
    let first = leaf(&sandbox, &root, named);
    assert_eq!(rejecting(&sandbox, &[&first], &[&root.root()]), [""; 0]);
    root.params.name_constraints = Some(NameConstraints {
        permitted_subtrees: Vec::new(),
        excluded_subtrees: vec![GeneralSubtree::DnsName("evil.example".to_owned())],
    });
    let says = failure(&sandbox, &[&first], &[&root.root()], "name-constraints");
    assert!(says.contains("Go cannot compare a..b"), "{says}");
}

#[test]
fn a_self_signed_client_certificate_that_is_not_a_ca_is_its_own_trust_anchor() {
    let sandbox = Sandbox::new();
    let Pki { mut leaf, leaf_key, .. } = Pki::new();
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
    let certificate = pem(leaf.self_signed(&leaf_key).expect("a certificate").der());
    write_key(&sandbox, "tls.key", &leaf_key);
    sandbox.write("tls.crt", &certificate);
    sandbox.write("ca.crt", &certificate);
    let (json, status) = report(&sandbox, &[&FILES[..], &["--type=client"]].concat());
    assert_eq!((status, checks(&json, "failed")), (0, vec![]), "{json}");
}

#[test]
fn a_key_with_explicit_curve_parameters_is_reported_as_such() {
    if installed("openssl").is_none() {
        return;
    }
    let sandbox = Sandbox::new();
    let script = "openssl ecparam -genkey -name prime256v1 -param_enc explicit -noout -out tls.key
        openssl req -x509 -key tls.key -out tls.crt -subj /CN=cp.example -days 9 \
          -addext subjectAltName=DNS:cp.example; chmod 600 tls.key";
    assert_eq!(run(sandbox.command("sh").args(["-euc", script])).status, 0);
    let files = ["verify", "tls-certificate", "--cert-file=tls.crt", "--hostname=cp.example"];
    let (json, status) = report(&sandbox, &files);
    let failed = checks(&json, "failed");
    let says = "its curve has explicit parameters instead of a name";
    assert!(status == 1 && failed.iter().any(|(_, text)| text.contains(says)), "{json}");
    let bundle = sandbox.kumactl(["generate", "ca-bundle", "--ca-cert-file=tls.crt"]);
    assert!(bundle.status == 0 && bundle.stderr.contains(says), "{bundle:?}");
    let installed = sandbox.kumactl(["generate", "install-flags", "--ca-cert-file=tls.crt"]);
    assert!(installed.status == 1 && installed.stderr.contains(says), "{installed:?}");
}

#[test]
fn no_client_verifies_the_signature_of_a_trust_anchor() {
    let (sandbox, mut root) = (Sandbox::new(), Ca::new("root"));
    root.params.use_authority_key_identifier_extension = false;
    let leaf = leaf(&sandbox, &root, |_| {});
    let mut der = root.params.self_signed(&root.key).expect("a CA").der().to_vec();
    *der.last_mut().expect("a signature") ^= 1;
    assert_eq!(rejecting(&sandbox, &[&leaf], &[&pem(&der)]), [""; 0]);
}
