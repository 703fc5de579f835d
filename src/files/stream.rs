//! Writes to standard output, pipes and devices, as fast as the reader reads.

use std::fs::{self, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fstat, stat};
use rustix::io::Errno;

use super::signals;
use crate::report::failure::Failure;

/// How often to check for a reader and for signals.
const TICK: Duration = Duration::from_millis(10);

/// What a writable pipe takes without blocking: `PIPE_BUF` is at least 512 in POSIX, and 4096 on Linux.
const CHUNK: usize = if cfg!(target_os = "linux") { 4096 } else { 512 };

/// Writes to a pipe or a device. Waits for the reader of a pipe. Fails on a signal, or an error of the system,
/// converted by `failed`.
pub(super) fn write_special(
    path: &Path,
    bytes: &[u8],
    failed: impl Fn(&io::Error) -> Failure,
) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.append(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
    let opened = loop {
        match options.open(path) {
            Err(error) if is_without_reader(&error, path) => signals::pause(TICK)?,
            opened => break opened,
        }
    };
    write(opened.map_err(|error| failed(&error))?, bytes, failed)
}

/// Refuses a closed standard output (`>&-`), where a key would be lost. The standard library opens `/dev/null`
/// in its place, for reading and writing. Some programs start others with such a standard output; they are
/// refused, too.
pub(super) fn refuse_closed_stdout(failed: impl Fn(&io::Error) -> Failure) -> Result<(), Failure> {
    let stdout = io::stdout();
    let is_for_both = fcntl_getfl(&stdout).is_ok_and(|flags| flags.contains(OFlags::RDWR));
    match (fstat(&stdout), stat("/dev/null")) {
        (Ok(stdout), Ok(null)) if is_for_both && stdout.st_rdev == null.st_rdev => {
            Err(failed(&io::Error::from(Errno::BADF)))
        }
        _ => Ok(()),
    }
}

fn is_without_reader(error: &io::Error, path: &Path) -> bool {
    error.raw_os_error() == Some(Errno::NXIO.raw_os_error())
        && fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

/// Writes to an open file that may have to wait for its reader. Fails on a signal, or an error of the system,
/// converted by `failed`.
pub(super) fn write(
    place: impl AsFd,
    mut bytes: &[u8],
    failed: impl Fn(&io::Error) -> Failure,
) -> Result<(), Failure> {
    let tick = Timespec { tv_sec: 0, tv_nsec: TICK.subsec_nanos().into() };
    while !bytes.is_empty() {
        signals::check()?;
        let mut room = [PollFd::new(&place, PollFlags::OUT)];
        if let Ok(0) | Err(Errno::INTR) = poll(&mut room, Some(&tick)) {
            continue;
        }
        match rustix::io::write(&place, &bytes[..bytes.len().min(CHUNK)]) {
            Ok(written) => bytes = &bytes[written..],
            Err(Errno::AGAIN | Errno::INTR) => {}
            Err(error) => return Err(failed(&error.into())),
        }
    }
    Ok(())
}
