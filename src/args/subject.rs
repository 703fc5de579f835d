//! `--subject`: the subject of a certificate, for CAs whose name constraints demand one.

use kuma_pki::{DistinguishedName, SubjectError};

use crate::report::failure::Failure;

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
        self.subject.as_deref().map(parse).transpose()
    }
}

/// Reads the value of `--subject`.
pub(crate) fn parse(text: &str) -> Result<DistinguishedName, Failure> {
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
