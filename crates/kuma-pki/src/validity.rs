//! How long a certificate lives: durations as people type them, and the two dates they give.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

use crate::text::beginning;

/// How far notBefore lies before the moment of issuance: peers whose clocks are that far behind
/// accept the certificate at once (kumahq/kuma#11807; `pkg/tls/cert.go`).
pub const BACKDATE: Duration = Duration::from_secs(5 * 60);

/// The last moment that X.509 can express: 99991231235959Z (RFC 5280 4.1.2.5).
const LAST_MOMENT: OffsetDateTime = time::macros::datetime!(9999-12-31 23:59:59 UTC);

/// How long a certificate is valid, in whole seconds.
///
/// Reads Go's durations (`720h`, `1h30m`, `1.5h`) and days, weeks and years beside them (`90d`,
/// `2w`, `10y`). A year is 365 days, so that `10y` is the official kumactl's `87600h`.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ValidFor(Duration);

/// The dates of a certificate (RFC 5280 4.1.2.5), in UTC and whole seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// The first moment at which the certificate is valid.
    pub not_before: OffsetDateTime,
    /// The last moment at which the certificate is valid.
    pub not_after: OffsetDateTime,
}

/// How long before its end a certificate is to be renewed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RenewBefore {
    /// 30 days, or a third of its lifetime if that is shorter.
    #[default]
    Usual,
    /// So long.
    Time(ValidFor),
    /// A percentage of its lifetime, 1 to 99.
    Percent(u8),
}

/// A text that is not a duration.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DurationError {
    /// The beginning of what was typed.
    pub input: String,
    /// What is wrong with it.
    pub fault: DurationFault,
}

/// What makes a duration unreadable.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum DurationFault {
    /// Something other than numbers with units.
    Malformed,
    /// A number without a unit.
    MissingUnit,
    /// Less than a second, or negative.
    NotPositive,
    /// More seconds than can be counted.
    TooLong,
}

/// Dates that a certificate cannot have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ValidityError {
    /// The clock is outside the years that X.509 can express.
    #[error("the clock says {now}, a time that no certificate can express")]
    Clock {
        /// What the clock said.
        now: OffsetDateTime,
    },

    /// A certificate would end after the last date that X.509 can express.
    #[error("a certificate valid for {days} days would end after the year 9999")]
    TooLong {
        /// The requested validity in whole days.
        days: u64,
    },

    /// A certificate would have expired before it is used.
    #[error(
        "a certificate valid for {seconds}s would already have expired: \
         its validity starts {backdate_seconds}s before now, for peers whose clocks are behind"
    )]
    TooShort {
        /// The requested validity in seconds.
        seconds: u64,
        /// How far notBefore lies before now, in seconds.
        backdate_seconds: u64,
    },
}

impl ValidFor {
    /// 3650 days, as the official kumactl (`pkg/tls/cert.go`, `DefaultValidityPeriod`).
    pub const DEFAULT: Self = Self::from_days(3650);

    /// So many days of 24 hours.
    #[must_use]
    pub const fn from_days(days: u64) -> Self {
        Self(Duration::from_secs(days * 86_400))
    }

    /// The duration.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl Validity {
    /// The dates of a certificate issued `now`: from [`BACKDATE`] before, for `valid_for`.
    ///
    /// # Errors
    ///
    /// [`ValidityError::TooShort`] if it would end before it is used, [`ValidityError::TooLong`]
    /// if after the year 9999, [`ValidityError::Clock`] if `now` is no time for a certificate.
    pub fn starting(now: OffsetDateTime, valid_for: ValidFor) -> Result<Self, ValidityError> {
        if valid_for.0 <= BACKDATE {
            return Err(ValidityError::TooShort {
                seconds: valid_for.0.as_secs(),
                backdate_seconds: BACKDATE.as_secs(),
            });
        }
        // rcgen panics on a local time near the end of 2049, and writes no fraction of a second.
        let not_before = now
            .checked_to_offset(UtcOffset::UTC)
            .and_then(|utc| utc.replace_nanosecond(0).ok())
            .and_then(|utc| {
                utc.checked_sub(time::Duration::new(BACKDATE.as_secs().cast_signed(), 0))
            })
            .filter(|utc| (1950..=9999).contains(&utc.year()))
            .ok_or(ValidityError::Clock { now })?;
        let not_after = time::Duration::try_from(valid_for.0)
            .ok()
            .and_then(|duration| not_before.checked_add(duration))
            .filter(|not_after| *not_after <= LAST_MOMENT)
            .ok_or(ValidityError::TooLong { days: valid_for.0.as_secs() / 86_400 })?;
        Ok(Self { not_before, not_after })
    }

    /// Returns the time that is in both.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }
}

impl RenewBefore {
    /// The moment from which a certificate with these dates is to be renewed.
    #[must_use]
    pub fn starts(self, validity: Validity) -> OffsetDateTime {
        let life: time::Duration = validity.not_after - validity.not_before;
        let before = match self {
            Self::Usual => (life / 3_i32).min(time::Duration::days(30)),
            Self::Time(time) => time::Duration::try_from(time.duration()).unwrap_or(life),
            Self::Percent(percent) => life / 100_i32 * i32::from(percent),
        };
        validity.not_after.checked_sub(before).unwrap_or(validity.not_before)
    }
}

/// A moment in UTC as RFC 3339 writes it, in whole seconds: `2026-11-24T07:00:00Z`.
#[must_use]
pub fn rfc3339(moment: &OffsetDateTime) -> String {
    // At the ends of time there is no other offset to write it in.
    let utc = moment.checked_to_offset(UtcOffset::UTC).unwrap_or(*moment);
    let (hour, minute, second) = utc.to_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", utc.date())
}

/// A span of time in words, its two largest units: `9 years, 362 days`. A year is 365 days.
#[must_use]
pub fn words(span: time::Duration) -> String {
    let seconds = span.whole_seconds().unsigned_abs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let units = match days {
        0 if hours == 0 => [(minutes, "minute"), (seconds % 60, "second")],
        0 => [(hours, "hour"), (minutes % 60, "minute")],
        1..365 => [(days, "day"), (hours % 24, "hour")],
        _ => [(days / 365, "year"), (days % 365, "day")],
    };
    let several = |(count, unit): &(u64, &str)| match count {
        1 => format!("1 {unit}"),
        _ => format!("{count} {unit}s"),
    };
    let some: Vec<_> = units.iter().filter(|(count, _)| *count > 0).map(several).collect();
    if some.is_empty() { "0 seconds".to_owned() } else { some.join(", ") }
}

impl FromStr for ValidFor {
    type Err = DurationError;

    fn from_str(input: &str) -> Result<Self, DurationError> {
        let nanoseconds =
            nanoseconds(input).map_err(|fault| DurationError { input: beginning(input), fault })?;
        let seconds = nanoseconds / 1_000_000_000;
        let fault = match u64::try_from(seconds) {
            Ok(0) => DurationFault::NotPositive,
            Ok(seconds) => return Ok(Self(Duration::from_secs(seconds))),
            Err(_) => DurationFault::TooLong,
        };
        Err(DurationError { input: beginning(input), fault })
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
            _ => Err(DurationError { input: input.to_owned(), fault: DurationFault::Malformed }),
        }
    }
}

/// Adds up the terms of a duration, each a decimal number and a unit.
fn nanoseconds(input: &str) -> Result<u128, DurationFault> {
    let text = input.strip_prefix('+').unwrap_or(input);
    if text.starts_with('-') {
        return Err(DurationFault::NotPositive);
    }
    if text.is_empty() {
        return Err(DurationFault::Malformed);
    }
    let mut rest = text;
    let mut total = 0_u128;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(end_of(rest, |c| c.is_ascii_digit() || c == '.'));
        let (unit, after) = after.split_at(end_of(after, |c| !c.is_ascii_digit() && c != '.'));
        if number.is_empty() {
            return Err(DurationFault::Malformed);
        }
        if unit.is_empty() {
            return Err(DurationFault::MissingUnit);
        }
        let unit = unit_in_nanoseconds(unit).ok_or(DurationFault::Malformed)?;
        let term = term(number, unit)?;
        total = total.checked_add(term).ok_or(DurationFault::TooLong)?;
        rest = after;
    }
    Ok(total)
}

fn end_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// A decimal number of units, such as `1.5` of an hour.
fn term(number: &str, unit: u128) -> Result<u128, DurationFault> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return Err(DurationFault::Malformed);
    }
    let whole: u128 = match whole {
        "" => 0,
        digits => digits.parse().map_err(|_| DurationFault::TooLong)?,
    };
    let mut nanoseconds = whole.checked_mul(unit).ok_or(DurationFault::TooLong)?;
    let mut place = unit;
    for digit in fraction.bytes() {
        place /= 10;
        nanoseconds = nanoseconds
            .checked_add(place * u128::from(digit - b'0'))
            .ok_or(DurationFault::TooLong)?;
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
    /// A number without a unit as days, which most people mean.
    #[must_use]
    pub fn in_days(&self) -> Option<String> {
        let days = format!("{}d", self.input);
        let is_number = self.input.bytes().all(|octet| octet.is_ascii_digit());
        (is_number && days.parse::<ValidFor>().is_ok()).then_some(days)
    }
}

impl fmt::Display for DurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "\"{}\" {}",
            self.input.escape_debug(),
            match self.fault {
                DurationFault::Malformed => "is not a duration",
                DurationFault::MissingUnit => "is a duration without a unit",
                DurationFault::NotPositive => "is less than a second",
                DurationFault::TooLong => "is too long a duration",
            }
        )
    }
}

impl std::error::Error for DurationError {}
