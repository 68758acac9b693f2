//! Errors as C sees them: an owned object, asked for its details only when someone wants them.

use crate::guard::guard_free;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use std::sync::OnceLock;
use tollbridge_core::{Error, Field};

// ANCHOR: error
/// Why a call failed. A function that can fail returns one of these, owned by the caller, or NULL
/// for success. Nothing is kept per thread.
///
/// Ownership: free it with tb_error_free. Threads: any, one that frees it being the last.
pub struct tb_error {
    error: Error,
    /// Made when first asked for: most errors are only looked at for their code.
    rendered: OnceLock<Rendered>,
}
// ANCHOR_END: error

/// Which type a field of an error has: what its `kind` is.
#[repr(C)]
pub enum tb_field_kind {
    /// `number` is set.
    TB_FIELD_U64 = 1,
    /// `real` is set.
    TB_FIELD_F64 = 2,
    /// `text` and `text_length` are set.
    TB_FIELD_TEXT = 3,
}

/// One typed field of an error. All pointers live as long as the error.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tb_error_field {
    /// NUL-terminated.
    pub name: *const c_char,
    /// A tb_field_kind. Ignore a field of a kind you do not know.
    pub kind: u32,
    /// For TB_FIELD_U64, else 0.
    pub number: u64,
    /// For TB_FIELD_F64, which may be NaN; else 0.
    pub real: f64,
    /// For TB_FIELD_TEXT: UTF-8 which may hold NULs, and is followed by one; else NULL.
    pub text: *const c_char,
    /// In bytes.
    pub text_length: usize,
}

/// All there is to know of an error. All pointers live as long as the error.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tb_error_details {
    /// A tb_code.
    pub code: i32,
    /// The stable name, such as `out_of_range`, NUL-terminated.
    pub name: *const c_char,
    /// A sentence in English: UTF-8 which may hold NULs, and is followed by one.
    pub message: *const c_char,
    /// In bytes.
    pub message_length: usize,
    /// The fields in a stable order; NULL when there are none.
    pub fields: *const tb_error_field,
    /// How many fields there are.
    pub field_count: usize,
}

/// The texts that a `tb_error_details` points into, each with a NUL behind. Not boxes: to move one says
/// that no other pointer into it is used any more.
struct Rendered {
    name: Vec<u8>,
    message: Vec<u8>,
    fields: Vec<tb_error_field>,
    _texts: Vec<Vec<u8>>,
}

// SAFETY: what its pointers lead to is its own, and is only read.
unsafe impl Send for Rendered {}
// SAFETY: as above.
unsafe impl Sync for Rendered {}

impl tb_error {
    #[cold]
    #[inline(never)]
    pub(crate) fn new(error: Error) -> Box<Self> {
        Box::new(Self {
            error,
            rendered: OnceLock::new(),
        })
    }
}

impl Rendered {
    fn new(error: &Error) -> Self {
        let mut texts = Vec::new();
        let mut keep = |text: &str| {
            let kept = terminated(text);
            let pointer = kept.as_ptr().cast();
            texts.push(kept); // it moves, what it points to does not
            pointer
        };
        let field = |(name, field): (&'static str, Field<'_>)| {
            let mut row = tb_error_field {
                name: keep(name),
                kind: 0,
                number: 0,
                real: 0.0,
                text: std::ptr::null(),
                text_length: 0,
            };
            match field {
                Field::U64(number) => {
                    row.kind = tb_field_kind::TB_FIELD_U64 as u32;
                    row.number = number;
                }
                Field::F64(real) => {
                    row.kind = tb_field_kind::TB_FIELD_F64 as u32;
                    row.real = real;
                }
                Field::Text(text) => {
                    row.kind = tb_field_kind::TB_FIELD_TEXT as u32;
                    row.text = keep(text);
                    row.text_length = text.len();
                }
            }
            row
        };
        let fields = error.fields().into_iter().map(field).collect();
        Self {
            name: terminated(error.name()),
            message: terminated(&error.to_string()),
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

/// The error's code, a tb_code; 0 for NULL, which is success.
///
/// Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tb_error_code(error: Option<&tb_error>) -> i32 {
    error.map_or(0, |e| e.error.code())
}

/// Fills `*details` with all there is to know of the error; message and fields are made on the
/// first call.
///
/// Ownership: the pointers in `*details` belong to the error and live as long.
/// NULL: a NULL error gives code 0 and NULL for the rest; a NULL `details` does nothing.
/// Threads: any, also at once.
#[unsafe(no_mangle)]
pub extern "C" fn tb_error_info(
    error: Option<&tb_error>,
    details: Option<&mut MaybeUninit<tb_error_details>>,
) {
    let Some(details) = details else { return };
    let mut all = tb_error_details {
        code: 0,
        name: std::ptr::null(),
        message: std::ptr::null(),
        message_length: 0,
        fields: std::ptr::null(),
        field_count: 0,
    };
    if let Some(error) = error {
        let rendered = error.rendered.get_or_init(|| Rendered::new(&error.error));
        all.code = error.error.code();
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

/// Frees the error and what its details point to.
///
/// NULL: allowed, does nothing. Freeing twice is undefined. Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tb_error_free(error: Option<Box<tb_error>>) {
    guard_free(|| drop(error));
}
