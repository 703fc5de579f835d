//! What a terminal shows of a long run.

use crate::support::{Ended, Sandbox, installed};

/// A run that takes a few looks at its progress, on a terminal of so many columns.
fn on_a_terminal(columns: u32) -> Option<Ended> {
    installed("script")?;
    let sandbox = Sandbox::new();
    let certificates: String =
        (1..=12).map(|n| format!("- {{name: z{n}, hostnames: [z{n}.example]}}\n")).collect();
    sandbox.write(
        "zones.yaml",
        format!("defaults: {{type: server, keyType: rsa-3072}}\ncertificates:\n{certificates}"),
    );
    Some(sandbox.shell(&format!(
        "script -qec 'stty cols {columns} rows 24; kumactl generate tls-certificates --file=zones.yaml \
         --output-dir=tls' /dev/null"
    )))
}

/// The lines that were drawn one over the other, in front of what stays.
fn drawn(shown: &str) -> (Vec<&str>, &str) {
    let mut lines: Vec<&str> = shown.split("\r\u{1b}[K").collect();
    let last = lines.pop().unwrap_or_default();
    assert_eq!(lines.first(), Some(&""), "{shown:?}");
    (lines.split_off(1), last)
}

#[test]
fn a_bar_tells_how_many_are_done_how_fast_and_for_how_long_and_goes_away() {
    let Some(ended) = on_a_terminal(100) else { return };
    assert_eq!(ended.status, 0, "{ended:?}");
    let (lines, last) = drawn(&ended.stdout);
    assert!(last.starts_with("Certificates: 12 made, in "), "{last:?}");
    assert!(lines.len() > 1, "{lines:?}");
    for line in lines {
        assert!(line.starts_with('[') && line.contains("] "), "{line:?}");
        // Before the first is done, nothing can be told of the others.
        if !line.ends_with("] 0 of 12") {
            assert!(line.contains(" of 12, ") && line.contains(" per second, "), "{line:?}");
            assert!(line.ends_with(" left") && line.len() < 100, "{line:?}");
        }
    }
}

#[test]
fn a_narrow_terminal_gets_a_line_that_does_not_break() {
    let Some(ended) = on_a_terminal(30) else { return };
    assert_eq!(ended.status, 0, "{ended:?}");
    let (lines, _) = drawn(&ended.stdout);
    assert!(lines.len() > 1, "{lines:?}");
    for line in lines {
        assert!(line.contains(" of 12") && line.len() < 30, "{line:?}");
    }
}
