//! Interval logs that are read as a whole.

use crate::call::{ErrorOut, Uncancelled, call};
use crate::error::tbf_error;
use crate::handles::Handles;
use crate::histogram::HISTOGRAMS;
use crate::memory::path;
use std::ffi::{c_char, c_void};
use std::ops::ControlFlow;
use tollbridge_core::{Error, Progress, Shared, replay_log};

/// The histograms of interval logs, one for each tag, in order of the tags.
static REPLAYS: Handles<Vec<Shared>> = Handles::of("replay");

/// How far tbf_replay_log is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbf_progress {
    /// Bytes of the file that were read so far; compressed ones when it is compressed.
    pub bytes: u64,
    /// The file's size in bytes; 0 when it has none, as a pipe.
    pub total: u64,
    /// Histograms that were read so far.
    pub intervals: u64,
}

/// Gets how far the work is, which is only valid during the call. 0 goes on, anything else ends it.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
pub type tbf_progress_visitor =
    Option<unsafe extern "C" fn(user: *mut c_void, progress: *const tbf_progress) -> i32>;

impl From<Progress> for tbf_progress {
    fn from(
        Progress {
            bytes,
            total,
            intervals,
        }: Progress,
    ) -> Self {
        Self {
            bytes,
            total,
            intervals,
        }
    }
}

/// Reads an interval log of HdrHistogram, version 1.0 to 1.3, plain or with gzip, and adds its
/// histograms up by tag. The sums may take 256 MiB of memory; tbf_replay_log_with_limit can say otherwise.
///
/// `progress` is called before the first byte, after the last, and at least every 50 ms in between,
/// also while a pipe has nothing to say and when a signal interrupts a read.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. `user` is passed on as it is. The replay is the caller's; free it with
/// tbf_replay_free. NULL: `progress` may be NULL; `path` when `length` is 0, which names no file.
/// Errors: io, malformed_log, count_overflow, too_many, cancelled when `progress` answers other than 0,
/// null_argument, invalid_length, too_many_handles.
/// Threads: any; calls back on this thread, with no lock held.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_replay_log(
    path: *const c_char,
    length: usize,
    progress: tbf_progress_visitor,
    user: *mut c_void,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above, which is the same there.
    unsafe { tbf_replay_log_with_limit(path, length, 0, progress, user, error) }
}

// ANCHOR: replay
/// As tbf_replay_log, with another limit to the memory of the sums.
///
/// `memory_limit` is in bytes; 0 is 256 MiB. Besides that the call takes at most 36 MiB, whatever the
/// file holds. A log whose sums would take more is refused with too_many before that memory is taken.
///
/// Ownership, NULL, errors and threads are those of tbf_replay_log: it calls back.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_replay_log_with_limit(
    path: *const c_char,
    length: usize,
    memory_limit: u64,
    progress: tbf_progress_visitor,
    user: *mut c_void,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let _uncancelled = Uncancelled::begin();
        // SAFETY: the caller's promise above; the path does not outlive the call.
        let path = unsafe { self::path("path", path, length)? };
        let by_tag = replay_log(path, memory_limit, |at| {
            // SAFETY: the caller's function, with the arguments it is declared for.
            match progress.map_or(0, |visit| unsafe { visit(user, &at.into()) }) {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        })?;
        REPLAYS.insert(by_tag.into_values().map(Shared::from).collect())
    })
}
// ANCHOR_END: replay

/// How many tags there are.
///
/// Errors: closed, invalid_handle, null_argument. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_replay_len(replay: u64, error: *mut tbf_error) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        REPLAYS.with(replay, |all| Ok(all.len() as u64))
    })
}

/// Makes a handle to the histogram of one tag, which tbf_histogram_tag tells: all lines without a tag
/// have the empty one. Handles made for one index stand for the same histogram, which outlives the replay.
///
/// Ownership: the handle is the caller's; free it with tbf_histogram_free.
/// Errors: invalid_argument for an index that is not below tbf_replay_len, closed, invalid_handle,
/// null_argument, too_many_handles. Threads: any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_replay_histogram(
    replay: u64,
    index: usize,
    error: *mut tbf_error,
) -> u64 {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || {
        let shared = REPLAYS.with(replay, |all| {
            let found = all.get(index).ok_or_else(|| Error::InvalidArgument {
                argument: "index".into(),
                value: index.to_string().into(),
                rule: format!("below {}", all.len()).into(),
            })?;
            Ok(found.clone())
        })?;
        HISTOGRAMS.insert(shared)
    })
}

/// Frees a replay. Histograms that were taken out of it stay.
///
/// 0: allowed, does nothing. Errors: closed, invalid_handle. Threads: any, also while others use it;
/// calls back the destructors of watchers on histograms that have no other handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn tbf_replay_free(replay: u64, error: *mut tbf_error) {
    // SAFETY: the caller's promise above.
    call(unsafe { ErrorOut::at(error) }, || REPLAYS.free(replay))
}
