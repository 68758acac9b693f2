//! Plots as SVG that scales and carries its own legend, or none where the page has one.

use std::iter::{Once, once};

use anyhow::{Result, anyhow};
use plotters::coord::Shift;
use plotters::element::{Drawable, PointCollection};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendCoord, DrawingErrorKind};

use crate::document::figures;

/// Okabe and Ito's palette, which colour-blind readers can tell apart, without its black and yellow,
/// which vanish on a dark or a light page.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
    RGBColor(0x88, 0x88, 0x88),
];
/// Fewer or more than colours, so that the pair of both repeats late.
const MARKERS: usize = 6;
/// The page's style replaces these two in a dark page.
const INK: RGBColor = RGBColor(0x33, 0x33, 0x33);
const GRID: RGBColor = RGBColor(0xdd, 0xdd, 0xdd);
/// A plot's width on the page: as wide as a phone, so that text keeps its size there.
pub const WIDTH: u32 = 360;
const FONT: (&str, i32) = ("sans-serif", 13);

/// Restyles ink and grid for a dark page.
pub const DARK_STYLE: &str = "text{fill:#ddd}[stroke=\"#333333\"]{stroke:#bbb}\
                              [stroke=\"#DDDDDD\"]{stroke:#3a3f46}";

/// The points of one bridge, and its place in the run, which decides its colour and marker.
pub struct Series {
    /// Its place among the run's bridges.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Points: x and y.
    pub points: Vec<(f64, f64)>,
}

/// The sizes of one bridge, and what its cost model makes of them.
pub struct Sizes {
    /// Its times by size.
    pub measured: Series,
    /// Those among them that the model has not seen.
    pub held_out: Vec<(f64, f64)>,
    /// The model.
    pub curve: Vec<(f64, f64)>,
    /// Whether the model is a line up to its end.
    pub has_line: bool,
}

/// Time against size, both on log axes, without a legend: a thin curve has no line, a ring is held out.
pub fn time_against_size(bridges: &[Sizes], title: &str) -> Result<String> {
    let points = || bridges.iter().flat_map(|one| &one.measured.points);
    let xs = widen(points().map(|p| p.0), 1.3);
    let ys = widen(points().map(|p| p.1), 1.6);
    draw(WIDTH, 240, title, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(6)
            .margin_right(14)
            .x_label_area_size(24)
            .y_label_area_size(52)
            .build_cartesian_2d((xs.0..xs.1).log_scale(), (ys.0..ys.1).log_scale())?;
        chart
            .configure_mesh()
            .axis_style(GRID)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .label_style(FONT.into_font().color(&INK))
            .x_labels(6)
            .y_labels(7)
            .x_label_formatter(&|n| short_size(*n))
            .y_label_formatter(&|ns| short_time(*ns))
            .draw()?;
        for one in bridges {
            let index = one.measured.index;
            let curve = one.curve.iter().copied();
            let width = if one.has_line { 2 } else { 1 };
            chart.draw_series(LineSeries::new(curve, colour(index).stroke_width(width)))?;
            chart.draw_series(one.measured.points.iter().map(|at| marker(index, *at)))?;
            chart.draw_series(one.held_out.iter().map(|at| ring(*at)))?;
        }
        Ok(())
    })
}

/// A plot with one row a label and one marker a bridge, on a log axis.
pub struct Dots<'a> {
    /// The picture's width, in the units of its text.
    pub width: u32,
    /// What is drawn.
    pub title: &'a str,
    /// The rows, from the top.
    pub labels: &'a [String],
    /// Points: a value, and the [`row`] it belongs to.
    pub series: &'a [Series],
    /// A value with a line of its own.
    pub line: f64,
    /// How values are written.
    pub format: fn(f64) -> String,
}

impl Dots<'_> {
    /// The picture, with its legend below.
    pub fn draw(&self) -> Result<String> {
        let columns = self.width / 170;
        let legend_height = 20 * self.series.len().div_ceil(columns as usize) as u32 + 6;
        let height = 24 * self.labels.len() as u32 + 46;
        let values = self.series.iter().flat_map(|s| &s.points).map(|p| p.0);
        let xs = widen(values.chain([self.line]), 1.3);
        let rows = self.labels.len() as f64;
        draw(self.width, height + legend_height, self.title, |area| {
            let (plot, legend) = area.split_vertically(height);
            let mut chart = ChartBuilder::on(&plot)
                .margin(6)
                .margin_right(22)
                .x_label_area_size(24)
                .y_label_area_size(124)
                .build_cartesian_2d((xs.0..xs.1).log_scale(), -rows..0.0)?;
            chart
                .configure_mesh()
                .axis_style(GRID)
                .disable_y_mesh()
                .y_labels(0)
                .light_line_style(TRANSPARENT)
                .bold_line_style(GRID)
                .label_style(FONT.into_font().color(&INK))
                .x_labels(5)
                .x_label_formatter(&|x| (self.format)(*x))
                .draw()?;
            let line = [(self.line, -rows), (self.line, 0.0)];
            chart.draw_series([PathElement::new(line, INK.stroke_width(1))])?;
            for i in 0..self.labels.len() {
                let line = [(xs.0, row(i)), (xs.1, row(i))];
                chart.draw_series([PathElement::new(line, GRID)])?;
            }
            for (place, one) in self.series.iter().enumerate() {
                // Side by side within the row, so that equal values do not hide each other.
                let aside = 0.5 - (place as f64 + 0.5) / self.series.len() as f64;
                let points = one.points.iter().map(|(x, y)| (*x, y + aside * 0.6));
                chart.draw_series(points.map(|at| marker(one.index, at)))?;
            }
            let text = |side| {
                FONT.into_font()
                    .color(&INK)
                    .pos(Pos::new(side, VPos::Center))
            };
            let (left, right) = (text(HPos::Left), text(HPos::Right));
            for (i, label) in self.labels.iter().enumerate() {
                let (_, y) = chart.backend_coord(&(1.0, row(i)));
                plot.draw(&Text::new(label.clone(), (124, y), right.clone()))?;
            }
            for (i, one) in self.series.iter().enumerate() {
                let (column, line) = (i as u32 % columns, i as u32 / columns);
                let at = (
                    (20 + column * (self.width / columns)) as i32,
                    (line * 20 + 10) as i32,
                );
                legend.draw(&marker(one.index, at))?;
                let name = Text::new(one.name.clone(), (at.0 + 12, at.1), left.clone());
                legend.draw(&name)?;
            }
            Ok(())
        })
    }
}

/// The y of the `i`th row of [`Dots`].
pub fn row(i: usize) -> f64 {
    -(i as f64) - 0.5
}

/// A short line with the bridge's marker, for a legend on the page.
pub fn swatch(index: usize) -> Result<String> {
    draw(28, 14, "", |area| {
        area.draw(&PathElement::new(
            [(1, 7), (27, 7)],
            colour(index).stroke_width(2),
        ))?;
        area.draw(&marker(index, (14, 7)))?;
        Ok(())
    })
}

/// The ring of a held-out size, for a legend on the page.
pub fn ring_swatch() -> Result<String> {
    draw(28, 14, "", |area| Ok(area.draw(&ring((14, 7)))?))
}

/// The same picture as a file of its own, which follows the reader's colour scheme.
pub fn standalone(svg: &str) -> String {
    let style = format!("<style>@media (prefers-color-scheme: dark){{{DARK_STYLE}}}</style>");
    let head = svg.find('>').map_or(0, |end| end + 1);
    format!("{}\n{style}{}", &svg[..head], &svg[head..])
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn draw(
    width: u32,
    height: u32,
    title: &str,
    content: impl FnOnce(&Area) -> Drawn,
) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        content(&area)
            .and_then(|()| Ok(area.present()?))
            .map_err(|e| anyhow!("plot {title}: {e}"))?;
    }
    // Without a fixed size, it fills the box that it is put into.
    let fixed = format!("<svg width=\"{width}\" height=\"{height}\" ");
    let label = super::html::escape(title);
    let scaling = match title {
        "" => format!("<svg width=\"{width}\" height=\"{height}\" aria-hidden=\"true\" "),
        _ => format!("<svg role=\"img\" aria-label=\"{label}\" "),
    };
    Ok(svg.replacen(&fixed, &scaling, 1).trim().to_string())
}

fn colour(index: usize) -> RGBColor {
    COLOURS[index % COLOURS.len()]
}

fn ring<C>(at: C) -> Circle<C, u32> {
    Circle::new(at, 6, INK.stroke_width(1))
}

/// A bridge's marker, of the same size on every axis.
struct Marker<C> {
    index: usize,
    at: C,
}

fn marker<C>(index: usize, at: C) -> Marker<C> {
    Marker { index, at }
}

impl<'a, C: 'a> PointCollection<'a, C> for &'a Marker<C> {
    type Point = &'a C;
    type IntoIter = Once<&'a C>;

    fn point_iter(self) -> Self::IntoIter {
        once(&self.at)
    }
}

impl<C, B: DrawingBackend> Drawable<B> for Marker<C> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut at: I,
        backend: &mut B,
        _: (u32, u32),
    ) -> std::result::Result<(), DrawingErrorKind<B::ErrorType>> {
        let Some((x, y)) = at.next() else {
            return Ok(());
        };
        let filled = colour(self.index).filled();
        let outline = colour(self.index).stroke_width(2);
        match self.index % MARKERS {
            0 => backend.draw_circle((x, y), 4, &filled, true),
            1 => backend.draw_rect((x - 4, y - 4), (x + 4, y + 4), &filled, true),
            2 => backend.fill_polygon([(x, y - 5), (x + 5, y + 4), (x - 5, y + 4)], &filled),
            3 => backend.fill_polygon([(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)], &filled),
            4 => {
                backend.draw_line((x - 4, y - 4), (x + 4, y + 4), &outline)?;
                backend.draw_line((x - 4, y + 4), (x + 4, y - 4), &outline)
            }
            _ => {
                backend.draw_line((x - 5, y), (x + 5, y), &outline)?;
                backend.draw_line((x, y - 5), (x, y + 5), &outline)
            }
        }
    }
}

/// The range of values, a little wider at both ends; at least a factor of ten when it is drawn.
fn widen(values: impl Iterator<Item = f64>, factor: f64) -> (f64, f64) {
    let (low, high) = values
        .filter(|v| *v > 0.0)
        .fold((f64::INFINITY, 0.0f64), |(low, high), v| {
            (low.min(v), high.max(v))
        });
    if low > high {
        return (1.0, 10.0);
    }
    (low / factor, (high * factor).max(low * 10.0))
}

/// A time without trailing zeros, for an axis.
pub fn short_time(ns: f64) -> String {
    let text = figures::time(ns);
    match text.split_once(' ') {
        Some((number, unit)) if number.contains('.') => {
            format!(
                "{} {unit}",
                number.trim_end_matches('0').trim_end_matches('.')
            )
        }
        _ => text,
    }
}

fn short_size(n: f64) -> String {
    match n {
        ..1e3 => format!("{n}"),
        ..1e6 => format!("{}k", n / 1e3),
        _ => format!("{}M", n / 1e6),
    }
}
