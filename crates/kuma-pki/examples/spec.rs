//! Parses a specification of two certificates and prints them, or its errors.
#![expect(clippy::print_stdout, reason = "an example prints")]

use kuma_pki::spec::Specification;

const TEXT: &str = "
defaults:
  type: server
  keyType: ecdsa
certificates:
  - name: zone-east
    hostnames: [east.example]
  - name: zone-west
    hostnames: [west.example, 192.0.2.1]
";

fn main() {
    match Specification::parse(TEXT) {
        Ok(specification) => {
            for certificate in specification.certificates {
                println!("{}", certificate.name);
                for name in certificate.request.subject_alt_names() {
                    println!("  {} {name}", name.kind());
                }
            }
        }
        Err(found) => {
            for error in found.errors {
                println!("{}: {}", error.position, error.text);
            }
        }
    }
}
