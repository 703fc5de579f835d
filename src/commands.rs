//! The commands, each named as it is typed.

pub(crate) mod completion;
pub(crate) mod generate;
pub(crate) mod inspect;
pub(crate) mod man;
pub(crate) mod verify;
pub(crate) mod version;
