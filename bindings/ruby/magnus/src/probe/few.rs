//! Arrays of few items, in and out, without an allocation.

use magnus::prelude::*;
use magnus::rb_sys::{FromRawValue, protect};
use magnus::{IntoValue, RArray, Ruby, Value};
use std::ffi::c_long;
use std::mem::MaybeUninit;
use std::ptr;

/// How many items have a place on the stack: a short call then allocates nothing. With more of them, that
/// costs little.
const FEW: usize = 16;

/// What `call` makes of an Array's items, converted. None where there are many, or `plain` does not take one.
#[inline]
pub fn with_few<T: Copy, R>(
    array: RArray,
    plain: impl Fn(Value) -> Option<T>,
    call: impl FnOnce(&[T]) -> R,
) -> Option<R> {
    let mut room = [const { MaybeUninit::uninit() }; FEW];
    // SAFETY: `plain` lets no Ruby run, so the Array stays as it is.
    let items = unsafe { array.as_slice() };
    let room = room.get_mut(..items.len())?;
    for (slot, item) in room.iter_mut().zip(items) {
        slot.write(plain(*item)?);
    }
    // SAFETY: every slot has been written, since there are as many as items.
    Some(call(unsafe { &*(ptr::from_ref(room) as *const [T]) }))
}

/// An Array of what `items` become.
pub fn array<T: IntoValue>(
    ruby: &Ruby,
    mut items: impl ExactSizeIterator<Item = T>,
) -> Result<RArray, magnus::Error> {
    // On the stack, where the collector sees them.
    let mut values = [ruby.qnil().as_value(); FEW];
    let count = items.len();
    if count <= FEW {
        let filled = fill(ruby, &mut values, &mut items);
        return Ok(ruby.ary_new_from_values(&values[..filled]));
    }
    // An Array that is too large is refused by an exception.
    // SAFETY: with the GVL; an Array.
    let array = unsafe {
        let array = protect(|| rb_sys::rb_ary_new_capa(count as c_long))?;
        RArray::from_value(Value::from_raw(array)).unwrap_or_else(|| ruby.ary_new())
    };
    let mut values = [ruby.qnil().as_value(); 8 * FEW];
    loop {
        match fill(ruby, &mut values, &mut items) {
            0 => return Ok(array),
            filled => array.cat(&values[..filled])?,
        }
    }
}

/// Puts what the next items become into `values`: so many.
fn fill<T: IntoValue>(
    ruby: &Ruby,
    values: &mut [Value],
    items: &mut impl Iterator<Item = T>,
) -> usize {
    let mut filled = 0;
    for (slot, item) in values.iter_mut().zip(items) {
        *slot = item.into_value_with(ruby);
        filled += 1;
    }
    filled
}
