//! The diagrams of the documentation, drawn from the guides and from what the program does.
//!
//! `UPDATE_DOCS=1 cargo test` draws them again.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::root;
use super::svg::{Align, FONT, Style, Svg};
use crate::support::{Sandbox, kumactl, run};

/// Compares a diagram with its file, or writes the file. A diagram refers to nothing outside of it.
fn compare(name: &str, svg: &str) {
    let is_foreign = |what: &&str| svg.contains(*what);
    assert_eq!(["href", "url(", "@import", "<image"].into_iter().find(is_foreign), None);
    let path = root().join("docs/diagrams").join(name);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().expect("a directory")).expect("docs/diagrams");
        fs::write(&path, svg).expect("a diagram");
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == svg, "docs/diagrams/{name} is out of date: UPDATE_DOCS=1 cargo test");
}

/// A way from the certificate to a running proxy.
struct Way {
    title: &'static str,
    flags: &'static [&'static str],
    /// The page in `docs/guides`, which has every command and every file of the steps.
    guide: &'static str,
    steps: &'static [Step],
}

/// The input files of a command, and its results.
struct Step {
    files: &'static [&'static str],
    command: &'static str,
    result: &'static str,
}

const PROXY: &str = "running proxy";
const RESTART: Step = Step { files: &["workloads"], command: "rollout restart", result: PROXY };
const SECRET: Step = Step { files: &["secret.yaml"], command: "kubectl apply", result: "Secret" };
/// What the user brings, not `generate control-plane-tls`.
const BROUGHT: [&str; 2] = ["workloads", "dataplane.yaml"];

const WAYS: [Way; 3] = [
    Way {
        title: "Kubernetes with kumactl",
        flags: &["--mode=kubernetes"],
        guide: "kubernetes-kumactl.md",
        steps: &[
            SECRET,
            Step { files: &["install-flags"], command: "kumactl install", result: "control plane" },
            RESTART,
        ],
    },
    Way {
        title: "Kubernetes with Helm",
        flags: &["--mode=kubernetes"],
        guide: "kubernetes-helm.md",
        steps: &[
            SECRET,
            Step { files: &["values.yaml"], command: "helm install", result: "control plane" },
            RESTART,
        ],
    },
    Way {
        title: "Universal",
        flags: &["--mode=universal", "--tokens", "--dataplane=dp-1"],
        guide: "universal.md",
        steps: &[
            Step {
                files: &["tls.crt", "tls.key", "kuma-cp.env", "kuma-cp.yaml"],
                command: "kuma-cp run",
                result: "control plane",
            },
            Step {
                files: &["kuma-dp.env", "dataplane-token", "dataplane.yaml"],
                command: "kuma-dp run",
                result: PROXY,
            },
        ],
    },
];

#[test]
fn the_diagram_of_the_three_ways_matches_the_program_and_the_guides() {
    let sandbox = Sandbox::new();
    for way in &WAYS {
        let mut command = sandbox.command(kumactl());
        command.args([
            "generate",
            "control-plane-tls",
            "--hostname=cp.example",
            "--key-type=ecdsa",
        ]);
        command.args(way.flags).arg(format!("--output-dir={}", way.guide));
        run(command.arg("--quiet")).quiet_success();
        let guide = root().join("docs/guides").join(way.guide);
        let guide = fs::read_to_string(guide).expect("a guide");
        for step in way.steps {
            assert!(guide.contains(step.command), "{} is not in {}", step.command, way.guide);
            for file in step.files {
                assert!(guide.contains(file), "{file} is not in {}", way.guide);
                let written = sandbox.directory().join(way.guide).join(file);
                assert!(written.is_file() || BROUGHT.contains(file), "{file} is not written");
            }
        }
    }
    compare("ways.svg", &draw_ways());
}

fn draw_ways() -> String {
    const WIDTH: f64 = 478.0;
    const LINE: f64 = 20.0;
    // Position and width of files, command and result.
    const FILES: (f64, f64) = (16.0, 140.0);
    const COMMAND: (f64, f64) = (180.0, 140.0);
    const RESULT: (f64, f64) = (344.0, 118.0);
    let mut svg = Svg::new(WIDTH, "Three ways from the certificate to a running data plane proxy");
    svg.text(
        (WIDTH / 2.0, 28.0),
        Style::Code,
        Align::Middle,
        WIDTH,
        "kumactl generate control-plane-tls",
    );
    let mut y = 46.0;
    for way in &WAYS {
        svg.path("rule", &format!("M16 {y}H{}", WIDTH - 16.0));
        y += 26.0;
        svg.text((16.0, y), Style::Bold, Align::Start, 220.0, way.title);
        svg.text((WIDTH - 16.0, y), Style::Code, Align::End, 360.0, &way.flags.join(" "));
        y += 14.0;
        for step in way.steps {
            let height = LINE * step.files.len() as f64 + 10.0;
            let middle = y + height / 2.0;
            for ((x, width), class) in [
                (FILES, "box"),
                (COMMAND, "box"),
                (RESULT, if step.result == PROXY { "goal" } else { "box" }),
            ] {
                svg.rect(class, (x, y), (width, height));
            }
            let mut line = y + LINE;
            for file in step.files {
                let style = if *file == "workloads" { Style::Normal } else { Style::Code };
                let x = FILES.0 + FILES.1 / 2.0;
                svg.text((x, line), style, Align::Middle, FILES.1 - 8.0, file);
                line += LINE;
            }
            let baseline = middle + FONT * 0.35;
            for ((x, width), style, text) in
                [(COMMAND, Style::Code, step.command), (RESULT, Style::Normal, step.result)]
            {
                svg.text((x + width / 2.0, baseline), style, Align::Middle, width - 8.0, text);
            }
            for (x, width) in [FILES, COMMAND] {
                svg.arrow((x + width + 4.0, middle), 16.0);
            }
            y += height + 8.0;
        }
        y += 8.0;
    }
    svg.finish(y)
}

/// The choices of a CA, with the flags that make the pair; the official certificate is a fixture.
const CHOICES: [(&str, &str, &[&str]); 4] = [
    ("your own", "CA", &["--issuer-cert-file=ca.crt", "--issuer-key-file=ca.key"]),
    ("ephemeral", "CA", &["--ephemeral-ca"]),
    ("self-", "signed", &[]),
    ("official", "kumactl", &[]),
];

/// Returns whether each client accepts the certificate of each choice, by the title of the client.
fn verdicts() -> BTreeMap<usize, (String, Vec<bool>)> {
    let sandbox = Sandbox::new();
    let ca = ["generate", "ca-certificate", "--key-type=ecdsa", "--quiet"];
    run(sandbox.command(kumactl()).args(ca)).quiet_success();
    let mut found: BTreeMap<usize, (String, Vec<bool>)> = BTreeMap::new();
    for (first, second, flags) in CHOICES {
        let (certificate, anchor) = (format!("{first}.crt"), format!("{first}-ca.crt"));
        if first == "official" {
            let official = root().join("tests/fixtures/official/ecdsa.crt");
            let official = fs::read(official).expect("the official certificate");
            sandbox.write(&certificate, &official);
            sandbox.write(&anchor, official);
        } else {
            let mut command = sandbox.command(kumactl());
            command.args([
                "generate",
                "tls-certificate",
                "--type=server",
                "--hostname=kuma-control-plane.kuma-system",
            ]);
            command.args(["--key-type=ecdsa", "--valid-for=825d", "--quiet"]).args(flags);
            command.args([format!("--cert-file={certificate}"), format!("--key-file={first}.key")]);
            run(command.arg(format!("--ca-cert-file={anchor}"))).quiet_success();
        }
        let mut command = sandbox.command(kumactl());
        command.args([
            "verify",
            "tls-certificate",
            "--output=json",
            "--hostname=kuma-control-plane.kuma-system",
        ]);
        command.args([format!("--cert-file={certificate}"), format!("--ca-cert-file={anchor}")]);
        let report: Value = serde_json::from_str(&run(&mut command).stdout).expect("JSON");
        let clients = report["clients"].as_array().expect("clients");
        assert!(clients.len() > 10, "{first} {second}: {report}");
        for (place, client) in clients.iter().enumerate() {
            let title = client["title"].as_str().expect("a title");
            let title =
                title.split(" (").next().unwrap_or(title).trim_start_matches("the official ");
            let row = found.entry(place).or_insert_with(|| (title.to_owned(), Vec::new()));
            row.1.push(client["accepts"].as_bool().expect("an answer"));
        }
    }
    found
}

#[test]
fn the_diagram_of_clients_shows_what_verify_predicts() {
    const WIDTH: f64 = 480.0;
    const STEP: f64 = 27.0;
    const COLUMNS: [f64; 3] = [266.0, 354.0, 426.0];
    let verdicts = verdicts();
    let mut svg = Svg::new(WIDTH, "Which clients trust a certificate, by the choice of its CA");
    // Clients treat an ephemeral CA and your own CA alike, so they are one column.
    assert!(verdicts.values().all(|(_, accepts)| accepts[0] == accepts[1]), "{verdicts:?}");
    let titles = [("own CA or", "ephemeral"), ("self-", "signed"), ("official", "kumactl")];
    for (x, (first, second)) in COLUMNS.into_iter().zip(titles) {
        svg.text((x, 26.0), Style::Bold, Align::Middle, 84.0, first);
        svg.text((x, 44.0), Style::Bold, Align::Middle, 84.0, second);
    }
    svg.text((16.0, 44.0), Style::Bold, Align::Start, 160.0, "client");
    let mut y = 54.0;
    for (title, accepts) in verdicts.values() {
        svg.path("rule", &format!("M16 {y}H{}", WIDTH - 16.0));
        svg.text((16.0, y + 18.0), Style::Normal, Align::Start, 225.0, title);
        for (x, accepts) in COLUMNS.into_iter().zip(&accepts[1..]) {
            svg.mark((x, y + STEP / 2.0), *accepts);
        }
        y += STEP;
    }
    compare("clients.svg", &svg.finish(y + 8.0));
}
