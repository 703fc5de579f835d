//! Octets as people compare them.

use std::fmt;

/// Writes `0A:1B:2C`.
pub(crate) fn write_with_colons(f: &mut impl fmt::Write, octets: &[u8]) -> fmt::Result {
    for (index, octet) in octets.iter().enumerate() {
        let separator = if index == 0 { "" } else { ":" };
        write!(f, "{separator}{octet:02X}")?;
    }
    Ok(())
}

/// `0A:1B:2C`.
pub(crate) fn with_colons(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 3);
    // Writing to a String cannot fail.
    let _ = write_with_colons(&mut text, octets);
    text
}
