//! Reads the input of `verify tls-certificate`: files, a Secret, or a live server.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use kuma_pki::SubjectAltName;
use kuma_pki::format::kubernetes_secret::{self, KubernetesSecret};
use kuma_pki::format::pem;
use kuma_pki::verify::{File, KeyProof};
use zeroize::Zeroizing;

use super::Args;
use crate::files::read;
use crate::net::address::{self, Address};
use crate::net::connect;
use crate::report::console::Console;
use crate::report::conversion;
use crate::report::failure::Failure;
use crate::report::shell;

/// Bytes and their name in messages.
#[derive(Default)]
pub(super) struct NamedBytes {
    name: String,
    bytes: Zeroizing<Vec<u8>>,
}

/// The input.
#[derive(Default)]
pub(super) struct VerifyFiles {
    pub(super) certificate: NamedBytes,
    pub(super) proof: Option<KeyProof>,
    pub(super) key: Option<NamedBytes>,
    pub(super) key_mode: Option<u32>,
    pub(super) ca: Option<NamedBytes>,
    pub(super) bundle: Option<NamedBytes>,
    /// Of a Secret without `ca.crt`, whether its type is `kubernetes.io/tls`, like that of the API server.
    pub(super) is_tls_without_ca: Option<bool>,
}

impl NamedBytes {
    pub(super) fn as_file(&self) -> File<'_> {
        File { name: &self.name, bytes: &self.bytes }
    }

    fn read(path: &Path, role: &str) -> Result<Self, Failure> {
        Ok(Self { name: read::shown(path), bytes: read::any(path, role)? })
    }
}

/// The live server.
pub(super) struct LiveServer {
    address: Address,
    pub(super) name: SubjectAltName,
}

impl LiveServer {
    pub(super) fn parse(address: &str, args: &Args) -> Result<Self, Failure> {
        if args.ca_cert_file.is_none() && args.ca_bundle.is_none() && args.ca_bundle_file.is_none()
        {
            let failure =
                Failure::usage("--connect requires the CA that clients of the server trust");
            let hint = "add --ca-cert-file=ca.crt, or --ca-bundle with its Base64";
            return Err(failure.hint(hint));
        }
        let address = Address::parse_flag("--connect=", address)?;
        let name = address::server_name("--connect", &address, args.server_name.as_deref())?;
        Ok(Self { address, name })
    }
}

/// Reads the input. Fails on a file, a Secret or a server that cannot be read, and a certificate without its
/// CA.
pub(super) fn read(
    args: &Args,
    server: Option<&LiveServer>,
    timeout: Duration,
) -> Result<VerifyFiles, Failure> {
    let inputs = [&args.cert_file, &args.key_file, &args.secret, &args.ca_cert_file];
    read::stdin_once(inputs.into_iter().chain([&args.ca_bundle_file]).flatten())?;
    let mut files = match (&args.secret, server) {
        (Some(path), _) => {
            from_secret(path, args.secret_name.as_deref(), Console::new(args.report.quiet))?
        }
        (_, Some(server)) => from_server(server, timeout)?,
        _ => from_files(args)?,
    };
    if let Some(path) = &args.ca_cert_file {
        files.ca = Some(NamedBytes::read(path, "CA certificate file")?);
    }
    files.bundle = match (&args.ca_bundle, &args.ca_bundle_file) {
        (Some(line), _) => Some(NamedBytes {
            name: "--ca-bundle".to_owned(),
            bytes: Zeroizing::new(line.as_bytes().to_vec()),
        }),
        (None, Some(path)) => Some(NamedBytes::read(path, "CA bundle file")?),
        (None, None) => None,
    };
    if files.ca.is_none() && files.bundle.is_none() {
        files.ca = own_ca(&files.certificate)?;
    }
    Ok(files)
}

fn from_files(args: &Args) -> Result<VerifyFiles, Failure> {
    let path = args.cert_file.as_deref().unwrap_or_else(|| Path::new("-"));
    let certificate = NamedBytes::read(path, "certificate file")?;
    let (mut key, mut key_mode) = (None, None);
    if let Some(path) = &args.key_file {
        key = Some(NamedBytes::read(path, "key file")?);
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file);
        key_mode = metadata.map(|metadata| metadata.permissions().mode());
    }
    Ok(VerifyFiles { certificate, key, key_mode, ..VerifyFiles::default() })
}

/// Returns the Secret with the name, or the only Secret, or the only one with a certificate and its key.
fn choose(
    mut secrets: Vec<KubernetesSecret>,
    name: Option<&str>,
    shown: &str,
) -> Result<KubernetesSecret, Failure> {
    let count = secrets.len();
    if let Some(name) = name {
        let (namespace, name) = match name.split_once('/') {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, name),
        };
        secrets.retain(|secret| {
            let is_there = namespace.is_none() || secret.namespace.as_deref() == namespace;
            secret.name == name && is_there
        });
    } else if count > 1 {
        secrets.retain(|secret| secret.has("tls.crt") && secret.has("tls.key"));
    }
    let names: Vec<_> = secrets.iter().map(KubernetesSecret::full_name).collect();
    match (secrets.pop(), names.as_slice(), name) {
        (Some(secret), [_], _) => Ok(secret),
        (Some(_), [first, ..], _) => {
            let failure = Failure::unreadable(format!(
                "{shown} contains {} Secrets with a certificate: {}",
                names.len(),
                names.join(", ")
            ));
            Err(failure.hint(format!("choose one: --secret-name={}", shell::word(first))))
        }
        (_, _, Some(name)) => {
            Err(Failure::unreadable(format!("none of the Secrets in {shown} has the name {name}")))
        }
        _ => Err(Failure::unreadable(format!(
            "none of the {count} Secrets in {shown} has tls.crt and tls.key"
        ))),
    }
}

fn from_secret(path: &Path, name: Option<&str>, console: Console) -> Result<VerifyFiles, Failure> {
    let text = read::file(path, "Secret")?;
    let shown = read::shown(path);
    let secrets = kubernetes_secret::decode_all(&text).map_err(|error| {
        let failure = Failure::unreadable(format!("{shown} is not a Kubernetes Secret: {error}"));
        let command = "verify tls-certificate --secret=-";
        failure.hint_if_any(conversion::secret_hint(&error, &shown, command))
    })?;
    let mut secret = choose(secrets, name, &shown)?;
    // An unreadable value of these is an error. The key of another value may be anything, so do not print it.
    let is_used = |key: &&String| ["tls.crt", "tls.key", "ca.crt"].contains(&key.as_str());
    if secret.unreadable.iter().any(|key| !is_used(&key)) {
        console.warn(format!(
            "another value of the Secret in {shown} is not Base64, so Kubernetes rejects the Secret"
        ));
    }
    let is_tls = secret.is_tls();
    let mut take = |key: &str| {
        if secret.unreadable.iter().any(|name| name == key) {
            return Err(Failure::unreadable(format!(
                "the value of {key} in the Secret in {shown} is not Base64"
            )));
        }
        let bytes = secret.data.remove(key);
        Ok(bytes.map(|bytes| NamedBytes { name: format!("{key} of the Secret"), bytes }))
    };
    let missing = |key: &str| Failure::unreadable(format!("the Secret in {shown} has no {key}"));
    let ca = take("ca.crt")?;
    let certificate = take("tls.crt")?.ok_or_else(|| {
        missing("tls.crt").hint(
            "a Secret with ca.crt only has no certificate to verify: use `kumactl inspect certificate`",
        )
    })?;
    let is_tls_without_ca = ca.is_none().then_some(is_tls);
    let key = take("tls.key")?.ok_or_else(|| {
        missing("tls.key")
            .hint("add tls.key to the Secret: the control plane does not start without it")
    })?;
    Ok(VerifyFiles { certificate, key: Some(key), ca, is_tls_without_ca, ..VerifyFiles::default() })
}

fn from_server(server: &LiveServer, timeout: Duration) -> Result<VerifyFiles, Failure> {
    let LiveServer { address, name } = server;
    let served = connect::fetch(address, name, timeout)?;
    let chain = pem::encode_certificates(&served.chain);
    let certificate = NamedBytes { name: address.to_string(), bytes: Zeroizing::new(chain) };
    Ok(VerifyFiles { certificate, proof: Some(served.proof), ..VerifyFiles::default() })
}

/// Returns the certificate file as its own CA file, like `cp tls.crt ca.crt`, if it contains its CA.
fn own_ca(certificate: &NamedBytes) -> Result<Option<NamedBytes>, Failure> {
    let Ok(chain) = pem::decode_certificates(&certificate.bytes) else {
        // The checks report the error.
        return Ok(None);
    };
    let roots: Vec<_> = chain.iter().filter(|certificate| certificate.is_root()).collect();
    if roots.first().copied() == chain.first() {
        let name = format!("{} as its own CA file", certificate.name);
        return Ok(Some(NamedBytes { name, bytes: certificate.bytes.clone() }));
    }
    if roots.is_empty() {
        let failure = Failure::usage(format!(
            "--ca-cert-file is required: {} does not contain its CA",
            certificate.name
        ));
        return Err(failure.hint("add --ca-cert-file=ca.crt, or --ca-bundle with its Base64"));
    }
    let name = format!("the self-signed CA in {}", certificate.name);
    let bytes = Zeroizing::new(pem::encode_certificates(roots));
    Ok(Some(NamedBytes { name, bytes }))
}
