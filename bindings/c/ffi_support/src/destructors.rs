//! The functions that free what ffi-support itself gives to C. They are its macros', so cbindgen does not
//! see them: trailer.h declares and describes them.
#![allow(missing_docs)]

use ffi_support::{define_bytebuffer_destructor, define_string_destructor};

define_string_destructor!(tbf_string_free);
define_bytebuffer_destructor!(tbf_byte_buffer_free);
