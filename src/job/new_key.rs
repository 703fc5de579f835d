//! New keys, as fast as the processors allow.

use std::sync::mpsc;
use std::thread;

use kuma_pki::{KeyAlgorithm, KeyGenerationError, KeyPair};

/// More searches than this gain little: the shortest of four takes half the time of the shorter of two.
const MAX_SEARCHES: usize = 4;

/// Makes a key. The search for the primes of an RSA key takes five times as long in one run as in
/// another, so it is made on several processors at once, and the first to end wins.
///
/// The others go on until the process ends, which is soon. Each search is independent, with random
/// numbers of its own; that one is chosen for its time says no more about its key than the time that a
/// single search took. A key that is found too late is wiped when it is dropped.
///
/// # Errors
///
/// What the crypto library refuses.
pub(crate) fn generate(algorithm: KeyAlgorithm) -> Result<KeyPair, KeyGenerationError> {
    if !algorithm.is_slow() {
        return KeyPair::generate(algorithm);
    }
    // Respects the affinity of the process and the quota of its cgroup, which are a dozen calls to read.
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let searches = processors.min(MAX_SEARCHES);
    if searches == 1 {
        return KeyPair::generate(algorithm);
    }
    let (sender, receiver) = mpsc::channel();
    for _ in 0..searches {
        let sender = sender.clone();
        let search = move || {
            // Nobody listens any more to those who come too late.
            let _ = sender.send(KeyPair::generate(algorithm));
        };
        if thread::Builder::new().name("prime search".to_owned()).spawn(search).is_err() {
            // A limit on threads; those that there are will do.
            break;
        }
    }
    drop(sender);
    receiver.recv().unwrap_or_else(|_| KeyPair::generate(algorithm))
}
