//! The errors of a PEM text.

use std::fmt;

use super::Foreign;
use crate::x509::ParseError;

/// The error of a text that is not made of the expected PEM blocks. No variant holds a part of the text except
/// labels, which cannot hold octets of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PemError {
    /// PEM in further layers of Base64; a CA bundle has one.
    Base64 {
        /// How often it was encoded.
        layers: usize,
    },
    /// A certificate that is not X.509.
    Certificate(ParseError),
    /// DER: the bytes that PEM wraps.
    Der,
    /// A private key is protected by a passphrase.
    EncryptedPrivateKey,
    /// Another format.
    Foreign(Foreign),
    /// A block that Go, OpenSSL or rustls cannot read.
    Malformed {
        /// Which block of the file, counted from 1.
        position: usize,
        /// The line at which it shows, counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: PemFault,
    },
    /// There is no PEM block at all.
    NoBlock,
    /// There are PEM blocks, but none is a certificate request.
    NoCertificateRequest {
        /// The label of the first.
        label: String,
    },
    /// There are PEM blocks, but none is a private key.
    NoPrivateKey {
        /// The label of the first.
        label: String,
    },
    /// A private key stands where certificates should.
    PrivateKey {
        /// Which block of the file, counted from 1.
        position: usize,
        /// Its label.
        label: String,
        /// Whether there are certificates as well.
        beside_certificates: bool,
    },
    /// There is more than one certificate request.
    SeveralCertificateRequests,
    /// There is more than one private key.
    SeveralPrivateKeys,
    /// A block is not a certificate.
    UnexpectedLabel {
        /// Which block of the file, counted from 1.
        position: usize,
        /// Its label.
        label: String,
    },
    /// UTF-16, as some editors and shells of Windows write text.
    Utf16,
}

/// The reason why Go, OpenSSL or rustls cannot read a PEM block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PemFault {
    /// What is between the first and the last line is not Base64.
    Base64,
    /// The first line is not `-----BEGIN LABEL-----` alone.
    Begin,
    /// A line between the first and the last is blank; OpenSSL stops there.
    BlankLine,
    /// A byte order mark stands before the first line; Go and rustls do not skip it.
    ByteOrderMark,
    /// Lines end in a carriage return alone.
    CarriageReturn,
    /// The last line is not `-----END LABEL-----` alone.
    End,
    /// Line breaks are written `\n`, as in JSON and in quoted values of variables.
    Escaped,
    /// The last line has another label than the first.
    Label,
    /// The next block begins on the last line of this one.
    Glued,
    /// There are headers (RFC 1421), which rustls does not accept in a certificate.
    Headers,
    /// The first or the last line is indented, or stands behind other text.
    Indented,
    /// The last line is missing.
    NoEnd,
    /// All of a block stands on one line, as `$(cat FILE)` without quotes and YAML's `>` make it.
    OneLine,
}

impl fmt::Display for PemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 { layers: 1 } => f.write_str("it is Base64 already, not PEM"),
            Self::Base64 { layers: 2 } => {
                f.write_str("it is Base64 of Base64: it was encoded twice")
            }
            Self::Base64 { layers } => write!(f, "it is Base64 that was encoded {layers} times"),
            Self::Certificate(error) => error.fmt(f),
            Self::Der => f.write_str("it is DER, not PEM"),
            Self::Foreign(format) => format.fmt(f),
            Self::EncryptedPrivateKey => f.write_str("its private key is encrypted"),
            Self::Malformed { position, fault: PemFault::NoEnd, .. } => {
                write!(f, "its PEM block {position} has no end")
            }
            Self::Malformed { line, fault, .. } => {
                write!(f, "its PEM is damaged in line {line}: {fault}")
            }
            Self::NoBlock => f.write_str("it has no PEM block"),
            Self::NoCertificateRequest { label } => {
                write!(f, "it holds no certificate request but \"{label}\"")
            }
            Self::NoPrivateKey { label } => {
                write!(f, "it holds no private key but \"{label}\"")
            }
            Self::PrivateKey { position, label, .. } => {
                write!(f, "its PEM block {position} is a private key ({label})")
            }
            Self::SeveralCertificateRequests => {
                f.write_str("it holds more than one certificate request")
            }
            Self::SeveralPrivateKeys => f.write_str("it holds more than one private key"),
            Self::UnexpectedLabel { position, label } if label.ends_with("CERTIFICATE REQUEST") => {
                write!(f, "its PEM block {position} is a certificate request, not a certificate")
            }
            Self::UnexpectedLabel { position, label } if matches!(&**label, "PKCS7" | "CMS") => {
                write!(f, "its PEM block {position} is PKCS#7 (.p7b, .p7c), not a certificate")
            }
            Self::UnexpectedLabel { position, label } => {
                write!(f, "its PEM block {position} is not a certificate but \"{label}\"")
            }
            Self::Utf16 => f.write_str("it is UTF-16 text, and PEM is ASCII"),
        }
    }
}

impl std::error::Error for PemError {}

impl From<ParseError> for PemError {
    fn from(error: ParseError) -> Self {
        Self::Certificate(error)
    }
}

impl fmt::Display for PemFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base64 => "what follows is not Base64",
            Self::Begin => "a block begins with \"-----BEGIN LABEL-----\", alone on its line",
            Self::BlankLine => "it is blank, within a block",
            Self::ByteOrderMark => "it begins with a byte order mark",
            Self::CarriageReturn => "lines end in a carriage return alone",
            Self::End => "a block ends with \"-----END LABEL-----\", alone on its line",
            Self::Escaped => "line breaks are written as \\n",
            Self::OneLine => "a whole block stands on one line",
            Self::Label => "the block ends with another label than it began with",
            Self::Glued => "the next block begins on the line on which this one ends",
            Self::Headers => "the certificate has headers",
            Self::NoEnd => "it begins a block that has no end",
            Self::Indented => "a block begins or ends, but not at the start of the line",
        })
    }
}
