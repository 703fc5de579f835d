//! Path building without backtracking, as in OpenSSL, BoringSSL, GnuTLS and mbedTLS.
//!
//! Go, Java and rustls try every issuer until a path is valid. These libraries choose one issuer for each certificate
//! and reject the chain if that path is invalid. Their choices were observed with OpenSSL 3.0, Envoy 1.39, GnuTLS 3.7
//! and mbedTLS 2.28.

use super::defects::defects;
use super::{MAX_LENGTH, Path, PathInput};
use crate::usage::KeyUsage;
use crate::verify::clients::Client;
use crate::verify::report::CheckName;
use crate::x509::Certificate;
use crate::x509::signature::SignatureStatus;

/// A library that builds one path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum PathBuilder {
    /// In Envoy.
    BoringSsl,
    GnuTls,
    MbedTls,
    OpenSsl,
    /// With `X509_V_FLAG_PARTIAL_CHAIN`, which curl and Python 3.13 set.
    OpenSslPartial,
}

/// The reason why a path builder rejects a chain that has a valid path.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum DeadEnd {
    /// It chooses an expired certificate, although its renewal is available.
    Expired,
    /// It chooses a certificate with the issuer's name but another key.
    OtherKey,
    /// It treats a certificate as self-signed that is not.
    SelfSigned,
    /// It chooses a certificate from which no valid path leads to the CA file.
    WrongWay,
}

impl PathBuilder {
    const ALL: [Self; 5] =
        [Self::BoringSsl, Self::GnuTls, Self::MbedTls, Self::OpenSsl, Self::OpenSslPartial];

    /// Returns the library of a client, unless it tries every path.
    pub(crate) const fn of(client: Client) -> Option<Self> {
        match client {
            Client::Envoy => Some(Self::BoringSsl),
            Client::Openssl | Client::OpensslStrict | Client::Node => Some(Self::OpenSsl),
            Client::Curl | Client::Python => Some(Self::OpenSslPartial),
            Client::Gnutls => Some(Self::GnuTls),
            Client::Mbedtls => Some(Self::MbedTls),
            _ => None,
        }
    }

    /// Returns the path builders that reject the chain, although `issuers` are a valid path from the certificate to the
    /// CA file.
    pub(crate) fn dead_ends<'a>(
        issuers: &[&'a Certificate],
        input: &PathInput<'a>,
    ) -> Vec<(Self, DeadEnd)> {
        let valid_path: Path<'_> =
            input.chain.iter().take(1).chain(issuers.iter().copied()).collect();
        let end = |one: Self| one.dead_end(&valid_path, input).map(|end| (one, end));
        Self::ALL.into_iter().filter_map(end).collect()
    }

    fn dead_end(self, valid_path: &Path<'_>, input: &PathInput<'_>) -> Option<DeadEnd> {
        let path = match self.path(input) {
            Ok(path) => path,
            // A client rule covers a key identifier that does not match.
            Err(Stop::NoIssuer(path)) if self != Self::MbedTls && valid_path.starts_with(&path) => {
                return None;
            }
            Err(Stop::NoIssuer(_)) => return Some(DeadEnd::WrongWay),
            Err(Stop::DeadEnd(end)) => return Some(end),
        };
        if path.len() == valid_path.len() && valid_path.starts_with(&path) {
            return None;
        }
        let is_signed =
            |pair: &[&Certificate]| pair[0].verify_signature(pair[1]) == SignatureStatus::Valid;
        if !path.windows(2).all(is_signed) {
            return Some(DeadEnd::OtherKey);
        }
        if !path.iter().all(|one| input.is_in_time(one)) {
            return Some(DeadEnd::Expired);
        }
        // A client rejects a defective extension on every path, so it is no reason to call this one wrong.
        let mut defects = defects(&path, input).into_iter();
        defects.any(|(name, _)| name != CheckName::Extensions).then_some(DeadEnd::WrongWay)
    }

    /// Builds the path from the certificate to one in the CA file.
    fn path<'a>(self, input: &PathInput<'a>) -> Result<Path<'a>, Stop<'a>> {
        let mut path = vec![&input.chain[0]];
        let mut sent: Vec<_> = input.chain[1..].iter().collect();
        // Once the path is in the CA file, the sent certificates are ignored.
        let mut has_left_chain = false;
        loop {
            let last = path[path.len() - 1];
            let is_end = match self {
                Self::BoringSsl | Self::OpenSsl | Self::OpenSslPartial => self.is_root(last),
                Self::GnuTls | Self::MbedTls => input.is_anchor(last),
            };
            if is_end || path.len() == MAX_LENGTH {
                break;
            }
            let from_file = self.choose_in_file(last, input);
            let from_chain =
                if has_left_chain { None } else { self.choose_in_chain(last, &sent, input) };
            has_left_chain = match (self, from_file, from_chain) {
                (_, None, None) => break,
                (Self::GnuTls, _, Some(_)) | (_, None, Some(_)) => false,
                _ => true,
            };
            let next = if has_left_chain { from_file } else { from_chain };
            let Some(next) = next else { break };
            match sent.iter().position(|one| *one == next) {
                // mbedTLS searches only the certificates after this one.
                Some(place) if self == Self::MbedTls && !has_left_chain => {
                    sent.drain(..=place);
                }
                Some(place) => {
                    sent.remove(place);
                }
                None => {}
            }
            path.push(next);
        }
        self.check_end(path, input)
    }

    /// Checks that a path ends in the CA file.
    fn check_end<'a>(self, path: Path<'a>, input: &PathInput<'a>) -> Result<Path<'a>, Stop<'a>> {
        let last = path[path.len() - 1];
        let is_known = input.is_anchor(last);
        if path.len() > 1 || !self.is_root(last) {
            return match (is_known, self.is_root(last)) {
                (true, _) => Ok(path),
                (false, true) => Err(Stop::DeadEnd(DeadEnd::SelfSigned)),
                (false, false) => Err(Stop::NoIssuer(path)),
            };
        }
        // A self-signed certificate is trusted only if it is the one that the library chooses from the CA file.
        let chosen = self.choose_in_file(last, input);
        match self {
            _ if chosen == Some(last) => Ok(path),
            Self::OpenSslPartial if is_known => Ok(path),
            _ if is_known => Err(Stop::DeadEnd(DeadEnd::OtherKey)),
            _ => Err(Stop::DeadEnd(DeadEnd::SelfSigned)),
        }
    }

    /// Returns whether the library treats a certificate as self-signed before it verifies any signature.
    fn is_root(self, certificate: &Certificate) -> bool {
        let fits = match self {
            Self::BoringSsl => may_sign(certificate),
            Self::OpenSsl | Self::OpenSslPartial => is_of_key_type(certificate, certificate),
            Self::GnuTls | Self::MbedTls => return false,
        };
        fits && certificate.names_itself_as_issuer()
    }

    fn choose_in_file<'a>(
        self,
        below: &Certificate,
        input: &PathInput<'a>,
    ) -> Option<&'a Certificate> {
        let anchors = input.anchors;
        let mut fitting = anchors.iter().filter(|ca| self.is_candidate(below, ca));
        let in_time = |ca: &&Certificate| input.is_in_time(ca);
        match self {
            Self::BoringSsl => fitting.next(),
            Self::GnuTls => {
                let fitting: Vec<_> = fitting.collect();
                let valid = fitting.iter().copied().rfind(in_time);
                valid.or_else(|| fitting.last().copied())
            }
            // mbedTLS verifies the signature when it chooses from the CA file.
            Self::MbedTls => {
                let signed =
                    fitting.filter(|ca| below.verify_signature(ca) == SignatureStatus::Valid);
                first_in_time(signed, in_time)
            }
            Self::OpenSsl | Self::OpenSslPartial => first_in_time(fitting, in_time),
        }
    }

    fn choose_in_chain<'a>(
        self,
        below: &Certificate,
        sent: &[&'a Certificate],
        input: &PathInput<'a>,
    ) -> Option<&'a Certificate> {
        let mut fitting = sent.iter().copied().filter(|ca| self.is_candidate(below, ca));
        match self {
            Self::BoringSsl => fitting.next(),
            // GnuTLS trusts the key of a CA in the CA file, even if another certificate of that CA was sent.
            Self::GnuTls => {
                let is_known = |ca: &Certificate| {
                    let valid = input.anchors.iter().filter(|anchor| input.is_in_time(anchor));
                    valid.into_iter().any(|anchor| anchor.has_subject_and_key_of(ca))
                };
                fitting.next().filter(|ca| !is_known(ca))
            }
            Self::MbedTls | Self::OpenSsl | Self::OpenSslPartial => {
                first_in_time(fitting, |ca| input.is_in_time(ca))
            }
        }
    }

    /// Returns whether a certificate is a candidate for the issuer of another.
    fn is_candidate(self, below: &Certificate, ca: &Certificate) -> bool {
        below.names_as_issuer(ca)
            && match self {
                Self::BoringSsl => below.may_be_issued_by(ca) && may_sign(ca),
                Self::GnuTls => below.may_be_issued_by(ca),
                Self::MbedTls => may_sign(ca),
                Self::OpenSsl | Self::OpenSslPartial => {
                    below.may_be_issued_by(ca) && is_of_key_type(below, ca)
                }
            }
    }
}

/// The reason why a path does not reach the CA file.
enum Stop<'a> {
    DeadEnd(DeadEnd),
    /// No issuer was found for the last certificate of this path.
    NoIssuer(Path<'a>),
}

/// Returns the first certificate that is valid at the time, or else the first.
fn first_in_time<'a>(
    mut among: impl Iterator<Item = &'a Certificate>,
    in_time: impl Fn(&&Certificate) -> bool,
) -> Option<&'a Certificate> {
    let first = among.next()?;
    if in_time(&first) { Some(first) } else { Some(among.find(in_time).unwrap_or(first)) }
}

fn may_sign(ca: &Certificate) -> bool {
    ca.allows_key_usage(KeyUsage::KeyCertSign)
}

/// Returns whether a CA's key has the type of a certificate's signature, which OpenSSL requires of an issuer.
fn is_of_key_type(certificate: &Certificate, ca: &Certificate) -> bool {
    certificate.signature_algorithm().is_of(ca.key_type())
}
