//! Classes: of what Rust wraps, and those that the Ruby files declare, which Rust makes objects of or
//! knows apart.

use magnus::prelude::*;
use magnus::value::Opaque;
use magnus::{ExceptionClass, RClass, RHash, RModule, Ruby, TypedData, function};
use std::sync::OnceLock;
use tollbridge_core::Error;

pub struct Classes {
    pub bucket: Opaque<RClass>,
    pub summary: Opaque<RClass>,
    pub progress: Opaque<RClass>,
    pub recorded: Opaque<RClass>,
    pub linear: Opaque<RClass>,
    pub logarithmic: Opaque<RClass>,
    pub quantiles: Opaque<RClass>,
    errors: Vec<(i32, Opaque<ExceptionClass>)>,
}

impl Classes {
    /// The class that `lib/tollbridge/error_classes.rb` declares for `code`.
    pub fn error(&self, ruby: &Ruby, code: i32) -> Option<ExceptionClass> {
        let (_, class) = self.errors.iter().find(|(of, _)| *of == code)?;
        Some(ruby.get_inner(*class))
    }
}

static CLASSES: OnceLock<Classes> = OnceLock::new();

/// What `lib/tollbridge.rb` calls at its end.
fn loaded(ruby: &Ruby) -> Result<(), magnus::Error> {
    let module: RModule = ruby.class_object().const_get("Tollbridge")?;
    let scan: RModule = module.const_get("Scan")?;
    let class = |within: RModule, name: &str| -> Result<Opaque<RClass>, magnus::Error> {
        let class: RClass = within.const_get(name)?;
        ruby.gc_register_mark_object(class);
        Ok(class.into())
    };
    let declared: RHash = module.const_get("ERRORS")?;
    let mut errors = Vec::new();
    for row in Error::TABLE {
        let class: ExceptionClass = declared.fetch(row.code)?;
        ruby.gc_register_mark_object(class);
        errors.push((row.code, class.into()));
    }
    let classes = Classes {
        bucket: class(module, "Bucket")?,
        summary: class(module, "Summary")?,
        progress: class(module, "Progress")?,
        recorded: class(scan, "Recorded")?,
        linear: class(scan, "Linear")?,
        logarithmic: class(scan, "Logarithmic")?,
        quantiles: class(scan, "Quantiles")?,
        errors,
    };
    CLASSES.get_or_init(|| classes);
    Ok(())
}

/// Defines the class of `T`, whose objects Rust alone can make unless it is given an allocator.
///
/// magnus would look it up when it is first needed. It does so under a lock, and Ruby may let another
/// thread run meanwhile, which would wait for that lock with the GVL held: for ever. While the library is
/// being loaded no other thread uses it.
pub fn define_class<T: TypedData>(
    ruby: &Ruby,
    within: RModule,
    name: &str,
) -> Result<RClass, magnus::Error> {
    within.define_class(name, ruby.class_object())?;
    Ok(T::class(ruby)) // which undefines the allocator that every class inherits
}

/// LoadError where the extension was loaded without the Ruby files.
#[inline]
pub fn classes(ruby: &Ruby) -> Result<&'static Classes, magnus::Error> {
    CLASSES.get().ok_or_else(|| {
        magnus::Error::new(
            ruby.exception_load_error(),
            "require \"tollbridge\" instead",
        )
    })
}

pub fn define(_: &Ruby, module: RModule) -> Result<(), magnus::Error> {
    module.define_singleton_method("loaded", function!(loaded, 0))
}
