//! Permissions that differ from those that were asked for.
//!
//! Some file systems keep none (Windows drives in WSL, shared folders), and only the owner of a file may
//! change them. That is a warning: a key is not thrown away for it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::{Changes, Request};
use crate::report::failure::reason;

/// Sets the permissions of a new file, where the system allows it. What became of them is looked at once
/// the file is at its place.
///
/// # Errors
///
/// What has nothing to do with permissions, such as a failing disk.
pub(super) fn set(file: &File, mode: u32) -> io::Result<()> {
    match file.set_permissions(Permissions::from_mode(mode)) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        set => set,
    }
}

/// The permissions of a file, if they are others than wanted. That its owner cannot write to it makes no
/// difference: files are replaced as a whole.
pub(crate) fn wrong_mode(path: &Path, wanted: u32) -> Option<u32> {
    let found = mode(&fs::metadata(path).ok()?);
    is_wrong(found, wanted).then_some(found)
}

/// What there is to say about a file whose permissions could not be set.
pub(crate) fn warning(path: &Path, found: u32, wanted: u32, why: &str) -> String {
    format!("{} ({why})", difference(path, found, wanted))
}

/// Why permissions are not set, where the system gives no reason.
pub(crate) const NOT_KEPT: &str = "the file system does not keep permissions";

impl Changes {
    /// Takes a file that was written to a path.
    pub(super) fn add_written(&mut self, mut request: Request, path: &Path) {
        if let (Ok(metadata), Some(shown)) = (fs::metadata(path), request.destination.path()) {
            let (found, wanted) = (mode(&metadata), request.mode);
            let is_unreadable = wanted & !found & 0o444 != 0;
            if is_wrong(found, wanted) && (request.role.holds_key() || is_unreadable) {
                self.warnings.push(warning(shown, found, wanted, NOT_KEPT));
            }
            request.mode = found;
        }
        self.saved.push(request);
    }

    /// Repairs the permissions of a file at a path, which stays otherwise.
    pub(super) fn repair(&mut self, request: Request, path: &Path) {
        let (Some(found), Some(shown)) =
            (wrong_mode(path, request.mode), request.destination.path())
        else {
            return;
        };
        let repaired = repair(path, request.mode);
        match repaired {
            Ok(()) => {
                self.reasons.push(difference(shown, found, request.mode));
                self.repaired.push(request);
            }
            Err(why) => self.warnings.push(warning(shown, found, request.mode, &why)),
        }
    }
}

fn repair(path: &Path, wanted: u32) -> Result<(), String> {
    // The path was resolved: what is a link now was not one then.
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

fn difference(path: &Path, found: u32, wanted: u32) -> String {
    format!("{} has the permissions {found:04o}, not {wanted:04o}", path.display())
}

fn mode(metadata: &fs::Metadata) -> u32 {
    metadata.permissions().mode() & 0o7777
}

const fn is_wrong(found: u32, wanted: u32) -> bool {
    const OWNER_WRITES: u32 = 0o200;
    found & !wanted != 0 || wanted & !found & !OWNER_WRITES != 0
}
