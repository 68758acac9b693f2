//! Interval logs that are read as a whole.

use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{give_handle, tb_histogram};
use crate::memory::{path, required};
use crate::tb_error;
use std::ffi::{c_char, c_void};
use std::mem::MaybeUninit;
use std::ops::ControlFlow;
use tollbridge_core::{Error, Progress, Shared, replay_log};

/// The histograms of an interval log, one for each tag, in order of the tags.
///
/// Ownership: the caller's; free it with tb_replay_free.
/// Threads: any number of threads may use one at once.
pub struct tb_replay(Vec<Shared>);

/// How far tb_replay_log is.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tb_progress {
    /// Bytes of the file that were read so far; compressed ones when it is compressed.
    pub bytes: u64,
    /// The file's size in bytes; 0 when it has none, as a pipe.
    pub total: u64,
    /// Histograms that were read so far.
    pub intervals: u64,
}

/// Gets how far the work is, which is only valid during the call. 0 goes on, anything else ends it.
/// It must return: leaving it by longjmp, pthread_exit or an exception is undefined.
pub type tb_progress_visitor =
    Option<unsafe extern "C" fn(user: *mut c_void, progress: *const tb_progress) -> i32>;

impl From<Progress> for tb_progress {
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
/// histograms up by tag. The sums may take 256 MiB of memory; tb_replay_log_with_limit can say otherwise.
///
/// `progress` is called before the first byte, after the last, and at least every 50 ms in between,
/// also while a pipe has nothing to say and when a signal interrupts a read.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. `user` is passed on as it is. `*replay` is the caller's; free it with
/// tb_replay_free. NULL: `progress` may be NULL; `path` when `length` is 0, which names no file.
/// Errors: io, malformed_log, count_overflow, too_many, cancelled when `progress` answers other than 0,
/// null_argument, invalid_length. Threads: any; calls back on this thread, with no lock held.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_replay_log(
    path: *const c_char,
    length: usize,
    progress: tb_progress_visitor,
    user: *mut c_void,
    replay: Option<&mut MaybeUninit<Box<tb_replay>>>,
) -> Option<Box<tb_error>> {
    // SAFETY: the caller's promise above, which is the same there.
    unsafe { tb_replay_log_with_limit(path, length, 0, progress, user, replay) }
}

// ANCHOR: replay
/// As tb_replay_log, with another limit to the memory of the sums.
///
/// `memory_limit` is in bytes; 0 is 256 MiB. Besides that the call takes at most 36 MiB, whatever the
/// file holds. A log whose sums would take more is refused with too_many before that memory is taken.
///
/// Ownership, NULL, errors and threads are those of tb_replay_log: it calls back.
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn tb_replay_log_with_limit(
    path: *const c_char,
    length: usize,
    memory_limit: u64,
    progress: tb_progress_visitor,
    user: *mut c_void,
    replay: Option<&mut MaybeUninit<Box<tb_replay>>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let out = required("replay", replay)?;
        // SAFETY: the caller's promise above; the path does not outlive the call.
        let path = unsafe { self::path("path", path, length)? };
        let by_tag = replay_log(path, memory_limit, |at| {
            // SAFETY: the caller's function, with the arguments it is declared for.
            match progress.map_or(0, |visit| unsafe { visit(user, &at.into()) }) {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        })?;
        let histograms = by_tag.into_values().map(Shared::from).collect();
        out.write(Box::new(tb_replay(histograms)));
        Ok(())
    })
}
// ANCHOR_END: replay

/// How many tags there are; 0 for NULL.
///
/// Threads: any. A leaf.
#[unsafe(no_mangle)]
pub extern "C" fn tb_replay_len(replay: Option<&tb_replay>) -> usize {
    replay.map_or(0, |replay| replay.0.len())
}

/// Makes a handle to the histogram of one tag, which tb_histogram_tag tells: all lines without a tag
/// have the empty one. Handles made for one index stand for the same histogram, which outlives the replay.
///
/// Ownership: `*histogram` is the caller's; free it with tb_histogram_free.
/// Errors: invalid_argument for an index that is not below tb_replay_len, null_argument. Threads: any.
#[unsafe(no_mangle)]
#[must_use]
pub extern "C" fn tb_replay_histogram(
    replay: Option<&tb_replay>,
    index: usize,
    histogram: Option<&mut MaybeUninit<Box<tb_histogram>>>,
) -> Option<Box<tb_error>> {
    guard(|| {
        let out = required("histogram", histogram)?;
        let all = &required("replay", replay)?.0;
        let shared = all.get(index).ok_or_else(|| Error::InvalidArgument {
            argument: "index".into(),
            value: index.to_string().into(),
            rule: format!("below {}", all.len()).into(),
        })?;
        give_handle(shared.clone(), out);
        Ok(())
    })
}

/// Frees a replay. Histograms that were taken out of it stay.
///
/// NULL: allowed, does nothing. Threads: any, but no other thread may be using this very replay; calls
/// back the destructors of watchers on histograms that have no other handle.
/// Freeing twice, or using it afterwards, is undefined.
#[unsafe(no_mangle)]
pub extern "C" fn tb_replay_free(replay: Option<Box<tb_replay>>) {
    guard_free(|| drop(replay));
}
