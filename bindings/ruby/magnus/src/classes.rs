//! The classes that the Ruby files declare, which Rust makes objects of or knows apart.

use magnus::prelude::*;
use magnus::value::Opaque;
use magnus::{RClass, RHash, RModule, Ruby, function};
use std::sync::OnceLock;

pub struct Classes {
    pub bucket: Opaque<RClass>,
    pub summary: Opaque<RClass>,
    pub progress: Opaque<RClass>,
    pub recorded: Opaque<RClass>,
    pub linear: Opaque<RClass>,
    pub logarithmic: Opaque<RClass>,
    pub quantiles: Opaque<RClass>,
    /// Exception classes by code.
    pub errors: Opaque<RHash>,
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
    let errors: RHash = module.const_get("ERRORS")?;
    ruby.gc_register_mark_object(errors);
    let classes = Classes {
        bucket: class(module, "Bucket")?,
        summary: class(module, "Summary")?,
        progress: class(module, "Progress")?,
        recorded: class(scan, "Recorded")?,
        linear: class(scan, "Linear")?,
        logarithmic: class(scan, "Logarithmic")?,
        quantiles: class(scan, "Quantiles")?,
        errors: errors.into(),
    };
    CLASSES.get_or_init(|| classes);
    Ok(())
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
