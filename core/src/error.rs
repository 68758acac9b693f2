//! Every way to fail, declared once: code, name, documentation, typed fields, message.
//!
//! The hosts' classes are generated from [`Error::TABLE`], by `toll errors --write`: so what is said here is
//! read in every language, and says nothing of Rust's.
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
    /// Whether it comes with a feature that only tests and timing switch on: it is part of no product.
    pub scaffolding: bool,
    /// The fields, in order.
    pub fields: &'static [FieldInfo],
    doc: &'static str,
}

/// What is known of an error's field without having one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// The stable name, in snake case.
    pub name: &'static str,
    /// The type.
    pub kind: FieldKind,
    doc: &'static str,
}

impl ErrorInfo {
    /// What it means, for users of any language: paragraphs with an empty line between.
    pub fn documentation(&self) -> String {
        paragraphs(self.doc)
    }
}

impl FieldInfo {
    /// What it holds, as [`ErrorInfo::documentation`].
    pub fn documentation(&self) -> String {
        paragraphs(self.doc)
    }
}

/// Joins the lines of each paragraph, as they stand behind `///`.
fn paragraphs(lines: &str) -> String {
    let joined = |paragraph: &str| paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    let paragraphs: Vec<String> = lines.split("\n\n").map(joined).collect();
    paragraphs.join("\n\n")
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
    ($($(#[doc = $doc:literal])+ $code:literal $name:literal $variant:ident $(only with $feature:literal)?
        { $($(#[doc = $field_doc:literal])+ $field:ident: $kind:ident,)* } $message:literal)*) => {
        /// What went wrong. The operation changed nothing, unless the variant says otherwise.
        ///
        /// Codes, names and fields are stable. Making an error is cheap; [`Display`](fmt::Display)
        /// writes its message when it is asked for.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum Error {
            $($(#[doc = $doc])+ $(#[cfg(feature = $feature)])? $variant {
                $($(#[doc = $field_doc])+ $field: field_type!($kind),)*
            },)*
        }

        impl Error {
            /// Every error there is, by code.
            pub const TABLE: &'static [ErrorInfo] = &[$($(#[cfg(feature = $feature)])? ErrorInfo {
                code: $code,
                name: $name,
                scaffolding: !concat!($($feature)?).is_empty(),
                fields: &[$(FieldInfo {
                    name: stringify!($field),
                    kind: FieldKind::$kind,
                    doc: concat!($($field_doc, "\n"),+),
                }),*],
                doc: concat!($($doc, "\n"),+),
            }),*];

            /// Codes that were given out once and must not come back.
            pub const RETIRED: &'static [i32] = &[];

            /// The stable number of this kind of error.
            pub fn code(&self) -> i32 {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant { .. } => $code),* }
            }

            /// The stable name of this kind of error.
            pub fn name(&self) -> &'static str {
                match self { $($(#[cfg(feature = $feature)])? Self::$variant { .. } => $name),* }
            }

            /// The fields with their names, in the order of [`Error::TABLE`].
            pub fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
                match self {
                    $($(#[cfg(feature = $feature)])? Self::$variant { $($field),* } => {
                        vec![$((stringify!($field), field_value!($kind, $field))),*]
                    })*
                }
            }

            /// The field at this place among [`Error::fields`], without a list of all.
            pub fn field(&self, place: usize) -> Option<Field<'_>> {
                match self {
                    $($(#[cfg(feature = $feature)])? Self::$variant { $($field),* } => {
                        [$(field_value!($kind, $field)),*].into_iter().nth(place)
                    })*
                }
            }
        }

        impl fmt::Display for Error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $($(#[cfg(feature = $feature)])? #[allow(unused_variables)] Self::$variant { $($field),* } => write!(f, $message),)*
                }
            }
        }
    };
}

errors! {
    /// An argument is outside what its operation allows.
    1 "invalid_argument" InvalidArgument {
        /// The argument's name.
        argument: Text,
        /// What it was.
        value: Text,
        /// What it must be.
        rule: Text,
    } "{argument} is {value}, but must be {rule}"

    // ANCHOR: declared
    /// A value is above what the histogram can track.
    2 "out_of_range" OutOfRange {
        /// The value.
        value: U64,
        /// The highest that can be recorded.
        highest: U64,
        /// Which of the call's values it is, counted from 0.
        index: U64,
    } "value {value} (item {index}) is above the highest trackable value {highest}"
    // ANCHOR_END: declared

    /// The histogram's total would pass 2^63 - 1, the most that the file formats can hold.
    3 "count_overflow" CountOverflow {
        /// How many were to be added.
        count: U64,
        /// How many it holds.
        len: U64,
    } "{count} more would overflow a histogram that holds {len}"

    /// A quantile is NaN, or not from 0 to 1.
    4 "invalid_quantile" InvalidQuantile {
        /// The quantile.
        quantile: F64,
        /// Which of the call's quantiles it is, counted from 0.
        index: U64,
    } "quantile {quantile} (item {index}) is not from 0 to 1"

    /// Text that should be a duration is none.
    5 "invalid_duration" InvalidDuration {
        /// Counted from 1.
        line: U64,
        /// Counted from 1, in characters.
        column: U64,
        /// What stands there.
        token: Text,
    } "line {line}, column {column}: {token:?} is not a duration"

    /// A tag holds a character that the log format cannot.
    6 "invalid_tag" InvalidTag {
        /// The character.
        character: Text,
        /// How many characters stand before it.
        offset: U64,
    } "a tag cannot hold {character:?} (character {offset})"

    /// Something would pass a limit. Nothing was done yet.
    7 "too_many" TooMany {
        /// What this would take.
        count: U64,
        /// What is allowed.
        limit: U64,
        /// The limit's name: `bucket_limit` of a scan, `memory_limit` of a replay in bytes, `tag_limit` and
        /// `line_limit` of a log in bytes.
        what: Text,
        /// What to do.
        advice: Text,
    } "{what} is {limit}, but this takes {count}: {advice}"

    /// Bytes are not an encoded histogram.
    8 "malformed_histogram" MalformedHistogram {
        /// What is wrong with them.
        reason: Text,
    } "not an encoded histogram: {reason}"

    /// A panic left this histogram half-changed. It answers nothing else any more.
    9 "poisoned" Poisoned {} "a panic left this histogram half-changed"

    /// A panic inside the library, caught at the boundary.
    10 "panic" Panic {
        /// What it said.
        what: Text,
    } "panic: {what}"

    /// The handle was closed.
    11 "closed" Closed {} "the handle is closed"

    /// Text that came across is not Unicode.
    12 "invalid_text" InvalidText {
        /// How many good characters stand before.
        offset: U64,
    } "not Unicode text at character {offset}"

    /// A pointer is NULL that must not be.
    13 "null_argument" NullArgument {
        /// The argument's name.
        argument: Text,
    } "{argument} is NULL"

    /// An integer stands for no value of an enum or boolean.
    14 "invalid_enum" InvalidEnum {
        /// The argument's name.
        argument: Text,
        /// The integer.
        value: U64,
    } "{argument} has no value {value}"

    /// A length is more than memory can hold.
    15 "invalid_length" InvalidLength {
        /// The argument's name.
        argument: Text,
        /// The length.
        length: U64,
        /// The most that is possible.
        limit: U64,
    } "{argument} has length {length}, above {limit}"

    /// What the probe `fail` answers, with a field of every type.
    16 "probe" Probe only with "probe" {
        /// What the caller gave.
        number: U64,
        /// Not a number.
        ratio: F64,
        /// Text with a character of two bytes.
        text: Text,
    } "probe failed: {number} {ratio} {text}"

    /// A line of an interval log is none. Nothing of the log was kept.
    17 "malformed_log" MalformedLog {
        /// Counted from 1.
        line: U64,
        /// What is wrong with it.
        reason: Text,
    } "line {line}: {reason}"

    /// A file cannot be used.
    18 "io" Io {
        /// The file.
        path: Text,
        /// What the operating system says.
        reason: Text,
        /// The operating system's number (`errno`), or 0.
        os_code: U64,
    } "cannot use {path:?}: {reason}"

    /// A callback asked for the end of long work. Nothing of it was kept.
    19 "cancelled" Cancelled {} "cancelled by the callback"
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
        let error = Error::InvalidDuration {
            line: 7,
            column: 2,
            token: "é".into(),
        };
        let row = Error::TABLE
            .iter()
            .find(|row| row.code == error.code())
            .expect("a row");
        assert_eq!(row.name, error.name());
        let names: Vec<_> = error.fields().into_iter().map(|(name, _)| name).collect();
        let listed: Vec<_> = row.fields.iter().map(|field| field.name).collect();
        assert_eq!(names, listed);
        assert_eq!(error.fields()[2], ("token", Field::Text("é")));
        assert_eq!(error.field(2), Some(Field::Text("é")));
        assert_eq!(error.field(3), None);
        assert_eq!(
            error.to_string(),
            "line 7, column 2: \"é\" is not a duration"
        );
    }

    #[test]
    fn documentation_is_paragraphs() {
        assert_eq!(
            paragraphs(" One\n line.\n\n Another.\n"),
            "One line.\n\nAnother."
        );
        let row = Error::TABLE[6];
        assert_eq!(
            row.documentation(),
            "Something would pass a limit. Nothing was done yet."
        );
        let what = row.fields[2].documentation();
        assert!(what.contains("`tag_limit` and `line_limit`"), "{what}");
    }

    #[test]
    fn only_a_probe_has_code_16() {
        let row = Error::TABLE.iter().find(|row| row.code == 16);
        assert_eq!(row.is_some(), cfg!(feature = "probe"));
        assert!(row.is_none_or(|row| row.scaffolding && row.name == "probe"));
        assert_eq!(
            Error::TABLE.iter().filter(|row| row.scaffolding).count(),
            usize::from(row.is_some())
        );
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
