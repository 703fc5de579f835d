//! Certificate requests, generated for other PKIs and signed for others.

mod installed;
mod made;
mod signed;
mod unusual;

use crate::support::{Ended, Sandbox, run};

const MAKE: [&str; 7] = [
    "generate",
    "certificate-request",
    "--type=server",
    "--key-type=ecdsa",
    "--key-file=tls.key",
    "--csr-file=tls.csr",
    "--kubernetes-service=kuma-control-plane.kuma-system",
];

/// Signs a request with the CA in `ca.crt` and `ca.key`.
const SIGN: [&str; 5] = [
    "generate",
    "tls-certificate",
    "--issuer-cert-file=ca.crt",
    "--issuer-key-file=ca.key",
    "--cert-file=tls.crt",
];

impl Sandbox {
    /// Runs `kumactl` with these arguments and more.
    fn make(&self, command: &[&str], more: &[&str]) -> Ended {
        self.kumactl(command.iter().chain(more))
    }

    /// Runs OpenSSL, which must succeed.
    #[track_caller]
    fn openssl(&self, arguments: &[&str]) -> String {
        let ended = run(self.command("openssl").args(arguments));
        assert_eq!(ended.status, 0, "openssl {arguments:?}: {ended:?}");
        ended.stdout
    }

    /// Makes a CA in `ca.crt` and `ca.key`.
    #[track_caller]
    fn make_ca(&self, more: &[&str]) {
        let ended = self.make(&["generate", "ca-certificate", "--key-type=ecdsa"], more);
        assert_eq!(ended.status, 0, "{ended:?}");
    }
}
