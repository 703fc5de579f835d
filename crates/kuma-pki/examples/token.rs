//! Signs a data plane token, verifies it with the public key, and again for another proxy.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;

use kuma_pki::format::pem;
use kuma_pki::token::{
    Claims, DataplaneClaims, Proxy, SigningKey, TokenId, TokenRequest, VerifyOptions, verify,
};
use kuma_pki::{KeyAlgorithm, KeyPair, PrivateKeyEncoding, ValidFor};
use time::OffsetDateTime;

fn main() -> Result<(), Box<dyn Error>> {
    let now = OffsetDateTime::now_utc();
    let key = KeyPair::generate(KeyAlgorithm::Rsa2048)?;
    let key = pem::encode_private_key(&key.private_key(PrivateKeyEncoding::default())?);
    let key = SigningKey::from_text(&key)?;
    let public_key = key.public_key();

    let mesh = "default".to_owned();
    let claims = DataplaneClaims { name: "web".to_owned(), mesh, ..DataplaneClaims::default() };
    let token = TokenRequest {
        claims: &Claims::Dataplane(claims),
        key_id: "1",
        valid_for: "30d".parse::<ValidFor>()?,
        id: TokenId::random()?,
        now,
    }
    .sign(&key)?;

    for name in ["web", "backend"] {
        let resource = format!("{{type: Dataplane, mesh: default, name: {name}}}");
        let options = VerifyOptions {
            public_key: &public_key,
            key_id: Some("1"),
            proxy: Some(&Proxy::from_text(resource.as_bytes())?),
            zone: None,
            at: now,
        };
        let report = verify(&token.text, &options);
        println!("{name}: {}", if report.verifies() { "accepted" } else { "refused" });
    }
    Ok(())
}
