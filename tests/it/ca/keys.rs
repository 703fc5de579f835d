//! CA keys of types that kumactl reads but does not generate: P-521, and RSA with 8192 bits.

use crate::support::{Sandbox, installed};

#[test]
fn a_p521_or_rsa_8192_ca_issues_certificates_that_openssl_accepts() {
    let Some(_) = installed("openssl") else { return };
    for key in ["ec -pkeyopt ec_paramgen_curve:P-521", "rsa:8192"] {
        let sandbox = Sandbox::new();
        let made = sandbox.shell(&format!(
            "openssl req -x509 -newkey {key} -nodes -days 30 -subj '/O=Acme/CN=Acme CA' -keyout ca.key \
             -out ca.crt -addext keyUsage=critical,keyCertSign 2>/dev/null"
        ));
        assert_eq!(made.status, 0, "{key}: {made:?}");
        let issued = sandbox.issue("ca", &["--ca-cert-file=trust.crt"]);
        assert_eq!(issued.status, 0, "{key}: {issued:?}");
        assert!(sandbox.openssl_verifies("trust.crt"), "{key}");
        let verify = ["verify", "tls-certificate", "--cert-file=tls.crt", "--key-file=tls.key"];
        let verified = sandbox
            .kumactl(verify.iter().chain(&["--ca-cert-file=ca.crt", "--hostname=cp.example"]));
        assert_eq!(verified.status, 0, "{key}: {verified:?}");
    }
}
