//! The wire: tokens in, tokens out. See conformance/README.md.

use std::fmt::{Display, Write};
use tollbridge_core::{Bucket, Error, Field, Scan};

/// Why an operation did not answer `ok`.
pub enum Stop {
    /// The library's own error.
    Failed(Error),
    /// Said before the call: this host cannot express the request. The reason is in bridge.toml.
    Unsupported(&'static str),
    /// The request is not what conformance/README.md says.
    Malformed(String),
    /// A nested operation's reply, passed on as it is.
    Nested(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

pub type Done = Result<(), Stop>;

/// The tokens of a request, read from the front.
pub struct Request<'a> {
    tokens: std::slice::Iter<'a, String>,
}

impl<'a> Request<'a> {
    pub fn new(tokens: &'a [String]) -> Self {
        Self {
            tokens: tokens.iter(),
        }
    }

    pub fn word(&mut self) -> Result<&'a str, Stop> {
        let token = self.tokens.next();
        token
            .map(String::as_str)
            .ok_or_else(|| Stop::Malformed("the request ends early".into()))
    }

    pub fn integer<T: std::str::FromStr>(&mut self) -> Result<T, Stop> {
        let word = self.word()?;
        word.parse()
            .map_err(|_| Stop::Malformed(format!("{word} is no integer of its type")))
    }

    pub fn float(&mut self) -> Result<f64, Stop> {
        let word = self.word()?;
        let bits = word
            .strip_prefix('d')
            .and_then(|hex| u64::from_str_radix(hex, 16).ok());
        bits.map(f64::from_bits)
            .ok_or_else(|| Stop::Malformed(format!("{word} is no float")))
    }

    pub fn boolean(&mut self) -> Result<bool, Stop> {
        match self.word()? {
            "true" => Ok(true),
            "false" => Ok(false),
            word => Err(Stop::Malformed(format!("{word} is no boolean"))),
        }
    }

    pub fn bytes(&mut self) -> Result<Vec<u8>, Stop> {
        let word = self.word()?;
        let malformed = || Stop::Malformed(format!("{word} is neither text nor bytes"));
        let hex = word
            .strip_prefix('x')
            .filter(|hex| hex.is_ascii())
            .ok_or_else(malformed)?;
        let byte = |i| u8::from_str_radix(hex.get(i..i + 2)?, 16).ok();
        (0..hex.len())
            .step_by(2)
            .map(byte)
            .collect::<Option<_>>()
            .ok_or_else(malformed)
    }

    /// A `str` holds UTF-8 and nothing else: no lone surrogate, no stray byte.
    pub fn text(&mut self) -> Result<String, Stop> {
        String::from_utf8(self.bytes()?).map_err(|_| Stop::Unsupported("not_expressible"))
    }

    pub fn list<T>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Stop>,
    ) -> Result<Vec<T>, Stop> {
        let count: usize = self.integer()?;
        (0..count).map(|_| item(self)).collect()
    }

    pub fn scan(&mut self) -> Result<Scan, Stop> {
        Ok(match self.word()? {
            "recorded" => Scan::Recorded,
            "linear" => Scan::Linear {
                step: self.integer()?,
            },
            "logarithmic" => Scan::Logarithmic {
                first: self.integer()?,
                base: self.float()?,
            },
            "quantiles" => Scan::Quantiles {
                ticks: self.integer()?,
            },
            word => return Err(Stop::Malformed(format!("{word} is no scan"))),
        })
    }

    /// `{ op ; op }`, each operation as its tokens. Blocks nest.
    pub fn block(&mut self) -> Result<Vec<Vec<String>>, Stop> {
        if self.word()? != "{" {
            return Err(Stop::Malformed("a block begins with {".into()));
        }
        let (mut operations, mut depth) = (vec![vec![]], 1);
        loop {
            let word = self.word()?;
            depth += i32::from(word == "{") - i32::from(word == "}");
            match (word, depth) {
                (_, 0) => return Ok(operations),
                (";", 1) => operations.push(vec![]),
                _ => operations
                    .last_mut()
                    .into_iter()
                    .for_each(|last| last.push(word.into())),
            }
        }
    }
}

/// A reply under construction: tokens with one space before each.
#[derive(Default)]
pub struct Reply(pub String);

impl Reply {
    pub fn word(&mut self, word: impl Display) {
        write!(self.0, " {word}").expect("a String takes every write");
    }

    pub fn float(&mut self, value: f64) {
        self.word(format_args!("d{:016x}", value.to_bits()));
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        self.word(hex(bytes));
    }

    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub fn list<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        self.word(items.len());
        items.iter().for_each(|each| item(self, each));
    }

    pub fn option<T>(&mut self, option: Option<T>, some: impl FnOnce(&mut Self, T)) {
        match option {
            None => self.word("none"),
            Some(value) => {
                self.word("some");
                some(self, value);
            }
        }
    }

    pub fn buckets(&mut self, buckets: &[Bucket]) {
        self.list(
            buckets,
            |reply,
             Bucket {
                 value,
                 count,
                 total,
             }| {
                reply.word(format_args!("{value} {count} {total}"));
            },
        );
    }
}

/// What is sent for a result: `ok …`, `err …` or `unsupported …`.
pub fn line(result: Result<Reply, Stop>) -> String {
    match result {
        Ok(reply) => format!("ok{}", reply.0),
        Err(Stop::Failed(error)) => error_line(&error),
        Err(Stop::Unsupported(reason)) => format!("unsupported {reason}"),
        Err(Stop::Malformed(what)) => format!("malformed {}", hex(what.as_bytes())),
        Err(Stop::Nested(line)) => line,
    }
}

fn error_line(error: &Error) -> String {
    let mut line = format!("err {} {}", error.code(), error.name());
    for (name, field) in error.fields() {
        let value = match field {
            Field::U64(number) => number.to_string(),
            Field::F64(real) => format!("d{:016x}", real.to_bits()),
            Field::Text(text) => hex(text.as_bytes()),
        };
        line += &format!(" {name}={value}");
    }
    line + &format!(" message={}", hex(error.to_string().as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::from("x"), |text, byte| {
        text + &format!("{byte:02x}")
    })
}
