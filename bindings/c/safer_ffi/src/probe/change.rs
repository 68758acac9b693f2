//! What only a probe does with memory that the caller has.

use crate::unchecked::{Parts, Unchecked};
use safer_ffi::prelude::*;
use tollbridge_core::Error;

impl<'a, T: ReprC + Copy> Unchecked<c_slice::Mut<'a, T>> {
    /// Lets `f` change the items: where they are, or when they are misaligned a copy that is written
    /// back.
    ///
    /// # Safety
    /// Unless the pointer is NULL, it points to as many valid items as the length says, which nobody else
    /// touches during the call.
    pub(crate) unsafe fn change(
        self,
        argument: &'static str,
        f: impl FnOnce(&mut [T]),
    ) -> Result<(), Error> {
        let room = self.room(argument)?;
        let Parts { data, length } = room.0;
        if length > 0 && data.is_aligned() {
            // SAFETY: the caller's promise, and aligned, within isize::MAX, not NULL.
            f(unsafe { std::slice::from_raw_parts_mut(data, length) });
            return Ok(());
        }
        // SAFETY: so many items are readable; read_unaligned asks for no more.
        let item = |i| unsafe { data.add(i).read_unaligned() };
        let mut copy: Vec<T> = (0..length).map(item).collect();
        f(&mut copy);
        for (index, item) in copy.into_iter().enumerate() {
            // SAFETY: the caller's promise.
            unsafe { data.add(index).write_unaligned(item) };
        }
        Ok(())
    }
}
