//! The program beside others: whole processes, one after the other in turns, in one run.
//!
//! `cargo bench --bench compare [-- --runs=N]`, with peers where they are: `openssl`, and the official
//! kumactl at `KUMACTL_OFFICIAL`. Files go to /dev/shm where it is, so that no disk is measured.
//! Compare the ratios: times of two runs on a shared machine differ more than those of one.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use aws_lc_rs::rsa::{KeyPair, KeySize};

/// Set for the process that only makes a key.
const BARE_KEY: &str = "KUMACTL_BENCH_BARE_KEY";

struct Row {
    title: &'static str,
    /// What it is compared with: the place of a row.
    base: usize,
    command: Command,
    times: Vec<Duration>,
}

fn main() -> ExitCode {
    if env::var_os(BARE_KEY).is_some() {
        return match KeyPair::generate(KeySize::Rsa2048) {
            Ok(_) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let runs = env::args().find_map(|a| a.strip_prefix("--runs=")?.parse().ok()).unwrap_or(60);
    let shared = Path::new("/dev/shm");
    let place = if shared.is_dir() { shared.to_owned() } else { env::temp_dir() };
    let directory = place.join(format!("kumactl-bench-{}", std::process::id()));
    fs::create_dir_all(&directory).expect("a directory");
    let mut rows = rows(&directory);
    for _ in 0..runs {
        for row in &mut rows {
            let start = Instant::now();
            let status = row.command.status().expect("a process");
            row.times.push(start.elapsed());
            assert!(status.success(), "{}", row.title);
        }
    }
    print(&mut rows, runs);
    let _ = fs::remove_dir_all(&directory);
    ExitCode::SUCCESS
}

fn rows(directory: &Path) -> Vec<Row> {
    let ours = Path::new(env!("CARGO_BIN_EXE_kumactl"));
    let row = |title, base, mut command: Command| {
        command.current_dir(directory).stdout(Stdio::null()).stderr(Stdio::null());
        Row { title, base, command, times: Vec::new() }
    };
    let generate = |program: &Path, more: &[&str]| {
        let mut command = Command::new(program);
        command.args(["generate", "tls-certificate", "--type=server", "--hostname=cp.example"]);
        command.args(more);
        command
    };
    let mut bare = Command::new(env::current_exe().expect("this program"));
    bare.env(BARE_KEY, "1");
    let ecdsa = ["--key-type=ecdsa", "--force"];
    let mut rows = vec![
        row("a Rust program that does nothing", 0, Command::new(nothing(directory))),
        row("kumactl, ECDSA", 0, generate(ours, &ecdsa)),
        row("kumactl, ECDSA, --ephemeral-ca", 0, {
            generate(ours, &[&ecdsa[..], &["--ephemeral-ca"]].concat())
        }),
        row("kumactl, ECDSA, --if-needed, nothing to do", 0, {
            let files = ["--cert-file=kept.pem", "--key-file=kept.key", "--if-needed"];
            generate(ours, &[&ecdsa[..1], &files].concat())
        }),
        row("the crypto library's RSA-2048 key alone", 4, bare),
        row("kumactl, RSA-2048", 4, generate(ours, &["--force"])),
    ];
    let look = |words: &[&str]| {
        let mut command = Command::new(ours);
        command.args(words).args(["kept.crt"]);
        command
    };
    let made =
        generate(ours, &["--ephemeral-ca", "--cert-file=kept.crt", "--key-file=kept.crt.key"])
            .current_dir(directory)
            .stdout(Stdio::null())
            .status();
    assert!(made.is_ok_and(|status| status.success()));
    rows.push(row("kumactl inspect certificate", 0, look(&["inspect", "certificate"])));
    rows.push(row("kumactl verify tls-certificate, RSA-2048 and its key", 0, {
        let mut command =
            look(&["verify", "tls-certificate", "--key-file=kept.crt.key", "--cert-file"]);
        command.arg("--hostname=cp.example");
        command
    }));
    let openssl = |key: &[&str]| {
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-nodes", "-subj", "/CN=cp.example", "-keyout", "o.key"]);
        command.args(["-out", "o.crt", "-addext", "subjectAltName=DNS:cp.example"]).args(key);
        command
    };
    if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_ok() {
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
        rows.push(row("openssl req -x509, ECDSA", 0, openssl(&curve)));
        rows.push(row("openssl req -x509, RSA-2048", 4, openssl(&["-newkey", "rsa:2048"])));
    }
    if let Some(official) = env::var_os("KUMACTL_OFFICIAL") {
        let official = PathBuf::from(official);
        let no_config = ["--no-config", "--key-file=f.key", "--cert-file=f.crt"];
        let ecdsa = [&no_config[..], &["--key-type=ecdsa"]].concat();
        rows.push(row("the official kumactl, ECDSA", 0, generate(&official, &ecdsa)));
        rows.push(row("the official kumactl, RSA-2048", 4, generate(&official, &no_config)));
    }
    rows
}

fn nothing(directory: &Path) -> PathBuf {
    let (source, program) = (directory.join("nothing.rs"), directory.join("nothing"));
    fs::write(&source, "fn main() {}\n").expect("a file");
    let mut rustc = Command::new("rustc");
    rustc.args(["-Copt-level=3", "-Cstrip=symbols", "-o"]).arg(&program).arg(&source);
    assert!(rustc.status().expect("rustc").success());
    program
}

#[expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
fn print(rows: &mut [Row], runs: usize) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    for row in &mut *rows {
        row.times.sort_unstable();
    }
    let at =
        |row: &Row, percent: usize| milliseconds(row.times[(row.times.len() - 1) * percent / 100]);
    let mean =
        |row: &Row| milliseconds(row.times.iter().sum::<Duration>()) / row.times.len() as f64;
    println!("{runs} runs each, in turns; milliseconds of wall time\n");
    println!("| process | median | 10% | 90% | mean | median beside its base | mean beside it |");
    println!("|---|---|---|---|---|---|---|");
    for row in &*rows {
        let base = &rows[row.base];
        println!(
            "| {} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} x, {:+.2} | {:.2} x |",
            row.title,
            at(row, 50),
            at(row, 10),
            at(row, 90),
            mean(row),
            at(row, 50) / at(base, 50),
            at(row, 50) - at(base, 50),
            mean(row) / mean(base),
        );
    }
}
