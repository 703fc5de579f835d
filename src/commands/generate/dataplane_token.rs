//! `kumactl generate dataplane-token`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kuma_pki::token::{Claims, DEFAULT_MESH, DataplaneClaims, ProxyType, Tags};

use crate::args::token::{TokenArgs, split_list};
use crate::job::token;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// Sign a token for a data plane proxy to authenticate to the control plane
///
/// A proxy must match everything in the token: its name, mesh, tags and workload. With --signing-key-path and
/// --kid, kumactl signs offline the token that the official kumactl would sign.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  # A token for one proxy
  kumactl generate dataplane-token --name=dp-1 --valid-for=30d \\
    --signing-key-path=signing.key --kid=1 --token-file=dp-1.token

  # A token for every proxy of two services
  kumactl generate dataplane-token --tag=kuma.io/service=web,web-api \\
    --valid-for=24h --signing-key-path=signing.key --kid=1

  # A token from the control plane, by the official kumactl
  kumactl generate dataplane-token --name=dp-1 --valid-for=24h")]
pub(crate) struct Args {
    /// Name of the only proxy that can use the token [default: any]
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,

    /// Mesh of the proxy
    #[arg(long, short, value_name = "MESH", default_value = DEFAULT_MESH)]
    mesh: String,

    /// Kind of proxy (Kuma ignores it)
    #[arg(long, value_name = "TYPE", value_parser = proxy_type_parser())]
    proxy_type: Option<ProxyType>,

    /// Old name of --proxy-type
    #[arg(long = "type", value_name = "TYPE", hide = true, value_parser = proxy_type_parser())]
    #[arg(conflicts_with = "proxy_type")]
    old_type: Option<ProxyType>,

    /// Tag that the proxy must have, with its allowed values (can be repeated)
    #[arg(long = "tag", value_name = "KEY=VALUE[,VALUE]")]
    tags: Vec<String>,

    /// Required value of the proxy's label kuma.io/workload
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    workload: String,

    #[command(flatten)]
    token: TokenArgs,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let signing = args.token.signing("dataplane-token", Vec::new())?;
    if args.old_type.is_some() {
        console.warn("--type is deprecated: use --proxy-type");
    }
    let proxy_type = args.proxy_type.or(args.old_type).unwrap_or_default();
    if matches!(proxy_type, ProxyType::Ingress | ProxyType::Egress) {
        console.warn(format!(
            "a zone {} takes no dataplane token: use `kumactl generate zone-token`",
            proxy_type.as_str()
        ));
    }
    let claims = Claims::Dataplane(DataplaneClaims {
        name: args.name.clone(),
        mesh: if args.mesh.is_empty() { DEFAULT_MESH } else { &args.mesh }.to_owned(),
        tags: tags(&args.tags)?,
        proxy_type,
        workload: args.workload.clone(),
    });
    token::issue(&args.token, &signing, &claims, console)
}

/// Reads tags like the official kumactl (pflag, `stringToString`): with one `=`, commas separate the values of one
/// tag; with several, they separate tags.
fn tags(texts: &[String]) -> Result<Tags, Failure> {
    let mut tags = Tags::default();
    for text in texts {
        let refusal = |reason: &str| {
            let failure = Failure::usage(format!("--tag {text:?}: {reason}"));
            failure.hint("--tag=KEY=VALUE, once for each tag; several values: --tag=KEY=A,B")
        };
        let pairs = match text.matches('=').count() {
            0 | 1 => vec![text.trim_matches('"').to_owned()],
            _ => split_list(text).map_err(|reason| refusal(&reason))?,
        };
        for pair in pairs {
            let (tag, values) =
                pair.split_once('=').ok_or_else(|| refusal(&format!("{pair:?} has no `=`")))?;
            values.split(',').for_each(|value| tags.allow(tag, value));
        }
    }
    Ok(tags)
}

fn proxy_type_parser() -> impl TypedValueParser<Value = ProxyType> {
    let values = ProxyType::ALL
        .map(|one| PossibleValue::new(one.as_str()).hide(one == ProxyType::Unspecified));
    PossibleValuesParser::new(values).map(|name| {
        let found = ProxyType::ALL.into_iter().find(|one| one.as_str() == name);
        found.unwrap_or_default()
    })
}
