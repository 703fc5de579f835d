//! The library's stages, each by itself: what a certificate costs on its way from a name to a file, and
//! back. `cargo bench --bench stages [-- --rounds=N]`. Stages are run in turns, so that what else the
//! machine does is in all of them; compare the parts.

use std::env;
use std::hint::black_box;
use std::time::{Duration, Instant};

use kuma_pki::format::pem;
use kuma_pki::verify::{self, File, Host, VerifyInput, VerifyOptions};
use kuma_pki::{
    CaRequest, ExtendedKeyUsage, IssuanceRequest, Issuer, KeyAlgorithm, KeyPair,
    PrivateKeyEncoding, Profile, SerialNumber, SubjectAltName, format::contents, verify::inspect,
};
use time::OffsetDateTime;

const KEY: KeyAlgorithm = KeyAlgorithm::EcdsaP256;

struct Stage<'a> {
    title: &'static str,
    work: Box<dyn Fn() + 'a>,
    times: Vec<Duration>,
}

#[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
fn main() {
    let rounds = env::args().find_map(|a| a.strip_prefix("--rounds=")?.parse().ok()).unwrap_or(300);
    let now = OffsetDateTime::now_utc();
    let host = "kuma-control-plane.kuma-system.svc";
    let name = || SubjectAltName::parse(host).expect("a name");
    let request = || {
        IssuanceRequest::new(ExtendedKeyUsage::ServerAuth, [name()], KEY, None).expect("a request")
    };
    let ca = ca(now);
    let wanted = request();
    let resolve = || {
        let serial = SerialNumber::random().expect("a number");
        let profile = Profile::EndEntity { request: &wanted, issuer_validity: Some(ca.validity()) };
        profile.resolve(now, serial).expect("a template")
    };
    let (template, key) = (resolve(), KeyPair::generate(KEY).expect("a key"));
    let certificate = kuma_pki::issued_by(&template, &key, &ca).expect("a certificate");
    let private_key = || key.private_key(PrivateKeyEncoding::Traditional).expect("a key");
    let text = pem::encode_certificates([certificate.der()]);
    let key_text = pem::encode_private_key(&private_key());
    let anchor = pem::encode_certificates([ca.certificate()]);
    let file = |bytes| File { name: "file", bytes };
    let input = VerifyInput {
        certificate: file(&text),
        proof: None,
        key: Some(file(&key_text)),
        key_mode: None,
        ca: Some(file(&anchor)),
        bundle: None,
    };
    let hosts = [Host::from(name())];
    let options = VerifyOptions::new(&hosts, ExtendedKeyUsage::ServerAuth, now);
    let stage = |title, work| Stage { title, work, times: Vec::new() };
    let mut stages = [
        stage("name, from text", Box::new(|| drop(black_box(name())))),
        stage("request, with its names", Box::new(|| drop(black_box(request())))),
        stage("profile: request to template", Box::new(|| drop(black_box(resolve())))),
        stage("key: P-256", Box::new(|| drop(black_box(KeyPair::generate(KEY))))),
        stage(
            "issue: encode and sign",
            Box::new(|| drop(black_box(kuma_pki::issued_by(&template, &key, &ca)))),
        ),
        stage(
            "self-check: every field read again",
            Box::new(|| {
                kuma_pki::issue::check_fields(&certificate, &template, &key, Some(&ca))
                    .expect("it is right");
            }),
        ),
        stage(
            "encode: certificate and key as PEM",
            Box::new(|| {
                drop(black_box(pem::encode_certificates([certificate.der()])));
                drop(black_box(pem::encode_private_key(&private_key())));
            }),
        ),
        stage(
            "inspect: PEM to summary",
            Box::new(|| {
                let found = contents::read(&text).expect("a certificate");
                drop(black_box(inspect::summary(&found.parts[0].certificates[0], now)));
            }),
        ),
        stage(
            "verify: files to report, clients included",
            Box::new(|| drop(black_box(verify::verify(&input, &options)))),
        ),
    ];
    for _ in 0..rounds {
        for stage in &mut stages {
            let begun = Instant::now();
            for _ in 0..10 {
                (stage.work)();
            }
            stage.times.push(begun.elapsed() / 10);
        }
    }
    println!("{rounds} rounds of 10 in turns, one thread, ECDSA P-256; microseconds\n");
    println!("| stage | median | 10% | 90% |");
    println!("|---|---|---|---|");
    for Stage { title, mut times, .. } in stages {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6;
        println!("| {title} | {:.1} | {:.1} | {:.1} |", at(50), at(10), at(90));
    }
}

fn ca(now: OffsetDateTime) -> Issuer {
    let request = CaRequest::new("Mesh", KEY, vec![], None).expect("a CA");
    let key = KeyPair::generate(KEY).expect("a key");
    let profile = Profile::CertificateAuthority {
        request: &request,
        key: key.identifier(),
        issuer_validity: None,
    };
    let template = profile.resolve(now, SerialNumber::random().expect("a number")).expect("it");
    let certificate = kuma_pki::self_signed(&template, &key).expect("a certificate");
    Issuer::new(vec![certificate], key, now).expect("a CA")
}
