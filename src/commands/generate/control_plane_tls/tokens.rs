//! `--tokens`: signing keys, the configuration of kuma-cp with their public keys, and a dataplane token.

use std::collections::BTreeMap;

use kuma_pki::format::pem;
use kuma_pki::token::{
    self, Claims, ControlPlaneKeys, DataplaneClaims, Outcome, Proxy, ProxyKind, PublicKey,
    SigningKey, TokenId, TokenRequest, VerifyOptions,
};
use kuma_pki::{KeyAlgorithm, ObjectName, PrivateKeyEncoding, ValidFor, Validity};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Args, Mode};
use crate::args::control_plane;
use crate::files::{OutputKind, read};
use crate::job::new_key;
use crate::report::failure::Failure;

/// The ID of the signing keys (`kid`).
pub(super) const KEY_ID: &str = "1";

/// The mesh of the proxy.
const MESH: &str = "default";

/// How long the dataplane token is valid by default.
const LIFETIME: &str = "720h";

/// The signing keys, in the order of [`TokenFiles::keys`].
const KEYS: [OutputKind; 3] =
    [OutputKind::DataplaneSigningKey, OutputKind::ZoneSigningKey, OutputKind::UserSigningKey];

/// The flags about tokens.
#[derive(clap::Args)]
pub(crate) struct TokensArgs {
    /// Also generate a signing key for each kind of token, and the configuration file of kuma-cp with
    /// their public keys
    #[arg(long)]
    tokens: bool,

    /// With --tokens, also sign a dataplane token for the data plane proxy with this name
    #[arg(long, value_name = "NAME", requires = "tokens", value_parser = control_plane::object_name)]
    pub(super) dataplane: Option<ObjectName>,

    /// Lifetime of the dataplane token, such as 720h or 30d [default: 720h]
    #[arg(long, value_name = "DURATION", requires = "dataplane")]
    token_valid_for: Option<String>,
}

/// The contents of the files about tokens.
pub(super) struct TokenFiles {
    keys: [Zeroizing<Vec<u8>>; 3],
    configuration: String,
    token: Option<Zeroizing<Vec<u8>>>,
}

impl TokensArgs {
    /// Refuses tokens where the control plane does not verify any.
    pub(super) fn refuse_unused(&self, mode: Mode, is_global: bool) -> Result<(), Failure> {
        let why = match mode {
            _ if !self.tokens => return Ok(()),
            Mode::Kubernetes => "has no effect with --mode=kubernetes",
            // The zone control planes verify the tokens of proxies.
            Mode::Universal if is_global => "has no effect with --multizone",
            Mode::Universal => return Ok(()),
        };
        Err(Failure::usage(format!("--tokens {why}")).hint("remove --tokens"))
    }

    /// Returns the files about tokens.
    pub(super) fn kinds(&self) -> Vec<OutputKind> {
        if !self.tokens {
            return Vec::new();
        }
        let mut kinds = KEYS.to_vec();
        kinds.push(OutputKind::ControlPlaneConfiguration);
        kinds.extend(self.dataplane.as_ref().map(|_| OutputKind::Token));
        kinds
    }
}

impl TokenFiles {
    /// Prepares the files. With --if-needed, keeps existing signing keys, and a token that is valid for
    /// longer. `None` without --tokens.
    ///
    /// # Errors
    ///
    /// Existing files that cannot be read, and a name or a lifetime that no token can have.
    pub(super) fn new(args: &Args, now: OffsetDateTime) -> Result<Option<Self>, Failure> {
        if !args.tokens.tokens {
            return Ok(None);
        }
        let existing = |kind: OutputKind| match args.issuance.existing.if_needed {
            true => read::existing(&args.path(kind), "file"),
            false => Ok(None),
        };
        let mut keys = <[Zeroizing<Vec<u8>>; 3]>::default();
        let mut signing_keys = Vec::with_capacity(keys.len());
        for (text, kind) in keys.iter_mut().zip(KEYS) {
            let usable = existing(kind)?.filter(|text| SigningKey::from_text(text).is_ok());
            *text = usable.map_or_else(new_signing_key, Ok)?;
            signing_keys.push(SigningKey::from_text(text).map_err(Failure::failed)?);
        }
        let public: Vec<PublicKey> = signing_keys.iter().map(SigningKey::public_key).collect();
        let configuration = ControlPlaneKeys {
            key_id: KEY_ID,
            dataplane: &public[0],
            zone: &public[1],
            user: &public[2],
        };
        let configuration = configuration.to_yaml();
        let Some(name) = args.tokens.dataplane.as_ref().map(ObjectName::as_str) else {
            return Ok(Some(Self { keys, configuration, token: None }));
        };
        let valid_for = args.tokens.token_valid_for.as_deref().unwrap_or(LIFETIME);
        let valid_for = valid_for.parse::<ValidFor>()?;
        let renewal = args.renewal_moment(valid_for, now);
        let good = existing(OutputKind::Token)?
            .filter(|token| is_good(token, name, &public[0], renewal, now));
        let token = match good {
            Some(token) => token,
            None => dataplane_token(name, &signing_keys[0], valid_for, now)?,
        };
        Ok(Some(Self { keys, configuration, token: Some(token) }))
    }

    /// Returns the contents of a file about tokens.
    pub(super) fn content(&self, kind: OutputKind) -> Zeroizing<Vec<u8>> {
        if let Some(place) = KEYS.iter().position(|key| *key == kind) {
            return self.keys[place].clone();
        }
        match kind {
            OutputKind::Token => self.token.clone().unwrap_or_default(),
            _ => Zeroizing::new(self.configuration.clone().into_bytes()),
        }
    }
}

impl Args {
    /// Returns the moment at which a token still has to be valid to be kept.
    fn renewal_moment(&self, valid_for: ValidFor, now: OffsetDateTime) -> OffsetDateTime {
        let end = time::Duration::try_from(valid_for.duration()).ok();
        let end = end.and_then(|lifetime| now.checked_add(lifetime));
        end.map_or(now, |not_after| {
            let validity = Validity { not_before: now, not_after };
            now + (not_after - self.issuance.existing.renew_before().renewal_time(validity))
        })
    }
}

fn new_signing_key() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let key = new_key::generate(KeyAlgorithm::Rsa2048)?;
    Ok(pem::encode_private_key(&key.private_key(PrivateKeyEncoding::Traditional)?))
}

fn dataplane_token(
    name: &str,
    key: &SigningKey,
    valid_for: ValidFor,
    now: OffsetDateTime,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let claims = Claims::Dataplane(DataplaneClaims {
        name: name.to_owned(),
        mesh: MESH.to_owned(),
        ..DataplaneClaims::default()
    });
    let id = TokenId::random()?;
    let request = TokenRequest { claims: &claims, key_id: KEY_ID, id, now, valid_for };
    Ok(Zeroizing::new(request.sign(key)?.text.as_bytes().to_vec()))
}

/// Whether kuma-cp takes a token of the proxy, now and at the moment of its renewal, and of no other proxy.
fn is_good(
    token: &[u8],
    name: &str,
    public_key: &PublicKey,
    renewal: OffsetDateTime,
    now: OffsetDateTime,
) -> bool {
    let proxy = Proxy {
        kind: ProxyKind::Dataplane,
        name: name.to_owned(),
        mesh: MESH.to_owned(),
        workload: None,
        tags: BTreeMap::new(),
    };
    [now, renewal].into_iter().all(|at| {
        let (key_id, proxy) = (Some(KEY_ID), Some(&proxy));
        let options = VerifyOptions { public_key, key_id, proxy, zone: None, at };
        let report = token::verify(&String::from_utf8_lossy(token), &options);
        report.checks.iter().all(|check| matches!(check.outcome, Outcome::Passed(_)))
    })
}
