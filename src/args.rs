//! Groups of flags that several commands share.

pub(crate) mod certificate;
pub(crate) mod compatibility;
pub(crate) mod control_plane;
pub(crate) mod control_plane_url;
pub(crate) mod existing_files;
pub(crate) mod hostname;
pub(crate) mod issuance;
pub(crate) mod issuer;
pub(crate) mod key_options;
pub(crate) mod passphrase;
pub(crate) mod pem_files;
pub(crate) mod secret_scan;
pub(crate) mod token;
pub(crate) mod verification;
