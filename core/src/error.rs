//! Every way to fail, declared once: code, name, typed fields, message.
//!
//! Bridges generate their error tables from [`Error::TABLE`] or compare them with it in a test.
//! A code is never reused: one that is retired moves to [`Error::RETIRED`].

use std::borrow::Cow;
use std::fmt;

/// The type of an error's field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// An unsigned integer.
    U64,
    /// A float, which may be NaN.
    F64,
    /// Unicode text, which may hold NUL.
    Text,
}

/// The value of an error's field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Field<'a> {
    /// An unsigned integer.
    U64(u64),
    /// A float, which may be NaN.
    F64(f64),
    /// Unicode text, borrowed from the error.
    Text(&'a str),
}

/// What is known of an error without having one: a row of [`Error::TABLE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorInfo {
    /// The stable number, above 0.
    pub code: i32,
    /// The stable name, in snake case.
    pub name: &'static str,
    /// Names and types of the fields, in order.
    pub fields: &'static [(&'static str, FieldKind)],
}

macro_rules! field_type {
    (U64) => { u64 };
    (F64) => { f64 };
    (Text) => { Cow<'static, str> };
}

macro_rules! field_value {
    (U64, $value:expr) => {
        Field::U64(*$value)
    };
    (F64, $value:expr) => {
        Field::F64(*$value)
    };
    (Text, $value:expr) => {
        Field::Text($value)
    };
}

macro_rules! errors {
    ($($(#[$doc:meta])* $code:literal $name:literal $variant:ident
        { $($field:ident: $kind:ident),* } $message:literal)*) => {
        /// What went wrong. The operation changed nothing, unless the variant says otherwise.
        ///
        /// Codes, names and fields are stable. Making an error is cheap; [`Display`](fmt::Display)
        /// writes its message when it is asked for.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Error {
            $($(#[$doc])* #[allow(missing_docs)] $variant { $($field: field_type!($kind)),* },)*
        }

        impl Error {
            /// Every error there is, by code.
            pub const TABLE: &'static [ErrorInfo] = &[$(ErrorInfo {
                code: $code,
                name: $name,
                fields: &[$((stringify!($field), FieldKind::$kind)),*],
            }),*];

            /// Codes that were given out once and must not come back.
            pub const RETIRED: &'static [i32] = &[];

            /// The stable number of this kind of error.
            pub fn code(&self) -> i32 {
                match self { $(Self::$variant { .. } => $code),* }
            }

            /// The stable name of this kind of error.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant { .. } => $name),* }
            }

            /// The fields with their names, in the order of [`Error::TABLE`].
            pub fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
                match self {
                    $(Self::$variant { $($field),* } => {
                        vec![$((stringify!($field), field_value!($kind, $field))),*]
                    })*
                }
            }

            /// The field at this place among [`Error::fields`], without a list of all.
            pub fn field(&self, place: usize) -> Option<Field<'_>> {
                match self {
                    $(Self::$variant { $($field),* } => {
                        [$(field_value!($kind, $field)),*].into_iter().nth(place)
                    })*
                }
            }
        }

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(#[allow(unused_variables)] Self::$variant { $($field),* } => write!(f, $message),)*
                }
            }
        }
    };
}

errors! {
    /// An argument is outside what its operation allows.
    1 "invalid_argument" InvalidArgument { argument: Text, value: Text, rule: Text }
        "{argument} is {value}, but must be {rule}"
    // ANCHOR: declared
    /// A value is above what the histogram can track. `index` counts the values of the call from 0.
    2 "out_of_range" OutOfRange { value: U64, highest: U64, index: U64 }
        "value {value} (item {index}) is above the highest trackable value {highest}"
    // ANCHOR_END: declared
    /// The histogram's total would pass 2^63 - 1, the most that the file formats can hold.
    3 "count_overflow" CountOverflow { count: U64, len: U64 }
        "{count} more would overflow a histogram that holds {len}"
    /// A quantile is NaN or not in 0 to 1.
    4 "invalid_quantile" InvalidQuantile { quantile: F64, index: U64 }
        "quantile {quantile} (item {index}) is not from 0 to 1"
    /// Text that should be a duration is none. Line and column count from 1, the column in characters.
    5 "invalid_duration" InvalidDuration { line: U64, column: U64, token: Text }
        "line {line}, column {column}: {token:?} is not a duration"
    /// A tag holds a character that the log format cannot. `offset` counts characters from 0.
    6 "invalid_tag" InvalidTag { character: Text, offset: U64 }
        "a tag cannot hold {character:?} (character {offset})"
    /// Something would pass a limit. `what` names it: `bucket_limit` of a scan, `memory_limit` of a replay
    /// in bytes, `tag_limit` and `line_limit` of a log in bytes. `advice` says what to do.
    7 "too_many" TooMany { count: U64, limit: U64, what: Text, advice: Text }
        "{what} is {limit}, but this takes {count}: {advice}"
    /// Bytes are not an encoded histogram.
    8 "malformed_histogram" MalformedHistogram { reason: Text }
        "not an encoded histogram: {reason}"
    /// A panic left this histogram half-changed; it answers nothing else any more.
    9 "poisoned" Poisoned {}
        "a panic left this histogram half-changed"
    /// A panic inside the library, caught at the boundary.
    10 "panic" Panic { what: Text }
        "panic: {what}"
    /// The handle was closed.
    11 "closed" Closed {}
        "the handle is closed"
    /// Text that came across is not Unicode. `offset` counts the good characters before.
    12 "invalid_text" InvalidText { offset: U64 }
        "not Unicode text at character {offset}"
    /// A pointer that must not be NULL is. Only strategies with raw pointers raise it.
    13 "null_argument" NullArgument { argument: Text }
        "{argument} is NULL"
    /// An integer stands for no value of an enum or boolean.
    14 "invalid_enum" InvalidEnum { argument: Text, value: U64 }
        "{argument} has no value {value}"
    /// A length is more than memory can hold.
    15 "invalid_length" InvalidLength { argument: Text, length: U64, limit: U64 }
        "{argument} has length {length}, above {limit}"
    /// What [`probe::fail`](crate::probe::fail) answers, with a field of every type.
    16 "probe" Probe { number: U64, ratio: F64, text: Text }
        "probe failed: {number} {ratio} {text}"
    /// A line of an interval log is none. Lines count from 1. Nothing of the log was kept.
    17 "malformed_log" MalformedLog { line: U64, reason: Text }
        "line {line}: {reason}"
    /// A file cannot be used. `os_code` is the operating system's number (`errno`), or 0.
    18 "io" Io { path: Text, reason: Text, os_code: U64 }
        "cannot use {path:?}: {reason}"
    /// A callback asked for the end of long work. Nothing of it was kept.
    19 "cancelled" Cancelled {}
        "cancelled by the callback"
}

impl std::error::Error for Error {}

impl Error {
    /// Makes [`Error::Panic`] of what `catch_unwind` caught. A payload that is no text is described.
    pub fn from_panic(payload: Box<dyn std::any::Any + Send>) -> Self {
        let what = match payload.downcast::<String>() {
            Ok(text) => Cow::Owned(*text),
            Err(payload) => match payload.downcast_ref::<&'static str>() {
                Some(text) => Cow::Borrowed(*text),
                None => {
                    std::mem::forget(payload); // to drop what nobody knows could panic again
                    Cow::Borrowed("a payload that is not text")
                }
            },
        };
        Self::Panic { what }
    }
}

/// Makes [`Error::InvalidArgument`].
pub(crate) fn invalid(
    argument: &'static str,
    value: impl fmt::Display,
    rule: &'static str,
) -> Error {
    Error::InvalidArgument {
        argument: argument.into(),
        value: value.to_string().into(),
        rule: rule.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_and_names_are_unique_and_positive() {
        let codes: HashSet<_> = Error::TABLE.iter().map(|e| e.code).collect();
        let names: HashSet<_> = Error::TABLE.iter().map(|e| e.name).collect();
        assert_eq!(
            (codes.len(), names.len()),
            (Error::TABLE.len(), Error::TABLE.len())
        );
        assert!(codes.iter().all(|c| *c > 0 && !Error::RETIRED.contains(c)));
    }

    #[test]
    fn an_error_matches_its_row_of_the_table() {
        let error = Error::Probe {
            number: 7,
            ratio: 0.5,
            text: "é".into(),
        };
        let row = Error::TABLE
            .iter()
            .find(|row| row.code == error.code())
            .expect("a row");
        assert_eq!(row.name, error.name());
        let names: Vec<_> = error.fields().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names,
            row.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>()
        );
        assert_eq!(error.fields()[2], ("text", Field::Text("é")));
        assert_eq!(error.field(2), Some(Field::Text("é")));
        assert_eq!(error.field(3), None);
        assert_eq!(error.to_string(), "probe failed: 7 0.5 é");
    }

    #[test]
    fn panics_keep_their_text() {
        let caught =
            |f: fn()| Error::from_panic(std::panic::catch_unwind(f).expect_err("it panics"));
        assert_eq!(
            caught(|| panic!("plain")),
            Error::Panic {
                what: "plain".into()
            }
        );
        let formatted = caught(|| panic!("{} {}", "two", 2));
        assert_eq!(
            formatted,
            Error::Panic {
                what: "two 2".into()
            }
        );
        let odd = caught(|| std::panic::panic_any(3));
        assert_eq!(
            odd,
            Error::Panic {
                what: "a payload that is not text".into()
            }
        );
    }
}
