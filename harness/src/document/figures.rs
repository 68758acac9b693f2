//! How figures are written.

/// A time, with a unit that keeps it short: `2.7 ns`, `44.1 ns`, `498 ns`, `5.24 µs`, `131 ms`.
pub fn time(ns: f64) -> String {
    // Rounded first, so that 999.7 ns is not written as 1000 ns.
    match ns.abs() {
        ..99.95 => format!("{ns:.1} ns"),
        ..999.5 => format!("{ns:.0} ns"),
        ..999_500.0 => format!("{} µs", three_digits(ns / 1e3)),
        ..999_500_000.0 => format!("{} ms", three_digits(ns / 1e6)),
        _ => format!("{} s", three_digits(ns / 1e9)),
    }
}

/// The price of an item, which may be far below a clock's tick: `0.014 ns`, `3.56 ns`, `1.21 µs`.
pub fn each(ns: f64) -> String {
    match ns.abs() {
        ..0.0005 => "0 ns".into(),
        ..0.9995 => format!("{ns:.3} ns"),
        ..99.95 => format!("{} ns", three_digits(ns)),
        _ => time(ns),
    }
}

/// A ratio: `1.07×`, `12.3×`, `340×`.
pub fn ratio(ratio: f64) -> String {
    format!("{}×", three_digits(ratio))
}

fn three_digits(value: f64) -> String {
    match value.abs() {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// Two ends with the unit written once where it is the same: `41.0–42.3 ns`.
pub fn interval(low: f64, high: f64) -> String {
    let (low, high) = (time(low), time(high));
    match (low.split_once(' '), high.split_once(' ')) {
        (Some((number, unit)), Some((_, other))) if unit == other => format!("{number}–{high}"),
        _ => format!("{low} – {high}"),
    }
}

/// `add`, or `str_len:16` for a shape with sizes.
pub fn case_name(shape: &str, n: u64) -> String {
    if n == 0 {
        shape.into()
    } else {
        format!("{shape}:{n}")
    }
}

/// A size with its thousands apart: `262 144` (with a narrow no-break space).
pub fn size(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_sensible_digits() {
        let written: Vec<_> = [
            0.31, 2.71, 99.96, 498.4, 999.7, 5_240.0, 131_000.0, 3.29e6, 2.5e9,
        ]
        .map(time)
        .into();
        assert_eq!(
            written,
            [
                "0.3 ns", "2.7 ns", "100 ns", "498 ns", "1.00 µs", "5.24 µs", "131 µs", "3.29 ms",
                "2.50 s"
            ]
        );
        assert_eq!(
            [0.0, 0.0144, 3.561, 99.96, 1210.0].map(each),
            ["0 ns", "0.014 ns", "3.56 ns", "100 ns", "1.21 µs"]
        );
        assert_eq!(ratio(1.066), "1.07×");
        assert_eq!(ratio(340.2), "340×");
        assert_eq!(interval(41.0, 42.34), "41.0–42.3 ns");
        assert_eq!(interval(990.0, 1010.0), "990 ns – 1.01 µs");
        assert_eq!(size(262_144), "262\u{202f}144");
        assert_eq!(size(16), "16");
    }
}
