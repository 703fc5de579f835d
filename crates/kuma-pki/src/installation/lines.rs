//! Reads a stream line by line, into memory that is bounded and wiped.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::documents::ManifestError;

/// The longest object that is read, in bytes. etcd stores at most 1.5 MiB, and indentation adds to that.
pub(super) const MAX_OBJECT: usize = 4 << 20;

/// The longest input, in bytes.
pub(super) const MAX_INPUT: u64 = 512 << 20;

const CHUNK: usize = 64 << 10;

/// Memory that is wiped, also when it grows.
#[derive(Default)]
pub(super) struct Buffer(pub(super) Zeroizing<Vec<u8>>);

impl Buffer {
    pub(super) fn push(&mut self, octets: &[u8], line: u64) -> Result<(), ManifestError> {
        let length = self.0.len() + octets.len();
        if length > MAX_OBJECT {
            return Err(ManifestError::ObjectTooLong { line });
        }
        if length > self.0.capacity() {
            let mut larger =
                Zeroizing::new(Vec::with_capacity(length.next_power_of_two().max(CHUNK)));
            larger.extend_from_slice(&self.0);
            self.0 = larger;
        }
        self.0.extend_from_slice(octets);
        Ok(())
    }
}

/// Reads line by line into memory that is wiped.
pub(super) struct Lines<R> {
    source: R,
    buffer: Zeroizing<Vec<u8>>,
    start: usize,
    end: usize,
    /// The number of the last line, counted from 1.
    pub(super) line: u64,
    total: u64,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        let buffer = Zeroizing::new(vec![0; CHUNK]);
        Self { source, buffer, start: 0, end: 0, line: 0, total: 0 }
    }

    /// Reads more behind what is unread; returns whether there was more.
    fn fill(&mut self) -> Result<bool, ManifestError> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.buffer.len() {
            if self.end > MAX_OBJECT {
                return Err(ManifestError::ObjectTooLong { line: self.line + 1 });
            }
            let mut larger = Zeroizing::new(vec![0; self.buffer.len() * 2]);
            larger[..self.end].copy_from_slice(&self.buffer[..self.end]);
            self.buffer = larger;
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(0) => return Ok(false),
                Ok(read) => {
                    self.end += read;
                    self.total += read as u64;
                    if self.total > MAX_INPUT {
                        return Err(ManifestError::TooLong);
                    }
                    return Ok(true);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Returns the first octet that is no blank and no byte order mark, without taking it.
    pub(super) fn first_octet(&mut self) -> Result<Option<u8>, ManifestError> {
        while self.end < 3 && self.fill()? {}
        if self.buffer[..self.end].starts_with(b"\xef\xbb\xbf") {
            self.start = 3;
        }
        let mut looked = self.start;
        loop {
            let blank =
                self.buffer[looked..self.end].iter().take_while(|o| o.is_ascii_whitespace());
            looked += blank.count();
            if looked < self.end {
                return Ok(Some(self.buffer[looked]));
            }
            let unread = self.start;
            if !self.fill()? {
                return Ok(None);
            }
            looked -= unread;
        }
    }

    /// Returns the next line, with its line break.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, ManifestError> {
        let mut looked = self.start;
        loop {
            let found = self.buffer[looked..self.end].iter().position(|octet| *octet == b'\n');
            let until = match found {
                Some(place) => looked + place + 1,
                None => {
                    let unread = self.end - self.start;
                    if self.fill()? {
                        looked = unread;
                        continue;
                    }
                    self.end
                }
            };
            if until == self.start {
                return Ok(None);
            }
            let line = self.start..until;
            self.start = until;
            self.line += 1;
            return Ok(Some(&self.buffer[line]));
        }
    }
}
