//! How a file in another format becomes PEM: commands that can be pasted.

use kuma_pki::format::kubernetes_secret::SecretError;
use kuma_pki::format::pem::{Foreign, PemError, PemFault};

use crate::report::hints::typed;

/// What the file is given as.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Wanted {
    /// A server's or client's certificate, or its key.
    Pair,
    /// The certificates of CAs.
    Ca,
    /// The key of a CA that signs.
    CaKey,
    /// Anything that can be shown.
    Inspection,
}

impl Wanted {
    /// What is put behind a command that prints PEM.
    const fn behind(self) -> &'static str {
        match self {
            Self::Pair => "",
            Self::Ca => " > ca.pem",
            Self::CaKey => " | kumactl ... --issuer-key-file=-",
            Self::Inspection => " | kumactl inspect certificate -",
        }
    }
}

/// The command for a file, by what people call it; `None` where none can help.
pub(crate) fn hint(error: &PemError, file: &str, wanted: Wanted) -> Option<String> {
    let file = typed(file);
    let behind = wanted.behind();
    Some(match error {
        PemError::Foreign(Foreign::Pkcs12) => pkcs12(&file, wanted),
        PemError::Foreign(Foreign::Pkcs7) => {
            pkcs7(&format!("openssl pkcs7 -inform DER -in {file}"), wanted)
        }
        PemError::UnexpectedLabel { label, .. } if matches!(&**label, "PKCS7" | "CMS") => {
            pkcs7(&format!("openssl pkcs7 -in {file}"), wanted)
        }
        PemError::Foreign(Foreign::CertificateRequest) => request(),
        PemError::UnexpectedLabel { label, .. } if label.ends_with("CERTIFICATE REQUEST") => {
            request()
        }
        // What only OpenSSL reads (openssl-x509(1), -trustout), and its label before 1997.
        PemError::UnexpectedLabel { label, .. }
            if matches!(&**label, "TRUSTED CERTIFICATE" | "X509 CERTIFICATE") =>
        {
            format!("openssl x509 -in {file}{behind}")
        }
        PemError::Foreign(Foreign::Json { certificate, private_key }) => {
            let place = match wanted {
                Wanted::CaKey => private_key.as_ref(),
                Wanted::Ca => certificate.as_ref(),
                Wanted::Pair | Wanted::Inspection => certificate.as_ref().or(private_key.as_ref()),
            }?;
            format!("jq -r {} {file}{behind}", crate::report::shell::word(place))
        }
        PemError::Foreign(Foreign::Sops) => format!("sops -d {file}{behind}"),
        PemError::Malformed { fault: PemFault::Escaped, .. } => {
            format!("printf '%b\\n' \"$(cat {file})\"{behind}")
        }
        _ => return None,
    })
}

/// The command for a manifest that holds no values in the clear.
pub(crate) fn secret_hint(error: &SecretError, file: &str, command: &str) -> Option<String> {
    Some(match error {
        SecretError::Sops => format!("sops -d {} | kumactl {command}", typed(file)),
        SecretError::Sealed | SecretError::External => format!(
            "its controller makes the Secret in the cluster: \
             kubectl get secret NAME -n NAMESPACE -o yaml | kumactl {command}"
        ),
        _ => return None,
    })
}

/// OpenSSL asks for the passphrase. Without -nodes, which every version knows, it asks for another one.
fn pkcs12(file: &str, wanted: Wanted) -> String {
    let behind = wanted.behind();
    match wanted {
        Wanted::Pair => format!(
            "openssl pkcs12 -in {file} -nokeys -out cert.pem && \
             (umask 077; openssl pkcs12 -in {file} -nocerts -nodes -out key.pem)"
        ),
        Wanted::Ca => format!("openssl pkcs12 -in {file} -cacerts -nokeys{behind}"),
        Wanted::CaKey => format!("openssl pkcs12 -in {file} -nocerts -nodes{behind}"),
        Wanted::Inspection => format!("openssl pkcs12 -in {file} -nodes{behind}"),
    }
}

/// Certificates only: PKCS#7 holds no private keys.
fn pkcs7(command: &str, wanted: Wanted) -> String {
    match wanted {
        Wanted::Pair => format!("{command} -print_certs > cert.pem"),
        Wanted::CaKey => "PKCS#7 holds no private keys: name another file".to_owned(),
        Wanted::Ca | Wanted::Inspection => format!("{command} -print_certs{}", wanted.behind()),
    }
}

fn request() -> String {
    "have a CA sign it, and give the certificate that the CA returns".to_owned()
}
