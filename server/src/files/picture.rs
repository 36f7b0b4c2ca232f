//! The size of a picture, from the beginning of its file: no picture is ever decoded here.
//!
//! PNG (W3C PNG, 11.2), JPEG (ITU-T T.81, B.2; Exif 2.3, 4.6.4), GIF (89a, 18) and WebP (RFC 9649, 2). Anything else, what
//! is malformed, what moves and what a browser could not hold is a file and no picture.

/// How many bytes are looked at: what cameras put before a JPEG's size fits.
pub(super) const BEGINNING: u64 = 256 * 1024;
/// The most pixels: a reader's browser holds four bytes for each, whatever the file weighs.
const MOST_PIXELS: u64 = 64 << 20;

/// How large a picture is shown, in pixels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Picture {
    /// From side to side.
    pub width: i32,
    /// From top to bottom.
    pub height: i32,
}

/// The size of a picture of a media type, by its beginning.
pub(super) fn of(media_type: &str, bytes: &[u8]) -> Option<Picture> {
    let (width, height) = match media_type {
        "image/png" => png(bytes)?,
        "image/jpeg" => jpeg(bytes)?,
        "image/gif" => gif(bytes)?,
        "image/webp" => webp(bytes)?,
        _ => return None,
    };
    let pixels = u64::from(width) * u64::from(height);
    if !(1..=MOST_PIXELS).contains(&pixels) {
        return None;
    }
    Some(Picture { width: i32::try_from(width).ok()?, height: i32::try_from(height).ok()? })
}

/// Whether a file of this media type may be a picture.
pub(super) fn may_be(media_type: &str) -> bool {
    matches!(media_type, "image/png" | "image/jpeg" | "image/gif" | "image/webp")
}

fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    if bytes.get(12..16)? != b"IHDR" {
        return None;
    }
    let mut at = 8_usize;
    // What moves says so before its first pixel.
    loop {
        let length = big(bytes, at)?;
        match bytes.get(at + 4..at + 8)? {
            b"acTL" => return None,
            b"IDAT" => break,
            _ => at = at.checked_add(usize::try_from(length).ok()?)?.checked_add(12)?,
        }
    }
    Some((big(bytes, 16)?, big(bytes, 20)?))
}

/// One that is repeated says so in an extension of its own; it could not be stopped (RGAA, 13.8).
fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    let repeats = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    if repeats(b"NETSCAPE2.0") || repeats(b"ANIMEXTS1.0") {
        return None;
    }
    Some((u32::from(little_short(bytes, 6)?), u32::from(little_short(bytes, 8)?)))
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    const ANIMATED: u8 = 2;
    match bytes.get(12..16)? {
        b"VP8X" if bytes.get(20)? & ANIMATED != 0 => None,
        b"VP8X" => Some((little_three(bytes, 24)? + 1, little_three(bytes, 27)? + 1)),
        b"VP8L" if *bytes.get(20)? == 0x2f => {
            let bits = u32::from_le_bytes(bytes.get(21..25)?.try_into().ok()?);
            Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
        }
        b"VP8 " if bytes.get(23..26)? == [0x9d, 0x01, 0x2a] => {
            let side = |at| Some(u32::from(little_short(bytes, at)? & 0x3fff));
            Some((side(26)?, side(28)?))
        }
        _ => None,
    }
}

fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let (mut at, mut lies) = (2_usize, false);
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // Fill bytes, and markers that stand alone.
            0xff => at += 1,
            0x01 | 0xd0..=0xd7 => at += 2,
            // The picture begins, or ends, before its size was told.
            0xd8..=0xda => return None,
            _ => {
                let length = usize::from(big_short(bytes, at + 2)?);
                let segment = bytes.get(at + 4..at + 2 + length.max(2))?;
                match marker {
                    0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                        let (height, width) = (u32::from(big_short(segment, 1)?), u32::from(big_short(segment, 3)?));
                        return Some(if lies { (height, width) } else { (width, height) });
                    }
                    0xe1 => lies |= lies_on_its_side(segment).unwrap_or(false),
                    _ => {}
                }
                at += 2 + length.max(2);
            }
        }
    }
}

/// Whether a camera was turned by a quarter, as it notes in the first directory of Exif: browsers turn the picture back.
fn lies_on_its_side(segment: &[u8]) -> Option<bool> {
    const ORIENTATION: u16 = 0x0112;
    const SHORT: u16 = 3;
    let tiff = segment.strip_prefix(b"Exif\0\0")?;
    let is_big = match tiff.get(..2)? {
        b"MM" => true,
        b"II" => false,
        _ => return None,
    };
    let short = |at| if is_big { big_short(tiff, at) } else { little_short(tiff, at) };
    let long = if is_big { big(tiff, 4)? } else { u32::from_le_bytes(tiff.get(4..8)?.try_into().ok()?) };
    let directory = usize::try_from(long).ok()?;
    let entries = (0..usize::from(short(directory)?)).map(|entry| directory + 2 + 12 * entry);
    for entry in entries {
        if short(entry)? == ORIENTATION && short(entry + 2)? == SHORT {
            return Some((5..=8).contains(&short(entry + 8)?));
        }
    }
    Some(false)
}

fn big(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn big_short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn little_short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn little_three(bytes: &[u8], at: usize) -> Option<u32> {
    let three = bytes.get(at..at.checked_add(3)?)?;
    Some(u32::from_le_bytes([three[0], three[1], three[2], 0]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Picture, of};

    fn size(media_type: &str, bytes: &[u8]) -> Option<(i32, i32)> {
        of(media_type, bytes).map(|Picture { width, height }| (width, height))
    }

    fn chunk(name: [u8; 4], data: &[u8]) -> Vec<u8> {
        [&u32::try_from(data.len()).unwrap().to_be_bytes(), name.as_slice(), data, &[0; 4]].concat()
    }

    fn png(width: u32, height: u32, then: &[Vec<u8>]) -> Vec<u8> {
        let header = [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
        [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(*b"IHDR", &header), &then.concat()].concat()
    }

    fn jpeg(orientation: Option<(&[u8; 2], u16)>) -> Vec<u8> {
        let exif = orientation.map_or_else(Vec::new, |(order, turned)| {
            let short = |number: u16| if order == b"MM" { number.to_be_bytes() } else { number.to_le_bytes() };
            let long = |number: u32| if order == b"MM" { number.to_be_bytes() } else { number.to_le_bytes() };
            let entry = [&short(0x0112), &short(3), long(1).as_slice(), &short(turned), &[0, 0]].concat();
            let tiff = [order.as_slice(), &short(42), &long(8), &short(1), &entry, &long(0)].concat();
            let segment = [b"Exif\0\0".as_slice(), &tiff].concat();
            let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
            [&[0xff, 0xe1], length.as_slice(), &segment].concat()
        });
        let size = [0xff, 0xff, 0xc2, 0, 11, 8, 0, 30, 0, 40, 1, 1, 0x11, 0];
        [[0xff, 0xd8].as_slice(), &exif, &size].concat()
    }

    #[test]
    fn the_size_of_each_format_is_read_and_a_turned_camera_heeded() {
        let data = || chunk(*b"IDAT", &[]);
        assert_eq!(size("image/png", &png(40, 30, &[chunk(*b"tEXt", b"x"), data()])), Some((40, 30)));
        assert_eq!(size("image/jpeg", &jpeg(None)), Some((40, 30)));
        for (turned, expected) in [(1, (40, 30)), (3, (40, 30)), (6, (30, 40)), (8, (30, 40)), (9, (40, 30))] {
            for order in [b"MM", b"II"] {
                assert_eq!(size("image/jpeg", &jpeg(Some((order, turned)))), Some(expected), "{turned}");
            }
        }
        assert_eq!(size("image/gif", b"GIF89a\x28\0\x1e\0"), Some((40, 30)));
        let webp = |kind: &[u8], data: &[u8]| [b"RIFF\0\0\0\0WEBP", kind, &[0; 4], data].concat();
        assert_eq!(size("image/webp", &webp(b"VP8X", &[0, 0, 0, 0, 39, 0, 0, 29, 0, 0])), Some((40, 30)));
        assert_eq!(size("image/webp", &webp(b"VP8 ", &[0, 0, 0, 0x9d, 1, 0x2a, 40, 0, 30, 0])), Some((40, 30)));
        let bits = (39_u32 + (29 << 14)).to_le_bytes();
        assert_eq!(size("image/webp", &webp(b"VP8L", &[[0x2f].as_slice(), &bits].concat())), Some((40, 30)));
    }

    #[test]
    fn what_moves_what_lies_and_what_nobody_could_hold_is_no_picture() {
        let data = || chunk(*b"IDAT", &[]);
        assert_eq!(size("image/png", &png(40, 30, &[chunk(*b"acTL", &[0; 8]), data()])), None);
        assert_eq!(size("image/gif", b"GIF89a\x28\0\x1e\0\0\0\0!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"), None);
        assert_eq!(size("image/webp", b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\x02\0\0\0\x27\0\0\x1d\0\0"), None);
        for (width, height) in [(0, 30), (40, 0), (u32::MAX, u32::MAX), (u32::MAX, 1), (8193, 8193)] {
            assert_eq!(size("image/png", &png(width, height, &[data()])), None, "{width} by {height}");
        }
        assert!(size("image/png", &png(8192, 8192, &[data()])).is_some());
        assert_eq!(size("image/svg+xml", &png(40, 30, &[data()])), None);
        assert_eq!(size("image/jpeg", &[0xff, 0xd8, 0xff, 0xda, 0, 4, 0, 0]), None);
    }

    #[test]
    fn a_file_that_was_cut_is_no_picture() {
        for whole in [png(40, 30, &[chunk(*b"IDAT", &[])]), jpeg(Some((b"MM", 6)))] {
            for end in 0..whole.len() - 12 {
                for media_type in ["image/png", "image/jpeg"] {
                    assert_eq!(size(media_type, &whole[..end]), None, "{media_type} of {end} bytes");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(
            kind in prop::sample::select(vec!["image/png", "image/jpeg", "image/gif", "image/webp"]),
            whole in prop::sample::select(vec![png(40, 30, &[chunk(*b"IDAT", &[])]), jpeg(Some((b"II", 6)))]),
            noise in prop::collection::vec((0_usize..100, any::<u8>()), 0..8),
            bytes in prop::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut bent = whole;
            for (at, byte) in noise {
                if let Some(place) = bent.get_mut(at) {
                    *place = byte;
                }
            }
            for bytes in [bent, bytes] {
                if let Some(Picture { width, height }) = of(kind, &bytes) {
                    prop_assert!(width > 0 && height > 0);
                }
            }
        }
    }
}
