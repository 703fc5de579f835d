//! The hand-over: the official kumactl executes the commands that this program does not have.
//!
//! The official program replaces this process (`exec`), so its streams, status and signals are those
//! of the process that the shell started. The standard library sets SIGPIPE, which it ignores in a
//! Rust program, back to its default on the way, and leaves the signal mask alone.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fmt, fs, io};

use rustix::fs::Access;

use crate::report::failure::{Failure, reason};
use crate::report::program_name;

/// The file name of the official program.
const NAME: &str = "kumactl";

/// Names the official program: a path, or a name to look up on `PATH`.
const SETTING: &str = "KUMACTL_OFFICIAL";

/// Lists the programs that a command was handed to, as `COMMAND@DEVICE:INODE` separated by blanks.
///
/// A program in the list does not get the same command again. This ends every loop: two copies of
/// this program that find each other, and a wrapper that calls this program back. A script that is
/// handed `install` may still call `kumactl get`, which is another command.
const TRAIL: &str = "KUMACTL_HANDED_OVER";

/// The longest list: a wrapper may call a new command each time.
const MAX_HAND_OVERS: usize = 32;

/// The official verbs, as the help lists them (`kumactl --help` of Kuma 2.14).
pub(crate) const VERBS: &[&str] =
    &["apply", "config", "delete", "export", "get", "install", "uninstall"];

/// An executable file that is not this program.
pub(crate) struct Official {
    pub(crate) path: PathBuf,
    id: FileId,
    command: String,
}

/// The identity of a file, independent of its name: the device and the inode.
#[derive(Clone, Copy, Eq, PartialEq)]
struct FileId {
    device: u64,
    inode: u64,
}

/// The reason why there is no official program to run.
enum Missing {
    /// The official program found called this one back with the same command.
    CallsBack(PathBuf),
    NotOnPath,
    /// The program that `KUMACTL_OFFICIAL` names cannot be run.
    Setting(PathBuf, String),
}

impl Official {
    /// Finds the official program for a command, such as `get` or `inspect dataplanes`, as it would
    /// run it with these arguments. Returns `None` without one.
    pub(crate) fn find(command: &str, arguments: &[OsString]) -> Option<Self> {
        find(trail_key(command, arguments)).ok()
    }

    /// Returns the command line that runs the official program.
    pub(crate) fn command(&self, arguments: &[OsString]) -> Command {
        let mut trail = env::var_os(TRAIL).unwrap_or_default();
        if !trail.is_empty() {
            trail.push(" ");
        }
        trail.push(entry(&self.command, self.id));
        let mut command = Command::new(&self.path);
        command.args(arguments.get(1..).unwrap_or_default()).env(TRAIL, trail);
        command
    }
}

/// Replaces this process by the official program, with the arguments of this process. Returns only if
/// that fails.
///
/// `command` is the command without its flags, such as `generate zone-token`.
pub(crate) fn hand_over(command: &str) -> Failure {
    let arguments: Vec<OsString> = env::args_os().collect();
    match find(trail_key(command, &arguments)) {
        Ok(official) => {
            let error = official.command(&arguments).exec();
            let path = official.path.display();
            Failure::not_executable(format!(
                "could not run the official kumactl {path}: {}",
                reason(&error)
            ))
        }
        Err(missing) => missing.failure(command),
    }
}

/// Returns whether the official program, or a wrapper of it, started this process for this very command.
pub(crate) fn is_called_back(command: &str) -> bool {
    let key = trail_key(command, &env::args_os().collect::<Vec<_>>());
    trail().iter().any(|entry| entry.split('@').next() == Some(&key))
}

impl Missing {
    fn failure(self, command: &str) -> Failure {
        let name = program_name::get();
        let command = format!("`{name} {command}`");
        let (text, hint) = match self {
            Self::CallsBack(path) => (
                format!("{} hands {command} back to this program", path.display()),
                format!("set {SETTING} to the path of the official kumactl"),
            ),
            Self::NotOnPath => (
                format!("there is no official kumactl to run {command}"),
                format!(
                    "install the official kumactl from https://kuma.io/install, later on PATH than \
                     this program, or set {SETTING} to its path"
                ),
            ),
            Self::Setting(path, reason) => (
                format!(
                    "could not hand {command} to the official kumactl: {SETTING}={}: {reason}",
                    path.display()
                ),
                format!("set {SETTING} to the path of the official kumactl, or unset it"),
            ),
        };
        Failure::no_official(text).hint(hint)
    }
}

fn find(command: String) -> Result<Official, Missing> {
    let own = own_id();
    let trail = trail();
    let is_own = |id: FileId| own == Some(id);
    let was_handed = |id: FileId| trail.contains(&entry(&command, id));
    let setting = env::var_os(SETTING).filter(|value| !value.is_empty());
    let name = setting.as_deref().unwrap_or_else(|| OsStr::new(NAME));
    let is_bare = !has_slash(name);
    let mut calls_back = None;
    let mut problem = None;
    for path in candidates(name) {
        match executable(&path) {
            Ok(id) if is_own(id) => problem = Some("it is this program".to_owned()),
            Ok(id) if was_handed(id) || trail.len() >= MAX_HAND_OVERS => {
                calls_back.get_or_insert(path);
            }
            Ok(id) => return Ok(Official { path, id, command }),
            // Most directories of PATH do not have the file.
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_bare => {}
            Err(error) => problem = Some(reason(&error)),
        }
    }
    Err(match (calls_back, setting) {
        (Some(path), _) => Missing::CallsBack(path),
        (None, Some(setting)) => {
            let problem = problem.unwrap_or_else(|| "not found on PATH".to_owned());
            Missing::Setting(setting.into(), problem)
        }
        (None, None) => Missing::NotOnPath,
    })
}

/// Returns the paths of a name, as a shell resolves it: the name itself if it has a slash, or else one in
/// each directory of `PATH`.
fn candidates(name: &OsStr) -> Vec<PathBuf> {
    if has_slash(name) {
        return vec![name.into()];
    }
    let path = env::var_os("PATH").unwrap_or_default();
    // An empty entry is the current directory, and a bare name would be looked up again.
    let directories = env::split_paths(&path).map(|directory| Path::new(".").join(directory));
    directories.map(|directory| directory.join(name)).collect()
}

fn has_slash(name: &OsStr) -> bool {
    name.as_encoded_bytes().contains(&b'/')
}

/// Returns the identity of an executable file.
fn executable(path: &Path) -> io::Result<FileId> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    rustix::fs::access(path, Access::EXEC_OK)?;
    Ok(FileId::of(&metadata))
}

/// Returns the identity of this program's file, on Linux even after it was renamed or replaced.
fn own_id() -> Option<FileId> {
    let metadata = fs::metadata("/proc/self/exe").or_else(|_| fs::metadata(env::current_exe()?));
    metadata.ok().map(|metadata| FileId::of(&metadata))
}

impl FileId {
    fn of(metadata: &fs::Metadata) -> Self {
        Self { device: metadata.dev(), inode: metadata.ino() }
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.inode)
    }
}

fn trail() -> Vec<String> {
    let trail = env::var(TRAIL).unwrap_or_default();
    trail.split(' ').filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

fn entry(command: &str, id: FileId) -> String {
    format!("{command}@{id}")
}

/// Returns the command for the list, with the word after it, since a script that is handed `install
/// control-plane` may call `install crds`.
fn trail_key(command: &str, arguments: &[OsString]) -> String {
    let last = command.rsplit(' ').next().unwrap_or(command);
    let mut behind = arguments.iter().skip(1).skip_while(|word| *word != last).skip(1);
    let next = behind.find(|word| !word.as_encoded_bytes().starts_with(b"-"));
    let words = [Some(command.to_owned()), next.map(|word| word.to_string_lossy().into_owned())];
    let words = words.into_iter().flatten().collect::<Vec<_>>().join(".");
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    words.chars().map(|letter| if is_plain(letter) { letter } else { '_' }).take(64).collect()
}
