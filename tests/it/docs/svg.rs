//! Small diagrams that are legible on a phone, on light and dark pages.

use std::fmt::Write as _;

/// A diagram under construction. Lengths are in pixels.
pub(super) struct Svg {
    width: f64,
    title: String,
    body: String,
}

/// How a text looks.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Style {
    Normal,
    Bold,
    Muted,
    /// A command or a file name, in a monospaced font.
    Code,
}

/// Where a text is relative to its position.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
}

/// The height of letters.
pub(super) const FONT: f64 = 14.0;

/// Colors for light and for dark pages. The card has its own background, so the text is legible even if page
/// and browser disagree about the color scheme.
const STYLE: &str = "<style>\
text{font:14px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:#1f2328}\
.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace}\
.bold{font-weight:600}.muted{fill:#59636e}\
.card{fill:#fff;stroke:#d1d9e0}.box{fill:#f6f8fa;stroke:#d1d9e0}\
.goal{fill:#dafbe1;stroke:#1a7f37}.line{stroke:#59636e;fill:none;stroke-width:1.5}\
.yes{stroke:#1a7f37;fill:none;stroke-width:2.5}.no{stroke:#d1242f;fill:none;stroke-width:2.5}\
.rule{stroke:#d1d9e0}\
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.muted{fill:#9198a1}\
.card{fill:#0d1117;stroke:#3d444d}.box{fill:#151b23;stroke:#3d444d}\
.goal{fill:#12261e;stroke:#3fb950}.line{stroke:#9198a1}\
.yes{stroke:#3fb950}.no{stroke:#f85149}.rule{stroke:#3d444d}}\
</style>";

impl Svg {
    pub(super) fn new(width: f64, title: &str) -> Self {
        Self { width, title: title.to_owned(), body: String::new() }
    }

    pub(super) fn finish(self, height: f64) -> String {
        let Self { width, title, body } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n{STYLE}\n\
             <rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"{}\" height=\"{}\" rx=\"8\"/>\n{body}</svg>\n",
            width - 1.0,
            height - 1.0,
        )
    }

    /// Adds a text that must fit into `available`, also in a wide font.
    #[track_caller]
    pub(super) fn text(
        &mut self,
        (x, y): (f64, f64),
        style: Style,
        align: Align,
        available: f64,
        text: &str,
    ) {
        // The widths of DejaVu Sans and its bold and monospaced variants, rounded up.
        let per_letter = if style == Style::Normal || style == Style::Muted { 0.6 } else { 0.61 };
        let width = text.chars().count() as f64 * FONT * per_letter;
        assert!(width <= available, "{text:?} takes {width:.0} of {available:.0} pixels");
        let class = match style {
            Style::Normal => "",
            Style::Bold => " class=\"bold\"",
            Style::Muted => " class=\"muted\"",
            Style::Code => " class=\"code\"",
        };
        let anchor = match align {
            Align::Start => "",
            Align::Middle => " text-anchor=\"middle\"",
            Align::End => " text-anchor=\"end\"",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let _ = writeln!(self.body, "<text x=\"{x}\" y=\"{y}\"{class}{anchor}>{text}</text>");
    }

    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"5\"/>"
        );
    }

    pub(super) fn path(&mut self, class: &str, data: &str) {
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{data}\"/>");
    }

    /// Adds an arrow to the right.
    pub(super) fn arrow(&mut self, (x, y): (f64, f64), length: f64) {
        let end = x + length;
        let (back, above, below) = (end - 5.0, y - 4.0, y + 4.0);
        self.path("line", &format!("M{x} {y}H{end}M{back} {above}L{end} {y}L{back} {below}"));
    }

    /// Adds a check mark or a cross around a point.
    pub(super) fn mark(&mut self, (x, y): (f64, f64), is_yes: bool) {
        if is_yes {
            self.path("yes", &format!("M{} {y}l4 5l8 -10", x - 6.0));
        } else {
            self.path("no", &format!("M{} {}l10 10m0 -10l-10 10", x - 5.0, y - 5.0));
        }
    }
}
