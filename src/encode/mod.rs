//! The encodings in which certificates and keys are handed over, one file each.

pub mod bundle;
pub mod cert_manager;
pub mod environment;
pub(crate) mod hex;
pub mod installation;
pub mod kubernetes_secret;
pub mod pem;
pub(crate) mod yaml;
