//! Links in the documentation lead to files and headings that exist.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use regex_lite::Regex;

use super::{documents, root};

/// Returns the anchors of a page's headings, as GitHub derives them.
fn anchors(text: &str) -> HashSet<String> {
    let mut is_code = false;
    let mut found = HashSet::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if line.starts_with('#') && !is_code {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept =
                title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            found.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    found
}

/// Returns the links of a page that lead nowhere.
fn broken(page: &Path, text: &str) -> Vec<String> {
    let link =
        Regex::new(r#"\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)""#).expect("an expression");
    let mut broken = Vec::new();
    for found in link.captures_iter(text) {
        let target = found.get(1).or_else(|| found.get(2)).expect("a target").as_str();
        if target.contains("://") {
            continue;
        }
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let path = match file {
            "" => page.to_owned(),
            file => page.parent().expect("a directory").join(file),
        };
        let is_found = match fs::read_to_string(&path) {
            _ if anchor.is_empty() => path.exists(),
            Ok(text) => anchors(&text).contains(anchor),
            Err(_) => false,
        };
        if !is_found {
            broken.push(target.to_owned());
        }
    }
    broken
}

#[test]
fn every_link_leads_to_an_existing_file_and_heading() {
    let others = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "tests/interop/README.md"];
    let others = others.iter().map(|name| root().join(name));
    for page in documents().into_iter().chain(others) {
        let text = fs::read_to_string(&page).expect("a page");
        assert_eq!(broken(&page, &text), Vec::<String>::new(), "{}", page.display());
    }
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let page = root().join("docs/README.md");
    let text = "[a](missing.md) [b](README.md#missing) <img src=\"missing.svg\"> [c](README.md) \
                [d](https://kuma.io) [e](#missing)";
    assert_eq!(broken(&page, text), ["missing.md", "README.md#missing", "missing.svg", "#missing"]);
}

#[test]
fn the_index_links_to_every_page() {
    let index = fs::read_to_string(root().join("docs/README.md")).expect("docs/README.md");
    let docs = root().join("docs");
    for page in documents() {
        if let Ok(name) = page.strip_prefix(&docs)
            && name != Path::new("README.md")
        {
            let link = format!("]({})", name.display());
            assert!(index.contains(&link), "docs/README.md does not link to {}", name.display());
        }
    }
}
