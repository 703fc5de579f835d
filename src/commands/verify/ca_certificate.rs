//! `kumactl verify ca-certificate`.

use std::path::PathBuf;

use kuma_pki::rfc3339;
use kuma_pki::verify::kuma::KumaVersion;
use kuma_pki::verify::{self, File, MeshCaFiles, MeshCaPurpose, Report};
use time::OffsetDateTime;

use crate::args::verification::{ReportArgs, TimeArgs};
use crate::files::read;
use crate::report::failure::Failure;
use crate::report::render::verification;

/// Verify a CA certificate the way Kuma uses it: as trust anchor, as issuer, or as the CA of a mesh
///
/// With --purpose=mesh-identity or mesh-provided, predicts whether Kuma accepts the CA, whether proxies
/// get certificates, and whether Envoy accepts those. The exit status is 0 if the CA works, 1 if not,
/// and 3 if a file cannot be read.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # The CA file that data plane proxies and clients trust
  kumactl verify ca-certificate --cert-file=ca.crt

  # A CA to issue certificates from
  kumactl verify ca-certificate --purpose=issuer --cert-file=ca.crt \\
    --key-file=ca.key

  # The CA of a MeshIdentity, before it goes into a Secret
  kumactl verify ca-certificate --purpose=mesh-identity \\
    --cert-file=mesh-ca.crt --key-file=mesh-ca.key")]
pub(crate) struct Args {
    /// CA certificate, followed by its intermediate and root certificates; `-` for standard input
    #[arg(long, value_name = "FILE")]
    cert_file: PathBuf,

    /// Private key of the CA
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// Purpose of the CA
    #[arg(long, value_enum, value_name = "PURPOSE", default_value_t)]
    purpose: Purpose,

    /// Verify for a MeshIdentity with `insecureAllowSelfSigned: true`
    #[arg(long)]
    insecure_allow_self_signed: bool,

    #[command(flatten)]
    time: TimeArgs,

    /// Version of Kuma to verify for, such as 2.13 [default: 2.14]
    #[arg(long, value_name = "VERSION")]
    kuma_version: Option<KumaVersion>,

    #[command(flatten, next_help_heading = "Report")]
    report: ReportArgs,
}

/// The purpose of a CA.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum Purpose {
    /// Data plane proxies and other clients trust it
    #[default]
    TrustAnchor,
    /// It issues certificates
    Issuer,
    /// A MeshIdentity uses it
    MeshIdentity,
    /// A provided mTLS backend of a Mesh uses it
    MeshProvided,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let at = args.time.at(OffsetDateTime::now_utc())?;
    args.refuse_unused()?;
    let report = args.verify(at).map_err(Failure::while_reading)?;
    args.report.print(
        report.verifies(),
        || verification::json(&report, &rfc3339(&at)),
        |quiet, palette| verification::text(&report, quiet, palette),
    )
}

impl Args {
    fn version(&self) -> KumaVersion {
        self.kuma_version.unwrap_or(KumaVersion::NEWEST)
    }

    /// Refuses flags that would change nothing.
    fn refuse_unused(&self) -> Result<(), Failure> {
        if self.key_file.is_some() && self.purpose == Purpose::TrustAnchor {
            let failure = Failure::usage("--key-file: a trust anchor is used without its key");
            return Err(failure.hint("leave --key-file out, or add --purpose=issuer"));
        }
        if self.insecure_allow_self_signed && self.purpose != Purpose::MeshIdentity {
            let text = "--insecure-allow-self-signed is a setting of MeshIdentity";
            return Err(Failure::usage(text).hint("add --purpose=mesh-identity"));
        }
        if self.purpose == Purpose::MeshProvided && !self.version().has_mesh_mtls() {
            let text = format!("Kuma {} has no mTLS backends in Mesh", self.version());
            return Err(Failure::usage(text).hint("--purpose=mesh-identity"));
        }
        Ok(())
    }

    fn verify(&self, at: OffsetDateTime) -> Result<Report, Failure> {
        read::stdin_once([&self.cert_file].into_iter().chain(&self.key_file))?;
        let text = read::any(&self.cert_file, "CA certificate file")?;
        let key_text =
            self.key_file.as_deref().map(|path| read::any(path, "CA key file")).transpose()?;
        let name = read::shown(&self.cert_file);
        let certificate = File { name: &name, bytes: &text };
        let key_name = self.key_file.as_deref().map(read::shown).unwrap_or_default();
        let key = key_text.as_ref().map(|text| File { name: &key_name, bytes: text });
        let allows_self_signed = self.insecure_allow_self_signed;
        let purpose = match self.purpose {
            Purpose::TrustAnchor => return Ok(verify::verify_ca(certificate, at)),
            Purpose::Issuer => return Ok(verify::verify_issuer(certificate, key, at)),
            Purpose::MeshIdentity => MeshCaPurpose::Identity { allows_self_signed },
            Purpose::MeshProvided => MeshCaPurpose::Provided,
        };
        let files = MeshCaFiles { certificate, key };
        Ok(verify::verify_mesh_ca(&files, purpose, self.version(), at))
    }
}
