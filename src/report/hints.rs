//! What to type to mend what a check found.

use std::borrow::Cow;
use std::net::IpAddr;
use std::path::Path;

use kuma_pki::format::pem::{PemError, PemFault};
use kuma_pki::verify::Finding;
use kuma_pki::verify::clients::{Reason, Remedy};

use crate::report::conversion;
use crate::report::shell;

/// What to do about a CA file that fits into no argument or variable.
pub(crate) const LONG_BUNDLE: &str = "pass the bundle in a values file (`kumactl generate helm-values`) and the CA file to \
     `kuma-dp run --ca-cert-file`, or remove CAs that are no longer in use";

/// A line to type, or what to do; `None` where the finding says all there is to say.
pub(crate) fn hint(finding: &Finding) -> Option<String> {
    let text = match finding {
        Finding::Pem { file, error } => return pem_hint(file, error),
        Finding::Swapped { certificate_file, key_file } if is_file(key_file) => {
            format!("--cert-file={} --key-file={}", typed(key_file), typed(certificate_file))
        }
        Finding::Swapped { .. } => "exchange the two".to_owned(),
        Finding::SecretWithoutCa => {
            "`kumactl generate kubernetes-secret` with --ca-cert-file puts it in".to_owned()
        }
        Finding::NotCa { .. } => {
            "Kuma looks at the first certificate of the file only: put the CA's first".to_owned()
        }
        Finding::BundleWrapped { .. } | Finding::BundleDiffers { .. } | Finding::Bundle { .. } => {
            "make it with `kumactl generate ca-bundle --ca-cert-file=ca.crt`".to_owned()
        }
        Finding::BundleTooLong { .. } => LONG_BUNDLE.to_owned(),
        Finding::KeyReadable { file, .. } => format!("chmod 600 {}", typed(file)),
        Finding::KeyMismatch { belongs_to: Some(place), .. } => {
            format!("put certificate {place} first in the file: the key is its")
        }
        Finding::KeyMismatch { .. } => {
            "pass the private key that matches the certificate, or the certificate of this key"
                .to_owned()
        }
        Finding::IssuerMissing { issuer, .. } => format!(
            "append the certificate of {issuer} to the certificate file, or give the file of its CA \
             with --ca-cert-file"
        ),
        Finding::IssuerEncodedDifferently { .. } => {
            "use the CA certificate with which it was issued, or issue it again with this one"
                .to_owned()
        }
        Finding::SentUnreadable { subject, .. } => {
            format!("remove the certificate of {subject} from the certificate file")
        }
        Finding::PolicyMissing { .. } => {
            "use a CA without requireExplicitPolicy, or issue the certificate with its policy"
                .to_owned()
        }
        Finding::SignatureInvalid { .. } => {
            "a CA with that name has another key: give the CA file that belongs to the certificate"
                .to_owned()
        }
        Finding::SelfSignedUntrusted { is_end_entity: true, .. } => {
            "a self-signed certificate is its own CA: give it with --ca-cert-file".to_owned()
        }
        Finding::SelfSignedUntrusted { subject, .. } => {
            format!("give the file with the CA {subject} with --ca-cert-file")
        }
        Finding::SignatureUnsupported { .. } => {
            "have it issued anew by a CA with an ECDSA key, or an RSA key of 2048 bits".to_owned()
        }
        Finding::SearchEnded { .. } => {
            "leave in the CA file only the CAs that are in use".to_owned()
        }
        Finding::AnchorNotRoot { .. } | Finding::CaWithoutRoot { .. } => {
            "append the root's certificate to the CA file".to_owned()
        }
        Finding::ClientWithoutCa { .. } => {
            "give the certificate of the CA that issues the clients' certificates".to_owned()
        }
        Finding::LeafAsAnchor { .. } => {
            "put the CA that issued it into the CA file instead".to_owned()
        }
        Finding::Expired { is_anchor: true, .. } => {
            "make a new CA, let clients trust both, then replace the certificates".to_owned()
        }
        Finding::Expired { .. } | Finding::EndsSoon { .. } => {
            "`kumactl generate tls-certificate --if-needed` renews it, with the flags it was made \
             with"
                .to_owned()
        }
        Finding::NotYetValid { .. } => "check the clock of this machine, or --at".to_owned(),
        Finding::IssuerNotCa { .. } | Finding::MayNotSign { .. } | Finding::PathTooLong { .. } => {
            "have it issued by a CA, such as `kumactl generate ca-certificate` makes".to_owned()
        }
        Finding::NotNamed { near: Some(near), .. } => {
            format!("the certificate has \"{}\", which {}", near.name, near.reason)
        }
        Finding::NotNamed { host, .. } | Finding::CommonNameOnly { host, .. } => {
            format!("make it for that name too: --hostname={host}")
        }
        Finding::ClientsDisagree { host, .. } => {
            format!("name it without a wildcard: --hostname={host}")
        }
        Finding::ConstraintKinds { .. } => {
            "use a CA that limits DNS names, addresses, URIs and mail addresses alone".to_owned()
        }
        Finding::TooManyConstraints { .. } => "use a CA with fewer constraints".to_owned(),
        Finding::NameExcluded { .. } | Finding::NameNotComparable { .. } => {
            "issue it from a CA that may certify the name, or leave the name out".to_owned()
        }
        Finding::KeyUnusable { .. } => "make it with --key-type=rsa or --key-type=ecdsa".to_owned(),
        Finding::Usage { wanted, .. } => format!(
            "make it with --type={}",
            if *wanted == "serverAuth" { "server" } else { "client" }
        ),
        Finding::Refused { reason, .. } => cure(reason),
        Finding::NoDigitalSignature { .. }
        | Finding::ExtensionCritical { .. }
        | Finding::ExtensionMalformed { .. }
        | Finding::ExtensionTwice { .. }
        | Finding::ExtensionUnknown { .. }
        | Finding::GoCannotRead { .. }
        | Finding::GoUnhandled { .. }
        | Finding::SerialNegative { .. }
        | Finding::WeakSignature { .. } => {
            "have it issued anew, as `kumactl generate tls-certificate` does".to_owned()
        }
        Finding::Empty { .. } => "was it written to the end? Make or copy it once more".to_owned(),
        _ => return None,
    };
    Some(text)
}

/// What to type so that a client no longer refuses a certificate for this reason. `NAME` stands for a name
/// that only the user knows.
pub(crate) fn cure(reason: &Reason) -> String {
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

/// A file as it is typed. Some names that are shown are none: `standard input`, `tls.crt of the Secret`.
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

/// How to mend a file that is not made of the PEM blocks that it should hold.
pub(crate) fn pem_hint(file: &str, error: &PemError) -> Option<String> {
    if let Some(command) = conversion::hint(error, file, conversion::Wanted::Pair) {
        return Some(command);
    }
    let word = typed(file);
    Some(match error {
        PemError::PrivateKey { beside_certificates: true, .. } => {
            format!("the certificates alone: kumactl inspect certificate {word} -o pem")
        }
        PemError::PrivateKey { .. } => "this is the place of a certificate".to_owned(),
        PemError::NoPrivateKey { .. } => "--key-file is for the private key".to_owned(),
        PemError::Base64 { .. } | PemError::Der => {
            format!("as PEM: kumactl inspect certificate {word} -o pem")
        }
        PemError::EncryptedPrivateKey => {
            format!(
                "kuma-cp reads no passphrase: (umask 077; openssl pkey -in {word} -out tls.key)"
            )
        }
        PemError::Malformed { fault, .. } => damage_hint(*fault).to_owned(),
        PemError::Utf16 => format!("iconv -f UTF-16 -t UTF-8 {word}"),
        _ => return None,
    })
}

/// How to mend PEM that was damaged on its way.
pub(crate) const fn damage_hint(fault: PemFault) -> &'static str {
    match fault {
        PemFault::ByteOrderMark => "save it as plain text, without a byte order mark",
        PemFault::CarriageReturn => "lines end in a line feed: tr '\\r' '\\n'",
        PemFault::Escaped => {
            "write line breaks in the place of \\n: printf '%b\\n' \"$(cat FILE)\""
        }
        PemFault::OneLine => {
            "copy it once more, with its line breaks: in quotes, as \"$(cat FILE)\""
        }
        PemFault::Glued => "put a line break between the two blocks",
        PemFault::Headers => "leave out the lines between -----BEGIN and the first blank line",
        PemFault::Indented => {
            "take away what stands before -----BEGIN and -----END: sed 's/^[[:blank:]]*//'"
        }
        _ => "copy it once more, with its line breaks",
    }
}
