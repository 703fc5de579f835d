//! What a terminal shows of a long run.

use crate::support::{Ended, Sandbox, installed, with_faults};

/// A run that takes a few looks at its progress, on a terminal of so many columns.
fn on_a_terminal(term: &str, columns: u32) -> Option<Ended> {
    installed("script")?;
    let sandbox = Sandbox::new();
    let certificates: String =
        (1..=12).map(|n| format!("- {{name: z{n}, hostnames: [z{n}.example]}}\n")).collect();
    sandbox.write(
        "zones.yaml",
        format!("defaults: {{type: server, keyType: rsa-3072}}\ncertificates:\n{certificates}"),
    );
    Some(sandbox.shell(&format!(
        "TERM={term} script -qec 'stty cols {columns} rows 24; kumactl generate tls-certificates --file=zones.yaml \
         --output-dir=tls' /dev/null"
    )))
}

/// The lines that were drawn one over the other, in front of what stays.
fn drawn(shown: &str) -> (Vec<&str>, &str) {
    let mut lines: Vec<&str> = shown.split("\r\u{1b}[2K").collect();
    let last = lines.pop().unwrap_or_default();
    (lines, last)
}

#[test]
fn a_progress_bar_shows_count_and_time_left_and_is_removed() {
    let Some(ended) = on_a_terminal("xterm", 100) else { return };
    assert_eq!(ended.status, 0, "{ended:?}");
    let (lines, last) = drawn(&ended.stdout);
    assert!(last.starts_with("Certificates: 12 created, in "), "{last:?}");
    assert!(lines.len() > 1, "{lines:?}");
    for line in lines {
        assert!(line.starts_with('[') && line.contains(" of 12, "), "{line:?}");
        assert!(line.trim_end().ends_with(" left") && line.len() <= 100, "{line:?}");
    }
}

#[test]
fn a_progress_bar_fits_a_narrow_terminal() {
    let Some(ended) = on_a_terminal("xterm", 30) else { return };
    assert_eq!(ended.status, 0, "{ended:?}");
    let (lines, _) = drawn(&ended.stdout);
    assert!(lines.len() > 1, "{lines:?}");
    for line in lines {
        assert!(line.contains(" of 12") && line.len() <= 30, "{line:?}");
    }
}

#[test]
fn a_terminal_that_cannot_erase_a_line_gets_no_progress_bar() {
    let Some(ended) = on_a_terminal("dumb", 100) else { return };
    assert_eq!(ended.status, 0, "{ended:?}");
    assert!(!ended.stdout.contains('\u{1b}'), "{ended:?}");
    // How many lines come before depends on how fast keys are made.
    let lines: Vec<_> = ended.stdout.lines().collect();
    let (last, others) = lines.split_last().expect("a line");
    assert!(last.starts_with("Certificates: 12 created, in "), "{ended:?}");
    assert!(others.iter().all(|line| line.starts_with("note: ")), "{ended:?}");
}

#[test]
fn a_limit_on_threads_makes_a_run_slower_but_not_wrong() {
    let Some(strace) = installed("strace") else { return };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    for first in [1, 2] {
        let sandbox = Sandbox::new();
        sandbox.write(
            "zones.yaml",
            "defaults: {type: server, keyType: ecdsa, hostnames: a.example}\n\
             certificates: [{name: a}, {name: b}, {name: c}]\n",
        );
        let fault = format!("error=EAGAIN:when={first}+");
        let arguments = ["generate", "tls-certificates", "--file=zones.yaml", "--output-dir=tls"];
        let run = with_faults(&sandbox, &strace, &[("clone,clone3", &fault)], arguments);
        // On one processor, there is one thread.
        assert!(run.is_hit() || first > processors, "{}", run.log);
        let ended = run.ended;
        assert!(ended.stdout.starts_with("Certificates: 3 created, in "), "{first}: {ended:?}");
    }
}
