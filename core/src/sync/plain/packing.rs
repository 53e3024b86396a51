//! Bodies compressed with zstd, by its plain functions: those behind `zstd::bulk` bring dictionaries,
//! parameters and streams into what a page downloads.

use zstd::zstd_safe::{CCtx, DCtx, compress_bound, get_frame_content_size};

const LEVEL: i32 = 3;

/// The compressed form, which says the length of the body. `None` where zstd fails.
pub(super) fn packed(body: &[u8]) -> Option<Vec<u8>> {
    let mut packed = Vec::with_capacity(compress_bound(body.len()));
    CCtx::try_create()?.compress(&mut packed, body, LEVEL).ok()?;
    Some(packed)
}

/// The body of `length` bytes. `None` where it has another length or the form is malformed; no more
/// memory is taken than the form itself claims.
pub(super) fn unpacked(packed: &[u8], length: usize) -> Option<Vec<u8>> {
    let claimed = get_frame_content_size(packed).ok()??;
    if claimed != length as u64 {
        return None;
    }
    let mut body = Vec::with_capacity(length);
    DCtx::try_create()?.decompress(&mut body, packed).ok()?;
    (body.len() == length).then_some(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Vec<u8> {
        (0..40_000_u32)
            .flat_map(|number| format!("{} ", number * number % 997).into_bytes())
            .collect()
    }

    #[test]
    fn the_form_is_that_of_the_library() {
        for length in [0, 1, 384, 5_000, 20_000, 140_000] {
            let body = &body()[..length];
            let packed = packed(body).unwrap();
            assert_eq!(packed, zstd::bulk::compress(body, LEVEL).unwrap());
            assert_eq!(unpacked(&packed, length).unwrap(), body);
        }
    }

    #[test]
    fn another_length_is_refused() {
        let packed = packed(&body()).unwrap();
        let length = body().len();
        assert_eq!(unpacked(&packed, length - 1), None);
        assert_eq!(unpacked(&packed, length + 1), None);
        assert_eq!(unpacked(&packed[..packed.len() - 1], length), None);
    }
}
