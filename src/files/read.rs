//! Reads files. No other code does.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use kuma_pki::installation::NamedFile;
use rustix::fs::OFlags;
use zeroize::Zeroizing;

use crate::report::failure::{Failure, reason};
use crate::report::shell;

/// The largest file that is read, in bytes.
const MAX_LENGTH: u64 = kuma_pki::format::pem::MAX_LENGTH as u64;

/// The longest path in a message, in bytes.
const MAX_NAME_LENGTH: usize = 1024;

/// Refuses `-` for more than one input of a run.
pub(crate) fn stdin_once(
    inputs: impl IntoIterator<Item = impl AsRef<Path>>,
) -> Result<(), Failure> {
    let stdin = inputs.into_iter().filter(|input| input.as_ref().as_os_str() == "-");
    if stdin.count() > 1 {
        return Err(Failure::usage(
            "`-` is given for more than one input, but standard input can be read only once",
        ));
    }
    Ok(())
}

/// Reads a file, or standard input for `-`. The bytes are wiped when dropped, since users mix up keys and
/// certificates. `label` names the file in messages, such as `CA certificate file`. Fails on a file that cannot
/// be read, is empty, or is larger than 1 MiB.
pub(crate) fn file(path: &Path, label: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = any(path, label)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let failure = Failure::failed(format!("the {label} {} is empty", shown(path)));
        return Err(failure.hint("create or copy the file again"));
    }
    Ok(bytes)
}

/// Reads a file that may be empty. Fails on a file that cannot be read, or is larger than 1 MiB.
pub(crate) fn any(path: &Path, label: &str) -> Result<Zeroizing<Vec<u8>>, Failure> {
    up_to(path, label, MAX_LENGTH)
}

/// Reads a file of at most `longest` bytes, which may be empty. Fails on a file that cannot be read, or is
/// larger.
pub(crate) fn up_to(path: &Path, label: &str, longest: u64) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let bytes = if path.as_os_str() == "-" {
        read_bounded(io::stdin().lock(), 0, longest)
    } else {
        File::open(path).and_then(|file| {
            let length = file.metadata().map_or(0, |metadata| metadata.len());
            read_bounded(file, length, longest)
        })
    };
    not_longer(bytes.map_err(|error| unreadable(path, label, &error))?, path, label, longest)
}

/// Opens a file of any length, or standard input for `-`, to read it piece by piece.
pub(crate) fn open(path: &Path, role: &str) -> Result<Box<dyn Read>, Failure> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?, file)));
    match opened {
        Ok((metadata, _)) if metadata.is_dir() => {
            Err(unreadable(path, role, &io::ErrorKind::IsADirectory.into()))
        }
        Ok((_, file)) => Ok(Box::new(file)),
        Err(error) => Err(unreadable(path, role, &error)),
    }
}

/// The most files of a directory that are read.
const MAX_FILES: usize = 256;

/// Reads the files of a directory, sorted by their names: regular files of at most 1 MiB that are not hidden, and the
/// drop-ins of systemd in `NAME.service.d`. Fails on a directory or a file that cannot be read, or too many files.
pub(crate) fn directory(path: &Path) -> Result<Vec<NamedFile>, Failure> {
    let list = |path: &Path| {
        let mut names =
            super::names(path).map_err(|error| unreadable(path, "directory", &error))?;
        names.retain(|name| !name.as_encoded_bytes().starts_with(b"."));
        names.sort();
        Ok::<_, Failure>(names)
    };
    let mut names = list(path)?;
    for drop_ins in names.clone() {
        let place = path.join(&drop_ins);
        if drop_ins.as_encoded_bytes().ends_with(b".service.d") && place.is_dir() {
            names.extend(list(&place)?.iter().map(|name| Path::new(&drop_ins).join(name).into()));
        }
    }
    let mut files = Vec::new();
    for name in names {
        let place = path.join(&name);
        let is_short =
            |metadata: &std::fs::Metadata| metadata.is_file() && metadata.len() <= MAX_LENGTH;
        if !std::fs::metadata(&place).is_ok_and(|metadata| is_short(&metadata)) {
            continue;
        }
        if files.len() == MAX_FILES {
            let text = format!("the directory {} has more than {MAX_FILES} files", shown(path));
            return Err(Failure::failed(text).hint("name the directory of the installation"));
        }
        files.push(NamedFile::new(name.to_string_lossy(), any(&place, "file")?));
    }
    Ok(files)
}

/// Reads the existing file at the path of an output, if there is one; it may be empty. Does not wait for the
/// other end of a pipe or a device. Fails on a path that is not a readable regular file of at most 1 MiB.
pub(crate) fn existing(path: &Path, label: &str) -> Result<Option<Zeroizing<Vec<u8>>>, Failure> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let bytes = match opened.and_then(|file| Ok((file.metadata()?, file))) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok((metadata, _)) if !metadata.is_file() => {
            let text = format!("the {label} {} is not a regular file", shown(path));
            return Err(Failure::failed(text).hint("remove it, or write to another path"));
        }
        opened => opened
            .and_then(|(metadata, file)| read_bounded(file, metadata.len(), MAX_LENGTH))
            .map_err(|error| unreadable(path, label, &error))?,
    };
    not_longer(bytes, path, label, MAX_LENGTH).map(Some)
}

fn unreadable(path: &Path, label: &str, error: &io::Error) -> Failure {
    let text = format!("could not read the {label} {}: {}", shown(path), reason(error));
    let failure = Failure::failed(text);
    match error.kind() {
        io::ErrorKind::IsADirectory => failure.hint("pass a file in that directory"),
        io::ErrorKind::NotFound => {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            let directory = directory.unwrap_or_else(|| Path::new(".")).to_string_lossy();
            failure.hint(format!("list the directory: ls {}", shell::word(&directory)))
        }
        _ => failure,
    }
}

fn not_longer(
    bytes: Zeroizing<Vec<u8>>,
    path: &Path,
    label: &str,
    longest: u64,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    if bytes.len() as u64 <= longest {
        return Ok(bytes);
    }
    let why = if longest == MAX_LENGTH { ", the limit of a Kubernetes Secret" } else { "" };
    let (shown, limit) = (shown(path), longest >> 20);
    Err(Failure::failed(format!("the {label} {shown} is longer than {limit} MiB{why}")))
}

/// Returns the path for a message.
pub(crate) fn shown(path: &Path) -> String {
    if path.as_os_str() == "-" {
        return "standard input".to_owned();
    }
    let name = path.display().to_string();
    let first_line = name.lines().next().unwrap_or_default();
    if name.len() <= MAX_NAME_LENGTH && first_line.len() == name.len() {
        return kuma_pki::printable(&name);
    }
    // Contents instead of a path, perhaps those of a Secret.
    let start: String = first_line.chars().take(20).collect();
    format!("{}... ({} bytes instead of a file name)", kuma_pki::printable(&start), name.len())
}

/// Reads at most one byte more than allowed. The buffer never grows, since that would leave a copy of a
/// key in memory.
fn read_bounded(source: impl Read, expected: u64, longest: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let capacity = if expected == 0 { MAX_LENGTH.min(longest) } else { expected.min(longest) };
    let mut bytes = Zeroizing::new(Vec::with_capacity(capacity as usize + 64));
    source.take(longest + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
