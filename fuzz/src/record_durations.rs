//! Text that somebody says is durations.

use tollbridge_core::{Config, Error, Histogram};

/// Every duration is read as the model reads it, and a refused text changes nothing.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let config = Config {
        lowest: 1,
        highest: 3_600_000_000_000,
        significant_digits: 1,
    };
    let empty = Histogram::new(config).expect("a good configuration");
    let (mut got, mut wanted) = (empty.clone(), empty);
    let result = got.record_durations(text);
    let expected = match parse(text) {
        Ok(values) => wanted.record_all(&values).map(|()| values.len() as u64),
        Err(error) => Err(error),
    };
    assert_eq!(result, expected);
    crate::decode::same(&got, &wanted);
}

/// The model: nanoseconds of each word, or the first word that is no duration.
pub fn parse(text: &str) -> Result<Vec<u64>, Error> {
    let mut values = Vec::new();
    for (line, contents) in (1..).zip(text.split('\n')) {
        let mut word = String::new();
        let mut start = 0;
        // A space more, so that the last word ends like the others.
        for (column, c) in (1..).zip(contents.chars().chain([' '])) {
            if !c.is_whitespace() {
                if word.is_empty() {
                    start = column;
                }
                word.push(c);
            } else if !word.is_empty() {
                let Some(value) = nanoseconds(&word) else {
                    return Err(Error::InvalidDuration {
                        line,
                        column: start,
                        token: word.into(),
                    });
                };
                values.push(value);
                word.clear();
            }
        }
    }
    Ok(values)
}

fn nanoseconds(word: &str) -> Option<u64> {
    let number = word.trim_end_matches(|c: char| !c.is_ascii_digit() && c != '.');
    let unit: u128 = match &word[number.len()..] {
        "ns" => 1,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    // No unit has more than 13 factors of 2 or 5: finer fractions are no whole nanoseconds.
    if whole.len() > 20 || fraction.len() > 13 {
        return None;
    }
    let number = |digits: &str| format!("0{digits}").parse::<u128>().ok();
    let scaled = number(fraction)? * unit;
    let parts = 10_u128.pow(fraction.len() as u32);
    let total = number(whole)? * unit + scaled / parts;
    scaled
        .is_multiple_of(parts)
        .then(|| total.try_into().ok())?
}
