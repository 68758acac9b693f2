//! The data of bench/shapes.toml that both benches use.

/// Histogram `1 to 3600000000, 3 digits`: lowest, highest, significant digits.
pub const HOUR: (u64, u64, u8) = (1, 3_600_000_000, 3);

/// Values of the shapes from `len` on: 1000 … 1999.
pub fn thousand() -> Vec<u64> {
    (1000..2000).collect()
}
