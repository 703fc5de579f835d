//! The kinds of objects that an installation of Kuma consists of.

/// The kinds that matter, with the group of their API.
const KINDS: [(&str, &str); 12] = [
    ("Secret", ""),
    ("ConfigMap", ""),
    ("Service", ""),
    ("Pod", ""),
    ("Deployment", "apps"),
    ("StatefulSet", "apps"),
    ("DaemonSet", "apps"),
    ("MutatingWebhookConfiguration", "admissionregistration.k8s.io"),
    ("ValidatingWebhookConfiguration", "admissionregistration.k8s.io"),
    ("Certificate", "cert-manager.io"),
    ("Issuer", "cert-manager.io"),
    ("ClusterIssuer", "cert-manager.io"),
];

/// Returns the group of a kind that matters, or of a list of it.
fn group(kind: &str) -> Option<&'static str> {
    let item = kind.strip_suffix("List").unwrap_or(kind);
    KINDS
        .iter()
        .find(|(name, _)| *name == item)
        .map(|(_, group)| *group)
        .or_else(|| (kind == "List").then_some(""))
}

/// Returns whether objects of a kind matter.
pub(super) fn is_wanted(kind: &str) -> bool {
    group(kind).is_some()
}

/// Returns whether an object is of a kind that does not matter, or of one with the same name in another group:
/// Knative has a `Service`, and many operators have a `Certificate`.
pub(super) fn is_foreign(api_version: &str, kind: &str) -> bool {
    let named = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let is_named = !api_version.is_empty();
    group(kind).is_none_or(|group| is_named && group != named)
}
