//! What can be wrong between the pieces of an installation.

use crate::format::kubernetes_secret::SecretError;
use crate::token;
use crate::verify;

/// Why a check did not pass. Displays as a lower-case fragment; text from files is escaped.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Finding {
    /// A certificate, key or CA fails a check of [`verify::verify`].
    #[error("{0}")]
    Certificate(verify::Finding),

    /// Webhooks have no CA bundle.
    #[error("there is no caBundle, so kube-apiserver trusts the CAs of its own machine only")]
    BundleMissing,

    /// A CA bundle ends in the middle of a certificate.
    #[error(
        "the CA bundle has only the first {length} characters: it ends in the middle of a certificate{}",
        if *length == 76 { ". GNU base64 breaks lines after 76 characters, and the shell passed on the first \
                            line only" } else { "" }
    )]
    BundleTruncated {
        /// The number of characters.
        length: usize,
        /// What kube-apiserver finds in it.
        content: BundleContent,
    },

    /// A CA bundle has line breaks or spaces.
    #[error("the CA bundle is broken into {lines} lines")]
    BundleWrapped {
        /// How many.
        lines: usize,
        /// Whether spaces are between them, which kube-apiserver does not accept.
        has_spaces: bool,
    },

    /// A CA bundle was encoded twice.
    #[error("the CA bundle is Base64 of Base64: it was encoded twice")]
    BundleEncodedTwice,

    /// A CA bundle is not Base64 of certificates.
    #[error("the CA bundle cannot be used: {reason}")]
    BundleUnreadable {
        /// What is wrong with it, as a fragment.
        reason: &'static str,
        /// What kube-apiserver finds in it.
        content: BundleContent,
    },

    /// Someone trusts another CA than the one that issued the certificate.
    #[error("{holder} {} {trusted}, but {issuer} issued the certificate of {server}", match age {
        CaAge::Previous => "still trusts the previous CA",
        CaAge::SameName => "trusts another CA of the same name, perhaps the previous one:",
        CaAge::Other => "trusts",
    })]
    OtherCa {
        /// Who trusts it.
        holder: String,
        /// The subjects and fingerprints of the trusted CAs.
        trusted: String,
        /// The issuer of the certificate.
        issuer: String,
        /// Where the certificate is.
        server: String,
        /// What is known of the trusted CA.
        age: CaAge,
    },

    /// A CA file or variable holds no certificates.
    #[error("{0}")]
    CaUnreadable(verify::Finding),

    /// A Secret is not there.
    #[error("Secret {secret} does not exist, and {user} mounts it")]
    SecretMissing {
        /// Its full name.
        secret: String,
        /// What mounts it.
        user: String,
    },

    /// A Secret is in another namespace than the pod that mounts it.
    #[error(
        "Secret {secret} does not exist; there is one in namespace {namespace}, from which {user} cannot mount it"
    )]
    SecretElsewhere {
        /// Its full name.
        secret: String,
        /// Where a Secret of that name is.
        namespace: String,
        /// What mounts it.
        user: String,
    },

    /// A Secret lacks a key.
    #[error("Secret {secret} has no {key}, which {user} mounts")]
    SecretKeyMissing {
        /// Its full name.
        secret: String,
        /// The key.
        key: String,
        /// What mounts it.
        user: String,
    },

    /// A value of a Secret is not Base64.
    #[error("{key} of Secret {secret} is not Base64")]
    SecretValue {
        /// Its full name.
        secret: String,
        /// The key.
        key: String,
    },

    /// A Secret has a type that its keys do not fit.
    #[error("Secret {secret} is of type {found}, {why}")]
    SecretType {
        /// Its full name.
        secret: String,
        /// The type.
        found: String,
        /// Why that does not fit, as a fragment.
        why: &'static str,
    },

    /// A Secret cannot be read.
    #[error("Secret {secret} cannot be read: {error}")]
    SecretUnreadable {
        /// Its full name.
        secret: String,
        /// Why.
        error: SecretError,
    },

    /// Nothing is mounted at the path in a variable.
    #[error("{variable} is {path}, but {}", match volume {
        Some(volume) => format!("volume {volume} has no such file"),
        None => "nothing is mounted there".to_owned(),
    })]
    NotMounted {
        /// The variable.
        variable: String,
        /// The path.
        path: String,
        /// The volume that is mounted there.
        volume: Option<String>,
    },

    /// A certificate is set without its key, or a key without its certificate.
    #[error("{present} is set, and {missing} is not")]
    HalfPair {
        /// The setting of kuma-cp: a variable, or the path in its configuration file.
        present: String,
        /// The one that is missing.
        missing: String,
        /// Whether that is the key.
        lacks_key: bool,
    },

    /// A setting needs another one.
    #[error("{present} is set, and {missing} is not")]
    VariableMissing {
        /// The setting.
        present: String,
        /// The variable that is missing.
        missing: String,
    },

    /// A manifest in a directory was not read.
    #[error("{file} was not read: {reason}")]
    NotRead {
        /// The file.
        file: String,
        /// Why, as a fragment.
        reason: String,
    },

    /// An environment file begins with a byte order mark.
    #[error("{file} begins with a byte order mark: systemd and shells ignore its first line")]
    ByteOrderMark {
        /// The file.
        file: String,
    },

    /// A zone has no CA file for its global control plane.
    #[error(
        "{missing} is not set, so the zone trusts the public CAs of its image or machine only{}",
        if *is_known { ", and none of them issued the certificate of the global control plane" } else { "" }
    )]
    PublicCasOnly {
        /// The setting that is missing.
        missing: String,
        /// Whether it is known that no public CA issued the certificate.
        is_known: bool,
    },

    /// kuma-cp cannot read its configuration file.
    #[error("{file} cannot be read as settings of kuma-cp (line {line})")]
    Configuration {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: u64,
    },

    /// A variable has another value than the installation needs.
    #[error("{variable} is {value}, but {expected}")]
    VariableDiffers {
        /// The variable.
        variable: String,
        /// Its value.
        value: String,
        /// What it should agree with, as a fragment.
        expected: String,
    },

    /// The control plane makes its own certificate at every start.
    #[error(
        "no variable names a certificate for {servers}: kuma-cp generates a new one at every start"
    )]
    Autogenerated {
        /// The servers.
        servers: String,
    },

    /// A Service is not there.
    #[error("Service {service} does not exist{}", match near {
        Some(near) => format!("; the control plane's Service is {near}"),
        None => String::new(),
    })]
    ServiceMissing {
        /// Its full name.
        service: String,
        /// The Service that was probably meant.
        near: Option<String>,
    },

    /// A Service does not have a port.
    #[error("Service {service} has no port {port}, {purpose}")]
    ServicePort {
        /// Its full name.
        service: String,
        /// The port.
        port: u16,
        /// Who connects to it, as a fragment.
        purpose: &'static str,
    },

    /// A Service selects other pods.
    #[error("Service {service} selects {label}, which the pods of {workload} do not have")]
    ServiceSelector {
        /// Its full name.
        service: String,
        /// A label with its value.
        label: String,
        /// The control plane.
        workload: String,
    },

    /// Someone connects to an address at which the control plane is not.
    #[error("{variable} is {address}, which is not {expected}")]
    Address {
        /// The variable, or the path in the configuration file.
        variable: String,
        /// The address.
        address: String,
        /// What it should be, as a fragment.
        expected: String,
    },

    /// Someone does not verify the certificate.
    #[error("{variable} is true: the certificate is not verified")]
    NotVerified {
        /// The variable.
        variable: String,
    },

    /// Two files of a directory, or a file and a Secret, should have the same content.
    #[error("{one} and {other} differ")]
    FilesDiffer {
        /// A file.
        one: String,
        /// Another file, or a key of a Secret.
        other: String,
    },

    /// A file that is named somewhere was not found.
    #[error("{variable} is {path}, which is not in {directory}")]
    FileMissing {
        /// The variable that names it.
        variable: String,
        /// Its path.
        path: String,
        /// Where it was looked for.
        directory: String,
    },

    /// Values name another Secret than the one that was made.
    #[error("{file} names the Secret {found}, but the Secret is {expected}")]
    OtherSecret {
        /// The file.
        file: String,
        /// The name in it.
        found: String,
        /// The name of the Secret.
        expected: String,
    },

    /// cert-manager fills another Secret than the one that is mounted.
    #[error(
        "no Certificate of cert-manager fills the Secret {secret}, and {user} mounts it; {near}"
    )]
    NotFilled {
        /// The Secret.
        secret: String,
        /// What mounts it.
        user: String,
        /// The nearest Certificate, in words.
        near: String,
    },

    /// An object of cert-manager names one that is not there.
    #[error("{object} does not exist, and {user} names it")]
    ManagedMissing {
        /// The kind and name of the missing object.
        object: String,
        /// What names it.
        user: String,
    },

    /// A Certificate of cert-manager lacks a name that is dialed.
    #[error("{certificate} does not ask for {name}, which {dialer} dials: {names}")]
    NotRequested {
        /// The Certificate.
        certificate: String,
        /// The name.
        name: String,
        /// Who dials it.
        dialer: String,
        /// The names that it requests.
        names: String,
    },

    /// The certificate of a self-signed issuer is its own CA, and a new one after each renewal.
    #[error(
        "{issuer} signs each certificate with its own key: each renewal makes a new CA, which running proxies \
             do not trust"
    )]
    SelfSignedIssuer {
        /// The issuer.
        issuer: String,
    },

    /// The control plane rejects the token of a proxy, or it does not do what one may expect.
    #[error("its token: {0}")]
    Token(token::Finding),

    /// Old and new CA are both trusted.
    #[error("a CA rotation is in progress: {state}")]
    Rotation {
        /// What has been done, as a fragment.
        state: String,
        /// What is still to be done, in order.
        steps: Vec<String>,
    },
}

/// What kube-apiserver finds in a CA bundle, which decides over its message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum BundleContent {
    /// Text that is not Base64.
    NotBase64,
    /// Octets without a whole PEM block.
    NoPem,
    /// PEM blocks, and none is a certificate.
    OtherPem,
    /// At least one whole certificate, which it trusts.
    Certificates,
}

/// What is known of a CA that should be replaced.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum CaAge {
    /// It is the one from before the rotation.
    Previous,
    /// It has the name of the issuer and another key.
    SameName,
    /// Nothing.
    Other,
}
