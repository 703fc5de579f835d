//! Commands that convert a file in another format to PEM.

use kuma_pki::format::kubernetes_secret::SecretError;
use kuma_pki::format::pem::{OtherFormat, PemError, PemErrorKind};

use crate::report::hints::typed;

/// The purpose of a file.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// The certificate or key of a server or client.
    Pair,
    /// The certificates of CAs.
    Ca,
    /// The key of a CA, read from a file or a pipe.
    CaKey,
    /// The key of a CA, read from a file.
    CaKeyFile,
    /// Anything to inspect.
    Inspection,
}

impl Wanted {
    /// Returns the command that passes on the PEM that `command` prints. The key of a CA goes through a
    /// pipe if it can, so that it is never on disk without its passphrase.
    pub(crate) fn then(self, command: &str) -> String {
        match self {
            Self::Pair => command.to_owned(),
            Self::Ca => format!("{command} > ca.pem"),
            Self::CaKey => format!("{command} | kumactl ... --issuer-key-file=-"),
            Self::CaKeyFile => format!("(umask 077; {command} > ca-key.pem)"),
            Self::Inspection => format!("{command} | kumactl inspect certificate -"),
        }
    }
}

/// Returns the command that converts a file to PEM, if there is one. `file` is its name in messages.
pub(crate) fn hint(error: &PemError, file: &str, wanted: Wanted) -> Option<String> {
    let file = typed(file);
    Some(match error {
        PemError::OtherFormat(OtherFormat::Pkcs12) => pkcs12(&file, wanted),
        PemError::OtherFormat(OtherFormat::Pkcs7) => {
            pkcs7(&format!("openssl pkcs7 -inform DER -in {file}"), wanted)
        }
        PemError::UnexpectedLabel { label, .. } if matches!(&**label, "PKCS7" | "CMS") => {
            pkcs7(&format!("openssl pkcs7 -in {file}"), wanted)
        }
        PemError::OtherFormat(OtherFormat::PrivateKey) => private_key(&file, wanted),
        PemError::OtherFormat(OtherFormat::CertificateRequest) => REQUEST.to_owned(),
        PemError::UnexpectedLabel { label, .. } if label.ends_with("CERTIFICATE REQUEST") => {
            REQUEST.to_owned()
        }
        // Labels that only OpenSSL reads: openssl-x509(1), -trustout, and one from before 1997.
        PemError::UnexpectedLabel { label, .. }
            if matches!(&**label, "TRUSTED CERTIFICATE" | "X509 CERTIFICATE") =>
        {
            wanted.then(&format!("openssl x509 -in {file}"))
        }
        PemError::OtherFormat(OtherFormat::Json(paths)) => {
            let place = match wanted {
                Wanted::CaKey | Wanted::CaKeyFile => paths.private_key.as_ref(),
                Wanted::Ca => paths.certificate.as_ref(),
                Wanted::Pair | Wanted::Inspection => {
                    paths.certificate.as_ref().or(paths.private_key.as_ref())
                }
            }?;
            wanted.then(&format!("jq -r {} {file}", crate::report::shell::word(place)))
        }
        PemError::OtherFormat(OtherFormat::Sops) => wanted.then(&format!("sops -d {file}")),
        PemError::Malformed { kind: PemErrorKind::Escaped, .. } => {
            wanted.then(&format!("printf '%b\\n' \"$(cat {file})\""))
        }
        _ => return None,
    })
}

/// The hint for a certificate request in place of a certificate.
const REQUEST: &str = "have a CA sign the request, and pass the certificate that the CA returns";

/// Returns the command that reads a Secret from a manifest without plain values.
pub(crate) fn secret_hint(error: &SecretError, file: &str, command: &str) -> Option<String> {
    Some(match error {
        SecretError::Sops => format!("sops -d {} | kumactl {command}", typed(file)),
        SecretError::Sealed | SecretError::External => format!(
            "read the Secret that the controller creates in the cluster: \
             kubectl get secret NAME -n NAMESPACE -o yaml | kumactl {command}"
        ),
        _ => return None,
    })
}

/// OpenSSL prompts for the passphrase and, without -nodes, which every version knows, for a new one, too.
fn pkcs12(file: &str, wanted: Wanted) -> String {
    match wanted {
        Wanted::Pair => format!(
            "openssl pkcs12 -in {file} -nokeys -out cert.pem && \
             (umask 077; openssl pkcs12 -in {file} -nocerts -nodes -out key.pem)"
        ),
        Wanted::Ca => wanted.then(&format!("openssl pkcs12 -in {file} -cacerts -nokeys")),
        Wanted::CaKey | Wanted::CaKeyFile => {
            wanted.then(&format!("openssl pkcs12 -in {file} -nocerts -nodes"))
        }
        Wanted::Inspection => wanted.then(&format!("openssl pkcs12 -in {file} -nodes")),
    }
}

/// Returns the command for a private key in DER. OpenSSL prompts for the passphrase of an encrypted one.
fn private_key(file: &str, wanted: Wanted) -> String {
    let command = format!("openssl pkey -inform DER -in {file}");
    match wanted {
        Wanted::Pair => format!("(umask 077; {command} -out key.pem)"),
        Wanted::Ca => "pass the CA certificate file".to_owned(),
        Wanted::CaKey | Wanted::CaKeyFile | Wanted::Inspection => wanted.then(&command),
    }
}

/// Returns the command for PKCS#7, which holds certificates only.
fn pkcs7(command: &str, wanted: Wanted) -> String {
    match wanted {
        Wanted::Pair => format!("{command} -print_certs > cert.pem"),
        Wanted::CaKey | Wanted::CaKeyFile => {
            "pass another file: PKCS#7 does not hold private keys".to_owned()
        }
        Wanted::Ca | Wanted::Inspection => wanted.then(&format!("{command} -print_certs")),
    }
}
