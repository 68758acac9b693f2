//! Where a log's text comes from, and telling how far it is.

use super::Progress;
use super::utf16::Utf16;
use crate::Error;
use flate2::bufread::GzDecoder;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Cursor, ErrorKind, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Leaves thirty milliseconds for what happens between two looks at the clock.
const PACE: Duration = Duration::from_millis(20);

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// An [`Error::Io`] of what the system said.
pub(super) fn io_error(path: &Path, error: &io::Error) -> Error {
    let reason = match error.kind().to_string() {
        unknown if unknown == "uncategorized error" => error.to_string(),
        known => known, // which does not depend on the system's language
    };
    Error::Io {
        path: escaped(path).into(),
        reason: reason.into(),
        os_code: error
            .raw_os_error()
            .and_then(|code| code.try_into().ok())
            .unwrap_or(0),
    }
}

/// A path as text, with bytes that are none as `\xff`.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text += chunk.valid();
        for byte in chunk.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    text
}

/// Why a log's bytes are no text.
#[derive(Debug)]
struct Refused(Cow<'static, str>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// An error of a read, which becomes [`Error::MalformedLog`] with this reason.
pub(super) fn refused(reason: impl Into<Cow<'static, str>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, Refused(reason.into()))
}

/// Counts, and calls `progress` when it is due.
pub(super) struct Meter<F> {
    path: PathBuf,
    progress: RefCell<F>,
    state: Cell<Progress>,
    reported: Cell<Instant>,
    /// What an [`io::Error`] of [`Source`] stands for.
    failure: RefCell<Option<Error>>,
}

impl<F: FnMut(Progress) -> ControlFlow<()>> Meter<F> {
    pub(super) fn new(path: &Path, progress: F) -> Self {
        Self {
            path: path.to_owned(),
            progress: RefCell::new(progress),
            state: Cell::new(Progress {
                bytes: 0,
                total: 0,
                intervals: 0,
            }),
            reported: Cell::new(Instant::now()),
            failure: RefCell::new(None),
        }
    }

    pub(super) fn count_interval(&self) {
        let mut state = self.state.get();
        state.intervals += 1;
        self.state.set(state);
    }

    /// Calls `progress`.
    pub(super) fn report(&self) -> Result<(), Error> {
        let flow = (self.progress.borrow_mut())(self.state.get());
        self.reported.set(Instant::now());
        match flow {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Cancelled {}),
        }
    }

    /// Calls `progress` if it is time. Looking at the clock takes a hundredth of what a line takes.
    pub(super) fn tick(&self) -> Result<(), Error> {
        if self.reported.get().elapsed() < PACE {
            return Ok(());
        }
        self.report()
    }

    /// An [`io::Error`] that stands for `error`.
    fn keep(&self, error: Error) -> io::Error {
        self.failure.replace(Some(error));
        io::Error::other("")
    }

    /// What failed when a read of [`text`] did.
    pub(super) fn failure(&self, error: &io::Error, line: u64) -> Error {
        self.failure.take().unwrap_or_else(|| {
            let own = error
                .get_ref()
                .and_then(|own| own.downcast_ref::<Refused>());
            let reason = match (own, error.kind()) {
                (Some(Refused(reason)), _) => reason.clone(),
                (_, ErrorKind::UnexpectedEof) => {
                    "the gzip data breaks off: copy the file whole".into()
                }
                _ => "the gzip data is damaged: copy the file again".into(),
            };
            Error::MalformedLog { line, reason }
        })
    }
}

/// The file, read in pieces with `progress` in between.
pub(super) struct Source<'a, F> {
    file: File,
    is_regular: bool,
    meter: &'a Meter<F>,
}

impl<F: FnMut(Progress) -> ControlFlow<()>> Source<'_, F> {
    fn try_read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let meter = self.meter;
        meter.tick()?;
        loop {
            if !self.is_regular && !ready(&self.file) {
                meter.report()?;
                continue;
            }
            match self.file.read(buffer) {
                Ok(length) => {
                    let mut state = meter.state.get();
                    state.bytes += length as u64;
                    meter.state.set(state);
                    return Ok(length);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => meter.report()?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => meter.tick()?,
                Err(error) => return Err(io_error(&meter.path, &error)),
            }
        }
    }
}

impl<F: FnMut(Progress) -> ControlFlow<()>> Read for Source<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.try_read(buffer)
            .map_err(|error| self.meter.keep(error))
    }
}

/// Opens without waiting: a pipe would wait for its writer, and no signal could end that.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    let flags = rustix::fs::OFlags::NONBLOCK.bits() as i32;
    File::options().read(true).custom_flags(flags).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Whether something can be read, or the end is reached. Waits for a while; a signal ends that.
#[cfg(unix)]
fn ready(file: &File) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let timeout = Timespec::try_from(PACE).ok();
    let mut files = [PollFd::new(file, PollFlags::IN)];
    match poll(&mut files, timeout.as_ref()) {
        Ok(count) => count > 0,
        Err(error) => error != rustix::io::Errno::INTR, // the read will say what it is
    }
}

#[cfg(not(unix))]
fn ready(_: &File) -> bool {
    true
}

/// Bytes that were looked at, then the rest.
type Whole<'a, F> = Chain<Cursor<Vec<u8>>, Source<'a, F>>;

/// A log's bytes, whether the file is compressed or not.
enum Plain<'a, F> {
    Stored(Whole<'a, F>),
    Gzip(Box<Gzip<'a, F>>),
}

/// Opens a log: its text, in UTF-8 if it is any.
pub(super) fn text<'a, F: FnMut(Progress) -> ControlFlow<()>>(
    path: &Path,
    meter: &'a Meter<F>,
) -> Result<impl Read + use<'a, F>, Error> {
    Ok(Utf16::new(Plain::open(path, meter)?))
}

/// Gzip data, of one member or more. `MultiGzDecoder` takes zeros behind them for damage.
struct Gzip<'a, F> {
    /// None at the end.
    member: Option<GzDecoder<BufReader<Whole<'a, F>>>>,
    meter: &'a Meter<F>,
}

impl<F: FnMut(Progress) -> ControlFlow<()>> Gzip<'_, F> {
    /// What stands behind a member: another one, zeros (which tapes and disks fill up with), or nothing.
    fn next_member(&mut self) -> Result<(), io::Error> {
        self.meter.tick().map_err(|error| self.meter.keep(error))?;
        let Some(member) = self.member.take() else {
            return Ok(());
        };
        let mut reader = member.into_inner();
        let mut zeros = false;
        loop {
            let found = reader.fill_buf()?;
            match found.first() {
                None => return Ok(()),
                Some(0) => {
                    let length = found.iter().take_while(|byte| **byte == 0).count();
                    zeros = true;
                    reader.consume(length);
                }
                Some(&byte) if byte == GZIP[0] && !zeros => {
                    self.member = Some(GzDecoder::new(reader));
                    return Ok(());
                }
                Some(byte) => {
                    return Err(refused(format!(
                        "behind the gzip data stands something else, which begins with the byte {byte:#04x}: \
                         cut it off"
                    )));
                }
            }
        }
    }
}

impl<F: FnMut(Progress) -> ControlFlow<()>> Read for Gzip<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            match member.read(buffer)? {
                0 if !buffer.is_empty() => self.next_member()?,
                length => return Ok(length),
            }
        }
        Ok(0)
    }
}

impl<'a, F: FnMut(Progress) -> ControlFlow<()>> Plain<'a, F> {
    fn open(path: &Path, meter: &'a Meter<F>) -> Result<Self, Error> {
        let failed = |error: io::Error| io_error(path, &error);
        let file = open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let is_regular = metadata.is_file();
        if is_regular {
            let mut state = meter.state.get();
            state.total = metadata.len();
            meter.state.set(state);
        }
        meter.report()?;
        let mut source = Source {
            file,
            is_regular,
            meter,
        };
        let mut start = vec![0; GZIP.len()];
        let mut read = 0;
        while read < start.len() {
            match source.try_read(&mut start[read..])? {
                0 => break,
                length => read += length,
            }
        }
        start.truncate(read);
        let gzip = start == GZIP;
        let whole = Cursor::new(start).chain(source);
        Ok(if gzip {
            let reader = BufReader::with_capacity(super::CHUNK, whole);
            Self::Gzip(Box::new(Gzip {
                member: Some(GzDecoder::new(reader)),
                meter,
            }))
        } else {
            Self::Stored(whole)
        })
    }
}

impl<F: FnMut(Progress) -> ControlFlow<()>> Read for Plain<'_, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(whole) => whole.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
        }
    }
}
