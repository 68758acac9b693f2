//! Tollbridge for Python through PyO3: the extension module `tollbridge._native`.
//!
//! - `error`: core's errors as Python exceptions
//! - `guard`: the panic guard that every call runs under
//! - `handle`: the closable handle, and how our lock and Python's go together
//! - `arguments`: how memory and text of Python are borrowed or copied
//! - `owned`: what record types and enums that go out share
//! - `callback`: calling a Python function, also while the interpreter ends
//! - `histogram`, `buckets`, `watch`, `log`: the surface
//! - `fastcall`: the shortest way in, for the few functions that are shorter than PyO3's own
//! - `weight`: memory of which Python's collector would not know
//! - `probe`: what only tests and timing need

#[cfg(panic = "abort")]
compile_error!("a panic must unwind to become a PanicError: build with panic = \"unwind\"");

mod arguments;
mod buckets;
mod callback;
mod error;
mod fastcall;
mod guard;
mod handle;
mod histogram;
mod log;
mod owned;
mod probe;
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
    use crate::error::{ErrorDetail, set_errors};
    #[pymodule_export]
    use crate::histogram::{Histogram, Summary, restore};
    #[pymodule_export]
    use crate::log::{LogWriter, Progress, replay_log};
    #[pymodule_export]
    use crate::owned::variant;
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
        probe::add_to(module)?;
        fastcall::add_method::<Histogram, histogram::Record, 1>(module.py())
    }

    #[pymodule_export]
    #[allow(non_upper_case_globals)]
    const __version__: &str = tollbridge_core::VERSION;
}
