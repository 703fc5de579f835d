//! The ways of Kuma's documentation to give a control plane its certificate, word for word where
//! they concern kumactl, and what the files are then good for.

use crate::read_back;
use crate::support::{Sandbox, installed, run};

const KUBERNETES: [&str; 2] =
    ["kuma-control-plane.kuma-system", "kuma-control-plane.kuma-system.svc"];

/// Runs a documented script; gives the sandbox and what was printed.
#[track_caller]
fn documented(script: &str) -> (Sandbox, String) {
    let sandbox = Sandbox::new();
    let stdout = sandbox.shell(script).quiet_success();
    (sandbox, stdout)
}

/// Checks that the certificate verifies for these names with the CA file, as strictly as OpenSSL can.
#[track_caller]
fn accepted(sandbox: &Sandbox, ca: &str, certificate: &str, purpose: &str, names: &[&str]) {
    let Some(openssl) = installed("openssl") else { return };
    for name in names {
        let check = if name.parse::<std::net::IpAddr>().is_ok() {
            "-verify_ip"
        } else {
            "-verify_hostname"
        };
        let mut command = sandbox.command(&openssl);
        command.args(["verify", "-x509_strict", "-purpose", purpose, "-CAfile", ca, check, name]);
        let stdout = run(command.arg(certificate)).quiet_success();
        assert_eq!(stdout, format!("{certificate}: OK\n"));
    }
}

#[test]
fn kubernetes_with_kumactl() {
    let (sandbox, stdout) = documented(
        r#"kumactl generate tls-certificate \
  --type=server \
  --hostname=kuma-control-plane.kuma-system \
  --hostname=kuma-control-plane.kuma-system.svc \
  --cert-file=tls.crt \
  --key-file=tls.key
cp tls.crt ca.crt
echo --tls-general-ca-bundle=$(kumactl generate ca-bundle --ca-cert-file=ca.crt) > install"#,
    );
    assert_eq!(stdout, "Private key saved in tls.key\nCertificate saved in tls.crt\n");
    assert_eq!(sandbox.names(), ["ca.crt", "install", "tls.crt", "tls.key"]);
    assert_eq!(
        read_back::names(&sandbox.read("tls.crt")),
        KUBERNETES.map(|name| format!("dNSName {name}"))
    );
    assert_eq!(sandbox.read("install").split_whitespace().count(), 1);
    accepted(&sandbox, "ca.crt", "tls.crt", "sslserver", &KUBERNETES);
}

#[test]
fn kubernetes_with_helm() {
    let (sandbox, _) = documented(
        r#"kumactl generate tls-certificate --type=server \
  --hostname=kuma-control-plane.kuma-system,kuma-control-plane.kuma-system.svc \
  --cert-file=tls.crt --key-file=tls.key
cp tls.crt ca.crt
cat > values.yaml << EOF
controlPlane:
  tls:
    general:
      secretName: general-tls-certs
      caBundle: $(kumactl generate ca-bundle --ca-cert-file=ca.crt)
EOF"#,
    );
    let values = sandbox.read("values.yaml");
    assert_eq!(values.lines().count(), 5, "{values}");
    let bundle = values.lines().last().and_then(|line| line.split("caBundle: ").nth(1));
    sandbox.write("bundle", bundle.expect("a bundle"));
    let decoded = sandbox.shell("kumactl generate ca-bundle --decode < bundle").quiet_success();
    assert_eq!(decoded, sandbox.read("ca.crt"));
    accepted(&sandbox, "ca.crt", "tls.crt", "sslserver", &KUBERNETES);
}

#[test]
fn universal() {
    let (sandbox, stdout) = documented(
        "kumactl generate tls-certificate \\
  --type=server \\
  --hostname=cp.example --hostname=192.0.2.10 \\
  --cert-file=tls.crt \\
  --key-file=tls.key
cp tls.crt ca.crt",
    );
    assert_eq!(stdout, "Private key saved in tls.key\nCertificate saved in tls.crt\n");
    accepted(&sandbox, "ca.crt", "tls.crt", "sslserver", &["cp.example", "192.0.2.10"]);
}

/// The zone control planes trust the certificate of the global one's KDS server.
#[test]
fn the_kds_server_of_a_global_control_plane() {
    let (sandbox, _) = documented(
        "kumactl generate tls-certificate --type=server --hostname=192.0.2.20 \\
  --cert-file=tls.crt --key-file=tls.key
cp tls.crt ca.crt",
    );
    accepted(&sandbox, "ca.crt", "tls.crt", "sslserver", &["192.0.2.20"]);
}

#[test]
fn a_client_of_the_api_server() {
    let (sandbox, _) = documented(
        "kumactl generate tls-certificate --type=client --hostname=dataplane-1 \\
  --cert-file=client.pem --key-file=client.key",
    );
    accepted(&sandbox, "client.pem", "client.pem", "sslclient", &["dataplane-1"]);
}

/// One Secret holds the key and the certificate of a MeshGateway's listener.
#[test]
fn the_secret_of_a_mesh_gateway() {
    let (sandbox, _) = documented(
        r#"cat > secret.yaml << EOF
type: Secret
mesh: default
name: foo-example-com
data: $(kumactl generate tls-certificate --type=server --hostname=foo.example.com --key-file=- --cert-file=- | base64 | tr -d '\n')
EOF
grep ^data: secret.yaml | cut -d' ' -f2 | base64 -d > both.pem"#,
    );
    let both = sandbox.read("both.pem");
    assert_eq!(read_back::labels(&both), ["RSA PRIVATE KEY", "CERTIFICATE"]);
    assert_eq!(read_back::names(&both), ["dNSName foo.example.com"]);
    assert_eq!(sandbox.names(), ["both.pem", "secret.yaml"]);
}

#[test]
fn openssl_serves_the_pair_and_its_client_trusts_the_ca_file() {
    let Some(openssl) = installed("openssl") else { return };
    for key_type in ["rsa", "ecdsa"] {
        let (sandbox, _) = documented(&format!(
            "kumactl generate tls-certificate --type=server --hostname=cp.example \
             --key-type={key_type} --cert-file=tls.crt --key-file=tls.key
cp tls.crt ca.crt"
        ));
        let mut server = sandbox.command(&openssl);
        // Port 0 is any free port; the server prints which.
        server.args(["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert", "tls.crt"]);
        server.args(["-key", "tls.key", "-rev"]).stdout(std::process::Stdio::piped());
        let mut server = server.stderr(std::process::Stdio::null()).spawn().expect("a server");
        let lines = std::io::BufReader::new(server.stdout.take().expect("its output"));
        let mut lines = std::io::BufRead::lines(lines).map_while(Result::ok);
        let accept = lines.find_map(|line| line.strip_prefix("ACCEPT ").map(str::to_owned));
        let address = accept.expect("a port");
        let mut client = sandbox.command(&openssl);
        client.args(["s_client", "-connect", &address, "-CAfile", "ca.crt", "-brief"]);
        client.args(["-x509_strict", "-verify_return_error", "-verify_hostname", "cp.example"]);
        let ended = run(&mut client);
        let _ = server.kill();
        server.wait().expect("the server's end");
        assert!(ended.status == 0 && ended.stderr.contains("Verification: OK"), "{ended:?}");
    }
}
