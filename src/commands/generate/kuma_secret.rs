//! `kumactl generate kuma-secret`.

mod content;

use std::path::PathBuf;

use clap::ValueEnum;
use kuma_pki::format::kuma_secret::{self, KumaSecret, SecretScope};
use kuma_pki::{Namespace, ObjectName};
use time::OffsetDateTime;

use crate::args::control_plane;
use crate::commands::generate::control_plane_tls::Mode;
use crate::job::token;
use crate::report::console::{self, Console};
use crate::report::failure::Failure;

/// Print a Secret or GlobalSecret of Kuma: signing keys, revoked tokens, CAs of a mesh, gateway certificates
///
/// Prints the Secret with the name that Kuma expects and the value as one line of Base64, after checking
/// that kuma-cp and Envoy can use it. Apply it with `kumactl apply -f -`, or with `kubectl apply -f -`
/// for --mode=kubernetes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # The second signing key for dataplane tokens of a mesh
  kumactl generate kuma-secret --kind=dataplane-token-signing-key --kid=2 \\
    --mesh=default --signing-key-path=signing.key | kumactl apply -f -

  # Revoke two tokens by their IDs; the list replaces the previous one
  kumactl generate kuma-secret --kind=dataplane-token-revocations \\
    --token-id=3cc8a6b6-bd2d-4a4c-8b72-a9b4fbd80c6e \\
    --token-id=0e120ec9-6b42-495d-9758-07b59fe86fb9 | kumactl apply -f -

  # The Secrets `mesh-ca-cert` and `mesh-ca-key` of a MeshIdentity
  kumactl generate kuma-secret --kind=mesh-identity-ca --name=mesh-ca \\
    --cert-file=mesh-ca.crt --key-file=mesh-ca.key --mode=kubernetes \\
    | kubectl apply -f -")]
pub(crate) struct Args {
    /// Contents of the Secret
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Kind,

    /// Where Kuma runs
    #[arg(long, value_enum, value_name = "MODE", default_value = "universal")]
    mode: Mode,

    /// Namespace of the control plane, for --mode=kubernetes [default: kuma-system]
    #[arg(long, short, value_parser = control_plane::namespace)]
    namespace: Option<Namespace>,

    /// Mesh of the Secret, or of the revoked dataplane tokens [default: default]
    #[arg(long, short, value_name = "NAME", value_parser = control_plane::object_name)]
    mesh: Option<ObjectName>,

    /// Name of a gateway's Secret; the Secrets of a CA are NAME-cert and NAME-key
    #[arg(long, value_name = "NAME", value_parser = control_plane::object_name)]
    name: Option<ObjectName>,

    /// Signing key: RSA as PKCS#1 or PKCS#8, or the output of `generate signing-key`
    #[arg(long, value_name = "FILE")]
    signing_key_path: Option<PathBuf>,

    /// Number of the signing key, which is the key ID of its tokens
    #[arg(long, value_name = "NUMBER", value_parser = content::key_number)]
    kid: Option<u32>,

    /// ID of a revoked token (`jti`; can be repeated, or a comma-separated list)
    #[arg(long = "token-id", value_name = "ID", value_delimiter = ',')]
    token_ids: Vec<String>,

    /// File with the IDs of revoked tokens, separated by commas or line breaks
    #[arg(long, value_name = "FILE")]
    token_id_file: Option<PathBuf>,

    /// Certificates of a CA, the issuing CA first, or of a gateway
    #[arg(long, value_name = "FILE")]
    cert_file: Option<PathBuf>,

    /// Private key of the first certificate
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum Kind {
    /// Key that signs dataplane tokens of a mesh
    DataplaneTokenSigningKey,
    /// Key that signs zone tokens
    ZoneTokenSigningKey,
    /// Key that signs user tokens
    UserTokenSigningKey,
    /// Revoked dataplane tokens of a mesh: a GlobalSecret, since kuma-cp ignores a Secret of the mesh
    DataplaneTokenRevocations,
    /// Revoked zone tokens
    ZoneTokenRevocations,
    /// Revoked user tokens
    UserTokenRevocations,
    /// CA of a mesh with a `provided` mTLS backend (Kuma 2.x)
    ProvidedCa,
    /// CA of a MeshIdentity with the `Bundled` provider
    MeshIdentityCa,
    /// Certificate and key of a listener of a built-in gateway (Kuma 2.x)
    GatewayCertificate,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    args.check_flags()?;
    let secrets = args.secrets(OffsetDateTime::now_utc(), console)?;
    let text = match args.mode {
        Mode::Universal => kuma_secret::universal(&secrets),
        Mode::Kubernetes => {
            let namespace = args.namespace.clone();
            kuma_secret::kubernetes(
                &secrets,
                &namespace.unwrap_or_else(control_plane::default_namespace),
            )
        }
    };
    console::print_result(text.as_bytes())
}

impl Kind {
    const fn is_signing_key(self) -> bool {
        matches!(
            self,
            Self::DataplaneTokenSigningKey | Self::ZoneTokenSigningKey | Self::UserTokenSigningKey
        )
    }

    const fn is_revocations(self) -> bool {
        matches!(
            self,
            Self::DataplaneTokenRevocations
                | Self::ZoneTokenRevocations
                | Self::UserTokenRevocations
        )
    }

    const fn is_pair(self) -> bool {
        !self.is_signing_key() && !self.is_revocations()
    }

    /// Returns whether there is one for each mesh.
    const fn is_of_mesh(self) -> bool {
        self.is_pair()
            || matches!(self, Self::DataplaneTokenSigningKey | Self::DataplaneTokenRevocations)
    }

    fn typed(self) -> String {
        let value = self.to_possible_value();
        format!("--kind={}", value.as_ref().map_or("", |value| value.get_name()))
    }
}

impl Args {
    /// Refuses missing flags of the kind and flags of other kinds.
    fn check_flags(&self) -> Result<(), Failure> {
        let kind = self.kind;
        let has_ids = !self.token_ids.is_empty() || self.token_id_file.is_some();
        let (is_pair, is_key) = (kind.is_pair(), kind.is_signing_key());
        // Each flag: whether it is given, and whether the kind needs it.
        let needed = [
            ("--name", "NAME", self.name.is_some(), is_pair),
            ("--cert-file", "FILE", self.cert_file.is_some(), is_pair),
            ("--key-file", "FILE", self.key_file.is_some(), is_pair),
            ("--signing-key-path", "FILE", self.signing_key_path.is_some(), is_key),
            ("--kid", "NUMBER", self.kid.is_some(), is_key),
            ("--token-id", "ID", has_ids, kind.is_revocations()),
        ];
        let unused = |flag, other: &str| {
            Failure::usage(format!("{flag} has no effect with {other}"))
                .hint(format!("remove {flag}"))
        };
        for (flag, value, is_given, is_needed) in needed {
            if is_given && !is_needed {
                return Err(unused(flag, &kind.typed()));
            }
            if is_needed && !is_given {
                return Err(Failure::usage(format!("{} requires {flag}", kind.typed()))
                    .hint(format!("add {flag}={value}")));
            }
        }
        if self.mesh.is_some() && !kind.is_of_mesh() {
            return Err(unused("--mesh", &kind.typed()));
        }
        if self.namespace.is_some() && self.mode != Mode::Kubernetes {
            return Err(unused("--namespace", "--mode=universal"));
        }
        Ok(())
    }

    /// Returns the Secrets of the kind.
    fn secrets(&self, now: OffsetDateTime, console: Console) -> Result<Vec<KumaSecret>, Failure> {
        let mesh = self.mesh.clone().map_or_else(|| parse_name("default"), Ok)?;
        let mesh_name = mesh.as_str();
        let of_mesh = || SecretScope::Mesh(mesh.clone());
        let kid = self.kid.unwrap_or_default();
        // As kuma-cp looks for them (`pkg/core/resources/apis/system/constants.go`, `pkg/tokens/builtin`).
        let (name, scope) = match self.kind {
            Kind::DataplaneTokenSigningKey => {
                (format!("dataplane-token-signing-key-{mesh_name}-{kid}"), of_mesh())
            }
            Kind::ZoneTokenSigningKey => {
                (format!("zone-token-signing-key-{kid}"), SecretScope::Global)
            }
            Kind::UserTokenSigningKey => {
                (format!("user-token-signing-key-{kid}"), SecretScope::Global)
            }
            Kind::DataplaneTokenRevocations => {
                (format!("dataplane-token-revocations-{mesh_name}"), SecretScope::Global)
            }
            Kind::ZoneTokenRevocations => {
                ("zone-token-revocations".to_owned(), SecretScope::Global)
            }
            Kind::UserTokenRevocations => {
                ("user-token-revocations".to_owned(), SecretScope::Global)
            }
            Kind::ProvidedCa | Kind::MeshIdentityCa | Kind::GatewayCertificate => {
                let name = self.name.as_ref().map_or("", ObjectName::as_str);
                (name.to_owned(), of_mesh())
            }
        };
        let secret = |name: &str, value| {
            Ok::<_, Failure>(KumaSecret { name: parse_name(name)?, scope: scope.clone(), value })
        };
        if let Some(path) = &self.signing_key_path {
            let key = token::read_signing_key(path, console)?;
            return Ok(vec![secret(&name, key.to_pem().map_err(Failure::failed)?)?]);
        }
        let (Some(cert_file), Some(key_file)) = (&self.cert_file, &self.key_file) else {
            let ids = content::token_ids(&self.token_ids, self.token_id_file.as_deref())?;
            return Ok(vec![secret(&name, ids)?]);
        };
        let pair = content::Pair::read(cert_file, key_file)?;
        match self.kind.mesh_ca_purpose() {
            None => {
                pair.check_gateway()?;
                Ok(vec![secret(&name, pair.joined())?])
            }
            Some(purpose) => {
                pair.check_mesh_ca(purpose, now, console)?;
                Ok(vec![
                    secret(&format!("{name}-cert"), pair.certificates())?,
                    secret(&format!("{name}-key"), pair.key())?,
                ])
            }
        }
    }
}

/// Checks a name that is composed of others.
fn parse_name(name: &str) -> Result<ObjectName, Failure> {
    ObjectName::parse(name)
        .map_err(|error| Failure::usage(error).hint("use a shorter --name or --mesh"))
}
