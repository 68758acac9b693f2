//! The operations on interval logs.

use crate::operations::{histogram, names, put, run_block};
use crate::wire::{Done, Reply, Request, Stop};
use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use tollbridge_core::{Error, LogWriter, Shared, replay_log};

pub fn replay(request: &mut Request, reply: &mut Reply) -> Done {
    let (name, path, mut mode) = (request.word()?, request.bytes()?, request.word()?);
    let mut memory_limit = 0;
    if mode == "memory_limit" {
        (memory_limit, mode) = (request.integer()?, request.word()?);
    }
    let at: u64 = match mode {
        "all" => u64::MAX,
        _ => request.integer()?,
    };
    let block = match mode {
        "do" => request.block()?,
        _ => vec![],
    };
    let (mut calls, mut nested) = (0, None);
    let replayed = replay_log(to_path(&path), memory_limit, |_| {
        calls += 1;
        match mode {
            _ if calls != at => {}
            "do" => nested = Some(run_block(&block)),
            _ => return ControlFlow::Break(()),
        }
        ControlFlow::Continue(())
    });
    // Rust's way to leave a callback with an error is to break, and to know why.
    if mode == "raise" && matches!(replayed, Err(Error::Cancelled {})) {
        reply.word("raised");
        return Ok(());
    }
    let by_tag: Vec<_> = replayed?
        .into_iter()
        .map(|(tag, histogram)| (tag, Shared::from(histogram)))
        .collect();
    let mut tags = Vec::new();
    for (tag, shared) in &by_tag {
        tags.push((tag, shared.len()?));
    }
    reply.word("finished");
    reply.list(&tags, |reply, (tag, count)| {
        reply.text(tag);
        reply.word(count);
    });
    if let Some(nested) = nested {
        reply.word(format_args!(": {nested}"));
    }
    let by_tag = by_tag.into_iter().collect();
    names().replays.insert(name.to_owned(), by_tag);
    Ok(())
}

pub fn replayed(request: &mut Request) -> Done {
    let (name, tag) = (request.word()?, request.text()?);
    let shared = match names().replays.get(name) {
        Some(by_tag) => by_tag.get(&tag).cloned(),
        None => return Err(Stop::Malformed(format!("no replay is called {name}"))),
    };
    let shared =
        shared.ok_or_else(|| Stop::Malformed(format!("no histogram has the tag {tag}")))?;
    put(request.word()?, shared);
    Ok(())
}

pub fn create(request: &mut Request) -> Done {
    let (name, path, start) = (request.word()?, request.bytes()?, request.float()?);
    let writer = Arc::new(LogWriter::create(to_path(&path), start)?);
    names().writers.insert(name.to_owned(), Some(writer));
    Ok(())
}

pub fn write(request: &mut Request) -> Done {
    let name = request.word()?;
    let writer = match names().writers.get(name) {
        Some(Some(writer)) => Arc::clone(writer),
        Some(None) => return Err(Stop::Unsupported("use_after_close")),
        None => return Err(Stop::Malformed(format!("no log is called {name}"))),
    };
    let snapshot = histogram(request)?.snapshot()?;
    Ok(writer.write(&snapshot, request.float()?, request.float()?)?)
}

pub fn close(request: &mut Request) -> Done {
    names().writers.insert(request.word()?.to_owned(), None);
    Ok(())
}

fn to_path(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}
