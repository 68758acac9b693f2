//! Errors as C sees them: ffi-support's code and message, and what those cannot carry.

use crate::codes::tbf_code;
use ffi_support::{ErrorCode, ExternError, HandleError};
use std::ffi::c_char;
use std::fmt;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use tollbridge_core::{Error, Field};

// ANCHOR: error
/// Why a call failed: what ffi-support carries, and beside it a pointer to what it does not, the typed
/// fields, for tbf_error_info. Nothing is kept per thread.
///
/// Ownership: what it holds is the caller's; free it with tbf_error_free.
#[repr(C)]
#[derive(Default)]
pub struct tbf_error {
    /// Code and message.
    pub base: ExternError,
    /// NULL for success.
    pub details: Option<Box<tbf_details>>,
}
// ANCHOR_END: error

/// What tbf_error_info reads. Part of a tbf_error, and freed with it.
pub struct tbf_details {
    failure: Failure,
    /// Made when first asked for: most errors are only looked at for their code or message.
    rendered: OnceLock<Rendered>,
}

pub(crate) use tbf_details as Details;

/// The core's errors, and those of the handle map.
#[derive(Debug)]
pub(crate) enum Failure {
    Core(Error),
    InvalidHandle(HandleError),
    TooManyHandles,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Core(error) => error.fmt(f),
            Self::InvalidHandle(error) => error.fmt(f),
            Self::TooManyHandles => f.write_str("there are too many handles of this type"),
        }
    }
}

impl Failure {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Core(error) => ErrorCode::new(error.code()),
            Self::InvalidHandle(_) => ErrorCode::INVALID_HANDLE,
            Self::TooManyHandles => ErrorCode::new(tbf_code::TBF_ERR_TOO_MANY_HANDLES as i32),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Core(error) => error.name(),
            Self::InvalidHandle(_) => "invalid_handle",
            Self::TooManyHandles => "too_many_handles",
        }
    }

    fn fields(&self) -> Vec<(&'static str, Field<'_>)> {
        match self {
            Self::Core(error) => error.fields(),
            Self::InvalidHandle(_) | Self::TooManyHandles => Vec::new(),
        }
    }

    // ANCHOR: extern_error
    /// The message is a C string, which `new_error` makes by a panic if there is a NUL in it.
    #[cold]
    #[inline(never)]
    pub(crate) fn extern_error(&self) -> ExternError {
        let mut message = self.to_string();
        if message.contains('\0') {
            message = message.replace('\0', "\\0");
        }
        ExternError::new_error(self.code(), message)
    }
    // ANCHOR_END: extern_error
}

/// Which type a field of an error has: what its `kind` is.
#[repr(C)]
pub enum tbf_field_kind {
    /// `number` is set.
    TBF_FIELD_U64 = 1,
    /// `real` is set.
    TBF_FIELD_F64 = 2,
    /// `text` and `text_length` are set.
    TBF_FIELD_TEXT = 3,
}

/// One typed field of an error. All pointers live as long as the error.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbf_error_field {
    /// NUL-terminated.
    pub name: *const c_char,
    /// A tbf_field_kind. Ignore a field of a kind you do not know.
    pub kind: u32,
    /// For TBF_FIELD_U64, else 0.
    pub number: u64,
    /// For TBF_FIELD_F64, which may be NaN; else 0.
    pub real: f64,
    /// For TBF_FIELD_TEXT: UTF-8 which may hold NULs, and is followed by one; else NULL.
    pub text: *const c_char,
    /// In bytes.
    pub text_length: usize,
}

/// All there is to know of an error, typed fields included. All pointers live as long as the error.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbf_error_details {
    /// A tbf_code.
    pub code: i32,
    /// The stable name, such as `out_of_range`, NUL-terminated.
    pub name: *const c_char,
    /// A sentence in English: UTF-8 which may hold NULs, and is followed by one.
    pub message: *const c_char,
    /// In bytes.
    pub message_length: usize,
    /// The fields in a stable order; NULL when there are none.
    pub fields: *const tbf_error_field,
    /// How many fields there are.
    pub field_count: usize,
}

/// The texts that a `tbf_error_details` points into, each with a NUL behind. Not boxes: to move one says
/// that no other pointer into it is used any more.
struct Rendered {
    name: Vec<u8>,
    message: Vec<u8>,
    fields: Vec<tbf_error_field>,
    _texts: Vec<Vec<u8>>,
}

// SAFETY: what its pointers lead to is its own, and is only read.
unsafe impl Send for Rendered {}
// SAFETY: as above.
unsafe impl Sync for Rendered {}

impl Rendered {
    fn new(failure: &Failure) -> Self {
        let mut texts = Vec::new();
        let mut keep = |text: &str| {
            let kept = terminated(text);
            let pointer = kept.as_ptr().cast();
            texts.push(kept); // it moves, what it points to does not
            pointer
        };
        let field = |(name, field): (&'static str, Field<'_>)| {
            let mut row = tbf_error_field {
                name: keep(name),
                kind: 0,
                number: 0,
                real: 0.0,
                text: std::ptr::null(),
                text_length: 0,
            };
            match field {
                Field::U64(number) => {
                    row.kind = tbf_field_kind::TBF_FIELD_U64 as u32;
                    row.number = number;
                }
                Field::F64(real) => {
                    row.kind = tbf_field_kind::TBF_FIELD_F64 as u32;
                    row.real = real;
                }
                Field::Text(text) => {
                    row.kind = tbf_field_kind::TBF_FIELD_TEXT as u32;
                    row.text = keep(text);
                    row.text_length = text.len();
                }
            }
            row
        };
        let fields = failure.fields().into_iter().map(field).collect();
        Self {
            name: terminated(failure.name()),
            message: terminated(&failure.to_string()),
            fields,
            _texts: texts,
        }
    }
}

fn terminated(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 1);
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0);
    bytes
}

impl Details {
    pub(crate) fn new(failure: Failure) -> Box<Self> {
        Box::new(Self {
            failure,
            rendered: OnceLock::new(),
        })
    }
}

impl tbf_error {
    pub(crate) fn release(self) {
        // SAFETY: the message is this error's own, which is gone afterwards.
        unsafe { self.base.manually_release() };
    }
}

/// Fills `*details` with all there is to know of the error, the message with its length: what an error
/// has besides code and message is made on the first call.
///
/// Ownership: the pointers in `*details` belong to the error, and live until it is freed.
/// NULL: an error that is NULL, or says success, gives code 0 and NULL for the rest; a NULL `details`
/// does nothing. Threads: any, also at once.
#[unsafe(no_mangle)]
pub extern "C" fn tbf_error_info(
    error: Option<&tbf_error>,
    details: Option<&mut MaybeUninit<tbf_error_details>>,
) {
    let Some(details) = details else { return };
    let mut all = tbf_error_details {
        code: 0,
        name: std::ptr::null(),
        message: std::ptr::null(),
        message_length: 0,
        fields: std::ptr::null(),
        field_count: 0,
    };
    if let Some(kept) = error.and_then(|error| error.details.as_ref()) {
        let rendered = kept.rendered.get_or_init(|| Rendered::new(&kept.failure));
        all.code = kept.failure.code().code();
        all.name = rendered.name.as_ptr().cast();
        all.message = rendered.message.as_ptr().cast();
        all.message_length = rendered.message.len() - 1;
        all.field_count = rendered.fields.len();
        if all.field_count > 0 {
            all.fields = rendered.fields.as_ptr();
        }
    }
    details.write(all);
}

/// Frees what the error holds and sets `*error` to `{0}`, so that freeing twice is harmless.
///
/// NULL: allowed, does nothing. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tbf_error_free(error: Option<&mut tbf_error>) {
    if let Some(error) = error {
        std::mem::take(error).release();
    }
}
