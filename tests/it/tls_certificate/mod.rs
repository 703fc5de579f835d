//! `kumactl generate tls-certificate`.

use crate::support::Sandbox;

#[test]
fn the_official_lines_are_printed_and_both_files_are_there() {
    let sandbox = Sandbox::new();
    let stdout = sandbox.generate(["--type=server", "--hostname=localhost"]).quiet_success();
    assert_eq!(stdout, "Private key saved in key.pem\nCertificate saved in cert.pem\n");
    assert_eq!(sandbox.names(), ["cert.pem", "key.pem"]);
}
