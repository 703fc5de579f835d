//! How the pieces of an installation are connected.

/// Pieces and the connections between them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Map {
    /// The pieces.
    pub nodes: Vec<Node>,
    /// Connections, as places in `nodes`: what is used, and what uses it.
    pub edges: Vec<(usize, usize)>,
}

/// A piece of an installation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Node {
    /// Its kind, which is also its column in a drawing.
    pub kind: NodeKind,
    /// Its name, as in [`Check::piece`](super::Check::piece).
    pub piece: String,
    /// Details, such as keys or an expiry.
    pub detail: String,
}

/// The kind of a piece, from what is made first to what depends on it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum NodeKind {
    /// An issuer or a Certificate of cert-manager.
    Issuer,
    /// A Secret or a file.
    Secret,
    /// A control plane.
    ControlPlane,
    /// A Service.
    Service,
    /// Who connects: webhooks, proxies, zones.
    Client,
}

impl NodeKind {
    /// Returns the name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Secret => "secret",
            Self::ControlPlane => "control-plane",
            Self::Service => "service",
            Self::Client => "client",
        }
    }
}

impl Map {
    /// Adds a piece, unless it is there; returns its place.
    pub(super) fn node(&mut self, kind: NodeKind, piece: &str, detail: String) -> usize {
        if let Some(place) = self.nodes.iter().position(|node| node.piece == piece) {
            if self.nodes[place].detail.is_empty() {
                self.nodes[place].detail = detail;
            }
            return place;
        }
        self.nodes.push(Node { kind, piece: piece.to_owned(), detail });
        self.nodes.len() - 1
    }

    pub(super) fn edge(&mut self, from: usize, to: usize) {
        if from != to && !self.edges.contains(&(from, to)) {
            self.edges.push((from, to));
        }
    }
}
