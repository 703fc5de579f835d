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
pub mod contents;
pub mod encode;
mod error;
pub mod inspect;
mod issue;
mod issuer;
mod key;
mod kubernetes;
mod name;
mod profile;
pub mod renewal;
mod request;
mod signature;
pub mod specification;
mod text;
mod validity;
pub mod verify;
mod x509;

pub use constraint::{ConstraintError, PermittedSubtree};
pub use error::{Error, ErrorKind};
pub use issue::{Certificate, Fingerprint, issued_by, self_signed};
pub use issuer::{Issuer, IssuerError};
pub use key::{
    ExistingKey, KeyAlgorithm, KeyError, KeyIdentifier, KeyPair, PrivateKeyDer, PrivateKeyEncoding,
};
pub use kubernetes::{
    Namespace, ObjectName, ObjectNameError, ServiceName, ServiceNameError, check_annotation_key,
    check_label_key, check_label_value,
};
pub use name::{DnsName, NameError, NameFault, NameWarning, SpiffeId, SubjectAltName};
pub use profile::{BasicConstraints, DistinguishedName, KeyUsage, Profile, SerialNumber, Template};
pub use request::{CaRequest, ExtendedKeyUsage, IssuanceRequest};
pub use text::{contains, printable};
pub use validity::{BACKDATE, DurationError, DurationFault, ValidFor, Validity, rfc3339, words};
