//! Errors of PEM.

use std::fmt;

use super::OtherFormat;
use crate::x509::ParseError;

/// The error of a text that does not hold the expected PEM blocks. It quotes nothing from the text but labels, which
/// cannot contain bytes of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PemError {
    /// PEM encoded as Base64 again, as in a CA bundle.
    Base64 {
        /// The number of layers.
        layers: usize,
    },
    /// A certificate cannot be parsed.
    Certificate(ParseError),
    /// DER instead of PEM.
    Der,
    /// The private key is encrypted.
    EncryptedPrivateKey,
    /// Another format instead of PEM.
    OtherFormat(OtherFormat),
    /// A block that Go, OpenSSL or rustls cannot parse.
    Malformed {
        /// The number of the block, counted from 1.
        position: usize,
        /// The line of the error, counted from 1.
        line: usize,
        /// The kind of error.
        kind: PemErrorKind,
    },
    /// The text has no PEM block.
    NoBlock,
    /// No block is a certificate request.
    NoCertificateRequest {
        /// The label of the first block.
        label: String,
    },
    /// No block is a private key.
    NoPrivateKey {
        /// The label of the first block.
        label: String,
    },
    /// A private key where certificates are expected.
    PrivateKey {
        /// The number of the block, counted from 1.
        position: usize,
        /// Its label.
        label: String,
        /// Whether the text has certificates too.
        beside_certificates: bool,
    },
    /// More than one certificate request.
    SeveralCertificateRequests,
    /// More than one private key.
    SeveralPrivateKeys,
    /// A block is not a certificate.
    UnexpectedLabel {
        /// The number of the block, counted from 1.
        position: usize,
        /// Its label.
        label: String,
    },
    /// UTF-16, as some Windows editors and shells write text.
    Utf16,
}

/// The reason why Go, OpenSSL or rustls cannot read a PEM block.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum PemErrorKind {
    /// The body is not Base64.
    Base64,
    /// The first line is not exactly `-----BEGIN LABEL-----`.
    Begin,
    /// The body has a blank line, at which OpenSSL stops.
    BlankLine,
    /// A byte order mark precedes the first line. Go and rustls do not skip it.
    ByteOrderMark,
    /// Lines end with a carriage return alone.
    CarriageReturn,
    /// The last line is not exactly `-----END LABEL-----`.
    End,
    /// Line breaks are the characters `\n`, as in JSON and in quoted values of environment variables.
    Escaped,
    /// The labels of the first and the last line differ.
    Label,
    /// The next block begins on the last line of this one.
    Glued,
    /// A certificate has headers (RFC 1421), which rustls rejects.
    Headers,
    /// The first or the last line is indented, or follows other text.
    Indented,
    /// The last line is missing.
    NoEnd,
    /// The whole block is on one line, as from `$(cat FILE)` without quotes or YAML's `>`.
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
            Self::OtherFormat(format) => format.fmt(f),
            Self::EncryptedPrivateKey => f.write_str("its private key is encrypted"),
            Self::Malformed { position, kind: PemErrorKind::NoEnd, .. } => {
                write!(f, "its PEM block {position} has no end")
            }
            Self::Malformed { line, kind, .. } => {
                write!(f, "its PEM is damaged in line {line}: {kind}")
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

impl fmt::Display for PemErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base64 => "the body of the block is not Base64",
            Self::Begin => "the first line of a block must be exactly \"-----BEGIN LABEL-----\"",
            Self::BlankLine => "a block has a blank line",
            Self::ByteOrderMark => "it begins with a byte order mark",
            Self::CarriageReturn => "lines end with a carriage return alone",
            Self::End => "the last line of a block must be exactly \"-----END LABEL-----\"",
            Self::Escaped => "line breaks are the characters \\n",
            Self::OneLine => "the whole block is on one line",
            Self::Label => "the labels of the first and the last line differ",
            Self::Glued => "the next block begins on the last line of this one",
            Self::Headers => "the certificate has headers",
            Self::NoEnd => "the block has no end",
            Self::Indented => "the first or last line of a block is not at the start of a line",
        })
    }
}
