//! Judging certificates: by the request they were made for, and by the rules of those who use them.

pub mod kuma;
mod self_check;

pub use self_check::self_check;
