//! The flags about existing files.

use kuma_pki::RenewBefore;
use kuma_pki::Validity;
use time::OffsetDateTime;

use crate::files::ExistingPolicy;

/// The flags about existing files.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct ExistingFilesArgs {
    /// Overwrite existing files
    #[arg(long)]
    pub(crate) force: bool,

    /// Replace the files only if they do not match the request or expire soon
    #[arg(long)]
    pub(crate) if_needed: bool,

    /// With --if-needed, replace a certificate this long before it expires: a duration such as 720h or
    /// 30d, or a percentage of its lifetime [default: 30d, or a third of the lifetime if that is less]
    #[arg(long, value_name = "DURATION", requires = "if_needed", value_parser = renew_before)]
    pub(crate) renew_before: Option<RenewBefore>,

    /// With --if-needed or --force, issue the new certificate for the existing key
    #[arg(long)]
    pub(crate) reuse_key: bool,
}

fn renew_before(text: &str) -> Result<RenewBefore, String> {
    text.parse().map_err(|_| {
        "use a duration such as 720h or 30d, or a percentage from 1% to 99%".to_owned()
    })
}

impl ExistingFilesArgs {
    /// Returns the policy for existing files when there is something to write.
    pub(crate) const fn policy(&self) -> ExistingPolicy {
        if self.force || self.if_needed { ExistingPolicy::Replace } else { ExistingPolicy::Keep }
    }

    /// Returns how long before its expiry a certificate is replaced.
    pub(crate) fn renew_before(&self) -> RenewBefore {
        self.renew_before.unwrap_or_default()
    }

    /// Returns the warning about a new certificate or token that every run would replace.
    pub(crate) fn warning(
        &self,
        noun: &str,
        validity: Validity,
        now: OffsetDateTime,
    ) -> Option<String> {
        let renews_always =
            self.renew_before.is_some_and(|before| before.renewal_time(validity) <= now);
        renews_always.then(|| {
            format!(
                "the lifetime of the {noun} is not longer than --renew-before, so every run replaces it"
            )
        })
    }
}
