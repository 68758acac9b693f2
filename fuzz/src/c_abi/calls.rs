//! Calls as C makes them, with what they answer taken apart and let go of.

use std::ffi::{CStr, c_char};
use std::mem::MaybeUninit;
use tollbridge::*;
use tollbridge_core::Error;

/// Which error it is, 0 for none, having looked at all of it and freed it.
pub fn code(error: Option<Box<tb_error>>) -> i32 {
    let code = tb_error_code(error.as_deref());
    let mut details = MaybeUninit::uninit();
    tb_error_info(error.as_deref(), Some(&mut details));
    // SAFETY: tb_error_info fills it whatever the error.
    let details: tb_error_details = unsafe { details.assume_init() };
    assert_eq!(details.code, code);
    if error.is_some() {
        check(&details);
    }
    tb_error_free(error);
    code
}

fn check(details: &tb_error_details) {
    let row = Error::TABLE
        .iter()
        .find(|row| row.code == details.code)
        .expect("a known code");
    // SAFETY: names are NUL-terminated, and live as long as the error.
    let name = |name: *const c_char| unsafe { CStr::from_ptr(name) }.to_str().expect("UTF-8");
    assert_eq!(name(details.name), row.name);
    let message = text(details.message, details.message_length);
    assert_ne!(row.name, "panic", "{message}");
    assert!(!message.is_empty());
    assert_eq!(details.field_count, row.fields.len());
    for (at, wanted) in row.fields.iter().enumerate() {
        // SAFETY: there are `field_count` of them.
        let field = unsafe { &*details.fields.add(at) };
        assert_eq!(name(field.name), wanted.name);
        if field.kind == tb_field_kind::TB_FIELD_TEXT as u32 {
            text(field.text, field.text_length);
        }
    }
}

/// A text that ends in a NUL which is no part of it.
fn text<'a>(data: *const c_char, length: usize) -> &'a str {
    // SAFETY: what the header says of every text that comes out.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length + 1) };
    let (nul, text) = bytes.split_last().expect("at least the NUL");
    assert_eq!(*nul, 0);
    str::from_utf8(text).expect("UTF-8")
}

/// A call that must succeed, and what it wrote.
pub fn must<T>(call: impl FnOnce(&mut MaybeUninit<T>) -> Option<Box<tb_error>>) -> T {
    let mut out = MaybeUninit::uninit();
    assert_eq!(code(call(&mut out)), 0);
    // SAFETY: a call that succeeds writes its results.
    unsafe { out.assume_init() }
}

/// A call that finds something or not.
pub fn found<T>(
    call: impl FnOnce(&mut MaybeUninit<bool>, &mut MaybeUninit<T>) -> Option<Box<tb_error>>,
) -> Option<T> {
    let mut value = MaybeUninit::uninit();
    let found = must(|found| call(found, &mut value));
    // SAFETY: it is written when it is found.
    found.then(|| unsafe { value.assume_init() })
}

/// Copies a text and frees it, twice: the second time does nothing.
pub fn take_text(mut from: tb_text) -> String {
    let copy = text(from.data, from.length).to_owned();
    for _ in 0..2 {
        // SAFETY: it came from a call, and is zero after the first time.
        unsafe { tb_text_free(Some(&mut from)) };
        assert!(from.data.is_null() && from.length == 0);
    }
    copy
}

pub fn len(histogram: &tb_histogram) -> u64 {
    must(|count| tb_histogram_len(Some(histogram), Some(count)))
}

pub fn record(histogram: &tb_histogram, value: u64) -> i32 {
    // SAFETY: the handle is one.
    code(unsafe { tb_histogram_record(histogram, value) })
}

pub fn record_n(histogram: &tb_histogram, value: u64, count: u64) -> i32 {
    // SAFETY: the handle is one.
    code(unsafe { tb_histogram_record_n(histogram, value, count) })
}

pub fn encode(histogram: &tb_histogram) -> Vec<u8> {
    let mut bytes = must(|bytes| tb_histogram_encode(Some(histogram), Some(bytes)));
    // SAFETY: an encoding is never empty.
    let copy = unsafe { std::slice::from_raw_parts(bytes.data, bytes.length) }.to_vec();
    // SAFETY: it came from a call.
    unsafe { tb_bytes_free(Some(&mut bytes)) };
    copy
}

pub fn decode(data: &[u8]) -> Result<Box<tb_histogram>, i32> {
    let mut histogram = MaybeUninit::uninit();
    // SAFETY: the bytes are there.
    match code(unsafe { tb_histogram_decode(data.as_ptr(), data.len(), Some(&mut histogram)) }) {
        // SAFETY: written on success.
        0 => Ok(unsafe { histogram.assume_init() }),
        code => Err(code),
    }
}

/// At most so many buckets of a scan, through a cursor and memory that no bucket is aligned in.
pub fn buckets(
    histogram: &tb_histogram,
    scan: tb_scan,
    capacity: usize,
    most: usize,
) -> Result<Vec<(u64, u64, u64)>, i32> {
    let mut cursor = MaybeUninit::uninit();
    let code = code(tb_histogram_buckets(
        Some(histogram),
        Some(&scan),
        Some(&mut cursor),
    ));
    if code != 0 {
        return Err(code);
    }
    // SAFETY: written on success.
    let cursor: Box<tb_buckets> = unsafe { cursor.assume_init() };
    let mut room = vec![0_u8; capacity * size_of::<tb_bucket>() + 1];
    let into = room[1..].as_mut_ptr().cast::<tb_bucket>();
    let mut all = Vec::new();
    while all.len() < most {
        // SAFETY: there is room for `capacity` of them.
        let count =
            must(|count| unsafe { tb_buckets_next(Some(&cursor), into, capacity, Some(count)) });
        assert!(count <= capacity);
        if count == 0 {
            break;
        }
        // SAFETY: so many were written.
        let bucket = |at| unsafe { into.add(at).read_unaligned() };
        all.extend((0..count).map(bucket).map(|b| (b.value, b.count, b.total)));
    }
    tb_buckets_free(Some(cursor));
    Ok(all)
}
