//! The validity of a certificate, and durations such as `90d`.

mod duration;

use std::time::Duration;

use time::{OffsetDateTime, UtcOffset};

pub use self::duration::{DurationError, DurationErrorKind, RenewBefore, ValidFor};

/// The time between notBefore and the moment of issuance. Peers whose clocks are that far behind accept a new
/// certificate (kumahq/kuma#11807; `pkg/tls/cert.go`).
pub const BACKDATE: Duration = Duration::from_secs(5 * 60);

/// The last moment that X.509 can express: 99991231235959Z (RFC 5280 4.1.2.5).
const LAST_MOMENT: OffsetDateTime = time::macros::datetime!(9999-12-31 23:59:59 UTC);

/// The dates of a certificate (RFC 5280 4.1.2.5), in UTC and whole seconds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Validity {
    /// The first moment at which the certificate is valid.
    pub not_before: OffsetDateTime,
    /// The last moment at which the certificate is valid.
    pub not_after: OffsetDateTime,
}

/// The error of a validity that a certificate cannot have.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the messages name the fields")]
pub enum ValidityError {
    /// The current time is outside the range of X.509.
    #[error("the system clock is {now}, which X.509 cannot represent")]
    Clock { now: OffsetDateTime },
    /// The certificate would expire after the year 9999, the last that X.509 can represent.
    #[error("a certificate valid for {days} days would expire after the year 9999")]
    TooLong { days: u64 },
    /// The certificate would already have expired.
    #[error(
        "a certificate valid for {seconds}s would already have expired: \
         its validity starts {backdate_seconds}s before now, for peers whose clocks are behind"
    )]
    TooShort { seconds: u64, backdate_seconds: u64 },
}

impl Validity {
    /// Returns the validity of a certificate issued at `now`: it starts [`BACKDATE`] earlier and lasts `valid_for`.
    ///
    /// # Errors
    ///
    /// [`ValidityError::TooShort`] if it would have expired by `now`, [`ValidityError::TooLong`] if it would expire
    /// after the year 9999, and [`ValidityError::Clock`] if X.509 cannot represent `now`.
    pub fn starting(now: OffsetDateTime, valid_for: ValidFor) -> Result<Self, ValidityError> {
        if valid_for.duration() <= BACKDATE {
            return Err(ValidityError::TooShort {
                seconds: valid_for.duration().as_secs(),
                backdate_seconds: BACKDATE.as_secs(),
            });
        }
        // rcgen panics on a local time near the end of 2049, and drops fractions of a second.
        let not_before = now
            .checked_to_offset(UtcOffset::UTC)
            .and_then(|utc| utc.replace_nanosecond(0).ok())
            .and_then(|utc| {
                utc.checked_sub(time::Duration::new(BACKDATE.as_secs().cast_signed(), 0))
            })
            .filter(|utc| (1950..=9999).contains(&utc.year()))
            .ok_or(ValidityError::Clock { now })?;
        let not_after = time::Duration::try_from(valid_for.duration())
            .ok()
            .and_then(|duration| not_before.checked_add(duration))
            .filter(|not_after| *not_after <= LAST_MOMENT)
            .ok_or_else(|| ValidityError::TooLong {
                days: valid_for.duration().as_secs() / 86_400,
            })?;
        Ok(Self { not_before, not_after })
    }

    /// Returns the period in which both are valid.
    #[must_use]
    pub fn intersect(self, other: Self) -> Self {
        Self {
            not_before: self.not_before.max(other.not_before),
            not_after: self.not_after.min(other.not_after),
        }
    }
}

/// Formats a moment in UTC by RFC 3339, in whole seconds: `2026-11-24T07:00:00Z`.
#[must_use]
pub fn rfc3339(moment: &OffsetDateTime) -> String {
    // Near the limits of the type, a moment cannot be converted to UTC.
    let utc = moment.checked_to_offset(UtcOffset::UTC).unwrap_or(*moment);
    let (hour, minute, second) = utc.to_hms();
    format!("{}T{hour:02}:{minute:02}:{second:02}Z", utc.date())
}

/// Formats a time span in its two largest units: `9 years, 362 days`. A year is 365 days.
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
