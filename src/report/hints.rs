//! The hints about findings of `verify`: something to type or do.

pub(crate) mod installation;

use std::borrow::Cow;
use std::net::IpAddr;
use std::path::Path;

use kuma_pki::format::pem::{PemError, PemErrorKind};
use kuma_pki::verify::clients::{Reason, Remedy};
use kuma_pki::verify::{Finding, MeshCaFault};

use crate::report::conversion;
use crate::report::shell;

/// The hint for a CA file that is too long for an argument or variable.
pub(crate) const LONG_BUNDLE: &str = "pass the bundle in a values file (`kumactl generate helm-values`) and the CA file to \
     `kuma-dp run --ca-cert-file`, or remove unused CAs";

/// Returns the hint about a finding, if there is something to do.
pub(crate) fn hint(finding: &Finding) -> Option<String> {
    let text = match finding {
        Finding::MeshCa(fault) => return Some(mesh_ca_hint(fault)),
        Finding::NotIssuer { .. } => {
            "order the file: the CA certificate first, then the certificate of its issuer, and so on"
                .to_owned()
        }
        Finding::Pem { file, error } => return pem_hint(file, error),
        Finding::FilesSwapped { certificate_file, key_file } if is_file(key_file) => {
            format!("--cert-file={} --key-file={}", typed(key_file), typed(certificate_file))
        }
        Finding::FilesSwapped { .. } => "swap the certificate and the key".to_owned(),
        Finding::SecretWithoutCa => {
            "create the Secret with `kumactl generate kubernetes-secret --ca-cert-file=ca.crt`".to_owned()
        }
        Finding::NotCa { .. } => {
            "move the CA certificate to the start of the file: Kuma reads only the first one".to_owned()
        }
        Finding::BundleWrapped { .. } | Finding::BundleDiffers { .. } | Finding::Bundle { .. } => {
            "create it with `kumactl generate ca-bundle --ca-cert-file=ca.crt`".to_owned()
        }
        Finding::BundleTooLong { .. } => LONG_BUNDLE.to_owned(),
        Finding::KeyPermissions { file, .. } => format!("chmod 600 {}", typed(file)),
        Finding::KeyMismatch { belongs_to: Some(place), .. } => {
            format!("move certificate {place} to the start of the file: it matches the key")
        }
        Finding::KeyMismatch { .. } => {
            "pass the private key that matches the certificate, or the certificate of this key"
                .to_owned()
        }
        Finding::IssuerMissing { issuer, .. } => format!(
            "append the certificate of {issuer} to the certificate file, or pass its CA with \
             --ca-cert-file"
        ),
        Finding::IssuerEncodedDifferently { .. } => {
            "use the CA certificate that issued it, or reissue it from this CA"
                .to_owned()
        }
        Finding::SentUnreadable { subject, .. } => {
            format!("remove the certificate of {subject} from the certificate file")
        }
        Finding::PolicyMissing { .. } => {
            "use a CA without requireExplicitPolicy, or issue the certificate with a policy of the CA"
                .to_owned()
        }
        Finding::SignatureInvalid { .. } => {
            "pass the CA certificate that issued it: this CA has the same name but another key"
                .to_owned()
        }
        Finding::SelfSignedUntrusted { is_end_entity: true, .. } => {
            "pass the self-signed certificate itself with --ca-cert-file".to_owned()
        }
        Finding::SelfSignedUntrusted { subject, .. } => {
            format!("pass the CA {subject} with --ca-cert-file")
        }
        Finding::SignatureUnsupported { .. } => {
            "reissue it from a CA with an ECDSA key, or an RSA key of at least 2048 bits".to_owned()
        }
        Finding::SignatureLimit { .. } => {
            "remove unused CAs from the CA file".to_owned()
        }
        Finding::AnchorNotRoot { .. } | Finding::CaWithoutRoot { .. } => {
            "append the root certificate to the CA file".to_owned()
        }
        Finding::ClientWithoutCa { .. } => {
            "pass the CA that issues the client certificates".to_owned()
        }
        Finding::LeafAsAnchor { .. } => {
            "replace the certificate in the CA file with the CA that issued it".to_owned()
        }
        Finding::Expired { is_anchor: true, .. } => {
            "create a new CA, let clients trust both CAs, then replace the certificates".to_owned()
        }
        Finding::Expired { .. } | Finding::ExpiresSoon { .. } => {
            "renew it with `kumactl generate tls-certificate --if-needed` and the flags of the first run"
                .to_owned()
        }
        Finding::NotYetValid { .. } => "check the system clock, or the value of --at".to_owned(),
        Finding::IssuerNotCa { .. } | Finding::NoKeyCertSign { .. } | Finding::PathTooLong { .. } => {
            "issue it from a CA, such as one from `kumactl generate ca-certificate`".to_owned()
        }
        Finding::HostnameMismatch { similar: Some(similar), .. } => {
            format!("the certificate has \"{}\", which {}", similar.name, similar.reason)
        }
        Finding::HostnameMismatch { host, .. } | Finding::CommonNameOnly { host, .. } => {
            format!("reissue it with that name, too: --hostname={host}")
        }
        Finding::ClientsDisagree { host, .. } => {
            format!("reissue it with the name itself: --hostname={host}")
        }
        Finding::ConstraintsUnsupported { .. } => {
            "use a CA whose constraints are limited to DNS names, IP addresses, URIs and email addresses".to_owned()
        }
        Finding::TooManyConstraints { .. } => "use a CA with fewer constraints".to_owned(),
        Finding::NameExcluded { .. } | Finding::NameNotComparable { .. } => {
            "remove the name, or issue it from a CA whose name constraints permit it".to_owned()
        }
        Finding::KeyUnusable { .. } => "reissue it with --key-type=rsa or --key-type=ecdsa".to_owned(),
        Finding::Usage { wanted, .. } => format!(
            "reissue it with --type={}",
            if *wanted == "serverAuth" { "server" } else { "client" }
        ),
        Finding::Rejected { reason, .. } => remedy(reason),
        Finding::NoDigitalSignature { .. }
        | Finding::ExtensionCritical { .. }
        | Finding::ExtensionMalformed { .. }
        | Finding::DuplicateExtension { .. }
        | Finding::ExtensionUnknown { .. }
        | Finding::GoCannotRead { .. }
        | Finding::GoUnhandled { .. }
        | Finding::SerialNegative { .. }
        | Finding::WeakSignature { .. } => {
            "reissue it with `kumactl generate tls-certificate`".to_owned()
        }
        Finding::Empty { .. } => "create or copy the file again".to_owned(),
        _ => return None,
    };
    Some(text)
}

/// Returns the hint about a fault of a mesh CA.
fn mesh_ca_hint(fault: &MeshCaFault) -> String {
    match fault {
        MeshCaFault::KeyPublished { file } => format!(
            "keep only the certificates: openssl crl2pkcs7 -nocrl -certfile {} | openssl pkcs7 -print_certs \
             -out mesh-ca.crt; if the file was in use, replace the CA",
            typed(file)
        ),
        MeshCaFault::SelfSigned { .. } => {
            "create an intermediate CA with its root: `kumactl generate ca-certificate \
             --purpose=mesh-identity`; or set insecureAllowSelfSigned: true in the MeshIdentity, and pass \
             --insecure-allow-self-signed"
                .to_owned()
        }
        MeshCaFault::WithoutRoot { issuer, .. } => {
            format!("append the certificate of {issuer} to the file")
        }
        MeshCaFault::Expired { .. } => {
            "create a new CA, and let the mesh trust both CAs until every proxy has a new certificate"
                .to_owned()
        }
        MeshCaFault::NotYetValid { .. } => "check the clock of this machine".to_owned(),
        MeshCaFault::PathTooLong { below, .. } => format!(
            "reissue it with `kumactl generate ca-certificate --path-length={below}`, then reissue the CAs below it"
        ),
        MeshCaFault::UriConstraint { .. } => {
            "use a CA without name constraints for URIs".to_owned()
        }
        MeshCaFault::Ed25519 | MeshCaFault::Curve { .. } => {
            "create a CA with `kumactl generate ca-certificate --purpose=mesh-identity --key-type=ecdsa`".to_owned()
        }
        _ => "create a CA with `kumactl generate ca-certificate --purpose=mesh-identity`".to_owned(),
    }
}

/// Returns the hint about a reason for which a client rejects a certificate. `NAME` stands for a name that
/// the user chooses.
pub(crate) fn remedy(reason: &Reason) -> String {
    let name = reason.name.as_deref().unwrap_or_default();
    let address = || name.parse::<IpAddr>().map_or_else(|_| name.to_owned(), |one| one.to_string());
    match reason.rule.remedy {
        Remedy::AddPermittedName => {
            "add a DNS name that the CA permits: --hostname=NAME".to_owned()
        }
        Remedy::CaInCaFile => {
            "replace the certificate in the CA file with the CA that issued it".to_owned()
        }
        Remedy::CaFirst => {
            "Kuma reads only the first certificate of the CA file: put the CA first".to_owned()
        }
        Remedy::RootInCaFile => "append the root certificate to the CA file".to_owned(),
        Remedy::CanonicalAddress => {
            let address = address();
            let host = if address.contains(':') { format!("[{address}]") } else { address };
            format!("use {host} in the address of the control plane (--cp-address)")
        }
        Remedy::DialDnsName => "use a DNS name: --hostname=NAME".to_owned(),
        Remedy::DialNoNumber => format!("use a name that is not a number: --hostname=cp-{name}"),
        Remedy::DialNoUnderscore => {
            let name = name.replace('_', "-");
            format!("use a name without an underscore: --hostname={name}")
        }
        Remedy::FewerNames => "issue several certificates with fewer names each, such as with \
                               `kumactl generate tls-certificates`"
            .to_owned(),
        Remedy::IssueFromCa => "issue it from a CA: `kumactl generate tls-certificate --ephemeral-ca`, \
                                or --issuer-cert-file with a CA of your own"
            .to_owned(),
        Remedy::NameItself => format!("add the name itself: --hostname={}", address()),
        Remedy::NameLocalhosts => "name each host: --hostname=NAME.localhost".to_owned(),
        Remedy::NewCa => "create a CA with `kumactl generate ca-certificate`, and issue the certificate \
                          from it"
            .to_owned(),
        Remedy::LiveCasFirst => {
            "remove the expired CA certificate, or put its renewal first in the file".to_owned()
        }
        Remedy::NoIpConstraints => "create the CA with `kumactl generate ca-certificate` without \
                                    --permit-ip, or issue the certificate for DNS names only"
            .to_owned(),
        Remedy::NoNameConstraints => "create the CA with `kumactl generate ca-certificate` without \
                                      --permit-dns and --permit-ip, and issue the certificate from it"
            .to_owned(),
        Remedy::Reissue => "reissue it with `kumactl generate tls-certificate`".to_owned(),
        Remedy::SendInOrder => {
            "put each CA behind the certificate that it issued in the certificate file".to_owned()
        }
        Remedy::Shorten => "reissue it with --valid-for=825d".to_owned(),
        Remedy::UsualKey => "reissue it with --key-type=ecdsa or --key-type=rsa".to_owned(),
        Remedy::UsualCaKey => "create a CA with `kumactl generate ca-certificate --key-type=ecdsa`, and \
                               issue the certificate from it"
            .to_owned(),
    }
}

/// Returns a file name as a shell word. Names such as `standard input` or `tls.crt of the Secret` become
/// `FILE`.
pub(crate) fn typed(name: &str) -> Cow<'_, str> {
    match (is_file(name), name.starts_with('-')) {
        (true, false) => shell::word(name),
        // Else it would be a flag.
        (true, true) => Cow::Owned(format!("./{}", shell::word(name))),
        (false, _) => Cow::Borrowed("FILE"),
    }
}

fn is_file(name: &str) -> bool {
    Path::new(name).exists()
}

/// Returns the hint about a file without the expected PEM blocks.
pub(crate) fn pem_hint(file: &str, error: &PemError) -> Option<String> {
    if let Some(command) = conversion::hint(error, file, conversion::Wanted::Pair) {
        return Some(command);
    }
    let word = typed(file);
    Some(match error {
        PemError::PrivateKey { beside_certificates: true, .. } => {
            format!("extract the certificates: kumactl inspect certificate {word} -o pem")
        }
        PemError::PrivateKey { .. } => "pass the certificate file".to_owned(),
        PemError::NoPrivateKey { .. } => "pass the private key with --key-file".to_owned(),
        PemError::Base64 { .. } | PemError::Der => {
            format!("convert it to PEM: kumactl inspect certificate {word} -o pem")
        }
        PemError::EncryptedPrivateKey => {
            format!("decrypt it for kuma-cp: (umask 077; openssl pkey -in {word} -out tls.key)")
        }
        PemError::Malformed { kind, .. } => damage_hint(*kind).to_owned(),
        PemError::Utf16 => format!("iconv -f UTF-16 -t UTF-8 {word}"),
        _ => return None,
    })
}

/// Returns the hint about damaged PEM.
pub(crate) const fn damage_hint(kind: PemErrorKind) -> &'static str {
    match kind {
        PemErrorKind::ByteOrderMark => "save it as plain text, without a byte order mark",
        PemErrorKind::CarriageReturn => "convert the line ends: tr '\\r' '\\n'",
        PemErrorKind::Escaped => "replace \\n with line breaks: printf '%b\\n' \"$(cat FILE)\"",
        PemErrorKind::OneLine => "copy it again with its line breaks, in quotes: \"$(cat FILE)\"",
        PemErrorKind::Glued => "insert a line break between the two blocks",
        PemErrorKind::Headers => "remove the lines between -----BEGIN and the first blank line",
        PemErrorKind::Indented => {
            "remove the blanks before -----BEGIN and -----END: sed 's/^[[:blank:]]*//'"
        }
        _ => "copy it again with its line breaks",
    }
}
