//! Pictures in all formats, upright and not, and folders of photos to put them in.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use campusg_domain::id::UserId;
use campusg_storage::photo::{PhotoOptions, Photos};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat, RgbImage};

pub const FORMATS: [ImageFormat; 3] = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP];

pub fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

pub fn photos_in(dir: &Path) -> Photos {
    let options = PhotoOptions {
        reserve_bytes: 0,
        now_ms: Arc::new(|| 1_767_312_000_000),
        is_used: Arc::new(|_| false),
    };
    Photos::open(dir, options).unwrap()
}

/// A picture of which no two corners are alike.
pub fn scene(width: u32, height: u32) -> DynamicImage {
    let shade = |x: u32, y: u32| {
        let (right, low) = (x * 255 / width, y * 255 / height);
        let corner = if x < width / 3 && y < height / 3 {
            90
        } else {
            0
        };
        image::Rgb([
            u8::try_from(right).unwrap(),
            u8::try_from(low).unwrap(),
            corner,
        ])
    };
    RgbImage::from_fn(width, height, shade).into()
}

pub fn packed(format: ImageFormat, picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    if format == ImageFormat::Jpeg {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, 98);
        picture.write_with_encoder(encoder).unwrap();
    } else {
        picture.write_to(&mut bytes, format).unwrap();
    }
    bytes.into_inner()
}

pub fn unpacked(bytes: &[u8]) -> DynamicImage {
    image::load_from_memory(bytes).unwrap()
}

/// EXIF data that say nothing but the orientation, in either order of bytes.
pub fn exif(orientation: u8, big_endian: bool) -> Vec<u8> {
    let two = |n: u16| {
        if big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let four = |n: u32| {
        if big_endian {
            n.to_be_bytes()
        } else {
            n.to_le_bytes()
        }
    };
    let mark: &[u8] = if big_endian { b"MM" } else { b"II" };
    let value = [two(orientation.into()), two(0)].concat();
    [
        mark,
        &two(42),
        &four(8),
        &two(1),
        &two(0x0112),
        &two(3),
        &four(1),
        &value,
        &four(0),
    ]
    .concat()
}

/// The same file with EXIF data, where each format has them.
pub fn with_exif(format: ImageFormat, bytes: &[u8], exif: &[u8]) -> Vec<u8> {
    match format {
        ImageFormat::Jpeg => {
            let content = [b"Exif\0\0", exif].concat();
            let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
            let segment = [&[0xff, 0xe1][..], &length, &content].concat();
            [&bytes[..2], &segment, &bytes[2..]].concat()
        }
        ImageFormat::Png => png_with(bytes, b"eXIf", exif),
        _ => extended_webp(bytes, 0x08, &[(b"EXIF", exif)]),
    }
}

/// A PNG with one more chunk behind its header.
pub fn png_with(bytes: &[u8], kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    const HEADER_END: usize = 33;
    let chunk = png_chunk(kind, content);
    [&bytes[..HEADER_END], &chunk, &bytes[HEADER_END..]].concat()
}

pub fn png_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let sum = crc32(&[kind, content].concat()).to_be_bytes();
    [&length[..], kind, content, &sum].concat()
}

/// The checksum behind a zlib stream.
pub fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    b << 16 | a
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

/// A WebP of one picture as one that has more chunks.
pub fn extended_webp(bytes: &[u8], flags: u8, chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let picture = unpacked(bytes);
    let side = |length: u32| (length - 1).to_le_bytes()[..3].to_vec();
    let head = [
        vec![flags, 0, 0, 0],
        side(picture.width()),
        side(picture.height()),
    ];
    let mut body = webp_chunk(b"VP8X", &head.concat());
    body.extend_from_slice(&bytes[12..]);
    for (kind, content) in chunks {
        body.extend(webp_chunk(kind, content));
    }
    riff(&body)
}

pub fn webp_chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let mut chunk = [&kind[..], &length, content].concat();
    chunk.resize(chunk.len().next_multiple_of(2), 0);
    chunk
}

pub fn riff(body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 4).unwrap().to_le_bytes();
    [b"RIFF", &size[..], b"WEBP", body].concat()
}

/// A JPEG of any size in one shade of grey, made without its pixels: each unit of a scan is the same 14 bits.
pub fn grey_jpeg(width: u16, height: u16) -> Vec<u8> {
    let small = RgbImage::from_pixel(8, 8, image::Rgb([128; 3]));
    let mut bytes = packed(ImageFormat::Jpeg, &small.into());
    let frame = bytes.windows(2).position(|at| at == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    let scan = bytes.windows(2).position(|at| at == [0xff, 0xda]).unwrap();
    let length = u16::from_be_bytes([bytes[scan + 2], bytes[scan + 3]]);
    bytes.truncate(scan + 2 + usize::from(length));
    let units = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    // 00 1010 for a grey that does not change, 00 00 for each of two colours that do not.
    let four = 0b00_1010_0000_0000_u64;
    let four = four << 42 | four << 28 | four << 14 | four;
    bytes.extend(four.to_be_bytes()[1..].repeat(units.div_ceil(4)));
    bytes.extend([0xff, 0xd9]);
    bytes
}

/// How far two pictures differ in a sample, on average; the whole range if their sizes do.
pub fn distance(one: &DynamicImage, other: &DynamicImage) -> f64 {
    let (one, other) = (one.to_rgb8(), other.to_rgb8());
    if one.dimensions() != other.dimensions() {
        return 255.0;
    }
    let apart = one.iter().zip(other.iter());
    let sum: u64 = apart.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.len() as f64
}
