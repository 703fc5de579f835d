//! Reads the inputs and writes the outputs of a run.

mod batch_dir;
mod commit;
mod directories;
mod leftovers;
mod lock;
mod output;
mod output_kind;
mod permissions;
mod plan;
pub(crate) mod read;
mod reason;
pub(crate) mod signals;
mod stream;
mod target;
mod transaction;

pub(crate) use self::batch_dir::BatchDir;
pub(crate) use self::commit::Changes;
pub(crate) use self::directories::{names, write_documents};
pub(crate) use self::leftovers::has_leftovers;
pub(crate) use self::output::{Destination, Output, PUBLIC_MODE};
pub(crate) use self::output_kind::OutputKind;
pub(crate) use self::permissions::{
    NOT_KEPT, warn_about_readers, warning as permissions_warning, wrong_mode,
};
pub(crate) use self::plan::{ExistingPolicy, Plan};
pub(crate) use self::reason::FileReason;
pub(crate) use self::target::canonical;
