//! Parses durations such as `90d`.

use std::str::FromStr;
use std::time::Duration;

use time::OffsetDateTime;

use super::Validity;
use crate::text::beginning;

/// The lifetime of a certificate, in whole seconds.
///
/// Parses Go's durations (`720h`, `1h30m`, `1.5h`), and days, weeks and years (`90d`, `2w`, `10y`). A year is 365
/// days, so `10y` equals `87600h`, the default of the official kumactl.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ValidFor(Duration);

/// The time before expiry from which a certificate is renewed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RenewBefore {
    /// 30 days, or a third of the lifetime if that is shorter.
    #[default]
    Usual,
    /// A fixed time.
    Time(ValidFor),
    /// A percentage of the lifetime, from 1 to 99.
    Percent(u8),
}

/// The error of a text that is not a duration.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("\"{}\" {kind}", input.escape_debug())]
pub struct DurationError {
    /// The beginning of the input.
    pub input: String,
    /// The kind of error.
    pub kind: DurationErrorKind,
}

/// The kind of a [`DurationError`].
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DurationErrorKind {
    /// Something other than numbers with units.
    #[error("is not a duration")]
    Malformed,
    /// A number without a unit.
    #[error("is a duration without a unit")]
    MissingUnit,
    /// Less than a second, or negative.
    #[error("is less than a second")]
    NotPositive,
    /// More seconds than fit into a `u64`.
    #[error("is too long a duration")]
    TooLong,
}

impl ValidFor {
    /// 3650 days, as in the official kumactl (`DefaultValidityPeriod` in `pkg/tls/cert.go`).
    pub const DEFAULT: Self = Self::from_days(3650);

    /// Returns this many days of 24 hours.
    #[must_use]
    pub const fn from_days(days: u64) -> Self {
        Self(Duration::from_secs(days * 86_400))
    }

    /// Returns the duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl RenewBefore {
    /// Returns the moment from which a certificate with these dates is renewed.
    #[must_use]
    pub fn renewal_time(self, validity: Validity) -> OffsetDateTime {
        let lifetime: time::Duration = validity.not_after - validity.not_before;
        let before = match self {
            Self::Usual => (lifetime / 3_i32).min(time::Duration::days(30)),
            Self::Time(time) => time::Duration::try_from(time.duration()).unwrap_or(lifetime),
            Self::Percent(percent) => lifetime / 100_i32 * i32::from(percent),
        };
        validity.not_after.checked_sub(before).unwrap_or(validity.not_before)
    }
}

impl FromStr for ValidFor {
    type Err = DurationError;

    fn from_str(input: &str) -> Result<Self, DurationError> {
        let nanoseconds =
            nanoseconds(input).map_err(|kind| DurationError { input: beginning(input), kind })?;
        let seconds = nanoseconds / 1_000_000_000;
        let kind = match u64::try_from(seconds) {
            Ok(0) => DurationErrorKind::NotPositive,
            Ok(seconds) => return Ok(Self(Duration::from_secs(seconds))),
            Err(_) => DurationErrorKind::TooLong,
        };
        Err(DurationError { input: beginning(input), kind })
    }
}

impl FromStr for RenewBefore {
    type Err = DurationError;

    fn from_str(input: &str) -> Result<Self, DurationError> {
        let Some(percent) = input.strip_suffix('%') else {
            return input.parse().map(Self::Time);
        };
        match percent.parse() {
            Ok(percent @ 1..=99) => Ok(Self::Percent(percent)),
            _ => Err(DurationError { input: input.to_owned(), kind: DurationErrorKind::Malformed }),
        }
    }
}

/// Returns the sum of the terms of a duration, each a decimal number and a unit.
fn nanoseconds(input: &str) -> Result<u128, DurationErrorKind> {
    let text = input.strip_prefix('+').unwrap_or(input);
    if text.starts_with('-') {
        return Err(DurationErrorKind::NotPositive);
    }
    if text.is_empty() {
        return Err(DurationErrorKind::Malformed);
    }
    let mut rest = text;
    let mut total = 0_u128;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(end_of(rest, |c| c.is_ascii_digit() || c == '.'));
        let (unit, after) = after.split_at(end_of(after, |c| !c.is_ascii_digit() && c != '.'));
        if number.is_empty() {
            return Err(DurationErrorKind::Malformed);
        }
        if unit.is_empty() {
            return Err(DurationErrorKind::MissingUnit);
        }
        let unit = unit_in_nanoseconds(unit).ok_or(DurationErrorKind::Malformed)?;
        let term = term(number, unit)?;
        total = total.checked_add(term).ok_or(DurationErrorKind::TooLong)?;
        rest = after;
    }
    Ok(total)
}

fn end_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Returns a decimal number of a unit in nanoseconds, such as `1.5` of an hour.
fn term(number: &str, unit: u128) -> Result<u128, DurationErrorKind> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(DurationErrorKind::Malformed);
    }
    let whole: u128 = match whole {
        "" => 0,
        digits => digits.parse().map_err(|_| DurationErrorKind::TooLong)?,
    };
    let mut nanoseconds = whole.checked_mul(unit).ok_or(DurationErrorKind::TooLong)?;
    let mut place = unit;
    for digit in fraction.bytes() {
        place /= 10;
        nanoseconds = nanoseconds
            .checked_add(place * u128::from(digit - b'0'))
            .ok_or(DurationErrorKind::TooLong)?;
    }
    Ok(nanoseconds)
}

fn unit_in_nanoseconds(unit: &str) -> Option<u128> {
    const SECOND: u128 = 1_000_000_000;
    const DAY: u128 = 86_400 * SECOND;
    Some(match unit {
        "ns" => 1,
        // Go reads the micro sign and the Greek letter.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3_600 * SECOND,
        "d" => DAY,
        "w" => 7 * DAY,
        "y" => 365 * DAY,
        _ => return None,
    })
}

impl DurationError {
    /// Returns the input as days if it is a number without a unit.
    #[must_use]
    pub fn in_days(&self) -> Option<String> {
        let days = format!("{}d", self.input);
        let is_number = self.input.bytes().all(|octet| octet.is_ascii_digit());
        (is_number && days.parse::<ValidFor>().is_ok()).then_some(days)
    }
}

#[cfg(test)]
mod tests {
    use super::{DurationErrorKind, RenewBefore, ValidFor};

    #[test]
    fn durations_add_up_in_every_unit_and_round_down_to_seconds() {
        for (text, seconds) in [
            ("720h", 2_592_000),
            ("1h30m", 5_400),
            ("1.5h", 5_400),
            ("90d", 7_776_000),
            ("2w", 1_209_600),
            ("10y", 315_360_000),
            ("+1500ms", 1),
        ] {
            let parsed: ValidFor = text.parse().expect(text);
            assert_eq!(parsed.duration().as_secs(), seconds, "{text}");
        }
    }

    #[test]
    fn an_invalid_duration_is_rejected_with_the_kind_of_error() {
        for (text, kind) in [
            ("", DurationErrorKind::Malformed),
            ("h", DurationErrorKind::Malformed),
            ("1.2.3h", DurationErrorKind::Malformed),
            ("90", DurationErrorKind::MissingUnit),
            ("-1h", DurationErrorKind::NotPositive),
            ("999ms", DurationErrorKind::NotPositive),
            ("99999999999999999999y", DurationErrorKind::TooLong),
        ] {
            let error = text.parse::<ValidFor>().expect_err(text);
            assert_eq!(error.kind, kind, "{text}");
        }
    }

    #[test]
    fn a_percentage_before_expiry_is_a_whole_number_from_1_to_99() {
        assert_eq!("33%".parse(), Ok(RenewBefore::Percent(33)));
        for text in ["0%", "100%", "1.5%", "%"] {
            assert!(text.parse::<RenewBefore>().is_err(), "{text}");
        }
    }
}
