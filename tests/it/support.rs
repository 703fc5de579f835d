//! A directory of its own for every test, and the program to run in it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use tempfile::TempDir;

/// An empty directory, an empty HOME next to it, and only PATH from the caller's environment.
pub(crate) struct Sandbox {
    root: TempDir,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().expect("a temporary directory");
        fs::create_dir(root.path().join("work")).expect("a directory to work in");
        fs::create_dir(root.path().join("home")).expect("a home");
        Self { root }
    }

    /// Where programs run.
    pub(crate) fn directory(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The empty home directory.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.path().join("home")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a file; a new `*.key` only its owner can read, so that no command warns about it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let mode = if name.ends_with(".key") { 0o600 } else { 0o666 };
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(mode);
        let written =
            options.open(self.path(name)).and_then(|mut file| file.write_all(content.as_ref()));
        written.unwrap_or_else(|error| panic!("{name}: {error}"));
    }

    /// The permissions of a file.
    pub(crate) fn mode(&self, name: &str) -> u32 {
        let metadata = fs::metadata(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        metadata.permissions().mode() & 0o7777
    }

    /// Everything in the directory: names, permissions and content.
    pub(crate) fn snapshot(&self) -> BTreeMap<String, (u32, Vec<u8>)> {
        let entries = fs::read_dir(self.directory()).expect("a directory");
        entries
            .map(|entry| {
                let path = entry.expect("an entry").path();
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                let metadata = fs::symlink_metadata(&path).expect("metadata");
                let content =
                    if metadata.is_file() { fs::read(&path).unwrap_or_default() } else { vec![] };
                (name, (metadata.permissions().mode() & 0o7777, content))
            })
            .collect()
    }

    /// The names in the directory, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        self.snapshot().into_keys().collect()
    }

    /// Any program, in the directory and with the home of the sandbox.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.directory())
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", path_with_kumactl(&[]))
            .stdin(Stdio::null());
        command
    }

    /// `kumactl` with these arguments.
    pub(crate) fn kumactl<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Ended {
        run(self.command(kumactl()).args(arguments))
    }

    /// `kumactl generate tls-certificate` with a quick key, and with these arguments.
    pub(crate) fn generate<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Ended {
        let mut command = self.command(kumactl());
        run(command.args(["generate", "tls-certificate", "--key-type=ecdsa"]).args(arguments))
    }

    /// Runs a script with `sh`, in which `kumactl` is this program, and kubectl, helm, kuma-cp, kuma-dp
    /// and the official kumactl are scripts in `tests/fixtures/stubs`, which check their arguments.
    pub(crate) fn play(&self, script: &str) -> Ended {
        let stubs = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/stubs");
        let mut shell = self.command("sh");
        shell.env("PATH", path_with_kumactl(&[&stubs]));
        run(shell.args(["-uc", &format!("exec 2>&1\n{script}")]))
    }

    /// Runs a script with `sh`, in which `kumactl` is this program.
    pub(crate) fn shell(&self, script: &str) -> Ended {
        run(self.command("sh").args(["-euc", script]))
    }
}

impl Ended {
    /// Returns the standard output of a success that printed nothing else.
    #[track_caller]
    pub(crate) fn quiet_success(self) -> String {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""), "{self:?}");
        self.stdout
    }

    /// Returns the standard output of a failed check that printed its report there.
    #[track_caller]
    pub(crate) fn failure_report(self) -> String {
        assert_eq!((self.status, self.stderr.as_str()), (1, ""), "{self:?}");
        self.stdout
    }

    /// Returns the standard error of a failure with this status and empty standard output.
    #[track_caller]
    pub(crate) fn failure(self, status: i32) -> String {
        assert_eq!((self.status, self.stdout.as_str()), (status, ""), "{self:?}");
        self.stderr
    }
}

/// The program under test.
pub(crate) fn kumactl() -> PathBuf {
    assert_cmd::cargo::cargo_bin!("kumactl").to_owned()
}

pub(crate) fn run(command: &mut Command) -> Ended {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Ended {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A run in which strace injected faults into system calls, and what strace saw of those calls.
pub(crate) struct Faulty {
    pub(crate) ended: Ended,
    pub(crate) log: String,
}

impl Faulty {
    /// How the run ended, once it is sure that it met every kind of fault.
    #[track_caller]
    pub(crate) fn hit(self) -> Ended {
        assert!(self.is_hit(), "no fault was injected: {:?}\n{}", self.ended, self.log);
        self.ended
    }

    /// Whether any call was tampered with.
    pub(crate) fn is_hit(&self) -> bool {
        ["(INJECTED)", "(DELAYED)", "--- SIG", "+++ killed by SIG"]
            .iter()
            .any(|mark| self.log.contains(mark))
    }
}

/// A command that strace starts with faults in some of its system calls, on one path if it is given.
/// What strace saw of the calls is in `strace.log` in the home of the sandbox.
pub(crate) fn faulty_command(
    sandbox: &Sandbox,
    strace: &Path,
    faults: &[(&str, &str)],
    path: Option<&Path>,
) -> Command {
    let traced: Vec<_> = faults.iter().map(|(calls, _)| *calls).collect();
    let mut command = sandbox.command(strace);
    command.args(["-f", "-y", "-qq", "-o"]).arg(sandbox.home().join("strace.log"));
    command.arg("-e").arg(format!("trace={}", traced.join(",")));
    for (calls, fault) in faults.iter().filter(|(_, fault)| !fault.is_empty()) {
        command.arg("-e").arg(format!("inject={calls}:{fault}"));
    }
    command.args(path.map(|path| format!("--trace-path={}", path.display()))).arg(kumactl());
    command
}

/// Runs the program with faults in some of its system calls; without a fault, calls are only traced.
pub(crate) fn with_faults<A: AsRef<OsStr>>(
    sandbox: &Sandbox,
    strace: &Path,
    faults: &[(&str, &str)],
    arguments: impl IntoIterator<Item = A>,
) -> Faulty {
    with_faults_on(sandbox, strace, faults, None, arguments)
}

/// The same, in calls on one path only if one is given.
pub(crate) fn with_faults_on<A: AsRef<OsStr>>(
    sandbox: &Sandbox,
    strace: &Path,
    faults: &[(&str, &str)],
    path: Option<&Path>,
    arguments: impl IntoIterator<Item = A>,
) -> Faulty {
    let ended = run(faulty_command(sandbox, strace, faults, path).args(arguments));
    let log = fs::read_to_string(sandbox.home().join("strace.log")).expect("strace's log");
    Faulty { ended, log }
}

/// A running program, which is killed if the test fails.
pub(crate) struct Running(Child);

impl Running {
    /// Starts a program. Its standard error goes to a file in the sandbox's home.
    pub(crate) fn start(sandbox: &Sandbox, command: &mut Command, name: &str) -> Self {
        let file = fs::File::create(sandbox.home().join(name)).expect("a file");
        Self(command.stderr(file).spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Sends one signal.
    pub(crate) fn signal(&self, sandbox: &Sandbox, signal: &str) {
        sandbox.shell(&format!("kill -s {signal} {}", self.id())).quiet_success();
    }

    /// How it ended, which it has to do soon.
    #[track_caller]
    pub(crate) fn end(mut self) -> ExitStatus {
        eventually("the end of the program", || self.0.try_wait().expect("its state"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits up to a minute for an action of another process, so that a slow machine does not fail the test.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..6000 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("waited in vain for {what}");
}

/// The path of a program that is installed, or `None` after saying aloud that a test is skipped.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(program)).find(|p| p.is_file());
    if found.is_none() {
        skipped(&format!("for want of `{program}`"));
    }
    found
}

/// Returns every command with its help, as its words: the program itself first, then what its help lists.
pub(crate) fn commands() -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    collect_commands(Vec::new(), &mut found);
    found
}

fn collect_commands(words: Vec<String>, found: &mut Vec<(Vec<String>, String)>) {
    let arguments = words.iter().map(String::as_str).chain(["--help"]);
    let help = Sandbox::new().kumactl(arguments).quiet_success();
    found.push((words.clone(), help.clone()));
    // The help of the program lists commands in groups, that of a verb its nouns.
    let titles = ["Commands:", "Create:", "Inspect and verify:", "Other:"];
    let mut is_listed = false;
    let mut last = String::new();
    for line in help.lines() {
        is_listed = titles.contains(&line) || (is_listed && !line.is_empty());
        let name = line.strip_prefix("  ").and_then(|line| line.split(' ').next());
        let name = name.filter(|name| is_listed && !["", "help", &last].contains(name));
        if let Some(name) = name {
            last = name.to_owned();
            collect_commands([&words[..], &[name.to_owned()]].concat(), found);
        }
    }
}

/// Says that the running test is skipped, where the machine lacks something that it could have.
///
/// # Panics
///
/// With `KUMACTL_REQUIRE_ALL=1`, as CI sets it: there, nothing is skipped unnoticed.
pub(crate) fn skipped(reason: &str) {
    let requires_all = std::env::var_os("KUMACTL_REQUIRE_ALL").is_some_and(|value| value == "1");
    assert!(!requires_all, "KUMACTL_REQUIRE_ALL=1, and a test is skipped {reason}");
    said_aloud(reason);
}

/// Says that the running test is skipped, past the test harness, which keeps what `eprintln!` prints.
pub(crate) fn said_aloud(reason: &str) {
    let thread = std::thread::current();
    let _ = writeln!(io::stderr(), "SKIPPED, {reason}: {}", thread.name().unwrap_or("?"));
}

/// Returns a `PATH` with this program first, these directories next, and without an official kumactl of the
/// machine.
pub(crate) fn path_with_kumactl(next: &[&Path]) -> OsString {
    let own = kumactl().parent().map(Path::to_owned).into_iter();
    let next = next.iter().map(|directory| (*directory).to_owned());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let others = std::env::split_paths(&path).filter(|dir| !dir.join("kumactl").exists());
    std::env::join_paths(own.chain(next).chain(others)).expect("a PATH")
}
