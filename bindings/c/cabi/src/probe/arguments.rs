//! What only probes take.

use tollbridge_core::Error;

// ANCHOR: boolean
/// A boolean arrives as an integer: C can put anything there.
pub(crate) fn boolean(argument: &'static str, value: u8) -> Result<bool, Error> {
    match value {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Error::InvalidEnum {
            argument: argument.into(),
            value: value.into(),
        }),
    }
}
// ANCHOR_END: boolean
