//! Errors of PEM.

use super::OtherFormat;
use crate::x509::ParseError;

/// The error of a text that does not hold the expected PEM blocks. It quotes nothing from the text but labels, which
/// cannot contain bytes of a key. Blocks and lines are counted from 1.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum PemError {
    /// PEM encoded as Base64 again, as in a CA bundle.
    #[error("{}", match layers {
        1 => "it is Base64 already, not PEM".to_owned(),
        2 => "it is Base64 of Base64: it was encoded twice".to_owned(),
        layers => format!("it is Base64 that was encoded {layers} times"),
    })]
    Base64 { layers: usize },
    /// A certificate cannot be parsed.
    #[error(transparent)]
    Certificate(#[from] ParseError),
    /// DER instead of PEM.
    #[error("it is DER, not PEM")]
    Der,
    /// The private key is encrypted.
    #[error("its private key is encrypted")]
    EncryptedPrivateKey,
    /// Another format instead of PEM.
    #[error("{0}")]
    OtherFormat(OtherFormat),
    /// A block that Go, OpenSSL or rustls cannot parse.
    #[error("{}", match kind {
        PemErrorKind::NoEnd => format!("its PEM block {position} has no end"),
        kind => format!("its PEM is damaged in line {line}: {kind}"),
    })]
    Malformed { position: usize, line: usize, kind: PemErrorKind },
    /// The text has no PEM block.
    #[error("it has no PEM block")]
    NoBlock,
    /// No block is a certificate request; the label is that of the first block.
    #[error("it holds no certificate request but \"{label}\"")]
    NoCertificateRequest { label: String },
    /// No block is a private key; the label is that of the first block.
    #[error("it holds no private key but \"{label}\"")]
    NoPrivateKey { label: String },
    /// A private key where certificates are expected.
    #[error("its PEM block {position} is a private key ({label})")]
    PrivateKey {
        position: usize,
        label: String,
        /// Whether the text has certificates too.
        beside_certificates: bool,
    },
    /// More than one certificate request.
    #[error("it holds more than one certificate request")]
    SeveralCertificateRequests,
    /// More than one private key.
    #[error("it holds more than one private key")]
    SeveralPrivateKeys,
    /// A block is not a certificate.
    #[error("its PEM block {position} is {}", instead_of_certificate(label))]
    UnexpectedLabel { position: usize, label: String },
    /// UTF-16, as some Windows editors and shells write text.
    #[error("it is UTF-16 text, and PEM is ASCII")]
    Utf16,
}

/// The reason why Go, OpenSSL or rustls cannot read a PEM block.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PemErrorKind {
    /// The body is not Base64.
    #[error("the body of the block is not Base64")]
    Base64,
    /// The first line is not exactly `-----BEGIN LABEL-----`.
    #[error("the first line of a block must be exactly \"-----BEGIN LABEL-----\"")]
    Begin,
    /// The body has a blank line, at which OpenSSL stops.
    #[error("a block has a blank line")]
    BlankLine,
    /// A byte order mark precedes the first line. Go and rustls do not skip it.
    #[error("it begins with a byte order mark")]
    ByteOrderMark,
    /// Lines end with a carriage return alone.
    #[error("lines end with a carriage return alone")]
    CarriageReturn,
    /// The last line is not exactly `-----END LABEL-----`.
    #[error("the last line of a block must be exactly \"-----END LABEL-----\"")]
    End,
    /// Line breaks are the characters `\n`, as in JSON and in quoted values of environment variables.
    #[error("line breaks are the characters \\n")]
    Escaped,
    /// The labels of the first and the last line differ.
    #[error("the labels of the first and the last line differ")]
    Label,
    /// The next block begins on the last line of this one.
    #[error("the next block begins on the last line of this one")]
    Glued,
    /// A certificate has headers (RFC 1421), which rustls rejects.
    #[error("the certificate has headers")]
    Headers,
    /// The first or the last line is indented, or follows other text.
    #[error("the first or last line of a block is not at the start of a line")]
    Indented,
    /// The last line is missing.
    #[error("the block has no end")]
    NoEnd,
    /// The whole block is on one line, as from `$(cat FILE)` without quotes or YAML's `>`.
    #[error("the whole block is on one line")]
    OneLine,
}

fn instead_of_certificate(label: &str) -> String {
    match label {
        label if label.ends_with("CERTIFICATE REQUEST") => {
            "a certificate request, not a certificate".to_owned()
        }
        "PKCS7" | "CMS" => "PKCS#7 (.p7b, .p7c), not a certificate".to_owned(),
        label => format!("not a certificate but \"{label}\""),
    }
}
