//! The baseline's runner: Rust calls the core. It speaks the protocol of conformance/README.md.

mod hazards;
mod logs;
mod loops;
mod operations;
mod watchers;
mod wire;

use std::fs::File;
use std::io::{self, BufRead, Write};
use std::os::fd::AsFd;

fn main() -> io::Result<()> {
    // Whatever is printed goes to stderr; replies have stdout's descriptor to themselves.
    let mut replies = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    rustix::stdio::dup2_stdout(io::stderr())?;
    for line in io::stdin().lock().lines() {
        let tokens: Vec<String> = line?.split(' ').map(String::from).collect();
        replies.write_all(format!("{}\n", operations::reply(&tokens)).as_bytes())?;
    }
    Ok(())
}
