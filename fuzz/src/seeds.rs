//! Where each target starts from: what the conformance folder holds anyway.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The inputs that a target starts from.
///
/// # Errors
/// When the conformance folder cannot be read.
pub fn of(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let conformance = Path::new(env!("CARGO_MANIFEST_DIR")).join("../conformance");
    let (data, vectors) = (conformance.join("data"), conformance.join("vectors"));
    match target {
        "decode" => {
            let unhex = |text: Vec<u8>| {
                let pairs = text.trim_ascii().chunks(2);
                let byte = |pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
                pairs.map_while(byte).collect()
            };
            Ok(read(&data, "hex")?.into_iter().map(unhex).collect())
        }
        "replay_log" => Ok([read(&data, "hlog")?, read(&data, "gz")?].concat()),
        "vectors" => read(&vectors, "vec"),
        "record_durations" => Ok(vec![
            "250us 1.5ms\n3s".into(),
            "0.000001ms 2µs\t3μs\r\n 1h 59m 18446744073709551615ns".into(),
        ]),
        _ => Ok(Vec::new()),
    }
}

/// What stands in the files of a folder, in their order.
///
/// # Errors
/// When one cannot be read.
pub fn read(folder: &Path, extension: &str) -> io::Result<Vec<Vec<u8>>> {
    let entries = fs::read_dir(folder)?.map(|entry| Ok(entry?.path()));
    let mut files = entries.collect::<io::Result<Vec<PathBuf>>>()?;
    files.retain(|file| file.extension().unwrap_or_default() == extension);
    files.sort();
    files.iter().map(fs::read).collect()
}
