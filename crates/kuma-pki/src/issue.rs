//! Issues certificates: request, profile, signature, self-check.
//!
//! ```text
//! request -> profile (now, serial number) -> Template -> sign (key, issuer) -> Certificate -> self_check
//! ```

mod certificate_request;
mod error;
mod issuer;
mod profile;
pub mod renewal;
mod request;
mod self_check;
mod sign;

pub use self::certificate_request::{CertificateRequest, RequestError, certificate_request};
pub use self::error::IssueError;
pub use self::issuer::Issuer;
pub use self::profile::{BasicConstraints, Profile, SerialNumber, Template};
pub use self::request::{CaRequest, IssuanceRequest};
pub use self::self_check::{check_fields, check_issued, self_check};
pub use self::sign::{issued_by, self_signed};
