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

/// The place of the row with nothing but the search for a key.
const BARE: usize = 5;

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
    if let Some(file) = env::args().find_map(|a| a.strip_prefix("--svg=").map(PathBuf::from)) {
        fs::write(file, plot(&rows)).expect("a file");
    }
    let _ = fs::remove_dir_all(&directory);
    ExitCode::SUCCESS
}

fn rows(directory: &Path) -> Vec<Row> {
    // As an installation leaves it: a copy. What a linker wrote is in memory page by page, and starts
    // later.
    let installed = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let ours = &installed.join("kumactl");
    fs::copy(env!("CARGO_BIN_EXE_kumactl"), ours).expect("a program");
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
    // A word of a command line has an end, so the names are spread over several.
    let many = |count: usize| {
        let names: Vec<_> = (0..count).map(|index| format!("n{index}.example")).collect();
        names.chunks(1000).map(|some| format!("--hostname={}", some.join(","))).collect::<Vec<_>>()
    };
    let with_names = |flags: &[&str], count| {
        let mut command = generate(ours, flags);
        command.args(many(count));
        command
    };
    let mut rows = vec![
        row("a Rust program that does nothing", 0, Command::new(nothing(directory, installed))),
        row("kumactl, ECDSA", 0, generate(ours, &ecdsa)),
        row("kumactl, ECDSA, --ephemeral-ca", 0, {
            generate(ours, &[&ecdsa[..], &["--ephemeral-ca"]].concat())
        }),
        row("kumactl, ECDSA, --if-needed, nothing to do", 0, {
            let files = ["--cert-file=kept.pem", "--key-file=kept.key", "--if-needed"];
            generate(ours, &[&ecdsa[..1], &files].concat())
        }),
        row("kumactl, ECDSA, 10,000 hostnames", 1, with_names(&ecdsa, 10_000)),
        row("the crypto library's RSA-2048 key alone", BARE, bare),
        row("kumactl, RSA-2048", BARE, generate(ours, &["--force"])),
        row("kumactl, RSA-2048, 1,000 hostnames", BARE, with_names(&["--force"], 1000)),
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
        rows.push(row("openssl req -x509, RSA-2048", BARE, openssl(&["-newkey", "rsa:2048"])));
    }
    if Command::new("mkcert").arg("-version").stdout(Stdio::null()).status().is_ok() {
        let mut mkcert = Command::new("mkcert");
        mkcert.env("CAROOT", directory).args(["-ecdsa", "-cert-file=m.crt", "-key-file=m.key"]);
        mkcert.arg("cp.example");
        rows.push(row("mkcert, ECDSA", 0, mkcert));
        let mut mkcert = Command::new("mkcert");
        mkcert.env("CAROOT", directory).args(["-cert-file=n.crt", "-key-file=n.key", "cp.example"]);
        rows.push(row("mkcert, RSA-2048", BARE, mkcert));
    }
    if let Some(official) = env::var_os("KUMACTL_OFFICIAL") {
        let official = PathBuf::from(official);
        let no_config = ["--no-config", "--key-file=f.key", "--cert-file=f.crt"];
        let ecdsa = [&no_config[..], &["--key-type=ecdsa"]].concat();
        rows.push(row("the official kumactl, ECDSA", 0, generate(&official, &ecdsa)));
        rows.push(row("the official kumactl, RSA-2048", BARE, generate(&official, &no_config)));
    }
    rows
}

fn nothing(directory: &Path, installed: &Path) -> PathBuf {
    let (source, linked) = (directory.join("nothing.rs"), directory.join("nothing"));
    fs::write(&source, "fn main() {}\n").expect("a file");
    let mut rustc = Command::new("rustc");
    rustc.args(["-Copt-level=3", "-Cstrip=symbols", "-o"]).arg(&linked).arg(&source);
    assert!(rustc.status().expect("rustc").success());
    let program = installed.join("nothing");
    fs::copy(linked, &program).expect("a program");
    program
}

/// The medians as bars, each with a line from the tenth to the ninetieth hundredth.
fn plot(rows: &[Row]) -> String {
    const LEFT: f64 = 360.0;
    const WIDTH: f64 = 500.0;
    const STEP: f64 = 26.0;
    let at = |row: &Row, percent: usize| {
        row.times[(row.times.len() - 1) * percent / 100].as_secs_f64() * 1e3
    };
    // A root: ECDSA and RSA are a hundredfold apart.
    let longest = rows.iter().map(|row| at(row, 90)).fold(1.0, f64::max);
    let x = |time: f64| LEFT + WIDTH * (time / longest).sqrt();
    let height = STEP * (rows.len() as f64 + 1.5);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 940 {height:.0}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"940\" height=\"{height:.0}\" \
         fill=\"#fff\"/>\n<text x=\"{LEFT}\" y=\"18\" fill=\"#555\">median, 10% to 90%; \
         milliseconds, on a scale of square roots</text>\n"
    );
    for (index, row) in rows.iter().enumerate() {
        let y = STEP * (index as f64 + 1.2);
        let middle = y + 9.0;
        let is_ours = row.title.starts_with("kumactl");
        let color = if is_ours { "#2563eb" } else { "#9ca3af" };
        svg += &format!(
            "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>\n\
             <rect x=\"{LEFT}\" y=\"{y:.0}\" width=\"{:.1}\" height=\"18\" fill=\"{color}\"/>\n\
             <path d=\"M{:.1} {middle:.0}H{:.1}\" stroke=\"#111\"/>\n\
             <text x=\"{:.0}\" y=\"{:.0}\">{:.1}</text>\n",
            LEFT - 8.0,
            y + 14.0,
            row.title,
            x(at(row, 50)) - LEFT,
            x(at(row, 10)),
            x(at(row, 90)),
            x(at(row, 90)) + 8.0,
            y + 14.0,
            at(row, 50),
        );
    }
    svg + "</svg>\n"
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
