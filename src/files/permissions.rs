//! Sets, compares and repairs permissions.
//!
//! Some file systems ignore permissions (Windows drives in WSL, shared folders), and only the owner of a
//! file can change them. That is a warning, and no reason to replace a key.

use std::fs::{self, File, OpenOptions, Permissions};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::geteuid;

use super::commit::Changes;
use super::output::Output;
use super::reason::FileReason;
use crate::report::console::Console;
use crate::report::failure::reason;
use crate::report::shell;

/// Sets the permissions of a new file, if the system allows it. Only its owner can read it so far; after the rename,
/// the permissions are checked.
pub(super) fn set(file: &File, mode: u32) {
    let _ = file.set_permissions(Permissions::from_mode(mode));
}

/// Returns the permissions of a file if they are wrong. A missing write permission of the owner is not
/// wrong, since files are replaced by a rename.
pub(crate) fn wrong_mode(path: &Path, wanted: u32) -> Option<u32> {
    let found = mode(&fs::metadata(path).ok()?);
    is_wrong(found, wanted).then_some(found)
}

/// Warns about a private key that is read from a file that other users can read, if the user can change that.
/// `label` names the file.
pub(crate) fn warn_about_readers(path: &Path, label: &str, console: Console) {
    let is_stream = path.as_os_str() == "-" || path.starts_with("/dev");
    let Some(metadata) = fs::metadata(path).ok().filter(|_| !is_stream) else { return };
    let (mode, is_own) = (mode(&metadata), metadata.uid() == geteuid().as_raw());
    if metadata.is_file() && is_own && mode & 0o044 != 0 {
        let (shown, file) = (path.display(), path.to_string_lossy());
        console.warn(format!(
            "other users can read the {label} {shown}, with permissions {mode:04o}: chmod 600 {}",
            shell::word(&file)
        ));
    }
}

/// Returns the warning about a file whose permissions could not be set.
pub(crate) fn warning(path: &Path, found: u32, wanted: u32, why: &str) -> String {
    format!("{} ({why})", difference(path, found, wanted))
}

/// The reason if the system reports none.
pub(crate) const NOT_KEPT: &str = "the file system ignores permissions";

impl Changes {
    /// Adds a written file, with the permissions that it has.
    pub(super) fn add_written(&mut self, mut output: Output, path: &Path) {
        if let (Ok(metadata), Some(shown)) = (fs::metadata(path), output.destination.path()) {
            let (found, wanted) = (mode(&metadata), output.mode);
            if matters(found, wanted, output.kind.holds_key()) {
                self.warnings.push(warning(shown, found, wanted, NOT_KEPT));
            }
            output.mode = found;
        }
        self.saved.push(output);
    }

    /// Repairs the permissions of a kept file.
    pub(super) fn repair(&mut self, output: Output, path: &Path) {
        let (Some(found), Some(shown)) = (wrong_mode(path, output.mode), output.destination.path())
        else {
            return;
        };
        let repaired = repair(path, output.mode);
        match repaired {
            Ok(()) => {
                self.reasons.push(difference(shown, found, output.mode));
                self.repaired.push(output);
            }
            Err(why) => self.warnings.push(warning(shown, found, output.mode, &why)),
        }
    }
}

fn repair(path: &Path, wanted: u32) -> Result<(), String> {
    // The path was resolved; a link was put there in the meantime.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let mut options = OpenOptions::new();
    let repaired = options
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .and_then(|file| file.set_permissions(Permissions::from_mode(wanted)).map(|()| file))
        .and_then(|file| file.metadata());
    match repaired {
        Ok(metadata) if is_wrong(mode(&metadata), wanted) => Err(NOT_KEPT.to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(reason(&error)),
    }
}

fn difference(path: &Path, found: u32, wanted: u32) -> FileReason {
    FileReason::new(path, format!("has permissions {found:04o} instead of {wanted:04o}"))
}

fn mode(metadata: &fs::Metadata) -> u32 {
    metadata.permissions().mode() & 0o7777
}

/// Returns whether wrong permissions of a written file matter: those of a key, and those that keep out readers.
const fn matters(found: u32, wanted: u32, holds_key: bool) -> bool {
    is_wrong(found, wanted) && (holds_key || wanted & !found & 0o444 != 0)
}

const fn is_wrong(found: u32, wanted: u32) -> bool {
    const OWNER_WRITES: u32 = 0o200;
    found & !wanted != 0 || wanted & !found & !OWNER_WRITES != 0
}

#[cfg(test)]
mod tests {
    use super::matters;

    #[test]
    fn wrong_permissions_matter_for_a_key_and_for_a_file_that_its_readers_cannot_read() {
        for (found, wanted, holds_key, expected) in [
            (0o777, 0o600, true, true),
            (0o600, 0o640, true, true),
            (0o400, 0o600, true, false),
            (0o600, 0o600, true, false),
            (0o777, 0o644, false, false),
            (0o644, 0o644, false, false),
            (0o600, 0o644, false, true),
        ] {
            assert_eq!(matters(found, wanted, holds_key), expected, "{found:o} {wanted:o}");
        }
    }
}
