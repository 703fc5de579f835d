//! Many certificates: the program, the library and the bare crypto library, in turns, in one run.
//!
//! `cargo bench --bench batch [-- --runs=N] [--certificates=N]`. Keys are P-256, files go to /dev/shm
//! where it is, and every side has the same threads: those that the process may use. Compare the ratios.

use std::env;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256};
use kuma_pki::format::pem;
use kuma_pki::{
    CaRequest, ExtendedKeyUsage, IssuanceRequest, Issuer, KeyAlgorithm, KeyPair,
    PrivateKeyEncoding, Profile, SerialNumber, SubjectAltName,
};
use time::OffsetDateTime;

fn number(name: &str, default: usize) -> usize {
    env::args().find_map(|argument| argument.strip_prefix(name)?.parse().ok()).unwrap_or(default)
}

fn main() {
    let runs = number("--runs=", 11);
    let sizes = match number("--certificates=", 0) {
        0 => vec![1_000, 10_000, 100_000],
        size => vec![size],
    };
    let shared = Path::new("/dev/shm");
    let place = if shared.is_dir() { shared.to_owned() } else { env::temp_dir() };
    let directory = place.join(format!("kumactl-batch-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    for size in sizes {
        // A tenth of a million takes long enough to need fewer turns.
        compare(&directory, size, if size > 10_000 { runs.min(3) } else { runs }, CaKey::ecdsa());
        if size == 10_000 {
            compare(&directory, size, runs.min(5), CaKey::rsa());
        }
    }
    let _ = fs::remove_dir_all(&directory);
}

/// The key of the CA, for signatures without a certificate.
enum CaKey {
    Ecdsa(EcdsaKeyPair),
    Rsa(RsaKeyPair),
}

impl CaKey {
    fn ecdsa() -> Self {
        Self::Ecdsa(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"))
    }

    fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    const fn algorithm(&self) -> KeyAlgorithm {
        match self {
            Self::Ecdsa(_) => KeyAlgorithm::EcdsaP256,
            Self::Rsa(_) => KeyAlgorithm::Rsa2048,
        }
    }

    fn sign(&self, message: &[u8]) {
        let random = SystemRandom::new();
        match self {
            Self::Ecdsa(key) => drop(black_box(key.sign(&random, message).expect("a signature"))),
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a signature");
                black_box(signature);
            }
        }
    }
}

#[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
fn compare(directory: &Path, size: usize, runs: usize, ca_key: CaKey) {
    let algorithm = ca_key.algorithm();
    let specification = write_specification(directory, size, algorithm);
    let now = OffsetDateTime::now_utc();
    let ca = ca(now, algorithm);
    let mut times: [Vec<Duration>; 4] = Default::default();
    let mut memory = 0;
    for _ in 0..runs {
        times[0].push(timed(|| parallel(size, |_| bare(&ca_key))));
        times[1].push(timed(|| parallel(size, |index| issue(index, &ca, now))));
        let begun = Instant::now();
        memory = memory.max(whole(directory, &specification));
        times[2].push(begun.elapsed());
        fs::remove_dir_all(directory.join("out")).expect("a directory");
        let files = directory.join("bare");
        fs::create_dir(&files).expect("a directory");
        times[3].push(timed(|| parallel(size, |index| bare_with_files(&files, index, &ca_key))));
        fs::remove_dir_all(&files).expect("a directory");
    }
    let median = |times: &mut Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64()
    };
    let [bare, issued, whole, with_files] = times.each_mut().map(median);
    println!(
        "\n{size} certificates, {} CA, {runs} runs each in turns, medians, {} threads\n",
        algorithm.description(),
        threads()
    );
    println!("| what | seconds | per second | of bare |");
    println!("|---|---|---|---|");
    for (title, seconds) in [
        ("bare keys and signatures", bare),
        ("issued by the library, each field read again, as PEM in memory", issued),
        ("kumactl generate tls-certificates, three files each", whole),
        ("bare keys and signatures, and three files that are there at once", with_files),
    ] {
        println!(
            "| {title} | {seconds:.3} | {:.0} | {:.2} |",
            size as f64 / seconds,
            bare / seconds
        );
    }
    println!("\npeak memory of the program: {memory} KB");
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn parallel(size: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..threads() {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= size {
                        break;
                    }
                    work(index);
                }
            });
        }
    });
}

/// What no program can leave out: a key, and a signature over as much as a certificate has.
fn bare(ca_key: &CaKey) {
    black_box(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key"));
    ca_key.sign(&[7; 400]);
}

/// The same with as many calls for files as are needed for directories that are there at once.
fn bare_with_files(directory: &Path, index: usize, ca_key: &CaKey) {
    bare(ca_key);
    let new = directory.join(format!(".new-{index}"));
    fs::create_dir(&new).expect("a directory");
    for (name, length) in [("tls.crt", 700), ("tls.key", 227), ("ca.crt", 570)] {
        fs::write(new.join(name), vec![b'A'; length]).expect("a file");
    }
    fs::rename(&new, directory.join(format!("zone-{index}"))).expect("a directory");
}

fn ca(now: OffsetDateTime, algorithm: KeyAlgorithm) -> Issuer {
    let request = CaRequest::new("Mesh", algorithm, vec![], None).expect("a CA");
    let key = KeyPair::generate(algorithm).expect("a key");
    let profile = Profile::CertificateAuthority {
        request: &request,
        key: key.identifier(),
        issuer_validity: None,
    };
    let serial = SerialNumber::random().expect("a number");
    let template = profile.resolve(now, serial).expect("a template");
    let certificate = kuma_pki::self_signed(&template, &key).expect("a certificate");
    Issuer::new(vec![certificate], key, now).expect("a CA")
}

fn issue(index: usize, ca: &Issuer, now: OffsetDateTime) {
    let name = SubjectAltName::parse(&format!("cp.zone-{index}.example")).expect("a name");
    let algorithm = KeyAlgorithm::EcdsaP256;
    let request = IssuanceRequest::new(ExtendedKeyUsage::ServerAuth, [name], algorithm, None);
    let request = request.expect("a request");
    let profile = Profile::EndEntity { request: &request, issuer_validity: Some(ca.validity()) };
    let serial = SerialNumber::random().expect("a number");
    let template = profile.resolve(now, serial).expect("a template");
    let key = KeyPair::generate(algorithm).expect("a key");
    let certificate = kuma_pki::issued_by(&template, &key, ca).expect("a certificate");
    kuma_pki::issue::check_fields(&certificate, &template, &key, Some(ca))
        .expect("what was asked for");
    let private_key = key.private_key(PrivateKeyEncoding::Traditional).expect("a key");
    black_box((
        pem::encode_certificates([certificate.der()]),
        pem::encode_private_key(&private_key),
    ));
}

fn write_specification(directory: &Path, size: usize, ca: KeyAlgorithm) -> String {
    let ca = ca.names()[0];
    let mut text = format!(
        "issuer: {{certFile: {ca}.crt, keyFile: {ca}.key, create: {{name: Mesh, keyType: {ca}}}}}\n\
         defaults: {{type: server, keyType: ecdsa}}\ncertificates:\n",
    );
    for index in 0..size {
        text += &format!("- {{name: zone-{index}, hostnames: [cp.zone-{index}.example]}}\n");
    }
    let name = format!("{size}-{ca}.yaml");
    fs::write(directory.join(&name), text).expect("a file");
    name
}

/// The whole program; gives its peak memory in KB, where `/usr/bin/time` can tell.
fn whole(directory: &Path, specification: &str) -> u64 {
    let ours = env!("CARGO_BIN_EXE_kumactl");
    let arguments = ["generate", "tls-certificates", "--output-dir=out", "--quiet"];
    let mut command = if Path::new("/usr/bin/time").exists() {
        let mut command = Command::new("/usr/bin/time");
        command.args(["-f", "%M", ours]);
        command
    } else {
        Command::new(ours)
    };
    command.current_dir(directory).args(arguments).arg(format!("--file={specification}"));
    let output = command.stdout(Stdio::null()).output().expect("a process");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stderr).trim().parse().unwrap_or(0)
}
