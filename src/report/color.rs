//! Colors on a terminal.

use std::env;
use std::io::{self, IsTerminal as _};

use anstyle::{AnsiColor, Style};

/// The value of `--color`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The colors of standard output, if it has any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Palette {
    is_colored: bool,
}

impl ColorChoice {
    /// Checks the terminal and the environment (https://no-color.org).
    pub(crate) fn palette(self) -> Palette {
        let is_set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let is_colored = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => io::stdout().is_terminal() && !is_set("NO_COLOR") && !is_dumb,
        };
        Palette { is_colored }
    }
}

impl Palette {
    fn paint(self, style: Style, text: &str) -> String {
        if self.is_colored { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Success, in green.
    pub(crate) fn success(self, text: &str) -> String {
        self.paint(AnsiColor::Green.on_default(), text)
    }

    /// A warning, in yellow.
    pub(crate) fn warning(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// An error, in bold red.
    pub(crate) fn error(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default().bold(), text)
    }

    /// Bold text.
    pub(crate) fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// Dimmed text.
    pub(crate) fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }
}
