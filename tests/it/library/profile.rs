//! The profile: every field of a certificate, at a fixed moment and with a fixed serial number.

use kuma_pki::{
    BasicConstraints, ExtendedKeyUsage, IssuanceRequest, IssueError, KeyAlgorithm, KeyPair,
    KeyUsage, Profile, SerialNumber, SubjectAltName, Template, ValidFor, ValidityError,
};
use time::OffsetDateTime;
use time::macros::datetime;
use x509_parser::prelude::{FromDer, X509Certificate};

const NOW: OffsetDateTime = datetime!(2026-08-21 12:00:00 UTC);

fn request(valid_for: ValidFor, hosts: &[&str]) -> IssuanceRequest {
    request_of(ExtendedKeyUsage::ServerAuth, KeyAlgorithm::EcdsaP256, valid_for, hosts)
}

fn request_of(
    usage: ExtendedKeyUsage,
    algorithm: KeyAlgorithm,
    valid_for: ValidFor,
    hosts: &[&str],
) -> IssuanceRequest {
    let names: Vec<_> =
        hosts.iter().map(|host| SubjectAltName::parse(host).expect("a name")).collect();
    IssuanceRequest::new(usage, names, algorithm, Some(valid_for)).expect("a request with names")
}

fn resolve(request: &IssuanceRequest, now: OffsetDateTime) -> Result<Template, IssueError> {
    Profile::EndEntity { request, issuer_validity: None }
        .resolve(now, SerialNumber::from_octets([0xff; 16]))
}

#[track_caller]
fn dates(now: OffsetDateTime, valid_for: &str) -> (OffsetDateTime, OffsetDateTime) {
    let request = request(valid_for.parse().expect("a duration"), &["cp.example"]);
    let validity = resolve(&request, now).expect("a template").validity;
    (validity.not_before, validity.not_after)
}

#[test]
fn key_usage_follows_the_type_and_the_key() {
    use ExtendedKeyUsage::{ClientAuth, ServerAuth};
    use KeyUsage::{DigitalSignature, KeyCertSign};
    for (usage, algorithm, expected) in [
        (ServerAuth, KeyAlgorithm::Rsa2048, &[DigitalSignature, KeyCertSign][..]),
        (ServerAuth, KeyAlgorithm::EcdsaP256, &[DigitalSignature, KeyCertSign]),
        (ClientAuth, KeyAlgorithm::Rsa2048, &[DigitalSignature, KeyCertSign]),
        (ClientAuth, KeyAlgorithm::EcdsaP256, &[DigitalSignature, KeyCertSign]),
    ] {
        let request = request_of(usage, algorithm, ValidFor::DEFAULT, &["cp.example", "10.0.0.1"]);
        let template = resolve(&request, NOW).expect("a template");
        assert_eq!(template.key_usage, expected, "{usage:?} {algorithm}");
        assert_eq!(template.extended_key_usage, Some(usage));
        assert_eq!(template.key_algorithm, algorithm);
        assert_eq!(template.basic_constraints, Some(BasicConstraints { path_length: None }));
        assert_eq!(template.serial_number, SerialNumber::from_octets([0xff; 16]));
        let names: Vec<_> = template.subject_alt_names.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["cp.example", "10.0.0.1"]);
    }
}

#[test]
fn the_common_name_is_the_first_name_of_at_most_64_characters() {
    let of_length = |length: usize| {
        let name = format!("{}.{}", "a".repeat(60), "b".repeat(length - 61));
        assert_eq!(name.len(), length);
        name
    };
    for (hosts, subject) in [
        (
            vec!["cp.example".to_owned(), "other.example".to_owned()],
            "O=Kuma, CN=cp.example".to_owned(),
        ),
        (vec!["10.0.0.1".to_owned()], "O=Kuma, CN=10.0.0.1".to_owned()),
        (vec!["*.cp.example".to_owned()], "O=Kuma, CN=*.cp.example".to_owned()),
        (vec!["spiffe://mesh/a".to_owned()], "O=Kuma, CN=spiffe://mesh/a".to_owned()),
        (vec![of_length(64)], format!("O=Kuma, CN={}", of_length(64))),
        // The second name would fit, and would be as little of an identity.
        (vec![of_length(65), "cp.example".to_owned()], "O=Kuma".to_owned()),
    ] {
        let hosts: Vec<_> = hosts.iter().map(String::as_str).collect();
        let template = resolve(&request(ValidFor::DEFAULT, &hosts), NOW).expect("a template");
        assert_eq!(template.subject.to_string(), subject);
    }
}

#[test]
fn a_repeated_name_is_written_once_at_its_first_place() {
    let hosts = ["b.example", "A.example", "a.EXAMPLE", "::ffff:10.0.0.1", "10.0.0.1", "b.example"];
    let request = request(ValidFor::DEFAULT, &hosts);
    let names: Vec<_> = request.subject_alt_names().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["b.example", "a.example", "10.0.0.1"]);
}

#[test]
fn a_request_without_a_name_is_rejected() {
    let algorithm = KeyAlgorithm::EcdsaP256;
    let result =
        IssuanceRequest::new(ExtendedKeyUsage::ServerAuth, [], algorithm, Some(ValidFor::DEFAULT));
    assert!(matches!(result, Err(IssueError::NoNames)), "{result:?}");
}

#[test]
fn validity_starts_five_minutes_ago_and_has_the_requested_length() {
    assert_eq!(
        dates(NOW, "87600h"),
        (datetime!(2026-08-21 11:55:00 UTC), datetime!(2036-08-18 11:55:00 UTC))
    );
    // A second more than the start lies back is the shortest that is of any use.
    assert_eq!(
        dates(NOW, "301s"),
        (datetime!(2026-08-21 11:55:00 UTC), datetime!(2026-08-21 12:00:01 UTC))
    );
    // X.509 has no fractions of a second.
    assert_eq!(
        dates(datetime!(2026-08-21 12:00:00.999999999 UTC), "1h"),
        (datetime!(2026-08-21 11:55:00 UTC), datetime!(2026-08-21 12:55:00 UTC))
    );
}

#[test]
fn the_time_zone_does_not_change_the_dates() {
    let now = datetime!(2026-08-21 23:00:00 +11:00);
    let (not_before, not_after) = dates(now, "1h");
    assert_eq!(not_before, datetime!(2026-08-21 11:55:00 UTC));
    assert_eq!(not_after, datetime!(2026-08-21 12:55:00 UTC));
    assert!(not_before.offset().is_utc() && not_after.offset().is_utc());
}

/// RFC 5280 4.1.2.5: CAs must write UTCTime through 2049, GeneralizedTime from 2050.
#[test]
fn dates_through_2049_are_utc_time_and_later_ones_generalized_time() {
    let key = KeyPair::generate(KeyAlgorithm::EcdsaP256).expect("a key");
    for (now, valid_for, not_after) in [
        (datetime!(2049-12-31 23:04:59 UTC), "1h", datetime!(2049-12-31 23:59:59 UTC)),
        (datetime!(2049-12-31 23:05:00 UTC), "1h", datetime!(2050-01-01 00:00:00 UTC)),
        (datetime!(2050-01-01 00:05:00 UTC), "1h", datetime!(2050-01-01 01:00:00 UTC)),
        // Local time is in another year than UTC.
        (datetime!(2050-01-01 01:00:00 +02:00), "30m", datetime!(2049-12-31 23:25:00 UTC)),
        (datetime!(9999-12-31 23:04:59 UTC), "1h", datetime!(9999-12-31 23:59:59 UTC)),
    ] {
        let request = request(valid_for.parse().expect("a duration"), &["cp.example"]);
        let template = resolve(&request, now).expect("a template");
        assert_eq!(template.validity.not_after, not_after, "{now}");
        let certificate = kuma_pki::self_signed(&template, &key).expect("a certificate");
        kuma_pki::issue::self_check(&certificate, &template, &key, None)
            .unwrap_or_else(|e| panic!("{now}: {e}"));
        let (_, read) = X509Certificate::from_der(certificate.der()).expect("X.509");
        for date in [read.validity().not_before, read.validity().not_after] {
            assert_eq!(date.is_utctime(), date.to_datetime().year() < 2050, "{date}");
        }
    }
}

#[test]
fn a_certificate_for_another_key_fails_the_self_check() {
    let [key, other] = [(); 2].map(|()| KeyPair::generate(KeyAlgorithm::EcdsaP256).expect("a key"));
    let request = request(ValidFor::DEFAULT, &["cp.example"]);
    let template = resolve(&request, NOW).expect("a template");
    let certificate = kuma_pki::self_signed(&template, &key).expect("a certificate");
    kuma_pki::issue::self_check(&certificate, &template, &key, None).expect("what was asked for");
    let result = kuma_pki::issue::self_check(&certificate, &template, &other, None);
    assert!(
        matches!(result, Err(IssueError::SelfCheck { field: "subjectPublicKey", .. })),
        "{result:?}"
    );
}

#[test]
fn a_validity_that_has_already_ended_is_rejected() {
    for seconds in ["1s", "299s", "5m"] {
        let request = request(seconds.parse().expect("a duration"), &["cp.example"]);
        let result = resolve(&request, NOW);
        assert!(
            matches!(
                result,
                Err(IssueError::Validity(ValidityError::TooShort { backdate_seconds: 300, .. }))
            ),
            "{seconds}: {result:?}"
        );
    }
}

#[test]
fn a_validity_beyond_the_year_9999_is_rejected() {
    for (now, valid_for) in
        [(datetime!(9999-12-31 23:05:00 UTC), "1h"), (NOW, "8000y"), (NOW, "18446744073709551615s")]
    {
        let request = request(valid_for.parse().expect("a duration"), &["cp.example"]);
        let result = resolve(&request, now);
        assert!(
            matches!(result, Err(IssueError::Validity(ValidityError::TooLong { .. }))),
            "{valid_for}: {result:?}"
        );
    }
}

#[test]
fn a_clock_outside_the_range_of_x509_is_rejected() {
    for now in [
        datetime!(1950-01-01 00:04:59 UTC),
        datetime!(1949-12-31 00:00:00 UTC),
        datetime!(0001-01-01 00:00:00 UTC),
        datetime!(-9999-01-01 00:00:00 UTC),
    ] {
        let result = resolve(&request(ValidFor::DEFAULT, &["cp.example"]), now);
        assert!(
            matches!(result, Err(IssueError::Validity(ValidityError::Clock { now: found })) if found == now),
            "{result:?}"
        );
    }
    let first = resolve(&request(ValidFor::DEFAULT, &["a"]), datetime!(1950-01-01 00:05:00 UTC));
    assert_eq!(first.expect("a template").validity.not_before, datetime!(1950-01-01 0:00 UTC));
}

#[test]
fn serial_numbers_are_positive_and_always_have_16_octets() {
    for first in 0..=u8::MAX {
        let mut octets = [0; 16];
        octets[0] = first;
        let serial = SerialNumber::from_octets(octets);
        // Below 0x80 it is positive; from 0x40 on DER drops no octet, and it is never zero.
        assert!((0x40..0x80).contains(&serial.as_bytes()[0]), "{first:02x}: {serial}");
        assert_eq!(serial.as_bytes().len(), 16);
        assert_eq!(serial.as_bytes()[1..], octets[1..]);
    }
}

#[test]
fn random_serial_numbers_differ() {
    let one = SerialNumber::random().expect("random numbers");
    let other = SerialNumber::random().expect("random numbers");
    assert_ne!(one, other);
}
