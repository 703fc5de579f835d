//! What the program prints: results, errors and hints.

pub(crate) mod failure;
pub(crate) mod formats;
pub(crate) mod hints;
pub(crate) mod program_name;
pub(crate) mod progress;
pub(crate) mod render;
pub(crate) mod shell;
pub(crate) mod style;
pub(crate) mod usage;
