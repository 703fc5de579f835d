//! The encodings in which certificates and keys are handed over, one file each.

pub mod bundle;
pub(crate) mod hex;
pub mod kubernetes_secret;
pub mod pem;
