//! The text of log pieces as it is stored: sealed pieces compressed, open ones as they are.

use std::fmt;

use runlog_core::codec::RECORD_BYTES_MAX;
use runlog_core::log::{Lines, decode_lines, encode_lines};
use zstd::zstd_safe::{self, CCtx, DCtx};

use crate::error::{Failure, Outcome};

/// Level of zstd: its default, at which recording is faster than a row a line in plain SQLite, and
/// logs of builds and servers take about a tenth of their text (`recorder` and `log-size` of
/// `make bench`; `tune` prints other levels).
const LEVEL: i32 = 3;
/// Largest piece before compression: a piece is cut far below, but may end with one event as large
/// as a record. Nothing larger is allocated, whatever a damaged piece claims.
const PIECE_BYTES_MAX: usize = 2 * RECORD_BYTES_MAX;

/// Compresses and decompresses pieces, and keeps what that needs. It calls zstd's plain functions: those
/// behind `zstd::bulk` bring dictionaries, parameters and streams into what a page downloads.
#[derive(Default)]
pub(crate) struct PieceCodec {
    compressor: Option<CCtx<'static>>,
    decompressor: Option<DCtx<'static>>,
    raw: Vec<u8>,
    stored: Vec<u8>,
}

impl fmt::Debug for PieceCodec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PieceCodec").finish_non_exhaustive()
    }
}

impl PieceCodec {
    /// The stored form of lines.
    pub(crate) fn encode(&mut self, lines: &Lines, sealed: bool) -> Outcome<&[u8]> {
        self.raw.clear();
        encode_lines(lines, &mut self.raw);
        if !sealed {
            return Ok(&self.raw);
        }
        self.stored.clear();
        self.stored.reserve(zstd_safe::compress_bound(self.raw.len()));
        let compressor = self.compressor.get_or_insert_with(CCtx::create);
        compressor.compress(&mut self.stored, &self.raw, LEVEL).map_err(failed)?;
        Ok(&self.stored)
    }

    /// Reads a stored form.
    ///
    /// # Errors
    /// A text that says what is wrong with it.
    pub(crate) fn decode(&mut self, stored: &[u8], sealed: bool) -> Result<Lines, String> {
        if !sealed {
            return decode_lines(stored).map_err(|error| error.to_string());
        }
        let size = zstd_safe::get_frame_content_size(stored);
        let size = size.ok().flatten().ok_or("its compressed form is malformed")?;
        if size > PIECE_BYTES_MAX as u64 {
            return Err(format!("it claims {size} bytes, at most {PIECE_BYTES_MAX} are read"));
        }
        self.raw.clear();
        self.raw.reserve(size as usize);
        let decompressor = self.decompressor.get_or_insert_with(DCtx::create);
        let read = decompressor.decompress(&mut self.raw, stored);
        read.map_err(|code| zstd_safe::get_error_name(code).to_owned())?;
        decode_lines(&self.raw).map_err(|error| error.to_string())
    }
}

fn failed(code: usize) -> Failure {
    let reason = zstd_safe::get_error_name(code);
    Failure::corrupt(format!("compressing a log piece failed: {reason}"))
}

#[cfg(test)]
mod tests {
    use runlog_core::log::{LineRef, Stream};
    use runlog_core::time::Timestamp;

    use super::*;

    fn lines() -> Lines {
        let mut lines = Lines::new();
        for number in 0..1_000 {
            lines.push(LineRef {
                time: Timestamp::from_millis(1_700_000_000_000 + number),
                stream: Stream::Stdout,
                level: None,
                continued: false,
                bytes: format!("compiling unit {number}").as_bytes(),
            });
        }
        lines
    }

    #[test]
    fn both_forms_read_back() {
        let mut codec = PieceCodec::default();
        for sealed in [false, true] {
            let stored = codec.encode(&lines(), sealed).unwrap().to_vec();
            assert_eq!(codec.decode(&stored, sealed), Ok(lines()));
        }
    }

    /// T15: what a frame claims is looked at before memory is taken for it.
    #[test]
    fn a_forged_size_is_refused() {
        // Magic, a header that says "single segment, 8 bytes of content size", the size, a block.
        let mut forged = vec![0x28, 0xb5, 0x2f, 0xfd, 0b1110_0000];
        forged.extend((1u64 << 40).to_le_bytes());
        forged.extend([1, 0, 0]);
        let error = PieceCodec::default().decode(&forged, true).unwrap_err();
        assert!(error.contains("1099511627776"), "{error}");
    }

    #[test]
    fn damage_is_an_error_at_every_byte() {
        let mut codec = PieceCodec::default();
        let stored = codec.encode(&lines(), true).unwrap().to_vec();
        for cut in (0..stored.len()).step_by(97) {
            assert!(codec.decode(&stored[..cut], true).is_err());
        }
        for at in 0..stored.len().min(200) {
            let mut damaged = stored.clone();
            damaged[at] ^= 0x55;
            let _ = codec.decode(&damaged, true);
        }
        assert!(codec.decode(b"no frame at all", true).is_err());
    }
}
