//! The PEM files for manifests, values and variables, verified before anything is printed.

use std::path::{Path, PathBuf};

use kuma_pki::format::{MAX_ARGUMENT, pem};
use kuma_pki::verify::clients::Client;
use kuma_pki::verify::{
    self, Check, CheckName, File, Finding, Host, Outcome, Report, VerifyInput, VerifyOptions, kuma,
};
use kuma_pki::{Certificate, ExtendedKeyUsage, SubjectAltName};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::files::read;
use crate::report::console::Console;
use crate::report::failure::Failure;
use crate::report::hints;

/// The flags that name the files.
#[derive(clap::Args)]
pub(crate) struct PemFilesArgs {
    /// Certificate, followed by its intermediate certificates
    #[arg(long, value_name = "FILE", requires = "key_file")]
    pub(crate) cert_file: Option<PathBuf>,

    /// Private key of the certificate
    #[arg(long, value_name = "FILE", requires = "cert_file")]
    pub(crate) key_file: Option<PathBuf>,

    /// CA certificate that clients trust
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_cert_file: Option<PathBuf>,
}

/// The contents of the files.
pub(crate) struct PemInputs {
    pub(crate) certificate: Option<Zeroizing<Vec<u8>>>,
    pub(crate) key: Option<Zeroizing<Vec<u8>>>,
    pub(crate) ca: Option<Zeroizing<Vec<u8>>>,
}

impl PemFilesArgs {
    /// Refuses names without a certificate.
    pub(crate) fn refuse_unused(&self, flag: Option<&str>) -> Result<(), Failure> {
        match flag.filter(|_| self.cert_file.is_none()) {
            None => Ok(()),
            Some(flag) => {
                let failure = Failure::usage(format!("{flag} has no effect without --cert-file"));
                Err(failure.hint(format!("add --cert-file and --key-file, or remove {flag}")))
            }
        }
    }

    /// Reads the files and verifies them for the names that clients connect to. Fails on files that cannot be
    /// read, and everything that fails `kumactl verify tls-certificate`, except that a key to which Envoy does
    /// not connect is a warning.
    pub(crate) fn read(
        &self,
        hosts: &[SubjectAltName],
        now: OffsetDateTime,
        console: Console,
    ) -> Result<PemInputs, Failure> {
        let paths = [&self.cert_file, &self.key_file, &self.ca_cert_file];
        read::stdin_once(paths.into_iter().flatten())?;
        let read = |path: &Option<PathBuf>, role| {
            path.as_ref().map(|path| read::file(path, role)).transpose()
        };
        let mut inputs = PemInputs {
            certificate: read(&self.cert_file, "certificate file")?,
            key: read(&self.key_file, "key file")?,
            ca: read(&self.ca_cert_file, "CA certificate file")?,
        };
        // A file that cannot be read, or does not begin with a CA, is rejected as it is.
        if let Some(ca) = &inputs.ca
            && begins_with_ca(ca)
        {
            let ordered = kuma::ordered_pem(ca, now)?.into_owned();
            inputs.ca = Some(Zeroizing::new(ordered));
        }
        self.verify(&inputs, hosts, now, console)?;
        Ok(inputs)
    }

    /// Verifies the files against each other and against the names that clients connect to. Fails on everything
    /// that `kumactl verify tls-certificate` fails for, as in [`Self::read`].
    pub(crate) fn verify(
        &self,
        inputs: &PemInputs,
        hosts: &[SubjectAltName],
        now: OffsetDateTime,
        console: Console,
    ) -> Result<(), Failure> {
        let name = |path: &Option<PathBuf>| path.as_deref().map(read::shown).unwrap_or_default();
        let names = [name(&self.cert_file), name(&self.key_file), name(&self.ca_cert_file)];
        let ca = inputs.ca.as_ref().map(|bytes| File { name: &names[2], bytes });
        let mut report = match (&inputs.certificate, ca) {
            (None, None) => return Ok(()),
            (None, Some(ca)) => verify::verify_ca(ca, now),
            (Some(certificate), ca) => {
                let certificate = File { name: &names[0], bytes: certificate };
                let input = VerifyInput {
                    certificate,
                    proof: None,
                    key: inputs.key.as_ref().map(|bytes| File { name: &names[1], bytes }),
                    key_mode: None,
                    ca: ca.or_else(|| holds_its_ca(certificate).then_some(certificate)),
                    bundle: None,
                };
                let usage = ExtendedKeyUsage::ServerAuth;
                let hosts: Vec<_> = hosts.iter().cloned().map(Host::from).collect();
                let options = VerifyOptions::new(&hosts, usage, now);
                verify::verify(&input, &options)
            }
        };
        if let (Some(_), Some(ca)) = (&inputs.certificate, ca) {
            // The search for a path ignores these.
            let mut alone = verify::verify_ca(ca, now);
            alone.checks.retain(|check| check.name == CheckName::Dates && is_warning(check));
            report.checks.extend(alone.checks);
        }
        let (envoy, failed): (Vec<_>, Vec<_>) = report.failures().partition(|(_, finding)| {
            matches!(finding, Finding::Rejected { client: Client::Envoy, .. })
        });
        if let Some(failure) = failures(failed.into_iter().map(|(_, finding)| finding)) {
            return Err(failure);
        }
        let envoy = envoy.into_iter().map(|(_, finding)| finding);
        // A command that prints arguments reports this itself.
        let is_told = |finding: &&Finding| !matches!(finding, Finding::BundleTooLong { .. });
        for finding in envoy.chain(warnings(&report)).filter(is_told) {
            console.warn(finding);
        }
        Ok(())
    }
}

/// Returns the warnings about a CA file that is distributed to clients.
pub(crate) fn ca_warnings(ca: &[u8], now: OffsetDateTime) -> Vec<String> {
    let report = verify::verify_ca(File { name: "ca.crt", bytes: ca }, now);
    let text = |finding: &Finding| match finding {
        Finding::BundleTooLong { .. } => format!("{finding}; {}", hints::LONG_BUNDLE),
        _ => finding.to_string(),
    };
    warnings(&report).map(text).collect()
}

/// Refuses a value that is too long for Linux. `name` is the flag or variable. Fails on more than
/// [`MAX_ARGUMENT`] bytes, in which case the hint says what to do instead.
pub(crate) fn refuse_long(name: &str, length: usize, hint: &str) -> Result<(), Failure> {
    if length <= MAX_ARGUMENT {
        return Ok(());
    }
    let failure = Failure::failed(format!(
        "{name} has {length} bytes, more than the {MAX_ARGUMENT} that Linux allows in one argument or variable"
    ));
    Err(failure.hint(hint))
}

/// Reads and verifies the CA file by which a server authenticates its clients. Fails on a file that cannot be
/// read or that no client certificate can match.
pub(crate) fn read_client_ca(path: &Path, now: OffsetDateTime) -> Result<(), Failure> {
    let bytes = read::file(path, "CA certificate file of clients")?;
    let report = verify::verify_client_ca(File { name: &read::shown(path), bytes: &bytes }, now);
    failures(report.failures().map(|(_, finding)| finding)).map_or(Ok(()), Err)
}

/// Returns a CA file as the value of a variable: unchanged if possible, or else its certificates only.
pub(crate) fn variable(ca: &[u8]) -> Result<String, Failure> {
    let certificates = pem::decode_certificates(ca)?;
    match std::str::from_utf8(ca) {
        Ok(text) if !text.contains('\0') => Ok(text.to_owned()),
        _ => Ok(pem::encode_certificates(certificates).into_iter().map(char::from).collect()),
    }
}

fn begins_with_ca(text: &[u8]) -> bool {
    let certificates = pem::decode_certificates(text);
    certificates.is_ok_and(|certificates| kuma::check_first_certificate(&certificates).is_ok())
}

fn is_warning(check: &Check) -> bool {
    matches!(check.outcome, Outcome::Warning(_))
}

/// Returns the warnings, except those about the time left, which `kumactl verify` reports.
fn warnings(report: &Report) -> impl Iterator<Item = &Finding> {
    let checks = report.checks.iter().filter(|check| check.name != CheckName::TimeLeft);
    checks.filter_map(|check| match &check.outcome {
        Outcome::Warning(finding) => Some(finding),
        _ => None,
    })
}

fn failures<'a>(findings: impl Iterator<Item = &'a Finding>) -> Option<Failure> {
    let failure = |finding| Failure::failed(finding).hint_if_any(hints::hint(finding));
    Failure::join(findings.map(failure))
}

fn holds_its_ca(file: File<'_>) -> bool {
    let chain = pem::decode_certificates(file.bytes).unwrap_or_default();
    chain.iter().any(Certificate::is_root)
}
