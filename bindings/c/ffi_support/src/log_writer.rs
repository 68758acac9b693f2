//! Interval logs that are written.

use crate::call::{ErrorOut, Uncancelled, call};
use crate::error::tbf_error;
use crate::handles::Handles;
use crate::histogram::HISTOGRAMS;
use crate::memory::path;
use std::ffi::c_char;
use std::sync::Arc;
use tollbridge_core::LogWriter;

/// Interval logs that are being written: taken out, since writing can take as long as the system likes.
static WRITERS: Handles<Arc<LogWriter>> = Handles::of("writer");

/// Makes an interval log of version 1.3, or empties the file that is there, and writes its head.
/// `start` is when the log begins, in seconds since the Unix epoch.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. The writer is the caller's; free it with tbf_log_writer_free.
/// NULL: `path` may be NULL when `length` is 0, which names no file.
/// Errors: invalid_argument unless `start` is finite and from 0, io, null_argument, invalid_length,
/// too_many_handles. Threads: any; waits for the system, and where `path` is a pipe for its reader.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_log_writer_new(
    path: *const c_char,
    length: usize,
    start: f64,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let _uncancelled = Uncancelled::begin();
        // SAFETY: the caller's promise above; the path does not outlive the call.
        let path = unsafe { self::path("path", path, length)? };
        WRITERS.insert(Arc::new(LogWriter::create(path, start)?))
    })
}

/// Appends an interval that began `start` seconds after the log's start and took `seconds`, with the
/// histogram's tag. It is in the file when this returns; a line that fails half-way is taken back.
/// Writing raises what the system raises: SIGPIPE for a pipe without a reader, SIGXFSZ at a limit of the
/// file's size. Only a process that ignores those signals gets the error `io` instead.
///
/// Errors: invalid_argument unless both times are finite and from 0, too_many for a line above 8 MiB,
/// which would not be read, io, poisoned, closed,
/// invalid_handle, null_argument. Threads: any; waits, for the histogram
/// only until its counts are copied.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_log_writer_write(
    writer: u64,
    histogram: u64,
    start: f64,
    seconds: f64,
    error: *mut tbf_error,
) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let _uncancelled = Uncancelled::begin();
        let writer = WRITERS.get(writer)?;
        Ok(writer.write(&HISTOGRAMS.get(histogram)?.snapshot()?, start, seconds)?)
    })
}

/// Frees the writer, and closes the file: at once, or when the last call with it has ended.
///
/// 0: allowed, does nothing. Errors: closed, invalid_handle.
/// Threads: any, also while others use it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_log_writer_free(writer: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let _uncancelled = Uncancelled::begin();
        WRITERS.free(writer)
    })
}
