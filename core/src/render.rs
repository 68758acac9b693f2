//! HdrHistogram's percentile distribution as text, byte for byte as the reference implementation's
//! `AbstractHistogram.outputPercentileDistribution` prints it (on JDK 21 and later; earlier ones do not
//! always find the shortest decimal, which shows in the 17th digit).

use crate::counts::{Counts, mean, stdev};
use crate::error::invalid;
use crate::layout::sub_buckets;
use crate::scan::Ranks;
use crate::{Error, scan};
use std::fmt::Write;

pub(crate) fn render(counts: &Counts, ticks: u32, unit: f64) -> Result<String, Error> {
    scan::check_ticks(ticks)?;
    if !(unit.is_finite() && unit > 0.0) {
        return Err(invalid("unit", unit, "a finite number above 0"));
    }
    let digits = usize::from(counts.sigfig());
    let in_units = |value: f64| decimal(value / unit, digits);
    let mut text = format!(
        "{:>12} {:>14} {:>10} {:>14}\n\n",
        "Value", "Percentile", "TotalCount", "1/(1-Percentile)"
    );
    let mut ranks = Ranks::new(counts, ticks);
    while let Some((value, total)) = (!counts.is_empty()).then(|| ranks.next()).flatten() {
        let quantile = ranks.percent() / 100.0;
        let value = in_units(value as f64);
        line(
            &mut text,
            format_args!("{value:>12} {} {total:>10}", decimal(quantile, 12)),
        );
        if ranks.percent() != 100.0 {
            text.pop();
            let odds = decimal(1.0 / (1.0 - quantile), 2);
            line(&mut text, format_args!(" {odds:>14}"));
        }
    }
    let (mean, stdev) = if counts.is_empty() {
        (0.0, 0.0)
    } else {
        let mean = mean(counts);
        (mean, stdev(counts, mean))
    };
    let (mean, stdev) = (in_units(mean), in_units(stdev));
    let max = in_units(counts.max() as f64);
    let (buckets, sub_buckets) = (counts.buckets(), sub_buckets(counts.sigfig()));
    line(
        &mut text,
        format_args!("#[Mean    = {mean:>12}, StdDeviation   = {stdev:>12}]"),
    );
    line(
        &mut text,
        format_args!(
            "#[Max     = {max:>12}, Total count    = {:>12}]",
            counts.len()
        ),
    );
    line(
        &mut text,
        format_args!("#[Buckets = {buckets:>12}, SubBuckets     = {sub_buckets:>12}]"),
    );
    Ok(text)
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // A String takes every write.
    let _ = writeln!(text, "{line}");
}

/// As Java's `%.<digits>f`: the shortest decimal that means `value`, rounded half up.
/// Rust's own `{:.3}` rounds the exact binary value, so that 0.0005 becomes 0.001 here and 0.000 there.
/// `value` is not negative.
pub(crate) fn decimal(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "NaN" } else { "Infinity" }.to_owned();
    }
    let mut shortest = value.to_string();
    if let Some((_, fraction)) = shortest.split_once('.') {
        // Of two that are as short and as near, Java takes the even one.
        let even = format!("{value:.0$}", fraction.len());
        if even.parse() == Ok(value) {
            shortest = even;
        }
    }
    let (whole, fraction) = shortest.split_once('.').unwrap_or((&shortest, ""));
    let kept = &fraction[..fraction.len().min(digits)];
    let mut text = format!("{whole}{kept:0<digits$}").into_bytes();
    if fraction
        .as_bytes()
        .get(digits)
        .is_some_and(|next| *next >= b'5')
    {
        // Nines become noughts up to the first other digit, which grows by one.
        let other = text.iter().rposition(|digit| *digit != b'9');
        text[other.map_or(0, |at| at + 1)..].fill(b'0');
        match other {
            Some(at) => text[at] += 1,
            None => text.insert(0, b'1'),
        }
    }
    let point = text.len() - digits;
    let mut text: String = text.into_iter().map(char::from).collect();
    if digits > 0 {
        text.insert(point, '.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn decimals_round_half_up_as_java_does() {
        for (value, digits, expected) in [
            (0.0, 3, "0.000"),
            (0.0005, 3, "0.001"),
            (0.00049, 3, "0.000"),
            (2.5, 0, "3"),
            (9.9995, 3, "10.000"),
            (999.5, 0, "1000"),
            (0.125, 2, "0.13"),
            (1e22, 2, "10000000000000000000000.00"),
            (1.0 / 3.0, 12, "0.333333333333"),
            (98_118_699_494_131.12, 3, "98118699494131.120"),
            (5e-324, 12, "0.000000000000"),
            (f64::INFINITY, 2, "Infinity"),
            (f64::NAN, 2, "NaN"),
        ] {
            assert_eq!(
                decimal(value, digits),
                expected,
                "{value} to {digits} digits"
            );
        }
    }
}
