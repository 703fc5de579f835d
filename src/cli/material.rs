//! The PEM files that manifests, values and variables are made from, judged before anything is
//! printed.

use std::path::PathBuf;

use kumactl::encode::pem;
use kumactl::verify::{self, CheckName, Evidence, File, Finding, Outcome, Question};
use kumactl::{ExtendedKeyUsage, SubjectAltName, inspect};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::exit::Failure;
use super::{input, output, remedy};

/// The files.
#[derive(clap::Args)]
pub(super) struct MaterialArgs {
    /// The certificate, and the chain behind it
    #[arg(long, value_name = "FILE", requires = "key_file")]
    pub(super) cert_file: Option<PathBuf>,

    /// The private key
    #[arg(long, value_name = "FILE", requires = "cert_file")]
    pub(super) key_file: Option<PathBuf>,

    /// The CA certificate that clients trust
    #[arg(long, value_name = "FILE")]
    pub(super) ca_cert_file: Option<PathBuf>,
}

/// What is in them, byte for byte.
pub(super) struct Material {
    pub(super) certificate: Option<Zeroizing<Vec<u8>>>,
    pub(super) key: Option<Zeroizing<Vec<u8>>>,
    pub(super) ca: Option<Zeroizing<Vec<u8>>>,
}

impl MaterialArgs {
    /// Reads the files, and holds them against each other and against the names that clients dial.
    ///
    /// # Errors
    ///
    /// Files that cannot be read, and everything that `kumactl verify tls-certificate` fails for. That
    /// Envoy does not connect to the key is a warning.
    pub(super) fn read(
        &self,
        hosts: &[SubjectAltName],
        now: OffsetDateTime,
    ) -> Result<Material, Failure> {
        let paths = [&self.cert_file, &self.key_file, &self.ca_cert_file];
        input::read_stdin_once(paths.into_iter().flatten())?;
        let read = |path: &Option<PathBuf>, role| {
            path.as_ref().map(|path| input::read(path, role)).transpose()
        };
        let material = Material {
            certificate: read(&self.cert_file, "certificate file")?,
            key: read(&self.key_file, "key file")?,
            ca: read(&self.ca_cert_file, "CA certificate file")?,
        };
        self.judge(&material, hosts, now)?;
        Ok(material)
    }

    fn judge(
        &self,
        material: &Material,
        hosts: &[SubjectAltName],
        now: OffsetDateTime,
    ) -> Result<(), Failure> {
        let name = |path: &Option<PathBuf>| path.as_deref().map(input::shown).unwrap_or_default();
        let names = [name(&self.cert_file), name(&self.key_file), name(&self.ca_cert_file)];
        let ca = material.ca.as_ref().map(|bytes| File { name: &names[2], bytes });
        let report = match (&material.certificate, ca) {
            (None, None) => return Ok(()),
            (None, Some(ca)) => verify::verify_ca(ca, now),
            (Some(certificate), ca) => {
                let certificate = File { name: &names[0], bytes: certificate };
                let evidence = Evidence {
                    certificate,
                    proof: None,
                    key: material.key.as_ref().map(|bytes| File { name: &names[1], bytes }),
                    key_mode: None,
                    ca: ca.or_else(|| holds_its_ca(certificate).then_some(certificate)),
                    bundle: None,
                };
                let usage = ExtendedKeyUsage::ServerAuth;
                let question =
                    Question { hosts, usage, at: now, min_remaining: None, clients: &[] };
                verify::verify(&evidence, &question)
            }
        };
        let (envoy, failed): (Vec<_>, Vec<_>) =
            report.failures().partition(|(name, _)| *name == CheckName::Envoy);
        match Failure::join(failed.into_iter().map(|(_, finding)| failure(finding))) {
            Some(failure) => return Err(failure),
            None => {
                let chain = report.checks.iter().filter_map(|check| match &check.outcome {
                    Outcome::Warning(finding) if check.name == CheckName::Chain => Some(finding),
                    _ => None,
                });
                for finding in envoy.into_iter().map(|(_, finding)| finding).chain(chain) {
                    output::note(&format!("warning: {finding}"));
                }
            }
        }
        Ok(())
    }
}

fn failure(finding: &Finding) -> Failure {
    Failure::failed(finding).hint_if_any(remedy::hint(finding))
}

fn holds_its_ca(file: File<'_>) -> bool {
    let chain = pem::decode_certificates(file.bytes).unwrap_or_default();
    inspect::self_signed(&chain).is_ok_and(|roots| !roots.is_empty())
}
