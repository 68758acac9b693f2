//! The report as one page that needs nothing else: no network, no script.

use crate::document::plot::DARK_STYLE;
use crate::document::{Block, Cell, Plot, Table};

const STYLE: &str = include_str!("page.css");

/// The whole page.
pub fn render(title: &str, blocks: &[Block]) -> String {
    let chapters: String = blocks
        .iter()
        .filter_map(|block| match block {
            Block::Heading(2, text) => Some(format!(
                "<a href=\"#{}\">{}</a>\n",
                anchor(text),
                inline(text)
            )),
            _ => None,
        })
        .collect();
    let content: String = blocks.iter().map(block).collect();
    let title = escape(title);
    // The drawings' rules hold inside figures only.
    let dark = DARK_STYLE
        .replace("text{", "svg text{")
        .replace('[', "svg [");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>\n{STYLE}@media (prefers-color-scheme: dark) {{ {dark} }}\n</style>\n\
         <header><h1>{title}</h1></header>\n<nav aria-label=\"Chapters\">\n{chapters}</nav>\n\
         <main>\n{content}</main>\n</html>\n"
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(2, text) => format!("<h2 id=\"{}\">{}</h2>\n", anchor(text), inline(text)),
        Block::Heading(level, text) => format!("<h{level}>{}</h{level}>\n", inline(text)),
        Block::Paragraph(text) => format!("<p>{}</p>\n", inline(text)),
        Block::List(items) => {
            let items: String = items
                .iter()
                .map(|i| format!("<li>{}</li>\n", inline(i)))
                .collect();
            format!("<ul>\n{items}</ul>\n")
        }
        Block::Table(table) => self::table(table),
        Block::Plots(plots) => {
            let plots: String = plots.iter().map(plot).collect();
            format!("<div class=\"plots\">\n{plots}</div>\n")
        }
        Block::Illustrated(table, plot) => {
            let plot = plot.as_ref().map(self::plot).unwrap_or_default();
            format!(
                "<div class=\"beside\">\n{}{plot}</div>\n",
                self::table(table)
            )
        }
        Block::Details(summary, blocks) => {
            let content: String = blocks.iter().map(self::block).collect();
            format!(
                "<details><summary>{}</summary>\n{content}</details>\n",
                inline(summary)
            )
        }
    }
}

/// Wide tables scroll inside a box of their own, which the keyboard can reach.
fn table(table: &Table) -> String {
    let head: String = table
        .header
        .iter()
        .map(|c| cell(c, "th scope=\"col\"", "th"))
        .collect();
    let mut rows = String::new();
    for row in &table.rows {
        rows += "<tr>";
        for (i, one) in row.iter().enumerate() {
            rows += &match i {
                0 => cell(one, "th scope=\"row\"", "th"),
                _ => cell(one, "td", "td"),
            };
        }
        rows += "</tr>\n";
    }
    format!(
        "<div class=\"table\" tabindex=\"0\"><table>\n<thead><tr>{head}</tr></thead>\n\
         <tbody>\n{rows}</tbody></table></div>\n"
    )
}

fn cell(cell: &Cell, open: &str, close: &str) -> String {
    let class = match (cell.figure, cell.marked) {
        (true, true) => " class=\"figure marked\"",
        (true, false) => " class=\"figure\"",
        (false, true) => " class=\"marked\"",
        (false, false) => "",
    };
    let small = cell
        .small
        .as_ref()
        .map(|s| format!("<small>{}</small>", inline(s)));
    format!(
        "<{open}{class}>{}{}</{close}>",
        inline(&cell.text),
        small.unwrap_or_default()
    )
}

fn plot(plot: &Plot) -> String {
    let keys: String = plot
        .legend
        .iter()
        .map(|(swatch, name)| format!("<span>{swatch} {}</span>\n", inline(name)))
        .collect();
    let legend = match keys.as_str() {
        "" => String::new(),
        keys => format!("<div class=\"legend\">{keys}</div>"),
    };
    format!(
        "<figure><figcaption>{}</figcaption>\n{}\n{legend}</figure>\n",
        inline(&plot.title),
        plot.svg
    )
}

/// Escapes text for HTML, attributes included.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Escapes text, with what stands between backticks as code.
fn inline(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(i, part)| match i % 2 {
            0 => escape(part),
            _ => format!("<code>{}</code>", escape(part)),
        })
        .collect()
}

fn anchor(text: &str) -> String {
    let dashed = |c: char| {
        if c.is_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    text.chars().map(dashed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_code_marked() {
        assert_eq!(inline("a < `b & c`"), "a &lt; <code>b &amp; c</code>");
    }

    #[test]
    fn nothing_is_fetched() {
        let page = render("t", &[Block::Paragraph("x".into())]);
        for outside in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
