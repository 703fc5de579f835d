//! Tokens, their keys, and the resources of proxies. Two lines of JSON, a header and claims, are put into the form
//! of a token, since changes of Base64 seldom reach the claims.
#![no_main]

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use kuma_pki::token::{self, Proxy, PublicKey, SigningKey, Token, VerifyOptions};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use time::OffsetDateTime;

static PUBLIC_KEY: LazyLock<PublicKey> = LazyLock::new(|| {
    PublicKey::from_pem(include_bytes!("../corpus/token/public-key")).expect("the seed is a key")
});

fuzz_target!(|text: &str| {
    let at = OffsetDateTime::UNIX_EPOCH;
    let _ = (SigningKey::from_text(text.as_bytes()), PublicKey::from_pem(text.as_bytes()));
    let proxy = Proxy::from_text(text.as_bytes()).ok();
    let made = text.split_once('\n').map(|(header, claims)| {
        let [header, claims] = [header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part));
        format!("{header}.{claims}.AAAA")
    });
    for token in [Some(text), made.as_deref()].into_iter().flatten() {
        if let Ok(token) = Token::parse(token) {
            let _ = token::summary(&token, at);
        }
        for zone in [None, Some("east")] {
            let proxy = proxy.as_ref();
            let options = VerifyOptions { public_key: &PUBLIC_KEY, key_id: zone, proxy, zone, at };
            let _ = token::verify(token, &options).verifies();
        }
    }
});
