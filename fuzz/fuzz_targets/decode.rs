#![no_main]
#![allow(missing_docs)] // the macro's items

libfuzzer_sys::fuzz_target!(|data: &[u8]| tollbridge_fuzz::decode::run(data));
