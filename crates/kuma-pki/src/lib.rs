//! Prepares the TLS certificates of a Kuma control plane.
//!
//! Data flows one way, and every stage is a module:
//!
//! ```text
//! request -> profile (now, serial) -> Template -> issue (key, issuer) -> Certificate -> encode -> bytes
//! bytes -> contents -> inspect -> Summary
//! bytes (certificate, key, CA), question (names, now) -> verify -> Report
//! ```
//!
//! The library reads no clock, no file and no environment, and prints nothing: the program
//! `kumactl` around it does.

mod constraint;
mod error;
pub mod format;
pub mod issue;
mod key;
mod kubernetes;
mod name;
pub mod spec;
mod text;
mod usage;
mod validity;
pub mod verify;
mod x509;

pub use constraint::{ConstraintError, PermittedSubtree};
pub use error::{Error, ErrorKind};
pub use issue::{
    BasicConstraints, CaRequest, Certificate, Fingerprint, IssuanceRequest, Issuer, IssuerError,
    Profile, SerialNumber, Template, issued_by, self_signed,
};
pub use key::{
    ExistingKey, KeyAlgorithm, KeyError, KeyIdentifier, KeyPair, PrivateKeyDer, PrivateKeyEncoding,
};
pub use kubernetes::{
    Namespace, ObjectName, ObjectNameError, ServiceName, ServiceNameError, check_annotation_key,
    check_label_key, check_label_value,
};
pub use name::{
    DistinguishedName, DnsName, NameError, NameFault, NameWarning, SpiffeId, SubjectAltName,
};
pub use text::{contains, printable};
pub use usage::{ExtendedKeyUsage, KeyUsage};
pub use validity::{BACKDATE, DurationError, DurationFault, ValidFor, Validity, rfc3339, words};
