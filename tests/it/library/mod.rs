//! The library, without the program.

mod durations;
mod issuer;
mod names;
mod profile;
mod secret;
mod damaged;
