//! Certificate policies (RFC 5280 6.1, RFC 9618), as Go, Java and BoringSSL process them without a required policy: a
//! chain is invalid only if one of its certificates requires a policy and no valid policy is left.

use std::collections::HashSet;

use x509_parser::extensions::{
    InhibitAnyPolicy, ParsedExtension, PolicyConstraints, PolicyMapping,
};

use super::Path;
use crate::x509::Certificate;

const ANY_POLICY: &str = "2.5.29.32.0";

/// Returns the certificate of a path at which a required policy is missing.
pub(super) fn without_policy<'a>(path: &Path<'a>) -> Option<&'a Certificate> {
    let (_, below_anchor) = path.split_last().filter(|(_, below)| !below.is_empty())?;
    let mut state = State::new(below_anchor.len());
    for (depth, certificate) in below_anchor.iter().enumerate().rev() {
        if !state.enter(certificate, depth) {
            return Some(certificate);
        }
    }
    None
}

/// Policies as object identifiers in dotted notation.
type Policies = HashSet<String>;

/// The state variables of RFC 5280 6.1.2.
struct State {
    /// The policies that are valid for the next certificate; `anyPolicy` means all.
    expected: Policies,
    explicit_policy: usize,
    policy_mapping: usize,
    inhibit_any_policy: usize,
}

impl State {
    fn new(length: usize) -> Self {
        Self {
            expected: HashSet::from([ANY_POLICY.to_owned()]),
            explicit_policy: length + 1,
            policy_mapping: length + 1,
            inhibit_any_policy: length + 1,
        }
    }

    /// Processes a certificate; `depth` is 0 for the end entity. Returns whether it has a valid policy or needs none.
    fn enter(&mut self, certificate: &Certificate, depth: usize) -> bool {
        let extensions = Extensions::of(certificate);
        let is_self_issued = certificate.is_self_issued();
        let takes_any = self.inhibit_any_policy > 0 || (depth > 0 && is_self_issued);
        self.expected = self.valid(&extensions.policies, takes_any);
        if self.explicit_policy == 0 && self.expected.is_empty() {
            return false;
        }
        if depth == 0 {
            self.explicit_policy = self.explicit_policy.saturating_sub(1);
            self.lower(&extensions, |required| required.filter(|required| *required == 0));
            return self.explicit_policy > 0 || !self.expected.is_empty();
        }
        if !self.map(extensions.mappings) {
            return false;
        }
        if !is_self_issued {
            for counter in
                [&mut self.explicit_policy, &mut self.policy_mapping, &mut self.inhibit_any_policy]
            {
                *counter = counter.saturating_sub(1);
            }
        }
        self.lower(&extensions, |required| required);
        true
    }

    /// Returns the policies of a certificate that its issuer expects (RFC 9618 5.3).
    fn valid(&self, policies: &Policies, takes_any: bool) -> Policies {
        let is_expected = |policy: &&String| {
            *policy != ANY_POLICY
                && (self.expected.contains(*policy) || self.expected.contains(ANY_POLICY))
        };
        let mut valid: Policies = policies.iter().filter(is_expected).cloned().collect();
        if policies.contains(ANY_POLICY) && takes_any {
            valid.extend(self.expected.iter().cloned());
        }
        valid
    }

    /// Applies policy mappings (RFC 9618 5.4). Returns whether they are valid: `anyPolicy` must not be mapped.
    fn map(&mut self, mappings: &[PolicyMapping<'_>]) -> bool {
        let mut mapped = Policies::new();
        let mut replaced = Policies::new();
        for mapping in mappings {
            let issuer = mapping.issuer_domain_policy.to_id_string();
            let subject = mapping.subject_domain_policy.to_id_string();
            if self.policy_mapping == 0 {
                self.expected.remove(&issuer);
                continue;
            }
            if issuer == ANY_POLICY || subject == ANY_POLICY {
                return false;
            }
            if self.expected.contains(&issuer) || self.expected.contains(ANY_POLICY) {
                mapped.insert(subject);
                replaced.insert(issuer);
            }
        }
        self.expected.retain(|policy| !replaced.contains(policy));
        self.expected.extend(mapped);
        true
    }

    fn lower(
        &mut self,
        extensions: &Extensions<'_>,
        explicit: impl Fn(Option<u32>) -> Option<u32>,
    ) {
        let lower = |counter: &mut usize, limit: Option<u32>| {
            let limit = limit.and_then(|limit| usize::try_from(limit).ok());
            *counter = limit.map_or(*counter, |limit| limit.min(*counter));
        };
        let constraints = extensions.constraints;
        let required = constraints.and_then(|found| found.require_explicit_policy);
        lower(&mut self.explicit_policy, explicit(required));
        let mapping = constraints.and_then(|found| found.inhibit_policy_mapping);
        lower(&mut self.policy_mapping, mapping);
        lower(&mut self.inhibit_any_policy, extensions.inhibit_any.map(|found| found.skip_certs));
    }
}

/// The policy extensions of a certificate.
#[derive(Default)]
struct Extensions<'a> {
    policies: Policies,
    mappings: &'a [PolicyMapping<'a>],
    constraints: Option<&'a PolicyConstraints>,
    inhibit_any: Option<&'a InhibitAnyPolicy>,
}

impl<'a> Extensions<'a> {
    fn of(certificate: &'a Certificate) -> Self {
        let mut found = Self::default();
        for extension in certificate.x509().extensions() {
            match extension.parsed_extension() {
                ParsedExtension::CertificatePolicies(policies) => {
                    found.policies =
                        policies.iter().map(|policy| policy.policy_id.to_id_string()).collect();
                }
                ParsedExtension::PolicyMappings(mappings) => found.mappings = &mappings.mappings,
                ParsedExtension::PolicyConstraints(constraints) => {
                    found.constraints = Some(constraints);
                }
                ParsedExtension::InhibitAnyPolicy(inhibit) => found.inhibit_any = Some(inhibit),
                _ => {}
            }
        }
        found
    }
}
