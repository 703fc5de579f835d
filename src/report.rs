//! Everything that the program prints: results, errors and hints.

pub(crate) mod color;
pub(crate) mod console;
pub(crate) mod conversion;
pub(crate) mod errors;
pub(crate) mod failure;
pub(crate) mod help;
pub(crate) mod hints;
pub(crate) mod program_name;
pub(crate) mod progress;
pub(crate) mod render;
pub(crate) mod shell;
pub(crate) mod usage;
pub(crate) mod wrap;
