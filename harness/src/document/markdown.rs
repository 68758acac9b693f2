//! The report as Markdown. Plots are left to the page.

use crate::document::{Block, Cell, Table};

/// The whole report.
pub fn render(title: &str, blocks: &[Block]) -> String {
    format!(
        "# {title}\n\n{}",
        blocks.iter().map(block).collect::<String>()
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Heading(level, text) => format!("{} {text}\n\n", "#".repeat((*level).into())),
        Block::Paragraph(text) => format!("{text}\n\n"),
        Block::List(items) => {
            let items: String = items.iter().map(|item| format!("- {item}\n")).collect();
            format!("{items}\n")
        }
        Block::Table(table) | Block::Illustrated(table, _) => format!("{}\n", self::table(table)),
        Block::Plots(_) => String::new(),
        Block::Details(summary, blocks) => {
            let content: String = blocks.iter().map(self::block).collect();
            format!("<details><summary>{summary}</summary>\n\n{content}</details>\n\n")
        }
    }
}

/// A table, a line a row.
pub fn table(table: &Table) -> String {
    let line = |cells: &[Cell]| {
        let cells: Vec<String> = cells.iter().map(cell).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule: Vec<&str> = table
        .header
        .iter()
        .map(|cell| if cell.figure { "---:" } else { "---" })
        .collect();
    let rows: String = table.rows.iter().map(|row| line(row)).collect();
    format!("{}| {} |\n{rows}", line(&table.header), rule.join(" | "))
}

fn cell(cell: &Cell) -> String {
    let text = match &cell.small {
        Some(small) => format!("{}<br>{small}", cell.text),
        None => cell.text.clone(),
    };
    let text = text.replace('|', "\\|").replace('\n', " ");
    if cell.marked {
        format!("{text} ⚠")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_break_a_table() {
        let mut one = Table::new([Cell::text("a"), Cell::figure("b")]);
        one.rows
            .push(vec![Cell::text("x | y\nz"), Cell::figure("1").marked(true)]);
        assert_eq!(
            table(&one),
            "| a | b |\n| --- | ---: |\n| x \\| y z | 1 ⚠ |\n"
        );
    }
}
