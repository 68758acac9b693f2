//! Exceptions of Ruby's own.

use crate::gvl::ruby;
use magnus::error::ErrorType;
use magnus::prelude::*;
use magnus::{ExceptionClass, Ruby, Value};
use std::borrow::Cow;
use std::fmt::Display;

/// An exception of Ruby's own, to be raised when the method returns.
#[cold]
pub fn raise(class: ExceptionClass, message: impl Into<Cow<'static, str>>) -> magnus::Error {
    made(magnus::Error::new(class, message))
}

/// Makes the exception that magnus has only described.
///
/// Otherwise magnus makes it when it raises it, and panics when `new` does not come to its end: where a kill,
/// or the end of the program, arrives in it (0.9.3, error.rs:265). No guard is there. Here that just goes on.
pub fn made(error: magnus::Error) -> magnus::Error {
    match error.error_type() {
        ErrorType::Error(class, message) => class
            .new_instance((message.as_ref(),))
            .map_or_else(|raised| raised, Into::into),
        _ => error,
    }
}

#[cold]
pub fn wrong_type(value: Value, needed: &str) -> magnus::Error {
    let ruby = Ruby::get_with(value);
    // SAFETY: the name is copied before anything else happens.
    let message = unsafe { format!("{needed} is needed, not {}", value.classname()) };
    raise(ruby.exception_type_error(), message)
}

#[cold]
pub fn too_large(number: impl Display) -> magnus::Error {
    let message = format!("{number} is too large");
    raise(ruby().exception_range_error(), message)
}
