//! Interval logs that are written.

use crate::error::Failure;
use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{handle, tbs_histogram};
use crate::unchecked::{Unchecked, required};
use safer_ffi::prelude::*;
use tollbridge_core::LogWriter;

/// An interval log that is being written.
///
/// Ownership: the caller's; free it with tbs_log_writer_free, which closes the file.
/// Threads: any number of threads may use one at once; calls wait for each other.
#[derive_ReprC]
#[repr(opaque)]
pub struct tbs_log_writer {
    writer: LogWriter,
}

/// Makes an interval log of version 1.3, or empties the file that is there, and writes its head.
/// `start` is when the log begins, in seconds since the Unix epoch.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. `*writer` is the caller's; free it with tbs_log_writer_free.
/// NULL: `path` may be NULL when its length is 0, which names no file.
/// Errors: invalid_argument unless `start` is finite and from 0, io, null_argument, invalid_length.
/// Threads: any; waits for the system, and where `path` is a pipe for its reader.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_log_writer_new(
    path: Unchecked<c_slice::Ref<'_, u8>>,
    start: f64,
    writer: Option<Out<'_, repr_c::Box<tbs_log_writer>>>,
) -> Failure {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let out = required("writer", writer)?;
        // SAFETY: the caller's promise above; the path does not outlive the call.
        let path = unsafe { path.path("path")? };
        let writer = LogWriter::create(path, start)?;
        out.write(Box::new(tbs_log_writer { writer }).into());
        Ok(())
    })
}

/// Appends an interval that began `start` seconds after the log's start and took `seconds`, with the
/// histogram's tag. It is in the file when this returns; a line that fails half-way is taken back.
/// Writing raises what the system raises: SIGPIPE for a pipe without a reader, SIGXFSZ at a limit of the
/// file's size. Only a process that ignores those signals gets the error `io` instead.
///
/// Errors: invalid_argument unless both times are finite and from 0, too_many for a line above 8 MiB,
/// which would not be read, io, poisoned, null_argument.
/// Threads: any; waits, for the histogram only until its counts are copied.
#[ffi_export]
#[must_use]
pub fn tbs_log_writer_write(
    writer: Option<&tbs_log_writer>,
    histogram: Option<&tbs_histogram>,
    start: f64,
    seconds: f64,
) -> Failure {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let writer = &required("writer", writer)?.writer;
        writer.write(&handle(histogram)?.snapshot()?, start, seconds)
    })
}

/// Closes the file and frees the writer.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very writer.
/// Freeing twice, or using it afterwards, is undefined.
#[ffi_export]
pub fn tbs_log_writer_free(writer: Option<repr_c::Box<tbs_log_writer>>) {
    guard_free(|| {
        let _uncancelled = Uncancelled::begin();
        drop(writer);
    });
}
