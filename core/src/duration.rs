//! Durations as people write them: `250us 1.5ms`.

use crate::Error;

const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1_000),
    ("\u{b5}s", 1_000),  // micro sign
    ("\u{3bc}s", 1_000), // Greek mu, what many keyboards and normalisations give
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// Nanoseconds of each token of `text`, which are separated by white space.
pub(crate) fn parse(text: &str) -> Result<Vec<u64>, Error> {
    let mut durations = Vec::new();
    for (line_index, line) in text.split('\n').enumerate() {
        for (column_index, token) in tokens(line) {
            let nanoseconds = nanoseconds(token).ok_or_else(|| Error::InvalidDuration {
                line: line_index as u64 + 1,
                column: column_index as u64 + 1,
                token: token.to_owned().into(),
            })?;
            durations.push(nanoseconds);
        }
    }
    Ok(durations)
}

/// The words of a line, each with the number of characters before it.
fn tokens(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut column = 0;
    line.split(char::is_whitespace).filter_map(move |word| {
        let start = column;
        column += word.chars().count() + 1;
        (!word.is_empty()).then_some((start, word))
    })
}

/// Exact: a token that is finer than a nanosecond, or over 2^64 - 1 of them, is none.
fn nanoseconds(token: &str) -> Option<u64> {
    let unit_start = token.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = token.split_at(unit_start);
    let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, fraction) = match number.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction.trim_end_matches('0')),
        None => (number, ""),
    };
    if whole.is_empty() {
        return None;
    }
    let mut total = parse_digits(whole)?.checked_mul(*scale)?;
    if !fraction.is_empty() {
        let denominator = 10_u64.checked_pow(fraction.len().try_into().ok()?)?;
        let scaled = u128::from(parse_digits(fraction)?) * u128::from(*scale);
        if scaled % u128::from(denominator) != 0 {
            return None;
        }
        // The fraction is below 1, so its part is below the scale.
        total = total.checked_add((scaled / u128::from(denominator)) as u64)?;
    }
    Some(total)
}

/// Plain digits: `u64::from_str` alone would take a sign and a second dot is no digit either.
fn parse_digits(digits: &str) -> Option<u64> {
    digits
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_fractions_are_exact() {
        let text = "1ns 2us 3µs 4μs 5ms 6s 7m 8h\n1.5ms 0.000001ms 1.50s 18446744073709551615ns";
        let expected = [
            1,
            2_000,
            3_000,
            4_000,
            5_000_000,
            6_000_000_000,
            420_000_000_000,
            28_800_000_000_000,
            1_500_000,
            1,
            1_500_000_000,
            u64::MAX,
        ];
        assert_eq!(parse(text), Ok(expected.to_vec()));
        assert_eq!(parse(" \t\r\n\n"), Ok(vec![]));
    }

    #[test]
    fn what_is_no_duration_is_named_with_its_place() {
        for token in [
            "5",
            "ms",
            "-1ms",
            "+1ms",
            "1.ms",
            ".5ms",
            "1..5ms",
            "1.2.3s",
            "1e3s",
            "1Ms",
            "0.5ns",
            "1.0000001ms",
            "18446744073709551616ns",
            "6000000h",
            "1ms,",
            "１ms",
            "0.00000000000000000001h",
        ] {
            let found = parse(&format!("1ms\n é{token} 2{token}"));
            let expected = Error::InvalidDuration {
                line: 2,
                column: 2,
                token: format!("é{token}").into(),
            };
            assert_eq!(found, Err(expected), "{token}");
            let found = parse(&format!("1µs {token}"));
            let expected = Error::InvalidDuration {
                line: 1,
                column: 5,
                token: token.into(),
            };
            assert_eq!(found, Err(expected), "{token}");
        }
    }
}
