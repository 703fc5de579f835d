//! CAs: intermediate ones, those of a mesh, and CA keys of all kinds.

mod encrypted;
mod intermediate;
mod keys;
mod mesh;

use crate::support::{Ended, Sandbox, run};

impl Sandbox {
    /// Runs `kumactl generate ca-certificate` with a quick key and these arguments.
    fn ca(&self, more: &[&str]) -> Ended {
        let command = ["generate", "ca-certificate", "--key-type=ecdsa"];
        self.kumactl(command.iter().chain(more))
    }

    /// Issues `tls.crt` and `tls.key` for `cp.example` by a CA.
    fn issue(&self, ca: &str, more: &[&str]) -> Ended {
        let (certificate, key) =
            (format!("--issuer-cert-file={ca}.crt"), format!("--issuer-key-file={ca}.key"));
        let command = ["generate", "tls-certificate", "--type=server", "--key-type=ecdsa"];
        let rest = [
            "--hostname=cp.example",
            // Without it, a certificate that expires with its CA causes a note.
            "--valid-for=20d",
            "--cert-file=tls.crt",
            "--key-file=tls.key",
        ];
        let own = [&*certificate, &*key];
        self.kumactl(command.iter().chain(&rest).chain(&own).chain(more))
    }

    /// Whether OpenSSL, at its strictest, builds a chain from `tls.crt` to a root for `cp.example`.
    fn openssl_verifies(&self, root: &str) -> bool {
        let mut command = self.command("openssl");
        command.args(["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", root]);
        command.args(["-verify_hostname", "cp.example", "-untrusted", "tls.crt", "tls.crt"]);
        run(&mut command).status == 0
    }
}
