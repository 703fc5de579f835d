//! The files of a control plane from a certificate and key of another PKI.

use std::path::{Path, PathBuf};

use kuma_pki::format::pem::{self, PemError};
use kuma_pki::verify::{AssemblyError, assemble_chain};
use kuma_pki::{Certificate, ExistingKey};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::artifacts::Artifacts;
use super::tokens::TokenFiles;
use super::{Args, Mode};
use crate::args::hostname;
use crate::args::pem_files::{self, PemInputs};
use crate::files::read;
use crate::job::existing_files::ExistingFiles;
use crate::job::{PemFiles, stale_files};
use crate::report::console::Console;
use crate::report::conversion::{self, Wanted};
use crate::report::failure::Failure;
use crate::report::hints;
use crate::report::render;

/// Writes the files from the pair that the flags name. Fails on files that are not a pair that Kuma can use,
/// and files that cannot be written.
pub(super) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    args.refuse_unused()?;
    refuse_issuance(args)?;
    let now = OffsetDateTime::now_utc();
    let mut hosts = match args.mode {
        Mode::Kubernetes => args.service.read()?.dialed_names(),
        Mode::Universal => Vec::new(),
    };
    hosts.extend(args.hostnames()?.into_iter().filter(hostname::is_dialable));
    let mut plan = args.plan(console)?;
    let inputs = [&args.pair.cert_file, &args.pair.key_file, &args.pair.ca_cert_file];
    plan.refuse_inputs(inputs.into_iter().flatten().map(PathBuf::as_path))?;
    let inputs = read_pair(args)?;
    args.pair.verify(&inputs, &hosts, now, console)?;
    let PemInputs { certificate: Some(certificate), key: Some(key), ca: Some(ca) } = inputs else {
        unreachable!("all three were read")
    };
    let own = pem::decode_certificates(&certificate)?;
    let warnings = pem_files::ca_warnings(&ca, now).into_iter().chain(args.leftover_warning());
    let warnings = warnings.chain(args.issuance.key.file.warning()).collect();
    let flags = args.issuance.existing;
    ExistingFiles::read_kinds(flags, &mut plan, &[])?;
    let token_files = TokenFiles::new(args, now)?;
    let artifacts = Artifacts::new(args, PemFiles { certificate, key, ca }, token_files)?;
    let content = |kind| artifacts.content(kind);
    let (changes, reasons) = if flags.if_needed {
        let stale = stale_files::stale_artifacts(&args.output_dir, &args.kinds(), content)?;
        let (kinds, reasons): (Vec<_>, Vec<_>) = stale.into_iter().unzip();
        (plan.repair(&kinds, content)?, reasons)
    } else {
        (plan.commit(content)?, Vec::new())
    };
    render::report(console, Some(args.issuance.output), &own[0], changes, reasons, warnings);
    Ok(())
}

/// Refuses flags about a certificate or key that this run does not issue.
fn refuse_issuance(args: &Args) -> Result<(), Failure> {
    let issuance = &args.issuance;
    let given = [
        ("--issuer-cert-file", issuance.issuer.own.inputs().next().is_some()),
        ("--ephemeral-ca", issuance.issuer.ephemeral_ca),
        ("--self-signed", args.self_signed),
        ("--key-type", issuance.key.key_type.is_some()),
        ("--valid-for", issuance.valid_for.is_some()),
        ("--reuse-key", issuance.existing.reuse_key),
        ("--renew-before", issuance.existing.renew_before.is_some()),
    ];
    Failure::refuse_unused(&given, "with --cert-file", "--cert-file and --key-file")
}

/// Reads the pair and puts its chain in order: the certificate and the intermediate CAs, and the root apart.
fn read_pair(args: &Args) -> Result<PemInputs, Failure> {
    let pair = &args.pair;
    let paths = [&pair.cert_file, &pair.key_file, &pair.ca_cert_file];
    read::stdin_once(paths.into_iter().flatten())?;
    let (Some(cert_file), Some(key_file)) = (&pair.cert_file, &pair.key_file) else {
        let failure = Failure::usage("--ca-cert-file requires --cert-file and --key-file");
        return Err(failure.hint("add the certificate and the key that the PKI certified"));
    };
    let certificates = |path: &Path, label, wanted| {
        let text = read::file(path, label)?;
        pem::decode_certificates(&text).map_err(|error| {
            let shown = read::shown(path);
            let failure = Failure::failed(format!("cannot use the {label} {shown}: {error}"));
            let hint = conversion::hint(&error, &shown, wanted);
            failure.hint_if_any(hint.or_else(|| hints::pem_hint(&shown, &error)))
        })
    };
    let certificate = certificates(cert_file, "certificate file", Wanted::Pair)?;
    let ca = match &pair.ca_cert_file {
        Some(path) => certificates(path, "CA certificate file", Wanted::Ca)?,
        None => Vec::new(),
    };
    let key_text = read::file(key_file, "key file")?;
    let unusable = |error: &dyn std::fmt::Display| {
        Failure::failed(format!("cannot use the key file {}: {error}", read::shown(key_file)))
    };
    let key = pem::decode_private_key(&key_text).map_err(|error: PemError| {
        unusable(&error).hint_if_any(hints::pem_hint(&read::shown(key_file), &error))
    })?;
    let key = ExistingKey::from_der(&key).map_err(|error| unusable(&error))?;
    let assembled = assemble_chain(&certificate, &ca, &key).map_err(|error| assembly(&error))?;
    let encode =
        |certificates: &[Certificate]| Zeroizing::new(pem::encode_certificates(certificates));
    Ok(PemInputs {
        certificate: Some(encode(&assembled.chain)),
        key: Some(key_text),
        ca: Some(encode(&assembled.roots)),
    })
}

fn assembly(error: &AssemblyError) -> Failure {
    let failure = Failure::failed(error);
    match error {
        AssemblyError::NoCertificateForKey => {
            failure.hint("use the key of the certificate request that the PKI signed")
        }
        AssemblyError::IssuerMissing { issuer, location, .. } => {
            let from = location.as_ref().map(|uri| format!(" ({uri})")).unwrap_or_default();
            failure.hint(format!(
                "ask the PKI for the certificate of {issuer}{from}, and append it to the certificate file if \
                 it is an intermediate CA, or to the CA certificate file if it is the root"
            ))
        }
        _ => failure,
    }
}
