//! Text in UTF-16, which says so with a byte order mark: .NET's writer makes such logs.

use super::source::refused;
use std::io::{self, Read};

/// Bytes of UTF-16 that are converted at a time.
const CHUNK: usize = 16 << 10;

/// Reads UTF-16 as UTF-8, and everything else as it is.
pub(super) struct Utf16<R> {
    inner: R,
    form: Form,
    /// Bytes that were read and are part of a character, or perhaps of a mark.
    pending: Vec<u8>,
    /// What is ready, and how much of it was handed out.
    ready: Vec<u8>,
    taken: usize,
    /// What comes after `ready`.
    failed: Option<io::Error>,
}

#[derive(Clone, Copy)]
enum Form {
    Unknown,
    Other,
    Units(fn([u8; 2]) -> u16),
}

impl<R: Read> Utf16<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            form: Form::Unknown,
            pending: Vec::new(),
            ready: Vec::new(),
            taken: 0,
            failed: None,
        }
    }

    /// Looks at the first two bytes.
    fn begin(&mut self) -> io::Result<()> {
        let mut byte = [0];
        while self.pending.len() < 2 && self.inner.read(&mut byte)? > 0 {
            self.pending.extend(byte);
        }
        self.form = match self.pending[..] {
            [0xff, 0xfe] => Form::Units(u16::from_le_bytes),
            [0xfe, 0xff] => Form::Units(u16::from_be_bytes),
            _ => Form::Other,
        };
        match self.form {
            Form::Units(_) => self.pending.clear(),
            _ => self.ready.append(&mut self.pending),
        }
        Ok(())
    }

    /// Converts some bytes; false at the end.
    fn convert(&mut self, unit: fn([u8; 2]) -> u16) -> io::Result<bool> {
        let kept = self.pending.len();
        self.pending.resize(kept + CHUNK, 0);
        let read = self.inner.read(&mut self.pending[kept..]);
        self.pending
            .truncate(kept + read.as_ref().map_or(0, |length| *length));
        if read? == 0 {
            if kept > 0 {
                return Err(refused(
                    "the UTF-16 text ends within a character: copy the file whole",
                ));
            }
            return Ok(false);
        }
        let (pairs, _) = self.pending.as_chunks::<2>();
        let mut units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        if units
            .last()
            .is_some_and(|last| (0xd800..0xdc00).contains(last))
        {
            units.pop(); // its other half is still to come
        }
        self.pending.drain(..2 * units.len());
        let mut utf8 = [0; 4];
        for found in char::decode_utf16(units) {
            match found {
                Ok(c) => self.ready.extend(c.encode_utf8(&mut utf8).bytes()),
                Err(lone) => {
                    let surrogate = lone.unpaired_surrogate();
                    self.failed = Some(refused(format!(
                        "the UTF-16 text has a lone surrogate {surrogate:#06x}: convert the file to UTF-8"
                    )));
                    break;
                }
            }
        }
        Ok(true)
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.form, Form::Unknown) {
            self.begin()?;
        }
        loop {
            let ready = &self.ready[self.taken..];
            if !ready.is_empty() || buffer.is_empty() {
                let length = ready.len().min(buffer.len());
                buffer[..length].copy_from_slice(&ready[..length]);
                self.taken += length;
                return Ok(length);
            }
            self.ready.clear();
            self.taken = 0;
            match self.form {
                Form::Units(unit) => {
                    if let Some(error) = self.failed.take() {
                        return Err(error);
                    }
                    if !self.convert(unit)? {
                        return Ok(0);
                    }
                }
                _ => return self.inner.read(buffer),
            }
        }
    }
}
