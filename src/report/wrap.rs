//! Breaks lines between words.

use std::env;
use std::io::{self, IsTerminal as _};

use rustix::termios::tcgetwinsize;

/// Narrower terminals are treated as this wide.
const MIN_WIDTH: usize = 60;

/// Returns the width of lines on standard output: `COLUMNS`, or that of the terminal. `None` elsewhere, so
/// that programs read whole lines.
pub(crate) fn width() -> Option<usize> {
    let columns = || env::var("COLUMNS").ok()?.parse::<usize>().ok();
    let terminal = || {
        let stdout = io::stdout();
        let size = stdout.is_terminal().then(|| tcgetwinsize(&stdout).ok())??;
        Some(usize::from(size.ws_col))
    };
    let width = columns().or_else(terminal).filter(|width| *width > 0)?;
    Some(width.max(MIN_WIDTH))
}

/// Returns the text with line breaks between words. Every line starts at the column `indent`, which the
/// caller has reached for the first one. A word that is too long stays whole.
pub(crate) fn wrap(text: &str, indent: usize, width: Option<usize>) -> String {
    let Some(width) = width else {
        return text.to_owned();
    };
    let mut wrapped = String::new();
    let mut column = indent;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > indent && column + 1 + length > width {
            wrapped.push('\n');
            wrapped.extend(std::iter::repeat_n(' ', indent));
            column = indent;
        } else if column > indent {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn lines_break_between_words_and_are_indented() {
        assert_eq!(wrap("one two three", 2, Some(9)), "one two\n  three");
        assert_eq!(wrap("one two three", 2, None), "one two three");
        assert_eq!(wrap("unbreakable a", 4, Some(6)), "unbreakable\n    a");
    }
}
