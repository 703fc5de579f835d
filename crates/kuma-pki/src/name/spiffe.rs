//! SPIFFE IDs (SPIFFE-ID section 2).

use super::{NameErrorKind, SpiffeId};

/// The longest SPIFFE ID, in bytes (SPIFFE-ID section 2.3).
const MAX_SPIFFE_ID_LENGTH: usize = 2048;

/// Parses the part of a SPIFFE ID after `spiffe://` (SPIFFE-ID sections 2.1 to 2.4).
pub(super) fn parse(rest: &str) -> Result<SpiffeId, NameErrorKind> {
    let error = |reason| Err(NameErrorKind::SpiffeId(reason));
    let (trust_domain, path) = match rest.find('/') {
        Some(slash) => rest.split_at(slash),
        None => (rest, ""),
    };
    let trust_domain = trust_domain.to_ascii_lowercase();
    let in_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if trust_domain.is_empty() {
        return error("its trust domain is empty");
    }
    if !trust_domain.chars().all(in_domain) {
        return error("a trust domain has letters, digits, `.`, `-` and `_` only");
    }
    if !path.is_empty() {
        for segment in path.split('/').skip(1) {
            if segment.is_empty() {
                return error("its path has an empty segment");
            }
            if matches!(segment, "." | "..") {
                return error("its path has a `.` or `..` segment");
            }
            if !segment.chars().all(in_domain) {
                return error("its path has letters, digits, `.`, `-` and `_` only");
            }
        }
    }
    let id = format!("spiffe://{trust_domain}{path}");
    if id.len() > MAX_SPIFFE_ID_LENGTH {
        return error("it is longer than 2048 bytes");
    }
    Ok(SpiffeId(id))
}
