//! Prepares the TLS certificates of a Kuma control plane.
//!
//! Data flows one way, and every stage is a module:
//!
//! ```text
//! request -> profile (now, serial) -> Template -> issue (key) -> Certificate -> encode -> bytes
//!                                                                     |
//!                                                                  verify
//! ```
//!
//! The library reads no clock, no file and no environment, and prints nothing: the program
//! `kumactl` around it does.

pub mod encode;
mod error;
mod issue;
mod key;
mod name;
mod profile;
mod request;
mod validity;
pub mod verify;

pub use error::{Error, ErrorKind};
pub use issue::{Certificate, Fingerprint, self_signed};
pub use key::{KeyAlgorithm, KeyError, KeyIdentifier, KeyPair, PrivateKeyDer, PrivateKeyEncoding};
pub use name::{DnsName, NameError, NameFault, NameWarning, SpiffeId, SubjectAltName};
pub use profile::{BasicConstraints, DistinguishedName, KeyUsage, Profile, SerialNumber, Template};
pub use request::{ExtendedKeyUsage, IssuanceRequest};
pub use validity::{BACKDATE, DurationError, DurationFault, ValidFor, Validity};
