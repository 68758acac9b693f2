//! Interval logs that are read as a whole.

use crate::error::Failure;
use crate::guard::{Uncancelled, guard, guard_free};
use crate::histogram::{give_handle, tbs_histogram};
use crate::unchecked::{Unchecked, null, required};
use safer_ffi::closure::RefDynFnMut1;
use safer_ffi::prelude::*;
use std::ops::ControlFlow;
use tollbridge_core::{Error, Progress, Shared, replay_log};

/// The histograms of an interval log, one for each tag, in order of the tags.
///
/// Ownership: the caller's; free it with tbs_replay_free.
/// Threads: any number of threads may use one at once.
#[derive_ReprC]
#[repr(opaque)]
pub struct tbs_replay {
    histograms: Vec<Shared>,
}

/// How far tbs_replay_log is.
#[derive_ReprC]
#[repr(C)]
#[derive(Clone, Copy)]
pub struct tbs_progress {
    /// Bytes of the file that were read so far; compressed ones when it is compressed.
    pub bytes: u64,
    /// The file's size in bytes; 0 when it has none, as a pipe.
    pub total: u64,
    /// Histograms that were read so far.
    pub intervals: u64,
}

impl From<Progress> for tbs_progress {
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
/// histograms up by tag. The sums may take 256 MiB of memory; tbs_replay_log_with_limit can say otherwise.
///
/// `progress` is called before the first byte, after the last, and at least every 50 ms in between,
/// also while a pipe has nothing to say and when a signal interrupts a read. It gets how far the work
/// is, which is only valid during the call. 0 goes on, anything else ends it. It must return: leaving it
/// by longjmp, pthread_exit or an exception is undefined. NULL for none: a pointer to a closure may be
/// NULL, a closure may not.
///
/// Ownership: `path` is borrowed for the call: the bytes of a file name, which need be neither UTF-8
/// nor NUL-terminated. So is `progress`. `*replay` is the caller's; free it with tbs_replay_free.
/// NULL: `progress` may be NULL; `path` when its length is 0, which names no file.
/// Errors: io, malformed_log, count_overflow, too_many, cancelled when `progress` answers other than 0,
/// null_argument, invalid_length. Threads: any; calls back on this thread, with no lock held.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_replay_log<'call>(
    path: Unchecked<c_slice::Ref<'call, u8>>,
    progress: Option<&'call Unchecked<RefDynFnMut1<'call, i32, *const tbs_progress>>>,
    replay: Option<Out<'_, repr_c::Box<tbs_replay>>>,
) -> Failure {
    // SAFETY: the caller's promise above, which is the same there.
    unsafe { tbs_replay_log_with_limit(path, 0, progress, replay) }
}

// ANCHOR: replay
/// As tbs_replay_log, with another limit to the memory of the sums.
///
/// `memory_limit` is in bytes; 0 is 256 MiB. Besides that the call takes at most 36 MiB, whatever the
/// file holds. A log whose sums would take more is refused with too_many before that memory is taken.
///
/// Ownership, NULL, errors and threads are those of tbs_replay_log: it calls back.
#[ffi_export]
#[must_use]
pub unsafe fn tbs_replay_log_with_limit<'call>(
    path: Unchecked<c_slice::Ref<'call, u8>>,
    memory_limit: u64,
    progress: Option<&'call Unchecked<RefDynFnMut1<'call, i32, *const tbs_progress>>>,
    replay: Option<Out<'_, repr_c::Box<tbs_replay>>>,
) -> Failure {
    guard(|| {
        let _uncancelled = Uncancelled::begin();
        let out = required("replay", replay)?;
        // SAFETY: the caller's promise above; the path does not outlive the call.
        let path = unsafe { path.path("path")? };
        let mut progress = match progress {
            // SAFETY: the caller's function, with the argument it is declared for.
            Some(closure) => Some(unsafe { closure.closure() }.ok_or_else(|| null("progress"))?),
            None => None,
        };
        let by_tag = replay_log(path, memory_limit, |at| {
            let at = tbs_progress::from(at);
            match progress.as_mut().map_or(0, |visit| visit.call(&at)) {
                0 => ControlFlow::Continue(()),
                _ => ControlFlow::Break(()),
            }
        })?;
        let histograms = by_tag.into_values().map(Shared::from).collect();
        out.write(Box::new(tbs_replay { histograms }).into());
        Ok(())
    })
}
// ANCHOR_END: replay

/// How many tags there are; 0 for NULL.
///
/// Threads: any. A leaf.
#[ffi_export]
pub fn tbs_replay_len(replay: Option<&tbs_replay>) -> usize {
    replay.map_or(0, |replay| replay.histograms.len())
}

/// Makes a handle to the histogram of one tag, which tbs_histogram_tag tells: all lines without a tag
/// have the empty one. Handles made for one index stand for the same histogram, which outlives the replay.
///
/// Ownership: `*histogram` is the caller's; free it with tbs_histogram_free.
/// Errors: invalid_argument for an index that is not below tbs_replay_len, null_argument. Threads: any.
#[ffi_export]
#[must_use]
pub fn tbs_replay_histogram(
    replay: Option<&tbs_replay>,
    index: usize,
    histogram: Option<Out<'_, repr_c::Box<tbs_histogram>>>,
) -> Failure {
    guard(|| {
        let out = required("histogram", histogram)?;
        let all = &required("replay", replay)?.histograms;
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
#[ffi_export]
pub fn tbs_replay_free(replay: Option<repr_c::Box<tbs_replay>>) {
    guard_free(|| drop(replay));
}
