//! Core's errors as Ruby exceptions.

use crate::classes::{classes, define_class};
use crate::direct::Of;
use crate::raise::{made, raise};
use magnus::error::IntoError;
use magnus::prelude::*;
use magnus::rb_sys::{AsRawValue, FromRawValue, protect};
use magnus::{RHash, RModule, RString, Ruby, Value, method};
use std::fmt::Write;
use tollbridge_core::{Error, Field};

// ANCHOR: failure
/// Why a method does not return: an error of core, or whatever Ruby itself wants to go on with
/// (an exception, `break`, `throw`).
pub enum Failure {
    Core(Error),
    Ruby(magnus::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

impl From<magnus::Error> for Failure {
    fn from(error: magnus::Error) -> Self {
        Self::Ruby(error)
    }
}

impl IntoError for Failure {
    fn into_error(self, ruby: &Ruby) -> magnus::Error {
        match self {
            Self::Core(error) => exception(ruby, error),
            Self::Ruby(error) => made(error),
        }
    }
}
// ANCHOR_END: failure

/// What methods answer.
pub type Outcome<T> = Result<T, Failure>;

// ANCHOR: exception
/// The exception for `error`. Its message and fields are made when someone asks for them.
#[cold]
pub fn exception(ruby: &Ruby, error: Error) -> magnus::Error {
    let classes = match classes(ruby) {
        Ok(classes) => classes,
        Err(problem) => return problem,
    };
    let Some(class) = classes.error(ruby, error.code()) else {
        return raise(ruby.exception_runtime_error(), error.to_string());
    };
    let detail = ruby.obj_wrap(ErrorDetail(error));
    // What `new` would do besides is to call `initialize`, in Ruby, for a message that nobody may ever
    // read. What Ruby raises itself, when memory runs out, must not leave by longjmp.
    let made = protect(|| {
        // SAFETY: an exception's class allocates, and both objects are alive.
        unsafe {
            let exception = rb_sys::rb_obj_alloc(class.as_raw());
            rb_sys::rb_ivar_set(exception, detail_id(), detail.as_raw());
            exception
        }
    });
    let exception = match made {
        // SAFETY: an object of Ruby's.
        Ok(raw) => unsafe { Value::from_raw(raw) },
        Err(raised) => return raised,
    };
    match magnus::Exception::from_value(exception) {
        Some(exception) => exception.into(),
        None => raise(ruby.exception_runtime_error(), "ERRORS holds no exceptions"),
    }
}
// ANCHOR_END: exception

/// The name of the instance variable that holds the detail.
fn detail_id() -> rb_sys::ID {
    static ID: std::sync::OnceLock<rb_sys::ID> = std::sync::OnceLock::new();
    // SAFETY: under the GVL; a name that is never collected.
    *ID.get_or_init(|| unsafe { rb_sys::rb_intern(c"@detail".as_ptr()) })
}

/// What an exception carries: core's error, unread.
#[magnus::wrap(class = "Tollbridge::ErrorDetail", free_immediately, size)]
struct ErrorDetail(Error);

impl ErrorDetail {
    fn fields(ruby: &Ruby, this: Of<Self>) -> Outcome<RHash> {
        let fields = ruby.hash_new();
        for (name, field) in this.0.fields() {
            fields.aset(ruby.sym_new(name), value(ruby, field))?;
        }
        fields.freeze();
        Ok(fields)
    }

    /// One of them, by its place; nil where there is none.
    fn field(ruby: &Ruby, this: Of<Self>, place: usize) -> Value {
        let field = this.0.field(place);
        field.map_or_else(|| ruby.qnil().as_value(), |field| value(ruby, field))
    }

    fn message(ruby: &Ruby, this: Of<Self>) -> RString {
        let mut message = String::with_capacity(128); // which nearly all fit
        let _ = write!(message, "{}", this.0); // a String takes everything
        ruby.str_new(&message)
    }
}

fn value(ruby: &Ruby, field: Field<'_>) -> Value {
    match field {
        Field::U64(number) => ruby.into_value(number),
        Field::F64(number) => ruby.into_value(number),
        Field::Text(text) => ruby.str_new(text).as_value(),
    }
}

pub fn define(ruby: &Ruby, module: RModule) -> Result<(), magnus::Error> {
    let detail = define_class::<ErrorDetail>(ruby, module, "ErrorDetail")?;
    detail.define_method("fields", method!(ErrorDetail::fields, 0))?;
    detail.define_method("field", method!(ErrorDetail::field, 1))?;
    detail.define_method("message", method!(ErrorDetail::message, 0))
}
