//! Vectors: from the form that people write to the tokens of the wire, and back for messages.
//!
//! `conformance/README.md` describes both forms. A literal's form says its type, so nothing here knows an
//! operation. The text may be anything at all: nothing here panics on it or recurses over it.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;

use tollbridge_core::Error;

/// A script with the replies it expects.
#[derive(Debug, Clone, PartialEq)]
pub struct Vector {
    /// Its name, unique in its file.
    pub name: String,
    /// What it is there to catch.
    pub why: String,
    /// The file it stands in, as it was named to [`parse`].
    pub file: String,
    /// What `@data` stands for in it; who reads the file knows.
    pub data: PathBuf,
    /// Its requests, at least one.
    pub steps: Vec<Step>,
}

/// One request and its expected reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// Where it stands in the file, from 1.
    pub line: usize,
    /// The request as it is written.
    pub human: String,
    /// The request's tokens; a path still as `@data/name` or `@scratch/name`.
    pub request: Vec<String>,
    /// What must come back.
    pub expected: Expected,
}

/// What must come back.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// Anything but a crash or a hang.
    Any,
    /// These tokens: errors without their code, floats perhaps with a tolerance (`d…~1e-9`).
    Reply {
        /// As it is written; `ok` where nothing is.
        human: String,
        /// Begins with `ok` or `err`.
        tokens: Vec<String>,
    },
}

impl Step {
    /// Its request, or, if that has a block, what stands before the block and each request inside it.
    pub fn requests(&self) -> impl Iterator<Item = &[String]> {
        let parts = self
            .request
            .split(|t| matches!(t.as_str(), "{" | ";" | "}"));
        parts.filter(|part| !part.is_empty())
    }
}

/// Where and why a file of vectors is wrong. Shows as `file:line:column: what`.
#[derive(Debug, Clone, PartialEq)]
pub struct ParseError {
    /// The file, as it was named to [`parse`].
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What was found, and what was expected.
    pub what: String,
}

impl std::error::Error for ParseError {}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            what,
        } = self;
        write!(f, "{file}:{line}:{column}: {what}")
    }
}

/// Reads a file of vectors.
///
/// # Errors
/// The first mistake in it.
pub fn parse(file: &str, text: &str) -> Result<Vec<Vector>, ParseError> {
    let mut vectors: Vec<Vector> = Vec::new();
    let mut names = HashSet::new();
    let mut started = 0;
    // Whether the last step's reply stands there already.
    let mut replied = true;
    for (i, whole) in text.lines().enumerate() {
        let line = whole.trim();
        let indent = whole.len() - whole.trim_start().len();
        let wrong = |at: usize, what: String| ParseError {
            file: file.to_owned(),
            line: i + 1,
            column: 1 + whole
                .get(..indent + at)
                .map_or(0, |before| before.chars().count()),
            what,
        };
        let compiled =
            |from: usize, text: &str| tokens(text).map_err(|(at, what)| wrong(from + at, what));
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (keyword, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim_start();
        if keyword == "vector" {
            finished(file, started, vectors.last())?;
            if rest.is_empty() || rest.contains(char::is_whitespace) {
                return Err(wrong(
                    0,
                    format!("a vector's name is one word, not `{rest}`"),
                ));
            }
            if !names.insert(rest) {
                return Err(wrong(
                    0,
                    format!("there is a vector `{rest}` above already"),
                ));
            }
            vectors.push(Vector {
                name: rest.to_owned(),
                why: String::new(),
                file: file.to_owned(),
                data: PathBuf::new(),
                steps: Vec::new(),
            });
            started = i + 1;
            replied = true;
            continue;
        }
        let Some(vector) = vectors.last_mut() else {
            return Err(wrong(0, "expected `vector NAME` first".into()));
        };
        if keyword == "why" {
            if rest.is_empty() || !vector.why.is_empty() || !vector.steps.is_empty() {
                return Err(wrong(
                    0,
                    "expected one `why TEXT`, right after `vector`".into(),
                ));
            }
            rest.clone_into(&mut vector.why);
            continue;
        }
        let (request, reply) = match find_arrow(line) {
            Some(at) => (line[..at].trim_end(), Some((at + 2, &line[at + 2..]))),
            None => (line, None),
        };
        let expected = match reply {
            None => Expected::reply("ok", vec!["ok".into()]),
            Some((from, text)) => {
                expect(text, compiled(from, text)?).map_err(|what| wrong(from, what))?
            }
        };
        if request.is_empty() {
            match vector.steps.last_mut() {
                Some(step) if !replied => step.expected = expected,
                _ => {
                    return Err(wrong(
                        0,
                        "this reply has no request of its own above it".into(),
                    ));
                }
            }
            replied = true;
            continue;
        }
        let tokens = compiled(0, request)?;
        // On the wire a literal can look like a word, and shown to people `why(1)` is a reason.
        let is_op = |op: &String| {
            is_word(op) && show_literal(op) == *op && !matches!(op.as_str(), "vector" | "why")
        };
        if !tokens.first().is_some_and(is_op) {
            return Err(wrong(
                0,
                "a request begins with the word of its operation".into(),
            ));
        }
        if let Some(token) = tokens.iter().find(|t| t.contains(['=', '~'])) {
            return Err(wrong(
                0,
                format!(
                    "`{}` is for replies only",
                    show(std::slice::from_ref(token))
                ),
            ));
        }
        replied = reply.is_some();
        vector.steps.push(Step {
            line: i + 1,
            human: request.to_owned(),
            request: tokens,
            expected,
        });
    }
    finished(file, started, vectors.last())?;
    Ok(vectors)
}

/// Turns what a person writes into wire tokens: a request, or a reply without its meaning checked.
///
/// # Errors
/// What was found and what was expected, with the column.
pub fn compile(line: &str) -> Result<Vec<String>, String> {
    tokens(line).map_err(|(at, what)| format!("column {}: {what}", line[..at].chars().count() + 1))
}

/// Why a reply is not the expected one; `None` when it is.
///
/// Codes are compared with core's table by the error's name, messages only where the vector writes one, floats
/// bit by bit (any NaN is any other) or within the tolerance that the vector states.
#[must_use]
pub fn mismatch(expected: &Expected, got: &[String]) -> Option<String> {
    let Expected::Reply { tokens: want, .. } = expected else {
        return None;
    };
    let got = match without_codes(got) {
        Ok(got) => got,
        Err(why) => return Some(why),
    };
    let with_messages = want.iter().any(|t| t.starts_with("message="));
    let got: Vec<&String> = got
        .into_iter()
        .filter(|t| with_messages || !t.starts_with("message="))
        .collect();
    let alike = want
        .iter()
        .zip(&got)
        .take_while(|(want, got)| same(want, got));
    let n = alike.count();
    let shown = |token: &String| show(std::slice::from_ref(token));
    match (want.get(n), got.get(n)) {
        (None, None) => None,
        (Some(want), Some(&got)) => Some(format!(
            "token {} is {} instead of {}",
            n + 1,
            shown(got),
            shown(want)
        )),
        (Some(want), None) => Some(format!("it ends after {n} tokens, before {}", shown(want))),
        (None, Some(&got)) => Some(format!("it goes on after {n} tokens, with {}", shown(got))),
    }
}

/// Whether `got` is the expected error, from a strategy that cannot carry fields: `err <code> <name> ? message=…`.
#[must_use]
pub fn matches_without_fields(expected: &Expected, got: &[String]) -> bool {
    let Expected::Reply { tokens, .. } = expected else {
        return false;
    };
    let (["err", want, ..], [err, code, name, mark, message]) = (&strs(tokens)[..], got) else {
        return false;
    };
    err == "err"
        && name == want
        && mark == "?"
        && message.starts_with("message=x")
        && has_code(name, code)
}

/// The messages of the errors in a reply.
pub fn messages(reply: &[String]) -> impl Iterator<Item = &str> {
    reply
        .iter()
        .filter_map(|token| token.strip_prefix("message="))
}

/// The names of the errors that a reply should hold.
pub fn error_names(expected: &Expected) -> impl Iterator<Item = &str> {
    let tokens: &[String] = match expected {
        Expected::Any => &[],
        Expected::Reply { tokens, .. } => tokens,
    };
    let starts = |i: usize| i == 0 || tokens[i - 1] == ":";
    let pairs = tokens.windows(2).enumerate();
    let errors = pairs.filter(move |(i, pair)| starts(*i) && pair[0] == "err");
    errors.map(|(_, pair)| pair[1].as_str())
}

/// Wire tokens as a person would write them. Lists stay flat: a count, then the items.
#[must_use]
pub fn show(tokens: &[String]) -> String {
    let shown: Vec<String> = tokens
        .iter()
        .map(|token| match token.split_once('=') {
            Some((key, value)) => format!("{key}={}", show_literal(value)),
            None => show_literal(token),
        })
        .collect();
    shown.join(" ")
}

/// Bytes as the wire writes them, without the `x`.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(2 * bytes.len()), |mut hex, byte| {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// Bytes of an even number of hex digits.
#[must_use]
pub fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let pairs = digits.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

/// The text or bytes of a token `x…`.
#[must_use]
pub fn token_bytes(token: &str) -> Option<Vec<u8>> {
    unhex(token.strip_prefix('x')?)
}

/// The float of a token `d…`.
#[must_use]
pub fn token_f64(token: &str) -> Option<f64> {
    let digits = token.strip_prefix('d').filter(|d| d.len() == 16)?;
    let bits: [u8; 8] = unhex(digits)?.try_into().ok()?;
    Some(f64::from_be_bytes(bits))
}

impl Expected {
    fn reply(human: &str, tokens: Vec<String>) -> Self {
        let human = human.to_owned();
        Self::Reply { human, tokens }
    }
}

/// A vector needs a reason and a step.
fn finished(file: &str, line: usize, vector: Option<&Vector>) -> Result<(), ParseError> {
    match vector {
        Some(v) if v.why.is_empty() || v.steps.is_empty() => Err(ParseError {
            file: file.to_owned(),
            line,
            column: 1,
            what: format!("vector {} needs a `why` and at least one request", v.name),
        }),
        _ => Ok(()),
    }
}

/// Completes a reply's tokens: `ok` is left out by people.
fn expect(human: &str, mut tokens: Vec<String>) -> Result<Expected, String> {
    let human = human.trim();
    match &strs(&tokens)[..] {
        ["any"] => return Ok(Expected::Any),
        [] => return Err("expected a reply after `=>`; leave the arrow out for a bare ok".into()),
        ["ok", _, ..] => return Err("a reply is written without its `ok`".into()),
        ["unsupported", ..] => {
            return Err("no vector expects `unsupported`; a bridge.toml declares it".into());
        }
        ["ok"] | ["err", ..] => {}
        _ => tokens.insert(0, "ok".into()),
    }
    for (i, token) in tokens.iter().enumerate() {
        if token == "err" && (i == 0 || tokens[i - 1] == ":") {
            let name = tokens.get(i + 1).map_or("", String::as_str);
            if !Error::TABLE.iter().any(|e| e.name == name) {
                let known: Vec<&str> = Error::TABLE.iter().map(|e| e.name).collect();
                return Err(format!(
                    "`{name}` is no error; known are {}",
                    known.join(", ")
                ));
            }
        }
    }
    Ok(Expected::reply(human, tokens))
}

/// Where `=>` stands outside of text.
fn find_arrow(line: &str) -> Option<usize> {
    let mut in_text = false;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '=' if !in_text && line[at + 1..].starts_with('>') => return Some(at),
            _ => {}
        }
    }
    None
}

/// A bracket that is still open.
struct Open {
    at: usize,
    bracket: char,
    /// Items so far, if it is a list.
    items: u64,
    /// Where the list's count goes.
    count_at: usize,
}

/// The tokens of a line, or the byte at which it is wrong and why.
fn tokens(line: &str) -> Result<Vec<String>, (usize, String)> {
    let mut out: Vec<String> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut key: Option<&str> = None;
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let start = at;
        let wrong = |what: String| (start, what);
        if key.is_some() && "[](){};".contains(c) {
            return Err(wrong("a field's value is one literal".into()));
        }
        // Whether an item of the enclosing list ends here.
        let mut item = true;
        match c {
            '[' | '(' | '{' => {
                at += 1;
                open.push(Open {
                    at: start,
                    bracket: c,
                    items: 0,
                    count_at: out.len(),
                });
                if c == '[' {
                    out.push(String::new());
                } else if c == '{' {
                    out.push("{".into());
                }
                item = false;
            }
            ']' | ')' | '}' => {
                at += 1;
                let Some(Open {
                    bracket,
                    items,
                    count_at,
                    ..
                }) = open.pop()
                else {
                    return Err(wrong(format!("`{c}` closes nothing")));
                };
                match (bracket, c) {
                    ('[', ']') => out[count_at] = items.to_string(),
                    ('(', ')') => {}
                    ('{', '}') => out.push("}".into()),
                    _ => return Err(wrong(format!("`{c}` cannot close `{bracket}`"))),
                }
            }
            '"' => {
                let (bytes, length) =
                    text(&line[at + 1..]).map_err(|(n, what)| (start + 1 + n, what))?;
                at += 1 + length;
                out.push(format!("{}x{}", key.take().unwrap_or(""), hex(&bytes)));
            }
            ';' => {
                at += 1;
                if open.last().is_none_or(|o| o.bracket != '{') {
                    return Err(wrong("`;` stands between the requests of a block".into()));
                }
                out.push(";".into());
            }
            _ => {
                let rest = &line[at..];
                let ends = |c: char| c.is_whitespace() || "[](){}\";=".contains(c);
                let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
                at += word.len();
                if line[at..].starts_with('=') {
                    if !is_word(word) || key.is_some() {
                        return Err(wrong("expected `field=literal`".into()));
                    }
                    at += 1;
                    key = Some(&line[start..at]);
                    if line[at..].chars().next().is_none_or(char::is_whitespace) {
                        return Err((at, "expected a literal right after `=`".into()));
                    }
                    continue;
                }
                let token = literal(word).map_err(wrong)?;
                out.push(format!("{}{token}", key.take().unwrap_or("")));
            }
        }
        if let Some(list) = open.last_mut().filter(|o| item && o.bracket == '[') {
            list.items += 1;
        }
    }
    match open.last() {
        Some(open) => Err((open.at, format!("`{}` is never closed", open.bracket))),
        None => Ok(out),
    }
}

/// A literal that needs no closing sign: number, bytes or word.
fn literal(word: &str) -> Result<String, String> {
    if word == ":" {
        return Ok(word.into());
    }
    if let Some(path) = word.strip_prefix('@') {
        return match path.split_once('/') {
            Some(("data" | "scratch", name)) if !name.is_empty() => Ok(word.into()),
            _ => Err(format!(
                "`{word}` is neither `@data/name` nor `@scratch/name`"
            )),
        };
    }
    if let Some(digits) = word.strip_prefix('#') {
        let bytes =
            unhex(digits).ok_or_else(|| format!("`{word}` is not `#` and pairs of hex digits"))?;
        return Ok(format!("x{}", hex(&bytes)));
    }
    let (value, tolerance) = match word.split_once('~') {
        Some((value, tolerance)) => (value, Some(tolerance)),
        None => (word, None),
    };
    let float = match value {
        "nan" => Some(f64::NAN),
        "inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        _ if value.starts_with(|c: char| c.is_ascii_digit() || c == '-')
            && value.contains(['.', 'e', 'E']) =>
        {
            let float: f64 = value
                .parse()
                .map_err(|_| format!("`{value}` is not a float"))?;
            if float.is_infinite() {
                return Err(format!("`{value}` is beyond a float; write `inf`"));
            }
            Some(float)
        }
        _ => None,
    };
    if let Some(float) = float {
        let bits = format!("d{:016x}", float.to_bits());
        let Some(tolerance) = tolerance else {
            return Ok(bits);
        };
        return match tolerance.parse::<f64>() {
            Ok(t) if t > 0.0 && t < 1.0 && float.is_finite() => Ok(format!("{bits}~{tolerance}")),
            _ => Err(format!(
                "`{word}`: expected a tolerance like `~1e-9` after a finite float"
            )),
        };
    }
    if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
        return match word.parse::<u64>() {
            Ok(number) if number.to_string() == word => Ok(word.into()),
            _ => Err(format!(
                "`{word}` is not an integer from 0 to 2^64 - 1; a float has a `.` or an `e`"
            )),
        };
    }
    if !is_word(word) {
        return Err(format!("`{word}` is neither a literal nor a word"));
    }
    if token_bytes(word).is_some() || token_f64(word).is_some() {
        return Err(format!(
            "`{word}` would read as text or a float on the wire; choose another word"
        ));
    }
    Ok(word.into())
}

fn is_word(token: &str) -> bool {
    let mut chars = token.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// The bytes of a text whose opening quote is gone, and how many bytes of `from` it takes, closing quote included.
fn text(from: &str) -> Result<(Vec<u8>, usize), (usize, String)> {
    let mut bytes = Vec::new();
    let mut at = 0;
    // A high surrogate that an escape has just written.
    let mut high = false;
    while let Some(c) = from[at..].chars().next() {
        let start = at;
        at += c.len_utf8();
        let was_high = std::mem::take(&mut high);
        match c {
            '"' => return Ok((bytes, at)),
            '\\' => {
                let escape = from[at..].chars().next();
                at += escape.map_or(0, char::len_utf8);
                match escape {
                    Some('n') => bytes.push(b'\n'),
                    Some('r') => bytes.push(b'\r'),
                    Some('t') => bytes.push(b'\t'),
                    Some('0') => bytes.push(0),
                    Some(c @ ('\\' | '"')) => bytes.push(c as u8),
                    Some('x') => {
                        let byte = from.get(at..at + 2).and_then(unhex);
                        let byte = byte.ok_or((start, "`\\x` needs two hex digits".into()))?;
                        bytes.extend(byte);
                        at += 2;
                    }
                    Some('u') => {
                        let wrong = || {
                            (
                                start,
                                "expected `\\u{…}` with up to six hex digits".to_owned(),
                            )
                        };
                        let digits = from[at..].strip_prefix('{').and_then(|d| d.split_once('}'));
                        let (digits, _) = digits.ok_or_else(wrong)?;
                        if digits.is_empty()
                            || digits.len() > 6
                            || !digits.bytes().all(|b| b.is_ascii_hexdigit())
                        {
                            return Err(wrong());
                        }
                        at += digits.len() + 2;
                        let number = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
                        if was_high && (0xdc00..0xe000).contains(&number) {
                            let pair = "two surrogates in a row are a character; write it as one";
                            return Err((start, pair.into()));
                        }
                        high = (0xd800..0xdc00).contains(&number);
                        push_wtf8(number, &mut bytes).ok_or_else(wrong)?;
                    }
                    _ => {
                        return Err((
                            start,
                            "escapes are \\n \\r \\t \\0 \\\\ \\\" \\xff \\u{d800}".into(),
                        ));
                    }
                }
            }
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Err((from.len(), "expected a closing `\"`".into()))
}

/// UTF-8, and surrogates in the same manner. `None` above the last code point.
fn push_wtf8(number: u32, bytes: &mut Vec<u8>) -> Option<()> {
    match char::from_u32(number) {
        Some(c) => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None if number < 0x1_0000 => {
            let six = |shift: u32| 0x80 | (number >> shift & 0x3f) as u8;
            bytes.extend([0xe0 | (number >> 12) as u8, six(6), six(0)]);
        }
        None => return None,
    }
    Some(())
}

fn show_literal(token: &str) -> String {
    let (value, tolerance) = match token.split_once('~') {
        Some((value, tolerance)) => (value, format!("~{tolerance}")),
        None => (token, String::new()),
    };
    if let Some(float) = token_f64(value) {
        return match float {
            f if f.is_nan() => "nan".into(),
            f => format!("{f:?}{tolerance}"),
        };
    }
    match token_bytes(token) {
        Some(bytes) => show_text(&bytes),
        None => token.into(),
    }
}

/// As text where it is text, surrogates included; else as bytes.
fn show_text(bytes: &[u8]) -> String {
    let mut out = String::from("\"");
    let mut rest = bytes;
    loop {
        let (good, bad) = match std::str::from_utf8(rest) {
            Ok(good) => (good, None),
            Err(e) => {
                let (good, bad) = rest.split_at(e.valid_up_to());
                (std::str::from_utf8(good).unwrap_or_default(), Some(bad))
            }
        };
        for c in good.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\0' => out.push_str("\\0"),
                c if c.is_control() => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
                c => out.push(c),
            }
        }
        match bad {
            None => break,
            Some([0xed, b @ 0xa0..=0xbf, c @ 0x80..=0xbf, after @ ..]) => {
                let number = 0xd000 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f);
                out.push_str(&format!("\\u{{{number:x}}}"));
                rest = after;
            }
            Some(_) => return format!("#{}", hex(bytes)),
        }
    }
    out + "\""
}

/// Takes the code out of every `err <code> <name>`, having compared it with core's table.
fn without_codes(got: &[String]) -> Result<Vec<&String>, String> {
    let mut out = Vec::with_capacity(got.len());
    let mut i = 0;
    while let Some(token) = got.get(i) {
        out.push(token);
        if token == "err" && (i == 0 || got[i - 1] == ":") {
            let code = got.get(i + 1).map_or("", String::as_str);
            let name = got.get(i + 2).map_or("", String::as_str);
            if !has_code(name, code) {
                return Err(match Error::TABLE.iter().find(|e| e.name == name) {
                    Some(e) => format!("the code of {name} is {}, not {code}", e.code),
                    None => format!("`{name}` is no error of core's table"),
                });
            }
            i += 1;
        }
        i += 1;
    }
    Ok(out)
}

fn has_code(name: &str, code: &str) -> bool {
    Error::TABLE
        .iter()
        .any(|e| e.name == name && e.code.to_string() == code)
}

fn same(want: &str, got: &str) -> bool {
    if want == got {
        return true;
    }
    let (want, got) = match (want.split_once('='), got.split_once('=')) {
        (Some((key, want)), Some((other, got))) if key == other => (want, got),
        (None, None) => (want, got),
        _ => return false,
    };
    let (want, tolerance) = match want.split_once('~') {
        Some((want, tolerance)) => (want, tolerance.parse().unwrap_or(0.0)),
        None => (want, 0.0),
    };
    match (token_f64(want), token_f64(got)) {
        (Some(want), Some(got)) => {
            want.to_bits() == got.to_bits()
                || want.is_nan() && got.is_nan()
                || tolerance > 0.0 && (want - got).abs() <= tolerance * want.abs()
        }
        _ => false,
    }
}

fn strs(tokens: &[String]) -> Vec<&str> {
    tokens.iter().map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(line: &str) -> String {
        compile(line).map_or_else(|e| format!("error: {e}"), |tokens| tokens.join(" "))
    }

    fn error(text: &str) -> String {
        parse("f.vec", text)
            .expect_err("should be refused")
            .to_string()
    }

    /// Expected reply against reply: the first line of what `mismatch` says, or "same".
    fn compare(expected: &str, got: &str) -> String {
        let text = format!("vector v\nwhy w\nnop => {expected}");
        let vectors = parse("f.vec", &text).expect("well-formed");
        let got: Vec<String> = got.split(' ').map(String::from).collect();
        mismatch(&vectors[0].steps[0].expected, &got).unwrap_or_else(|| "same".into())
    }

    #[test]
    fn literals_say_their_type() {
        assert_eq!(wire("18446744073709551615 0"), "18446744073709551615 0");
        assert_eq!(wire("0.5 -1e9"), "d3fe0000000000000 dc1cdcd6500000000");
        assert_eq!(
            wire("nan inf -inf"),
            "d7ff8000000000000 d7ff0000000000000 dfff0000000000000"
        );
        assert_eq!(
            wire("-0.0 2.5~1e-9"),
            "d8000000000000000 d4004000000000000~1e-9"
        );
        assert_eq!(wire(r#""3µs\n" """#), "x33c2b5730a x");
        assert_eq!(
            wire(r#""\r\t\0\\\"\xff\u{d800}\u{1f600}""#),
            "x0d09005c22ffeda080f09f9880"
        );
        assert_eq!(wire("#00FF #"), "x00ff x");
        assert_eq!(wire("none some 5 true"), "none some 5 true");
        assert_eq!(
            wire("err io path=@data/a-1.hlog.gz @scratch/b"),
            "err io path=@data/a-1.hlog.gz @scratch/b"
        );
    }

    #[test]
    fn lists_are_counted_and_brackets_group() {
        assert_eq!(wire("[1 2 3] []"), "3 1 2 3 0");
        assert_eq!(wire("[(1 2) (3 4)]"), "2 1 2 3 4");
        assert_eq!(wire("[[1] [] (linear 5)] (dot)"), "3 1 1 0 linear 5 dot");
        assert_eq!(wire(r#"[("key" 1)("b" 2)]"#), "2 x6b6579 1 x62 2");
    }

    #[test]
    fn blocks_keep_their_braces() {
        assert_eq!(
            wire("par 2 {record h 1; record_all h [1 2]}"),
            "par 2 { record h 1 ; record_all h 2 1 2 }"
        );
    }

    #[test]
    fn mistakes_are_named_with_their_column() {
        for (line, wanted) in [
            ("h [1", "column 3: `[` is never closed"),
            ("h 1]", "column 4: `]` closes nothing"),
            ("h [1)", "column 5: `)` cannot close `[`"),
            ("\"é\" \"a", "column 7: expected a closing `\"`"),
            (r#""a\q""#, "column 3: escapes are"),
            (r#""\u{110000}""#, "column 2: expected `\\u{…}`"),
            (r#""\u{}""#, "column 2: expected `\\u{…}`"),
            (r#""\xf""#, "column 2: `\\x` needs two hex digits"),
            (r#""\ud83d\ude00""#, "column 2: expected `\\u{…}`"),
            (
                r#""\u{d83d}\u{de00}""#,
                "column 10: two surrogates in a row",
            ),
            ("#0", "column 1: `#0` is not `#` and pairs"),
            ("007", "column 1: `007` is not an integer"),
            ("-1", "column 1: `-1` is not an integer"),
            (
                "18446744073709551616",
                "column 1: `18446744073709551616` is not an integer",
            ),
            ("1e999", "column 1: `1e999` is beyond a float"),
            ("1.0~x", "column 1: `1.0~x`: expected a tolerance"),
            ("nan~1e-9", "column 1: `nan~1e-9`: expected a tolerance"),
            ("xab", "column 1: `xab` would read as text"),
            ("a ; b", "column 3: `;` stands between"),
            ("a= 1", "column 3: expected a literal"),
            ("a=[1]", "column 3: a field's value is one literal"),
            ("a?", "column 1: `a?` is neither"),
            ("@tmp/a", "column 1: `@tmp/a` is neither `@data/name`"),
            ("@data/", "column 1: `@data/` is neither `@data/name`"),
        ] {
            let said = compile(line).expect_err(line);
            assert!(said.starts_with(wanted), "{line}: {said}");
        }
    }

    #[test]
    fn a_file_is_read() {
        let text = "# comment\nvector a\nwhy  b c\nnew h 1 2 3\nset_tag h \"=>\" => err invalid_tag character=\"x\"\n\
                    len h\n  => 0\n\nvector b\nwhy x\nnop => any\n";
        let vectors = parse("f.vec", text).expect("well-formed");
        assert_eq!(vectors.len(), 2);
        let a = &vectors[0];
        assert_eq!(
            (a.name.as_str(), a.why.as_str(), a.steps.len()),
            ("a", "b c", 3)
        );
        assert_eq!(
            a.steps[0].expected,
            Expected::reply("ok", vec!["ok".into()])
        );
        assert_eq!(a.steps[1].human, "set_tag h \"=>\"");
        assert_eq!(
            error_names(&a.steps[1].expected).collect::<Vec<_>>(),
            ["invalid_tag"]
        );
        assert_eq!(a.steps[2].line, 6);
        assert_eq!(
            a.steps[2].expected,
            Expected::reply("0", vec!["ok".into(), "0".into()])
        );
        assert_eq!(vectors[1].steps[0].expected, Expected::Any);
    }

    #[test]
    fn a_wrong_file_says_where() {
        assert_eq!(error("nop"), "f.vec:1:1: expected `vector NAME` first");
        assert_eq!(
            error("vector a\nwhy b"),
            "f.vec:1:1: vector a needs a `why` and at least one request"
        );
        assert_eq!(
            error("vector a\nnop\nvector b"),
            "f.vec:1:1: vector a needs a `why` and at least one request"
        );
        assert_eq!(
            error("vector a\nwhy b\nnop\nvector a"),
            "f.vec:4:1: there is a vector `a` above already"
        );
        assert_eq!(
            error("vector a\nwhy b\n  é [1"),
            "f.vec:3:3: `é` is neither a literal nor a word"
        );
        assert_eq!(
            error("vector a\nwhy b\n  add 1 => [1"),
            "f.vec:3:12: `[` is never closed"
        );
        assert_eq!(
            error("vector a\nwhy b\n1 => 2"),
            "f.vec:3:1: a request begins with the word of its operation"
        );
        for op in ["\"\\xff\"", "1.5", "why(1)", "vector[1]"] {
            assert_eq!(
                error(&format!("vector a\nwhy b\n{op}")),
                "f.vec:3:1: a request begins with the word of its operation"
            );
        }
        assert_eq!(
            error("vector a\nwhy b\nadd x1=2"),
            "f.vec:3:1: `x1=2` is for replies only"
        );
        assert_eq!(
            error("vector a\nwhy b\nadd 1 => 2\n=> 3"),
            "f.vec:4:1: this reply has no request of its own above it"
        );
        assert_eq!(
            error("vector a\nwhy b\nadd 1 => ok 3"),
            "f.vec:3:9: a reply is written without its `ok`"
        );
        assert!(
            error("vector a\nwhy b\nadd 1 => err oops")
                .contains("`oops` is no error; known are invalid_argument")
        );
    }

    #[test]
    fn replies_are_compared_by_value() {
        assert_eq!(compare("3", "ok 3"), "same");
        assert_eq!(compare("3", "ok 4"), "token 2 is 4 instead of 3");
        assert_eq!(compare("3", "ok"), "it ends after 1 tokens, before 3");
        assert_eq!(compare("any", "err 9 poisoned message=x"), "same");
        assert_eq!(compare("nan", "ok dfff8000000000001"), "same");
        assert_eq!(
            compare("0.0", "ok d8000000000000000"),
            "token 2 is -0.0 instead of 0.0"
        );
        assert_eq!(
            compare(
                "1.0~1e-9",
                &format!("ok d{:016x}", (1.0f64 + 1e-10).to_bits())
            ),
            "same"
        );
        assert_eq!(
            compare(
                "1.0~1e-9",
                &format!("ok d{:016x}", (1.0f64 + 1e-8).to_bits())
            ),
            "token 2 is 1.00000001 instead of 1.0~1e-9"
        );
        assert_eq!(
            compare("1.0~1e-9", "ok d3ff"),
            "token 2 is d3ff instead of 1.0~1e-9"
        );
    }

    #[test]
    fn errors_are_compared_with_the_table() {
        let wanted = "err out_of_range value=5 highest=4 index=0";
        assert_eq!(
            compare(
                wanted,
                "err 2 out_of_range value=5 highest=4 index=0 message=x61"
            ),
            "same"
        );
        assert_eq!(
            compare(
                wanted,
                "err 3 out_of_range value=5 highest=4 index=0 message=x61"
            ),
            "the code of out_of_range is 2, not 3"
        );
        assert_eq!(
            compare(wanted, "err 2 nonsense"),
            "`nonsense` is no error of core's table"
        );
        assert_eq!(
            compare("err poisoned message=\"a\"", "err 9 poisoned message=x62"),
            "token 3 is message=\"b\" instead of message=\"a\""
        );
        assert_eq!(
            compare(
                "finished [] : err poisoned",
                "ok finished 0 : err 9 poisoned message=x61"
            ),
            "same"
        );
        assert_eq!(
            compare(
                "err probe ratio=nan",
                "err 16 probe ratio=d7ff8000000000001 message=x"
            ),
            "same"
        );
        assert_eq!(
            compare("err poisoned", "err"),
            "`` is no error of core's table"
        );
    }

    #[test]
    fn a_strategy_may_lack_fields() {
        let vectors = parse("f", "vector v\nwhy w\nnop => err closed").expect("well-formed");
        let expected = &vectors[0].steps[0].expected;
        let reply = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
        assert!(matches_without_fields(
            expected,
            &reply("err 11 closed ? message=x61")
        ));
        assert!(!matches_without_fields(
            expected,
            &reply("err 12 closed ? message=x61")
        ));
        assert!(!matches_without_fields(
            expected,
            &reply("err 9 poisoned ? message=x61")
        ));
    }

    #[test]
    fn deep_nesting_costs_no_stack_and_little_time() {
        let deep = format!("nop {}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(compile(&deep).expect("balanced").len(), 100_001);
    }

    fn literal() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<u64>().prop_map(|n| vec![n.to_string()]),
            any::<u64>().prop_map(f64::from_bits).prop_map(|f| {
                let f = if f.is_nan() { f64::NAN } else { f };
                vec![format!("d{:016x}", f.to_bits())]
            }),
            prop::collection::vec(any::<u8>(), 0..20).prop_map(|b| vec![format!("x{}", hex(&b))]),
            "\\PC{0,10}".prop_map(|s| vec![format!("x{}", hex(s.as_bytes()))]),
            "[ac-hj-mo-w_][a-z_]{0,8}".prop_map(|w| vec![w]), // neither `nan` nor `inf`
        ]
        .prop_map(|tokens| tokens.concat())
    }

    proptest! {
        #[test]
        fn what_is_shown_compiles_to_the_same(tokens in prop::collection::vec(literal(), 0..20)) {
            prop_assert_eq!(compile(&show(&tokens)), Ok(tokens));
        }

        #[test]
        fn text_survives(text in any::<String>()) {
            let tokens = vec![format!("x{}", hex(text.as_bytes()))];
            prop_assert_eq!(compile(&show(&tokens)), Ok(tokens));
        }

        #[test]
        fn anything_at_all_is_answered(text in "[\\[\\](){}\"\\\\xu#=>~.;:a-f0-9 \néd-]{0,200}") {
            let _ = compile(&text);
            let _ = parse("f", &text);
            if let Ok(vectors) = parse("f", &format!("vector v\nwhy w\nnop => {text}")) {
                for step in &vectors[0].steps {
                    let _ = step.requests().count();
                    let _ = error_names(&step.expected).count();
                    let tokens: Vec<String> = text.split(' ').map(String::from).collect();
                    let _ = mismatch(&step.expected, &tokens);
                    let _ = matches_without_fields(&step.expected, &tokens);
                    let _ = show(&tokens);
                }
            }
        }

        #[test]
        fn any_unicode_is_answered(text in any::<String>()) {
            let _ = compile(&text);
            let _ = parse("f", &text);
            let _ = show(&[text]);
        }
    }
}
