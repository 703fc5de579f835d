//! `kumactl generate user-token`.

use kuma_pki::token::{Claims, UserClaims};

use crate::args::token::{TokenArgs, split_list};
use crate::job::token;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// Sign a token for a user to authenticate to the API server
///
/// With --signing-key-path and --kid, kumactl signs offline the token that the official kumactl would sign.
/// By default, the user and the group mesh-system:admin are administrators.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate user-token --name=john --group=team-a --valid-for=30d \\
    --signing-key-path=user-signing.key --kid=1 --token-file=john.token

  # An administrator
  kumactl generate user-token --name=jane --group=mesh-system:admin \\
    --valid-for=24h --signing-key-path=user-signing.key --kid=1

  # A token from the control plane, by the official kumactl
  kumactl generate user-token --name=john --valid-for=24h")]
pub(crate) struct Args {
    /// Name of the user (required)
    #[arg(long)]
    name: Option<String>,

    /// Group of the user (can be repeated, or a comma-separated list)
    #[arg(long = "group", value_name = "GROUP")]
    groups: Vec<String>,

    #[command(flatten)]
    token: TokenArgs,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let mut missing = Vec::new();
    if args.name.is_none() {
        let failure = Failure::usage("--name is missing: which user is the token for?");
        missing.push(failure.hint("--name=NAME"));
    }
    let signing = args.token.signing("user-token", missing)?;
    let claims =
        UserClaims { name: args.name.clone().unwrap_or_default(), groups: groups(&args.groups)? };
    token::issue(&args.token, &signing, &Claims::User(claims), console)
}

/// Reads groups like the official kumactl (pflag, `stringSlice`): an empty value adds no group, but turns `null`
/// into an empty list.
fn groups(texts: &[String]) -> Result<Option<Vec<String>>, Failure> {
    if texts.is_empty() {
        return Ok(None);
    }
    let mut groups = Vec::new();
    for text in texts.iter().filter(|text| !text.is_empty()) {
        let list = split_list(text)
            .map_err(|reason| Failure::usage(format!("--group {text:?}: {reason}")))?;
        groups.extend(list);
    }
    Ok(Some(groups))
}
