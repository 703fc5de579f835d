//! Hints for the CA of a mesh.

use kuma_pki::verify::MeshCaFault;

use super::typed;

/// Returns the hint about a fault of a mesh CA.
pub(super) fn hint(fault: &MeshCaFault) -> String {
    match fault {
        MeshCaFault::KeyPublished { file } => format!(
            "keep only the certificates: openssl crl2pkcs7 -nocrl -certfile {} | openssl pkcs7 -print_certs \
             -out mesh-ca.crt; if the file was in use, replace the CA",
            typed(file)
        ),
        MeshCaFault::SelfSigned { .. } => {
            "create an intermediate CA with its root: `kumactl generate ca-certificate \
             --purpose=mesh-identity`; or set insecureAllowSelfSigned: true in the MeshIdentity, and pass \
             --insecure-allow-self-signed"
                .to_owned()
        }
        MeshCaFault::WithoutRoot { issuer, .. } => {
            format!("append the certificate of {issuer} to the file")
        }
        MeshCaFault::Expired { .. } => {
            "create a new CA, and let the mesh trust both CAs until every proxy has a new certificate"
                .to_owned()
        }
        MeshCaFault::NotYetValid { .. } => "check the clock of this machine".to_owned(),
        MeshCaFault::PathTooLong { below, .. } => format!(
            "reissue it with `kumactl generate ca-certificate --path-length={below}`, then reissue the CAs below it"
        ),
        MeshCaFault::UriConstraint { .. } => {
            "use a CA without name constraints for URIs".to_owned()
        }
        MeshCaFault::Ed25519 | MeshCaFault::Curve { .. } => {
            "create a CA with `kumactl generate ca-certificate --purpose=mesh-identity --key-type=ecdsa`".to_owned()
        }
        _ => "create a CA with `kumactl generate ca-certificate --purpose=mesh-identity`".to_owned(),
    }
}
