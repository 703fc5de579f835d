//! Generates keys, RSA keys on several processors.

use std::sync::mpsc;
use std::thread;

use kuma_pki::{KeyAlgorithm, KeyGenerationError, KeyPair, PrivateKeyEncoding};

use crate::args::key_options::KeyArgs;

/// The largest number of parallel searches. More gain little: the shortest of four takes half the time of
/// the shorter of two.
const MAX_SEARCHES: usize = 4;

/// The options of the private key.
#[derive(Clone, Copy)]
pub(crate) struct KeyOptions {
    /// The type, if it was requested explicitly.
    pub(crate) key_type: Option<KeyAlgorithm>,
    pub(crate) encoding: PrivateKeyEncoding,
    /// The function that generates a key.
    pub(crate) generate: fn(KeyAlgorithm) -> Result<KeyPair, KeyGenerationError>,
}

impl From<&KeyArgs> for KeyOptions {
    fn from(args: &KeyArgs) -> Self {
        Self { key_type: args.key_type, encoding: args.file.key_format.into(), generate }
    }
}

/// Generates a key. The search for the primes of an RSA key takes five times as long in one run as in
/// another, so several threads search independently, and the first result is used.
///
/// The other searches go on until the process ends, which is soon. The choice by time reveals no more about the
/// key than the duration of a single search does. Late keys are wiped when they are dropped.
pub(crate) fn generate(algorithm: KeyAlgorithm) -> Result<KeyPair, KeyGenerationError> {
    if !algorithm.is_slow() {
        return KeyPair::generate(algorithm);
    }
    // Respects the CPU affinity and the cgroup's quota.
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let searches = processors.min(MAX_SEARCHES);
    if searches == 1 {
        return KeyPair::generate(algorithm);
    }
    let (sender, receiver) = mpsc::channel();
    for _ in 0..searches {
        let sender = sender.clone();
        let search = move || {
            // The receiver is gone once the first key has arrived.
            let _ = sender.send(KeyPair::generate(algorithm));
        };
        if thread::Builder::new().name("prime search".to_owned()).spawn(search).is_err() {
            // A limit on threads: continue with those that exist.
            break;
        }
    }
    drop(sender);
    receiver.recv().unwrap_or_else(|_| KeyPair::generate(algorithm))
}
