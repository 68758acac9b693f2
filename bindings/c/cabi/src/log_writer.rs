//! Interval logs that are written.

use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{handle, tb_histogram};
use crate::memory::{path, required};
use crate::tb_error;
use std::ffi::c_char;
use std::mem::MaybeUninit;
use tollbridge_core::LogWriter;

/// An interval log that is being written.
///
/// Ownership: the caller's; free it with tb_log_writer_free, which closes the file.
/// Threads: any number of threads may use one at once; calls wait for each other.
pub struct tb_log_writer(LogWriter);

/// Makes an interval log of version 1.3, or empties the file that is there, and writes its head.
/// `start` is when the log begins, in seconds since the Unix epoch.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. `*writer` is the caller's; free it with tb_log_writer_free.
/// NULL: `path` may be NULL when `length` is 0, which names no file.
/// Errors: invalid_argument unless `start` is finite and from 0, io, null_argument, invalid_length.
/// Threads: any; waits for the system, and where `path` is a pipe for its reader.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_log_writer_new(
    path: *const c_char,
    length: usize,
    start: f64,
    writer: Option<&mut MaybeUninit<Box<tb_log_writer>>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let out = required("writer", writer)?;
        // SAFETY: the caller's promise above; the path does not outlive the call.
        let path = unsafe { self::path("path", path, length)? };
        out.write(Box::new(tb_log_writer(LogWriter::create(path, start)?)));
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
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_log_writer_write(
    writer: Option<&tb_log_writer>,
    histogram: Option<&tb_histogram>,
    start: f64,
    seconds: f64,
) -> Option<Box<tb_error>> {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let writer = &required("writer", writer)?.0;
        writer.write(&handle(histogram)?.snapshot()?, start, seconds)
    })
}

/// Closes the file and frees the writer.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very writer.
/// Freeing twice, or using it afterwards, is undefined.
#[unsafe(no_mangle)]
pub extern "C" fn tb_log_writer_free(writer: Option<Box<tb_log_writer>>) {
    guard_free(|| {
        let _uncancelled = Uncancelled::begin();
        drop(writer);
    });
}
