//! The map of an installation as a diagram, for Mermaid or as SVG.

use std::fmt::Write as _;

use kuma_pki::installation::{Node, NodeKind, Report, State};

/// The columns of the diagram, from left to right.
const COLUMNS: [NodeKind; 5] = [
    NodeKind::Issuer,
    NodeKind::Secret,
    NodeKind::ControlPlane,
    NodeKind::Service,
    NodeKind::Client,
];

/// The length of a line in a box, in characters.
const WIDTH: usize = 46;
const BOX_WIDTH: usize = 350;
const LINE_HEIGHT: usize = 18;
const GAP: usize = 24;
const COLUMN_WIDTH: usize = BOX_WIDTH + 60;

/// Returns a flowchart for Mermaid.
pub(crate) fn mermaid(report: &Report) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for (place, node) in report.map.nodes.iter().enumerate() {
        let lines: Vec<_> = lines(node).iter().map(|line| escape_for_mermaid(line)).collect();
        let _ = writeln!(text, "  n{place}[\"{}\"]", lines.join("<br/>"));
    }
    for (from, to) in &report.map.edges {
        let _ = writeln!(text, "  n{from} --> n{to}");
    }
    for (state, name, style) in [
        (State::Failed, "failed", "fill:#fde8e8,stroke:#b42318,stroke-width:2px"),
        (State::Warning, "warning", "fill:#fef3c7,stroke:#b45309"),
    ] {
        let is_in = |place: &usize| report.state(&report.map.nodes[*place]) == state;
        let nodes: Vec<_> =
            (0..report.map.nodes.len()).filter(is_in).map(|place| format!("n{place}")).collect();
        if !nodes.is_empty() {
            let _ = writeln!(text, "  classDef {name} {style}\n  class {} {name}", nodes.join(","));
        }
    }
    text
}

/// Returns a self-contained SVG.
pub(crate) fn svg(report: &Report) -> String {
    let map = &report.map;
    let used: Vec<_> = COLUMNS
        .into_iter()
        .filter(|kind| map.nodes.iter().any(|node| node.kind == *kind))
        .collect();
    let mut heights = vec![GAP; used.len()];
    let boxes: Vec<Placed> = map
        .nodes
        .iter()
        .map(|node| {
            let column = used.iter().position(|kind| *kind == node.kind).unwrap_or(0);
            let lines = lines(node);
            let height = lines.len() * LINE_HEIGHT + 14;
            let placed =
                Placed { x: GAP + column * COLUMN_WIDTH, y: heights[column], height, lines };
            heights[column] += height + GAP;
            placed
        })
        .collect();
    let width = GAP + used.len() * COLUMN_WIDTH;
    let height = heights.iter().max().copied().unwrap_or(GAP);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for (from, to) in &map.edges {
        let (from, to) = (&boxes[*from], &boxes[*to]);
        let (x1, y1) = (from.x + BOX_WIDTH, from.y + from.height / 2);
        let (x2, y2) = (to.x, to.y + to.height / 2);
        let _ = writeln!(
            text,
            "<path d=\"M{x1} {y1} C{} {y1} {} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#667085\"/>",
            x1 + 30,
            x2.saturating_sub(30),
        );
    }
    for (node, placed) in map.nodes.iter().zip(&boxes) {
        placed.draw(report.state(node), &mut text);
    }
    text.push_str("</svg>\n");
    text
}

/// A node with its position in the diagram.
struct Placed {
    x: usize,
    y: usize,
    height: usize,
    lines: Vec<String>,
}

impl Placed {
    fn draw(&self, state: State, text: &mut String) {
        let Self { x, y, height, lines } = self;
        let (fill, stroke, mark) = match state {
            State::Fits => ("#eef4ff", "#3538cd", ""),
            State::Warning => ("#fef3c7", "#b45309", "! "),
            State::Failed => ("#fde8e8", "#b42318", "\u{2717} "),
        };
        let _ = writeln!(
            text,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{BOX_WIDTH}\" height=\"{height}\" rx=\"6\" fill=\"{fill}\" \
             stroke=\"{stroke}\"/>"
        );
        for (place, line) in lines.iter().enumerate() {
            let mark = if place == 0 { mark } else { "" };
            let _ = writeln!(
                text,
                "<text x=\"{}\" y=\"{}\" fill=\"#101828\">{mark}{}</text>",
                x + 10,
                y + 20 + place * LINE_HEIGHT,
                escape(line)
            );
        }
    }
}

/// Returns the text of a box, in lines of bounded length.
fn lines(node: &Node) -> Vec<String> {
    let mut lines = Vec::new();
    for text in [&node.piece, &node.detail] {
        let mut line = String::new();
        // A word that is longer than a line is broken.
        let letters: Vec<char> = text.chars().collect();
        let words = letters.split(|letter| *letter == ' ').filter(|word| !word.is_empty());
        for word in words.flat_map(|word| word.chunks(WIDTH)) {
            if !line.is_empty() && line.chars().count() + word.len() >= WIDTH {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word);
        }
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines
}

/// Escapes text for a label of Mermaid, which has entities that start with `#` and reads backticks as Markdown.
fn escape_for_mermaid(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("#amp;"),
            '<' => escaped.push_str("#lt;"),
            '>' => escaped.push_str("#gt;"),
            '"' => escaped.push_str("#quot;"),
            '#' => escaped.push_str("#35;"),
            '`' => escaped.push_str("#96;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Escapes text for XML.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}
