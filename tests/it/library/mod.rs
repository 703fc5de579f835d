//! The library, without the program.
