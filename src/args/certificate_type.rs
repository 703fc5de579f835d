//! `--type`: the usage of a certificate.

use kuma_pki::ExtendedKeyUsage;

use crate::report::failure::Failure;

/// The side of a connection that presents the certificate.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum CertificateType {
    /// A server, such as a control plane
    Server,
    /// A client, such as kumactl or a zone
    Client,
}

impl From<CertificateType> for ExtendedKeyUsage {
    fn from(certificate_type: CertificateType) -> Self {
        match certificate_type {
            CertificateType::Client => Self::ClientAuth,
            CertificateType::Server => Self::ServerAuth,
        }
    }
}

/// Returns the value of a required `--type`.
pub(crate) fn required(given: Option<CertificateType>) -> Result<ExtendedKeyUsage, Failure> {
    given.map(ExtendedKeyUsage::from).ok_or_else(|| {
        Failure::usage("--type is required")
            .hint("add --type=server for a control plane, or --type=client for a client")
    })
}
