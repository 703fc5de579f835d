//! `kumactl verify token`.

use std::path::{Path, PathBuf};

use kuma_pki::token::{
    self, Proxy, ProxyError, ProxyKind, PublicKey, PublicKeyError, VerifyOptions,
};
use time::OffsetDateTime;

use crate::args::verification::{ReportArgs, TimeArgs};
use crate::files::read;
use crate::report::failure::Failure;
use crate::report::hints;
use crate::report::render::token as render;

/// Verify a token the way the control plane does
///
/// Verifies the signature, the expiry and the claims, and prints the error messages of kuma-cp and kuma-dp. The exit
/// status is 0 if the control plane accepts the token, 1 if it does not, and 3 if a file cannot be read.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl verify token dp-1.token --public-key=signing.pub --kid=1 \\
    --dataplane-file=dataplane.yaml

  # A token of a zone ingress
  kumactl verify token ingress.token --public-key=zone-signing.pub --zone=zone-1")]
pub(crate) struct Args {
    /// File with the token, `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Public key in the configuration of the control plane, as `kumactl generate public-key` prints it
    #[arg(long, value_name = "FILE", required = true)]
    public_key: PathBuf,

    /// ID of the public key in the configuration [default: the one in the token]
    #[arg(long, value_name = "ID")]
    kid: Option<String>,

    /// Dataplane, ZoneIngress or ZoneEgress that uses the token, as for `kuma-dp run --dataplane-file`
    #[arg(long, value_name = "FILE")]
    dataplane_file: Option<PathBuf>,

    /// Zone of the zone proxy that uses the token
    #[arg(long, value_name = "NAME")]
    zone: Option<String>,

    #[command(flatten)]
    time: TimeArgs,

    #[command(flatten, next_help_heading = "Report")]
    report: ReportArgs,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let at = args.time.at(OffsetDateTime::now_utc())?;
    let inputs = [Some(&args.file), Some(&args.public_key), args.dataplane_file.as_ref()];
    read::stdin_once(inputs.into_iter().flatten())?;
    let public_key = read_public_key(&args.public_key).map_err(Failure::while_reading)?;
    let proxy = args.dataplane_file.as_deref().map(read_proxy).transpose();
    let proxy = proxy.map_err(Failure::while_reading)?;
    if args.zone.is_some() && proxy.as_ref().is_some_and(|proxy| proxy.kind == ProxyKind::Dataplane)
    {
        let failure =
            Failure::usage("--zone is for zone tokens, and the file describes a Dataplane");
        return Err(failure.hint("leave --zone or --dataplane-file out"));
    }
    let text = read::file(&args.file, "token file").map_err(Failure::while_reading)?;
    let report = token::verify(
        &String::from_utf8_lossy(&text),
        &VerifyOptions {
            public_key: &public_key,
            key_id: args.kid.as_deref(),
            proxy: proxy.as_ref(),
            zone: args.zone.as_deref(),
            at,
        },
    );
    args.report.print(
        report.verifies(),
        || render::report_json(&report, at),
        |quiet, palette| render::report_text(&report, quiet, palette),
    )
}

fn read_public_key(path: &Path) -> Result<PublicKey, Failure> {
    let text = read::file(path, "public key file")?;
    PublicKey::from_pem(&text).map_err(|error| {
        let shown = read::shown(path);
        let failure = Failure::failed(format!("cannot use public key file {shown}: {error}"));
        let file = hints::typed(&shown);
        match &error {
            PublicKeyError::Label { label } if label.ends_with("PRIVATE KEY") => failure.hint(
                format!("kumactl generate public-key --signing-key-path={file} > signing.pub"),
            ),
            PublicKeyError::Label { label } if label == "CERTIFICATE" => {
                failure.hint(format!("openssl x509 -in {file} -noout -pubkey > signing.pub"))
            }
            PublicKeyError::NotPem => failure.hint("kuma-cp panics when it reads such a file"),
            _ => failure,
        }
    })
}

fn read_proxy(path: &Path) -> Result<Proxy, Failure> {
    let text = read::file(path, "dataplane file")?;
    Proxy::from_text(&text).map_err(|error| {
        let shown = read::shown(path);
        let failure = Failure::failed(format!("cannot use dataplane file {shown}: {error}"));
        match error {
            ProxyError::Variables { .. } => failure.hint(format!(
                "replace them first, such as: sed 's/{{{{ *name *}}}}/dp-1/' {} | kumactl verify token ... \
                 --dataplane-file=-",
                hints::typed(&shown)
            )),
            _ => failure,
        }
    })
}
