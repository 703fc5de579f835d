//! The library, without the program.

mod damaged;
mod durations;
mod issuer;
mod names;
mod profile;
mod secret;
