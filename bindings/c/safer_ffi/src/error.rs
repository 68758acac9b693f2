//! Errors as C sees them: an owned object, asked for its details only when someone wants them.

use crate::codes::tbs_code;
use crate::guard::guard_free;
use crate::unchecked::Unchecked;
use safer_ffi::prelude::*;
use std::ffi::CString;
use std::mem::transmute;
use std::sync::OnceLock;
use tollbridge_core::{Error, Field};

// ANCHOR: error
/// Why a call failed. A function that can fail returns one of these, owned by the caller, or NULL
/// for success. Nothing is kept per thread.
///
/// Ownership: free it with tbs_error_free. Threads: any, one that frees it being the last.
#[derive_ReprC]
#[repr(opaque)]
pub struct tbs_error {
    error: Error,
    /// Made when first asked for: most errors are only looked at for their code.
    rendered: OnceLock<Rendered>,
}

/// What every function returns that can fail: safer_ffi has no `Result`, but an optional owner is a
/// pointer that is NULL for none.
pub type Failure = Option<repr_c::Box<tbs_error>>;
// ANCHOR_END: error

/// Which type a field of an error has.
#[derive_ReprC]
#[repr(u32)]
#[derive(Clone, Copy)]
pub enum tbs_field_kind {
    /// `number` is set.
    U64 = 1,
    /// `real` is set.
    F64 = 2,
    /// `text` is set.
    Text = 3,
}

/// One typed field of an error. All pointers live as long as the error.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_error_field<'error> {
    /// NUL-terminated.
    pub name: char_p::Ref<'error>,
    /// Ignore a field of a kind you do not know.
    pub kind: tbs_field_kind,
    /// Of the kind U64, else 0.
    pub number: u64,
    /// Of the kind F64, which may be NaN; else 0.
    pub real: f64,
    /// Of the kind Text: UTF-8 which may hold NULs; else empty.
    pub text: str::Ref<'error>,
}

/// All there is to know of an error. All pointers live as long as the error; none is NULL.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_error_details<'error> {
    /// As tbs_error_code.
    pub code: Unchecked<tbs_code>,
    /// The stable name, such as `out_of_range`, NUL-terminated; empty for success.
    pub name: char_p::Ref<'error>,
    /// A sentence in English: UTF-8 which may hold NULs, and is followed by one.
    pub message: str::Ref<'error>,
    /// The fields in a stable order.
    pub fields: c_slice::Ref<'error, tbs_error_field<'error>>,
}

/// What a `tbs_error_details` points to, but for the texts that the error itself has.
struct Rendered {
    /// A `char_p::Box` would do, but lends no more than its first byte, as Miri sees it.
    name: CString,
    /// With a NUL behind, for C's own functions.
    message: String,
    /// Valid as long as the names and the error, not for ever.
    fields: Vec<tbs_error_field<'static>>,
    _names: Vec<CString>,
}

// SAFETY: what its pointers lead to is its own or the error's, and is only read.
unsafe impl Send for Rendered {}
// SAFETY: as above.
unsafe impl Sync for Rendered {}

impl tbs_error {
    #[cold]
    #[inline(never)]
    pub(crate) fn new(error: Error) -> repr_c::Box<Self> {
        Box::new(Self {
            error,
            rendered: OnceLock::new(),
        })
        .into()
    }
}

impl Rendered {
    /// # Safety
    /// The error lives as long as the result, and neither moves nor changes.
    unsafe fn new(error: &Error) -> Self {
        let given = error.fields();
        let names: Vec<_> = given.iter().map(|(name, _)| terminated(name)).collect();
        let row = |((_, field), name): (&(_, Field<'_>), &CString)| {
            let (kind, number, real, text) = match *field {
                Field::U64(number) => (tbs_field_kind::U64, number, 0.0, ""),
                Field::F64(real) => (tbs_field_kind::F64, 0, real, ""),
                Field::Text(text) => (tbs_field_kind::Text, 0, 0.0, text),
            };
            let row = tbs_error_field {
                name: name.as_c_str().into(),
                kind,
                number,
                real,
                text: text.into(),
            };
            // SAFETY: names and error live as long as the row, and what they point to does not move.
            unsafe { transmute::<tbs_error_field<'_>, tbs_error_field<'static>>(row) }
        };
        Self {
            name: terminated(error.name()),
            message: format!("{error}\0"),
            fields: given.iter().zip(&names).map(row).collect(),
            _names: names,
        }
    }

    fn details(&self, code: i32) -> tbs_error_details<'_> {
        let end = self.message.len() - 1;
        tbs_error_details {
            code: Unchecked(code.into()),
            name: self.name.as_c_str().into(),
            message: self.message[..end].into(),
            fields: self.fields[..].into(),
        }
    }
}

/// A name, which holds no NUL.
fn terminated(name: &str) -> CString {
    CString::new(name).unwrap_or_default()
}

/// The error's code, a tbs_code; 0 for NULL, which is success.
///
/// Threads: any. A leaf.
#[ffi_export]
pub fn tbs_error_code(error: Option<&tbs_error>) -> Unchecked<tbs_code> {
    Unchecked(error.map_or(0, |error| error.error.code()).into())
}

/// All there is to know of the error; message and fields are made on the first call.
///
/// Ownership: what the result points to belongs to the error and lives as long.
/// NULL: gives code 0 and empty texts. Threads: any, also at once.
#[ffi_export]
pub fn tbs_error_info(error: Option<&tbs_error>) -> tbs_error_details<'_> {
    let Some(error) = error else {
        return tbs_error_details {
            code: Unchecked(0.into()),
            name: c!(""),
            message: "".into(),
            fields: [][..].into(),
        };
    };
    // SAFETY: the error and what is made of it stand in one box, which is dropped as a whole.
    let rendered = error
        .rendered
        .get_or_init(|| unsafe { Rendered::new(&error.error) });
    rendered.details(error.error.code())
}

/// Frees the error and what its details point to.
///
/// NULL: allowed, does nothing. Freeing twice is undefined. Threads: any. A leaf.
#[ffi_export]
pub fn tbs_error_free(error: Failure) {
    guard_free(|| drop(error));
}
