//! Durations: Go's notation, and days, weeks and years.

use std::time::Duration;

use kuma_pki::{DurationError, DurationErrorKind, ValidFor};

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

#[test]
fn durations_are_read_as_go_reads_them_and_days_weeks_and_years_too() {
    for (input, seconds) in [
        ("1s", 1),
        ("90m", 90 * 60),
        ("720h", 720 * HOUR),
        ("87600h", 3650 * DAY),
        ("1h30m", HOUR + 1_800),
        ("1h15m30.918s", HOUR + 930),
        ("1.5h", HOUR + 1_800),
        (".5h", 1_800),
        ("1.h", HOUR),
        ("+1h", HOUR),
        ("1h1h", 2 * HOUR),
        ("1500ms", 1),
        ("1000000us", 1),
        // Go accepts both the micro sign and the Greek letter.
        ("1000000\u{b5}s", 1),
        ("1000000\u{3bc}s", 1),
        ("1000000000ns", 1),
        ("0h1s", 1),
        // A third of an hour to Go's nanosecond, cut to the seconds that X.509 has.
        ("0.33333333333333333333h", 1_199),
        ("1d", DAY),
        ("90d", 90 * DAY),
        ("2w", 14 * DAY),
        ("1y", 365 * DAY),
        ("10y", 3650 * DAY),
        ("1y2w3d4h", (365 + 14 + 3) * DAY + 4 * HOUR),
        ("0.5d", 12 * HOUR),
    ] {
        let read = input.parse().map(ValidFor::duration);
        assert_eq!(read, Ok(Duration::from_secs(seconds)), "{input}");
    }
}

#[test]
fn an_invalid_duration_is_rejected_with_the_reason() {
    use DurationErrorKind::{Malformed, MissingUnit, NotPositive, TooLong};
    for (input, fault) in [
        ("", Malformed),
        ("+", Malformed),
        ("h", Malformed),
        (".h", Malformed),
        ("1.2.3h", Malformed),
        ("1 h", Malformed),
        (" 1h", Malformed),
        ("1h ", Malformed),
        ("1H", Malformed),
        ("1month", Malformed),
        ("one hour", Malformed),
        ("1e3h", Malformed),
        ("1h-30m", Malformed),
        ("++1h", Malformed),
        ("90", MissingUnit),
        ("0", MissingUnit),
        ("1h30", MissingUnit),
        ("1.5", MissingUnit),
        ("0s", NotPositive),
        ("999ms", NotPositive),
        ("-1h", NotPositive),
        ("-", NotPositive),
        ("99999999999999999999y", TooLong),
        ("9999999999999999999999999999999999999999h", TooLong),
        ("18446744073709551616s", TooLong),
    ] {
        let read: Result<ValidFor, _> = input.parse();
        assert_eq!(read, Err(DurationError { input: input.to_owned(), kind: fault }), "{input:?}");
    }
}

#[test]
fn the_default_is_the_official_87600_hours() {
    assert_eq!("87600h".parse(), Ok(ValidFor::DEFAULT));
    assert_eq!("10y".parse(), Ok(ValidFor::DEFAULT));
    assert_eq!(ValidFor::from_days(3650), ValidFor::DEFAULT);
}
