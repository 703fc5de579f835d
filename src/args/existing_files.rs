//! The flags about files that exist.

use kuma_pki::RenewBefore;
use kuma_pki::Validity;
use time::OffsetDateTime;

use crate::files::Existing;

/// The flags about files that exist.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct ExistingFilesArgs {
    /// Replace files that exist
    #[arg(long)]
    pub(crate) force: bool,

    /// Leave files alone that are what is asked for, and replace them all otherwise
    #[arg(long)]
    pub(crate) if_needed: bool,

    /// With --if-needed, how long before its end a certificate is replaced: a duration, or a
    /// percentage of its life [default: 30d, or a third of its life if that is less]
    #[arg(long, value_name = "DURATION", requires = "if_needed", value_parser = renew_before)]
    pub(crate) renew_before: Option<RenewBefore>,

    /// With --if-needed or --force, make the new certificate for the key that exists
    #[arg(long)]
    pub(crate) reuse_key: bool,
}

fn renew_before(text: &str) -> Result<RenewBefore, String> {
    text.parse().map_err(|_| "it is a duration as `720h` or `30d`, or 1% to 99%".to_owned())
}

impl ExistingFilesArgs {
    /// Returns what to do with files that exist, once something is to be written.
    pub(crate) const fn existing(&self) -> Existing {
        if self.force || self.if_needed { Existing::Replace } else { Existing::Keep }
    }

    /// Returns how long before its expiry a certificate is replaced.
    pub(crate) fn renew_before(&self) -> RenewBefore {
        self.renew_before.unwrap_or_default()
    }

    /// Returns the warning about a new certificate that every run would replace.
    pub(crate) fn warning(&self, validity: Validity, now: OffsetDateTime) -> Option<String> {
        let renews_always = self.renew_before.is_some_and(|before| before.starts(validity) <= now);
        renews_always.then(|| {
            "the certificate lives no longer than --renew-before, so every run makes a new one"
                .to_owned()
        })
    }
}
