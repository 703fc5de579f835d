//! The proxy that authenticates with a token: a Dataplane, ZoneIngress or ZoneEgress of Universal.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::claims::DEFAULT_MESH;
use crate::format::yaml::{self, Limits};
use crate::text::excerpt;

/// A proxy has a few inbounds with a few tags.
const LIMITS: Limits = Limits { nodes: 100_000, copies: 1_000, copied_bytes: 1 << 10 };

/// The label that binds a proxy to a workload.
const WORKLOAD: &str = "kuma.io/workload";

/// The properties of a proxy that kuma-cp compares with a token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proxy {
    /// The kind.
    pub kind: ProxyKind,
    /// Its name.
    pub name: String,
    /// Its mesh.
    pub mesh: String,
    /// The value of its label `kuma.io/workload`.
    pub workload: Option<String>,
    /// The tags of its inbounds and of its gateway, with all their values.
    pub tags: BTreeMap<String, BTreeSet<String>>,
}

/// The kind of a proxy.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ProxyKind {
    /// A data plane proxy.
    Dataplane,
    /// A zone ingress.
    ZoneIngress,
    /// A zone egress.
    ZoneEgress,
}

/// The error of a text that does not describe a proxy.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// Not YAML or JSON with the fields of a proxy.
    #[error("it cannot be read{}", .line.map(|line| format!(", from line {line}")).unwrap_or_default())]
    Malformed {
        /// The line, counted from 1.
        line: Option<u64>,
    },
    /// Another resource.
    #[error("it is a {kind}, not a Dataplane, ZoneIngress or ZoneEgress")]
    Kind {
        /// The type of the resource.
        kind: String,
    },
    /// Variables that kuma-dp replaces with the values of `--dataplane-var`.
    #[error("it has variables such as {variable}, whose values only kuma-dp has")]
    Variables {
        /// The first of them.
        variable: String,
    },
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    name: String,
    mesh: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    networking: Networking,
}

#[derive(Default, Deserialize)]
struct Networking {
    #[serde(default)]
    inbound: Vec<Tagged>,
    gateway: Option<Tagged>,
}

#[derive(Deserialize)]
struct Tagged {
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

impl Proxy {
    /// Reads a resource from YAML or JSON, as `kuma-dp run --dataplane-file` takes it.
    ///
    /// # Errors
    ///
    /// [`ProxyError`] for another text.
    pub fn from_text(text: &[u8]) -> Result<Self, ProxyError> {
        let text = std::str::from_utf8(text).map_err(|_| ProxyError::Malformed { line: None })?;
        if let Some((_, rest)) = text.split_once("{{") {
            let name = rest.split("}}").next().unwrap_or_default();
            return Err(ProxyError::Variables { variable: excerpt(&format!("{{{{{name}}}}}")) });
        }
        let options = yaml::options(&LIMITS);
        let resource: Resource = serde_saphyr::from_str_with_options(text, options).map_err(
            |error: serde_saphyr::Error| ProxyError::Malformed {
                line: error.location().map(|location| location.line()),
            },
        )?;
        let kind = match resource.kind.as_str() {
            "Dataplane" => ProxyKind::Dataplane,
            "ZoneIngress" => ProxyKind::ZoneIngress,
            "ZoneEgress" => ProxyKind::ZoneEgress,
            other => return Err(ProxyError::Kind { kind: excerpt(other) }),
        };
        // As `TagSet` of Kuma's `api/mesh/v1alpha1/dataplane_helpers.go`.
        let mut tags: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let tagged = resource.networking.inbound.into_iter().chain(resource.networking.gateway);
        for (tag, value) in tagged.flat_map(|tagged| tagged.tags) {
            tags.entry(tag).or_default().insert(value);
        }
        let mut labels = resource.labels;
        Ok(Self {
            kind,
            name: resource.name,
            mesh: resource.mesh.unwrap_or_else(|| DEFAULT_MESH.to_owned()),
            workload: labels.remove(WORKLOAD),
            tags,
        })
    }
}
