//! `seeds TARGET DIR` writes the inputs that a target starts from into a folder.

use std::io;
use std::path::PathBuf;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(target), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: seeds TARGET DIR"));
    };
    std::fs::create_dir_all(&folder)?;
    for (number, seed) in tollbridge_fuzz::seeds::of(&target)?.iter().enumerate() {
        std::fs::write(PathBuf::from(&folder).join(format!("seed-{number}")), seed)?;
    }
    Ok(())
}
