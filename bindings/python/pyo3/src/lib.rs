//! Tollbridge for Python through PyO3: the extension module `tollbridge._native`.
//!
//! - `errors`: core's errors as Python exceptions, and the panic guard that every call runs under
//! - `gil`: the closable handle, and how our lock and Python's go together
//! - `buffer`: how memory and text of Python are borrowed or copied
//! - `fastcall`: the shortest way in, for the few functions that are shorter than PyO3's own
//! - `callback`: calling a Python function, also while the interpreter ends
//! - `weight`: memory of which Python's collector would not know
//! - `histogram`, `buckets`, `watch`, `log`, `probe`, `fault`: the surface

#[cfg(panic = "abort")]
compile_error!("a panic must unwind to become a PanicError: build with panic = \"unwind\"");

mod buckets;
mod buffer;
mod callback;
mod errors;
mod fastcall;
mod fault;
mod gil;
mod histogram;
mod log;
mod probe;
mod record;
mod watch;
mod weight;

/// What `tollbridge` re-exports. Import that instead.
// Not run on a free-threaded interpreter yet, so it asks for the GIL there.
#[pyo3::pymodule(gil_used = true)]
mod _native {
    use crate::{fastcall, histogram, probe};
    use pyo3::exceptions::PyImportError;
    use pyo3::ffi;
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::buckets::{Bucket, Buckets, Scan};
    #[pymodule_export]
    use crate::errors::{ErrorDetail, set_errors};
    #[pymodule_export]
    use crate::fault::{PanicsWhenDropped, panic, panic_while_locked};
    #[pymodule_export]
    use crate::histogram::{Histogram, Summary, restore};
    #[pymodule_export]
    use crate::log::{LogWriter, Progress, replay_log};
    #[pymodule_export]
    use crate::probe::{
        Point, Shape, bytes_sum, call_back, call_back_from_new_thread, echo, f64_ends, f64_sum,
        fail, half, make_bytes, make_f64, make_f64_array, make_map, make_point, make_points,
        make_shape, make_str, map_sum, point_in, points_ends, points_sum, record_from_new_thread,
        scale_in_place, shape_in, str_chars,
    };
    #[pymodule_export]
    use crate::record::variant;
    #[pymodule_export]
    use crate::watch::Watch;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // SAFETY: CPython imports us, so this thread has an interpreter.
        let is_main = unsafe { ffi::PyInterpreterState_Get() == ffi::PyInterpreterState_Main() };
        if !is_main {
            // Classes and exceptions are kept once a process, and PyGILState knows one interpreter.
            return Err(PyImportError::new_err(
                "tollbridge does not run in a subinterpreter",
            ));
        }
        fastcall::add_function::<probe::Nop, 0>(module)?;
        fastcall::add_function::<probe::Add, 2>(module)?;
        fastcall::add_function::<probe::StrLen, 1>(module)?;
        fastcall::add_function::<probe::BytesEnds, 1>(module)?;
        fastcall::add_method::<Histogram, histogram::Record, 1>(module.py())
    }

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = tollbridge_core::VERSION;
}
