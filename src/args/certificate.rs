//! The flags about the certificate of a server or a client: its usage, names and subject.

use kuma_pki::{DistinguishedName, ExtendedKeyUsage, SubjectAltName, SubjectError};

use crate::args::hostname::NameArgs;
use crate::report::failure::{Failure, Failures};

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

/// The usage, names and subject of a certificate to issue or to request.
#[derive(clap::Args)]
pub(crate) struct CertificateArgs {
    /// Usage of the certificate (required)
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    pub(crate) certificate_type: Option<CertificateType>,

    #[command(flatten)]
    pub(crate) names: NameArgs,

    #[command(flatten)]
    pub(crate) subject: SubjectArgs,
}

impl CertificateArgs {
    /// Reads the flags. Adds a failure for each one that is missing or cannot be read; the usage is `None` only then.
    pub(crate) fn read(
        &self,
        failures: &mut Failures,
    ) -> (Option<ExtendedKeyUsage>, Vec<SubjectAltName>, Option<DistinguishedName>) {
        if self.certificate_type.is_none() {
            let hint = "add --type=server for a control plane, or --type=client for a client";
            failures.add(Failure::usage("--type is required").hint(hint));
        }
        let names = failures.collect(self.names.required());
        let subject = failures.collect(self.subject.parse());
        (self.certificate_type.map(ExtendedKeyUsage::from), names, subject)
    }
}

/// The flag that sets the subject.
#[derive(clap::Args)]
pub(crate) struct SubjectArgs {
    /// Subject of the certificate: C, O, OU and CN in the order of the certificate, such as
    /// `C=DE,O=Acme,OU=Mesh` [default: O=Kuma and the first name as CN]
    #[arg(long, value_name = "SUBJECT")]
    subject: Option<String>,
}

impl SubjectArgs {
    /// Reads the subject, if one is given.
    pub(crate) fn parse(&self) -> Result<Option<DistinguishedName>, Failure> {
        self.subject.as_deref().map(parse_subject).transpose()
    }
}

/// Reads the value of `--subject`.
pub(crate) fn parse_subject(text: &str) -> Result<DistinguishedName, Failure> {
    DistinguishedName::parse(text).map_err(|error| {
        let failure = Failure::usage(format!("--subject: {error}"));
        match error {
            SubjectError::NotAnAttribute(_) if text.contains(',') => failure.hint(
                r"a backslash before a comma makes it part of the value: --subject='O=Acme\, Inc.,C=US'",
            ),
            _ => failure.hint("--subject=C=DE,O=Acme,OU=Mesh, each of C, O, OU and CN at most once"),
        }
    })
}
