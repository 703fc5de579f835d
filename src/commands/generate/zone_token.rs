//! `kumactl generate zone-token`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use kuma_pki::token::{Claims, ZoneClaims, ZoneScope};

use crate::args::token::TokenArgs;
use crate::job::token;
use crate::report::console::Console;
use crate::report::failure::Failure;

/// Sign a token for a zone ingress or egress to authenticate to the control plane
///
/// With --signing-key-path and --kid, kumactl signs offline the token that the official kumactl would sign.
/// Use a separate signing key for zone tokens: if one key signs both kinds, Kuma accepts a zone token as a
/// dataplane token for any proxy.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  kumactl generate zone-token --zone=zone-1 --scope=ingress --valid-for=30d \\
    --signing-key-path=zone-signing.key --kid=1 --token-file=ingress.token

  # A token from the control plane, by the official kumactl
  kumactl generate zone-token --zone=zone-1 --valid-for=24h")]
pub(crate) struct Args {
    /// Zone of the proxy (required)
    #[arg(long, value_name = "NAME")]
    zone: Option<String>,

    /// Zone proxies that can use the token (can be repeated, or a comma-separated list)
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', value_parser = scope_parser())]
    #[arg(default_value = "ingress,egress")]
    scope: Vec<ZoneScope>,

    #[command(flatten)]
    token: TokenArgs,
}

pub(crate) fn run(args: &Args, console: Console) -> Result<(), Failure> {
    let mut missing = Vec::new();
    if args.zone.is_none() {
        let failure = Failure::usage("--zone is missing: in which zone is the proxy?");
        missing.push(failure.hint("--zone=zone-1"));
    }
    let signing = args.token.signing("zone-token", missing)?;
    let zone = args.zone.clone().unwrap_or_default();
    let claims = Claims::Zone(ZoneClaims { zone, scope: args.scope.clone() });
    token::issue(&args.token, &signing, &claims, console)
}

fn scope_parser() -> impl TypedValueParser<Value = ZoneScope> {
    let values = ZoneScope::ALL.map(|scope| {
        PossibleValue::new(scope.as_str()).help(match scope {
            ZoneScope::Ingress => "a zone ingress",
            ZoneScope::Egress => "a zone egress",
            ZoneScope::Cp => "the zone control plane, in Kong Mesh only",
        })
    });
    PossibleValuesParser::new(values).map(|name| {
        let found = ZoneScope::ALL.into_iter().find(|scope| scope.as_str() == name);
        found.expect("one of them")
    })
}
