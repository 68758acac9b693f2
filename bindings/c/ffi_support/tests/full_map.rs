//! The map of handles when it is full, in a process of its own: no other test could make a handle.

use tollbridge_ffi_support::*;

const TOO_MANY_HANDLES: i32 = tbf_code::TBF_ERR_TOO_MANY_HANDLES as i32;

#[test]
fn a_full_map_refuses_one_more_and_goes_on() {
    let config = tbf_config {
        lowest: 1,
        highest: 1000,
        significant_digits: 1,
    };
    let mut error = tbf_error::default();
    // SAFETY: the error is there for every call.
    unsafe {
        let first = tbf_histogram_new(Some(&config), &mut error);
        let clones: Vec<_> = (1..32_765)
            .map(|_| tbf_histogram_clone(first, &mut error))
            .collect();
        assert!(clones.iter().all(|clone| *clone != 0));
        assert_eq!(tbf_histogram_clone(first, &mut error), 0);
        assert_eq!(error.base.get_code().code(), TOO_MANY_HANDLES);
        tbf_error_free(Some(&mut error));

        tbf_histogram_record(clones[0], 5, &mut error);
        assert_eq!(tbf_histogram_len(first, &mut error), 1);
        tbf_histogram_free(clones[0], &mut error);
        assert_ne!(tbf_histogram_clone(first, &mut error), 0);
        assert!(error.base.get_code().is_success());
    }
}
