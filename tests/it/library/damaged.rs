//! The seeds of the fuzz targets, damaged: nothing panics. `just fuzz` continues where this ends.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use kuma_pki::format::{bundle, kubernetes_secret, pem};
use kuma_pki::installation::{self, Inventory, NamedFile, Options};
use kuma_pki::spec::Specification;
use kuma_pki::token::{self, Proxy, PublicKey, SigningKey, Token};
use kuma_pki::verify::kuma::KumaVersion;
use kuma_pki::verify::{self, File, Host, VerifyInput, VerifyOptions};
use kuma_pki::{
    CertificateRequest, ExtendedKeyUsage, Passphrase, ServiceName, SubjectAltName, ValidFor,
    format::contents, verify::inspect,
};
use time::OffsetDateTime;

/// Numbers that look random and are the same in every run (Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % limit.max(1)
    }
}

fn damage(seed: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len());
        match numbers.below(5) {
            0 => bytes.truncate(at),
            1 => {
                bytes.insert(at.min(bytes.len()), u8::try_from(numbers.below(256)).expect("a byte"))
            }
            2 => {
                let end = bytes.len().min(at + 1 + numbers.below(40));
                let copied = bytes.get(at..end).unwrap_or_default().to_vec();
                bytes.splice(at..at, copied);
            }
            _ => {
                let bit = numbers.below(8);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
        }
    }
    bytes
}

/// Returns whether it is a certificate request, as PEM or as DER.
fn read_request(bytes: &[u8]) -> bool {
    let der = pem::decode_certificate_request(bytes).unwrap_or_else(|_| bytes.to_vec());
    CertificateRequest::from_der(der).is_ok_and(|request| {
        let _ = request.subject_alt_names();
        request.names_not_in(&[]).len() == 3
    })
}

/// Returns whether it is an encrypted key that the passphrase of the seeds decrypts.
fn decrypt(bytes: &[u8]) -> bool {
    let passphrase = Passphrase::new(b"passphrase".to_vec().into()).expect("it is not empty");
    pem::decode_encrypted_private_key(bytes).is_ok_and(|key| key.decrypt(&passphrase).is_ok())
}

fn read_all(bytes: &[u8]) {
    let now = OffsetDateTime::UNIX_EPOCH;
    if let Ok(found) = contents::read(bytes) {
        for part in &found.parts {
            for certificate in &part.certificates {
                let _ = inspect::summary(certificate, now);
            }
            let _ = inspect::links(&part.certificates);
            let _ = inspect::rejections(&part.certificates);
        }
    }
    let _ = (pem::decode(bytes), pem::decode_private_key(bytes), bundle::decode(bytes));
    let _ = kubernetes_secret::decode(bytes);
    read_request(bytes);
    decrypt(bytes);
    let text = String::from_utf8_lossy(bytes);
    let _ = (SubjectAltName::parse(&text), ServiceName::parse(&text), text.parse::<ValidFor>());
    if let Err(found) = Specification::parse(&text) {
        assert!(!found.errors.is_empty());
    }
    let armored = pem::encode_certificates([bytes]);
    let hosts = [Host::from(SubjectAltName::parse("cp.example").expect("a name"))];
    for text in [bytes, &armored] {
        let file = File { name: "file", bytes: text };
        let input = VerifyInput {
            certificate: file,
            proof: None,
            key: Some(file),
            key_mode: None,
            ca: Some(file),
            bundle: Some(file),
        };
        let options = VerifyOptions::new(&hosts, ExtendedKeyUsage::ServerAuth, now);
        let _ = verify::verify(&input, &options);
    }
}

/// Reads a manifest, and a directory whose files all have this text.
fn read_installation(bytes: &[u8]) {
    let (at, kuma) = (OffsetDateTime::UNIX_EPOCH, KumaVersion::NEWEST);
    let options = Options { at, kuma, previous: Vec::new() };
    let mut inventory = Inventory::default();
    let names = ["kuma-cp.env", "kuma-dp.service", "kuma-cp.yaml", "secret.yaml", "tls.crt"];
    let file = |name| NamedFile::new(name, zeroize::Zeroizing::new(bytes.to_vec()));
    let _ = inventory.read_manifest(bytes);
    inventory.add_directory("tls", names.map(file).into());
    for check in installation::verify(&inventory, &options).checks {
        let _ = check.component_error();
    }
}

/// Reads a token, and two lines of JSON as the header and the claims of one.
fn read_token(bytes: &[u8]) {
    let public_key = PublicKey::from_pem(include_bytes!("../../../.fuzz/corpus/token/public-key"))
        .expect("a key");
    let _ = (SigningKey::from_text(bytes), PublicKey::from_pem(bytes));
    let proxy = Proxy::from_text(bytes).ok();
    let text = String::from_utf8_lossy(bytes);
    let made = text.split_once('\n').map(|(header, claims)| {
        let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        format!("{header}.{claims}.AAAA")
    });
    for token in [Some(&*text), made.as_deref()].into_iter().flatten() {
        let at = OffsetDateTime::UNIX_EPOCH;
        if let Ok(token) = Token::parse(token) {
            let _ = token::summary(&token, at);
        }
        let (proxy, zone) = (proxy.as_ref(), Some("east"));
        let public_key = &public_key;
        let options = token::VerifyOptions { public_key, key_id: None, proxy, zone, at };
        let _ = token::verify(token, &options).verifies();
    }
}

#[test]
fn no_damaged_input_makes_a_reader_panic() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join(".fuzz/corpus");
    let mut numbers = Numbers(1);
    let (mut seeds, mut requests, mut keys) = (0, 0, 0);
    for directory in fs::read_dir(corpus).expect("the seeds") {
        let directory = directory.expect("an entry");
        let read: fn(&[u8]) = match directory.file_name().to_str() {
            Some("manifest") => read_installation,
            Some("token") => read_token,
            _ => read_all,
        };
        for seed in fs::read_dir(directory.path()).expect("seeds") {
            let seed = fs::read(seed.expect("an entry").path()).expect("a seed");
            read(&seed);
            requests += usize::from(read_request(&seed));
            keys += usize::from(decrypt(&seed));
            for _ in 0..120 {
                read(&damage(&seed, &mut numbers));
            }
            seeds += 1;
        }
    }
    assert!(seeds >= 40, "{seeds}");
    assert_eq!((requests, keys), (2, 2));
}
