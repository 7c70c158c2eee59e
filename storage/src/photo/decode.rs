//! Decodes each picture once before it is stored, to make sure that it can be shown. The result is dropped.
//!
//! Must not: change a byte of the picture.
//!
//! Invariant: a picture whose header declares too large a size is refused before anything is decoded.

use std::io::Cursor;

use image::{ImageFormat, ImageReader, Limits};

use super::{PhotoFault, PhotoKind};

/// The most pixels of a photo; more than telephones produce by default.
pub const MAX_PHOTO_PIXELS: u64 = 25_000_000;
/// The most pixels along one side.
const MAX_SIDE: u32 = 16_384;
/// The most memory for decoding one picture, in bytes.
const MAX_MEMORY: u64 = 192 << 20;

/// Decodes a picture and drops the result.
///
/// # Errors
/// `TooManyPixels`, `NotAPhoto`.
pub(super) fn check(kind: PhotoKind, bytes: &[u8]) -> Result<(), PhotoFault> {
    let format = match kind {
        PhotoKind::Jpeg => ImageFormat::Jpeg,
        PhotoKind::Png => ImageFormat::Png,
        PhotoKind::Webp => ImageFormat::WebP,
    };
    let reader = || ImageReader::with_format(Cursor::new(bytes), format);
    let size = reader().into_dimensions();
    let (width, height) = size.map_err(|_| PhotoFault::NotAPhoto)?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PHOTO_PIXELS || width.max(height) > MAX_SIDE {
        return Err(PhotoFault::TooManyPixels);
    }
    let mut bounded = reader();
    bounded.limits(limits());
    match bounded.decode() {
        Ok(_) => Ok(()),
        Err(image::ImageError::Limits(_)) => Err(PhotoFault::TooManyPixels),
        Err(_) => Err(PhotoFault::NotAPhoto),
    }
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_MEMORY);
    limits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may unwrap")]
    use super::*;
    use crate::photo::strip::strip;
    use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, RgbImage};

    fn written(format: ImageFormat, picture: &DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(vec![]);
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn picture() -> DynamicImage {
        let shade = |x: u32, y: u32| image::Rgb([(x * 7) as u8, (y * 5) as u8, (x ^ y) as u8]);
        RgbImage::from_fn(40, 30, shade).into()
    }

    /// Strips and checks a picture, as [`Photos::store`](crate::photo::Photos::store) does.
    fn judge(bytes: &[u8]) -> Result<PhotoKind, String> {
        let (kind, stripped) = strip(bytes).ok_or("no container")?;
        check(kind, &stripped).map_err(|fault| fault.to_string())?;
        Ok(kind)
    }

    const FORMATS: [(ImageFormat, PhotoKind); 3] = [
        (ImageFormat::Jpeg, PhotoKind::Jpeg),
        (ImageFormat::Png, PhotoKind::Png),
        (ImageFormat::WebP, PhotoKind::Webp),
    ];

    #[test]
    fn a_picture_of_each_format_is_one() {
        for (format, kind) in FORMATS {
            assert_eq!(judge(&written(format, &picture())), Ok(kind));
        }
    }

    #[test]
    fn the_right_beginning_makes_no_picture() {
        for (format, kind) in FORMATS {
            let whole = written(format, &picture());
            for kept in [0, 12, 64, whole.len() / 2, whole.len() - 1] {
                let judged = judge(&whole[..kept]);
                assert!(
                    judged.is_err(),
                    "{kind:?} of {kept} bytes of {}",
                    whole.len()
                );
            }
        }
        let not = "is not a JPEG, PNG or WebP picture";
        let mut sound_parts = b"\x89PNG\r\n\x1a\n".to_vec();
        for (part, content) in [(b"IHDR", &[0; 13][..]), (b"IDAT", b"soup"), (b"IEND", b"")] {
            let length = u32::try_from(content.len()).unwrap().to_be_bytes();
            sound_parts.extend([&length[..], part, content, b"crc."].concat());
        }
        assert_eq!(judge(&sound_parts), Err(not.into()));
        let frame = [0xff, 0xd8, 0xff, 0xc0, 0, 7, b'f', b'r', b'a', b'm', b'e'];
        let scan = [0xff, 0xda, 0, 6, b's', b'c', b'a', b'n', 1, 2, 0xff, 0xd9];
        assert_eq!(judge(&[&frame[..], &scan].concat()), Err(not.into()));
    }

    /// A small PNG file of one shade that decodes to a huge picture.
    fn bomb(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = vec![];
        let shade = vec![7; width as usize * height as usize];
        image::codecs::png::PngEncoder::new(&mut bytes)
            .write_image(&shade, width, height, ExtendedColorType::L8)
            .unwrap();
        bytes
    }

    #[test]
    fn a_picture_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() {
        let many = "may have at most 25 million pixels";
        for (width, height) in [(5_001, 5_000), (16_385, 1), (1, 16_385)] {
            assert_eq!(judge(&bomb(width, height)), Err(many.into()));
        }
        // The size in the header counts, even if the picture data are missing.
        let mut lies = bomb(10, 10);
        lies[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
        assert!(judge(&lies).is_err());
        assert_eq!(judge(&bomb(5_000, 5_000)), Ok(PhotoKind::Png));
    }

    #[test]
    fn one_shade_of_grey_is_a_picture_too() {
        let grey = DynamicImage::from(GrayImage::from_pixel(1, 1, image::Luma([9])));
        assert_eq!(judge(&written(ImageFormat::Png, &grey)), Ok(PhotoKind::Png));
    }
}
