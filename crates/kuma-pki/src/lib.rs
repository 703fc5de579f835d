//! Issues, encodes and verifies the TLS certificates of a Kuma control plane.
//!
//! Data flows one way, and every stage is a module with errors of its own:
//!
//! ```text
//! request -> profile (now, serial number) -> Template -> sign (key, issuer) -> Certificate -> format -> bytes
//! bytes -> format::contents -> Certificate -> verify::inspect -> Summary
//! bytes (certificate, key, CA), options (names, now) -> verify -> Report
//! ```
//!
//! `examples/` has a program for each of [`issue`], [`verify`], [`format`](mod@format) and [`spec`].
//!
//! The library reads no clock, no file and no environment, and prints nothing: the program
//! `kumactl` around it does.

mod constraint;
pub mod format;
pub mod installation;
pub mod issue;
mod key;
mod kubernetes;
mod name;
pub mod spec;
mod text;
pub mod token;
mod uri;
mod usage;
mod validity;
pub mod verify;
mod x509;

pub use constraint::{ConstraintError, PermittedSubtree};
pub use issue::{
    BasicConstraints, CaRequest, CertificateRequest, IssuanceRequest, IssueError, Issuer, Profile,
    RequestError, SerialNumber, Template, issued_by, self_signed,
};
pub use key::{
    DecryptionError, EncryptedPrivateKey, ExistingKey, KeyAlgorithm, KeyError, KeyGenerationError,
    KeyIdentifier, KeyPair, Passphrase, PrivateKeyDer, PrivateKeyEncoding, PublicKey,
};
pub use kubernetes::{
    Namespace, ObjectName, ObjectNameError, ServiceName, ServiceNameError, check_annotation_key,
    check_label_key, check_label_value,
};
pub use name::{
    DistinguishedName, DnsName, NameError, NameErrorKind, NameWarning, SpiffeId, SubjectAltName,
    SubjectAttribute, SubjectError,
};
pub use text::{contains, printable};
pub use usage::{ExtendedKeyUsage, KeyUsage};
pub use validity::{
    BACKDATE, DurationError, DurationErrorKind, RenewBefore, ValidFor, Validity, ValidityError,
    rfc3339, words,
};
pub use x509::{Certificate, CertificateName, Fingerprint, ParseError};
