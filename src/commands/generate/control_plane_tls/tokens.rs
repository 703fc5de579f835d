//! `--tokens`: signing keys, the configuration of kuma-cp with their public keys, and a dataplane token.

use kuma_pki::format::pem;
use kuma_pki::token::{
    Claims, ControlPlaneKeys, DEFAULT_MESH, DataplaneClaims, PublicKey, SigningKey, TokenId,
    TokenRequest,
};
use kuma_pki::{KeyAlgorithm, ObjectName, PrivateKeyEncoding, ValidFor};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{Args, Mode};
use crate::args::control_plane;
use crate::files::{OutputKind, read};
use crate::job::new_key;
use crate::report::failure::Failure;

/// The ID of the signing keys (`kid`).
pub(super) const KEY_ID: &str = "1";

/// The default lifetime of the dataplane token.
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
    pub(super) tokens: bool,

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
        let claims = Claims::Dataplane(DataplaneClaims {
            name: name.to_owned(),
            mesh: DEFAULT_MESH.to_owned(),
            ..DataplaneClaims::default()
        });
        let valid_for = args.tokens.token_valid_for.as_deref().unwrap_or(LIFETIME);
        let (valid_for, id) = (valid_for.parse::<ValidFor>()?, TokenId::random()?);
        let request = TokenRequest { claims: &claims, key_id: KEY_ID, id, now, valid_for };
        let renew_before = args.issuance.existing.renew_before();
        let is_good = |token: &Zeroizing<Vec<u8>>| {
            let token = String::from_utf8_lossy(token);
            request.compare(&token, &public[0], renew_before).is_ok()
        };
        let token = match existing(OutputKind::DataplaneToken)?.filter(is_good) {
            Some(token) => token,
            None => request.sign(&signing_keys[0])?.into_bytes(),
        };
        Ok(Some(Self { keys, configuration, token: Some(token) }))
    }

    /// Returns the contents of a file about tokens.
    pub(super) fn content(&self, kind: OutputKind) -> Zeroizing<Vec<u8>> {
        if let Some(place) = KEYS.iter().position(|key| *key == kind) {
            return self.keys[place].clone();
        }
        match kind {
            OutputKind::DataplaneToken => self.token.clone().unwrap_or_default(),
            _ => Zeroizing::new(self.configuration.clone().into_bytes()),
        }
    }
}

fn new_signing_key() -> Result<Zeroizing<Vec<u8>>, Failure> {
    let key = new_key::generate(KeyAlgorithm::Rsa2048)?;
    Ok(pem::encode_private_key(&key.private_key(PrivateKeyEncoding::Traditional)?))
}
