//! `--csr-file`: signs a certificate request, whose private key is elsewhere.

use std::path::Path;

use kuma_pki::format::pem;
use kuma_pki::issue::RequestError;
use kuma_pki::{CertificateRequest, ExtendedKeyUsage, IssuanceRequest, SubjectAltName};

use super::Args;
use crate::args::hostname;
use crate::args::issuance;
use crate::files::read;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::hints;

/// Reads a certificate request. Fails on a file that is not a certificate request, or a request for which no
/// certificate is issued.
pub(super) fn read(args: &Args, path: &Path) -> Result<CertificateRequest, Failure> {
    read::stdin_once(args.issuance.issuer.own.inputs().chain([path]))?;
    let shown = read::shown(path);
    let text = read::file(path, "certificate request")?;
    let unusable = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("cannot use the certificate request {shown}: {error}"))
    };
    let der = pem::decode_certificate_request(&text).map_err(|error| match error {
        pem::PemError::PrivateKey { .. } => unusable(&error)
            .hint("create a request for the key: kumactl generate certificate-request --reuse-key"),
        _ => unusable(&error).hint_if_any(hints::pem_hint(&shown, &error)),
    })?;
    CertificateRequest::from_der(der).map_err(|error| {
        let failure = unusable(&error);
        match error {
            RequestError::CertificateAuthority => failure.hint(
                "create an intermediate CA with kumactl generate ca-certificate --issuer-cert-file",
            ),
            RequestError::WeakKey { .. } | RequestError::UnsupportedKey { .. } => {
                failure.hint("create a key and a request with kumactl generate certificate-request")
            }
            RequestError::UnsupportedSignature { .. } => {
                failure.hint("have the request created again with SHA-256, and without RSASSA-PSS")
            }
            RequestError::Signature => failure.hint("have the request created and sent again"),
            _ => failure,
        }
    })
}

/// Returns the requested certificate, as far as no flag overrides the request. Fails on a
/// request without a usage or with names that no client can match, unless flags replace them.
pub(super) fn request(args: &Args, csr: &CertificateRequest) -> Result<IssuanceRequest, Failure> {
    let usage = match (args.certificate.certificate_type, csr.extended_key_usages()) {
        (Some(certificate_type), _) => certificate_type.into(),
        (None, [usage]) => *usage,
        (None, usages) => {
            let which = if usages.is_empty() { "neither" } else { "both" };
            let text = format!(
                "the certificate request has {which} of the usages serverAuth and clientAuth"
            );
            let hint = "add --type=server for a control plane, or --type=client for a client";
            return Err(Failure::usage(text).hint(hint));
        }
    };
    let names = match args.certificate.names.is_empty() {
        true => names(csr)?,
        false => args.certificate.names.parse()?,
    };
    let valid_for = issuance::valid_for(args.issuance.valid_for.as_deref())?;
    let request = IssuanceRequest::new(usage, names, csr.public_key().algorithm, valid_for)?;
    Ok(request.with_subject(args.certificate.subject.parse()?))
}

fn names(csr: &CertificateRequest) -> Result<Vec<SubjectAltName>, Failure> {
    csr.subject_alt_names().map_err(|error| {
        let failure = Failure::failed(format!("cannot use the certificate request: {error}"));
        match error {
            RequestError::AddressAsDnsName { address } => failure.hint(format!(
                "--hostname={address} makes it an iPAddress; --hostname replaces all names of the request"
            )),
            RequestError::Name { error, .. } => match error.meant.as_slice() {
                [] => failure.hint("--hostname=NAME replaces all names of the request"),
                meant => failure.hint(format!(
                    "did you mean --hostname={}? --hostname replaces all names of the request",
                    hostname::list(meant)
                )),
            },
            _ => failure.hint("add --hostname=NAME for each name that clients connect to"),
        }
    })
}

/// Prints the names that are certified: the signer of a request has not typed them. The subject of the request
/// is not certified, since nobody verified who is behind it, and TLS clients do not read it.
pub(super) fn print_names(csr: &CertificateRequest, request: &IssuanceRequest, console: Console) {
    let names = hostname::list(request.subject_alt_names()).replace(',', ", ");
    console.note(format!("the certificate is for these names: {names}"));
    let (subject, asked) = (request.issued_subject().to_string(), csr.subject());
    if !asked.is_empty() && asked != subject {
        console.note(format!("its subject is {subject}, and not that of the request: {asked}"));
    }
}

/// Returns the warnings about the parts of the request that the certificate does not have.
pub(super) fn warnings(csr: &CertificateRequest, request: &IssuanceRequest) -> Vec<String> {
    let mut warnings = Vec::new();
    let left_out = csr.names_not_in(request.subject_alt_names());
    if !left_out.is_empty() {
        warnings.push(format!(
            "the certificate does not have these names of the request: {}",
            first(&left_out)
        ));
    }
    let usage = request.extended_key_usage();
    let is_other = |other: &&ExtendedKeyUsage| **other != usage;
    let dropped = csr.extended_key_usages().iter().filter(is_other);
    let dropped = dropped.map(|usage| format!("extKeyUsage {}", usage.as_str()));
    let dropped: Vec<_> = dropped.chain(csr.dropped().iter().cloned()).collect();
    if !dropped.is_empty() {
        warnings.push(format!(
            "the certificate does not have these extensions of the request: {}",
            first(&dropped)
        ));
    }
    warnings
}

/// Returns the first entries of a list that somebody else wrote, and how many more there are.
fn first(entries: &[String]) -> String {
    const SHOWN: usize = 20;
    match entries.split_at_checked(SHOWN) {
        Some((shown, more)) if !more.is_empty() => {
            format!("{} and {} more", shown.join(", "), more.len())
        }
        _ => entries.join(", "),
    }
}
