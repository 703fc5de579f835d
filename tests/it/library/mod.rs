//! The library, without the program.

mod durations;
mod names;
mod profile;
