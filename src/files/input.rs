//! The only code that reads files.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::report::failure::{Failure, reason};
use crate::report::shell;

/// The largest file that is read, in bytes.
const MAX_LENGTH: u64 = kuma_pki::format::pem::MAX_LENGTH as u64;

/// The longest path that Linux takes, in bytes; most file systems have less room.
const MAX_NAME_LENGTH: usize = 1024;

/// Refuses `-` for more than one of the inputs of a run.
///
/// # Errors
///
/// Two inputs that are standard input.
pub(crate) fn read_stdin_once(
    inputs: impl IntoIterator<Item = impl AsRef<Path>>,
) -> Result<(), Failure> {
    let stdin = inputs.into_iter().filter(|input| input.as_ref().as_os_str() == "-");
    if stdin.count() > 1 {
        return Err(Failure::usage("standard input can be read only once"));
    }
    Ok(())
}

/// Reads a file, or standard input for `-`. What is read is wiped when dropped, since people mix up
/// keys and certificates. `role` names the file in messages, such as `CA certificate file`.
///
/// # Errors
///
/// A file that cannot be read, is empty, or is larger than 1 MiB.
pub(crate) fn read(path: &Path, role: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = read_any(path, role)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let failure = Failure::failed(format!("the {role} {} is empty", shown(path)));
        return Err(failure.hint("was it written to the end? Make or copy it once more"));
    }
    Ok(bytes)
}

/// Reads a file that may be empty.
///
/// # Errors
///
/// A file that cannot be read, or is larger than 1 MiB.
pub(crate) fn read_any(path: &Path, role: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_up_to(path, role, MAX_LENGTH)
}

/// Reads a file of at most so many bytes, which may be empty.
///
/// # Errors
///
/// A file that cannot be read, or is larger.
pub(crate) fn read_up_to(
    path: &Path,
    role: &str,
    longest: u64,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = if path.as_os_str() == "-" {
        read_bounded(io::stdin().lock(), 0, longest)
    } else {
        File::open(path).and_then(|file| {
            let length = file.metadata().map_or(0, |metadata| metadata.len());
            read_bounded(file, length, longest)
        })
    };
    not_longer(bytes.map_err(|error| unreadable(path, role, &error))?, path, role, longest)
}

/// Reads what an earlier run left at the place of an output: a regular file, which may be empty, or
/// nothing. Opening a pipe or a device would wait for whoever is at its other end.
///
/// # Errors
///
/// Anything but a regular file of at most 1 MiB that can be read.
pub(crate) fn read_output(path: &Path, role: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let bytes = match opened.and_then(|file| Ok((file.metadata()?, file))) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok((metadata, _)) if !metadata.is_file() => {
            let text = format!("the {role} {} is not a regular file", shown(path));
            return Err(Failure::failed(text).hint("remove it, or write to another path"));
        }
        opened => opened
            .and_then(|(metadata, file)| read_bounded(file, metadata.len(), MAX_LENGTH))
            .map_err(|error| unreadable(path, role, &error))?,
    };
    not_longer(bytes, path, role, MAX_LENGTH).map(Some)
}

fn unreadable(path: &Path, role: &str, error: &io::Error) -> Failure {
    let text = format!("could not read the {role} {}: {}", shown(path), reason(error));
    let failure = Failure::failed(text);
    match error.kind() {
        io::ErrorKind::IsADirectory => failure.hint("name a file in it"),
        io::ErrorKind::NotFound => {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let directory = directory.unwrap_or_else(|| Path::new(".")).to_string_lossy();
            failure.hint(format!("see what is there: ls {}", shell::word(&directory)))
        }
        _ => failure,
    }
}

fn not_longer(
    bytes: Zeroizing<Vec<u8>>,
    path: &Path,
    role: &str,
    longest: u64,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if bytes.len() as u64 <= longest {
        return Ok(bytes);
    }
    let why = if longest == MAX_LENGTH { ", which no Kubernetes Secret can hold" } else { "" };
    let (shown, limit) = (shown(path), longest >> 20);
    Err(Failure::failed(format!("the {role} {shown} is longer than {limit} MiB{why}")))
}

/// The path as a message names it.
pub(crate) fn shown(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "standard input".to_owned();
    }
    let name = path.display().to_string();
    let first_line = name.lines().next().unwrap_or_default();
    if name.len() <= MAX_NAME_LENGTH && first_line.len() == name.len() {
        return kuma_pki::printable(&name);
    }
    // No name of a file, but what is in one: it may be anything, a Secret too.
    let start: String = first_line.chars().take(20).collect();
    format!(
        "{}... ({} bytes, where the name of a file belongs)",
        kuma_pki::printable(&start),
        name.len()
    )
}

/// At most one byte more than allowed. The buffer has room for what is expected, and for all of what a
/// pipe may bring, so that it does not move and leave a copy of a key behind.
fn read_bounded(source: impl Read, expected: u64, longest: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let capacity = if expected == 0 { MAX_LENGTH.min(longest) } else { expected.min(longest) };
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity as usize + 64));
    source.take(longest + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
