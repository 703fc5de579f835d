//! The tests of the program and of its library, as one binary.

mod artifacts;
mod batch;
mod ca_bundle;
mod completion;
mod contract;
mod docs;
mod files;
mod help;
mod inputs;
mod inspect;
mod issued;
mod kuma_secret;
mod library;
mod limits;
mod locks;
mod official;
mod package;
mod permissions;
mod program;
mod read_back;
mod renewal;
mod requests;
mod streams;
mod support;
mod tls_certificate;
mod verify;
