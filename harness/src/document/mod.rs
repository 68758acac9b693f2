//! What the report and other pages say, before it is HTML or Markdown, and how it becomes so. Nothing here knows what
//! is measured.

pub mod figures;
pub mod html;
pub mod markdown;
pub mod plot;

/// What stands where there is no figure.
pub const DASH: &str = "–";

/// A piece of the report. Text may hold `code` between backticks.
#[derive(Clone)]
pub enum Block {
    /// A chapter (level 2) or section (3).
    Heading(u8, String),
    /// Running text.
    Paragraph(String),
    /// A list of short points.
    List(Vec<String>),
    /// Figures.
    Table(Table),
    /// Plots beside one another, where pictures can be shown.
    Plots(Vec<Plot>),
    /// Figures and their picture, beside one another where there is room.
    Illustrated(Table, Option<Plot>),
    /// What only some readers open.
    Details(String, Vec<Block>),
}

/// A table; the first column names its row.
#[derive(Clone, Default)]
pub struct Table {
    /// The columns.
    pub header: Vec<Cell>,
    /// Rows as long as the header.
    pub rows: Vec<Vec<Cell>>,
}

/// One cell.
#[derive(Clone, Default)]
pub struct Cell {
    /// What stands in it.
    pub text: String,
    /// A second, smaller line.
    pub small: Option<String>,
    /// Whether it is a figure, and stands to the right.
    pub figure: bool,
    /// Whether something is wrong or uncertain here.
    pub marked: bool,
}

/// A picture with its title and legend.
#[derive(Clone)]
pub struct Plot {
    /// What is drawn.
    pub title: String,
    /// The drawing.
    pub svg: String,
    /// A swatch and a name for each line; none when the drawing has its own.
    pub legend: Vec<(String, String)>,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    /// A figure.
    pub fn figure(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            figure: true,
            ..Self::default()
        }
    }

    /// The same with a second line, unless it is empty.
    pub fn with_small(mut self, small: String) -> Self {
        self.small = Some(small).filter(|s| !s.is_empty());
        self
    }

    /// The same, marked if so.
    pub fn marked(mut self, marked: bool) -> Self {
        self.marked = marked;
        self
    }
}

impl Table {
    /// A table with this header.
    pub fn new(header: impl IntoIterator<Item = Cell>) -> Self {
        Self {
            header: header.into_iter().collect(),
            rows: Vec::new(),
        }
    }
}
