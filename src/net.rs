//! Addresses of servers, and the TLS connection to one.

pub(crate) mod address;
pub(crate) mod connect;
