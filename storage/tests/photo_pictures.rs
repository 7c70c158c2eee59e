//! Pictures as they are stored: upright, not too large, and known by their pixels.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod photo_common;

use std::fs;

use campusg_domain::id::PhotoId;
use campusg_storage::photo::{
    MAX_PHOTO_BYTES, MAX_PHOTO_PIXELS, Photo, PhotoFault, PhotoKind, Photos,
};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageFormat};
use photo_common::{
    FORMATS, adler32, distance, exif, extended_webp, grey_jpeg, packed, photos_in, png_chunk,
    png_with, riff, scene, unpacked, user, webp_chunk, with_exif,
};
use tempfile::TempDir;

fn stored(photos: &Photos, bytes: &[u8]) -> Photo {
    let id = photos.store(user(1), bytes).unwrap();
    photos.load(id).unwrap().unwrap()
}

fn refused(photos: &Photos, bytes: &[u8]) -> String {
    let fault = photos.store(user(1), bytes).unwrap_err();
    assert!(fault.is_the_callers(), "{fault:?}");
    fault.to_string()
}

#[test]
fn d6_a_picture_is_turned_before_its_orientation_is_lost() {
    for format in FORMATS {
        let dir = TempDir::new().unwrap();
        let photos = photos_in(dir.path());
        let picture = scene(50, 34);
        for orientation in 1..=8 {
            let mut upright = picture.clone();
            upright.apply_orientation(Orientation::from_exif(orientation).unwrap());
            let packed = packed(format, &picture);
            let exif = exif(orientation, orientation % 2 == 0);
            let photo = stored(&photos, &with_exif(format, &packed, &exif));
            let seen = unpacked(&photo.bytes);
            let far = distance(&seen, &upright);
            assert!(far < 4.0, "{format:?} {orientation}: {far}");
            if format != ImageFormat::Jpeg {
                assert_eq!(
                    seen.to_rgb8(),
                    upright.to_rgb8(),
                    "{format:?} {orientation}"
                );
            }
            assert!(
                !photo
                    .bytes
                    .windows(4)
                    .any(|at| at == b"Exif" || at == b"eXIf")
            );
            let as_it_came = photo.bytes == packed || format != ImageFormat::Jpeg;
            assert!(orientation > 1 || as_it_came, "{format:?}");
        }
    }
}

#[test]
fn d6_pixels_of_all_kinds_are_turned() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let plain = scene(31, 17);
    for picture in [
        DynamicImage::from(plain.to_luma8()),
        plain.to_luma_alpha8().into(),
        plain.to_rgba8().into(),
        plain.to_luma16().into(),
        plain.to_luma_alpha16().into(),
        plain.to_rgb16().into(),
        plain.to_rgba16().into(),
    ] {
        let packed = packed(ImageFormat::Png, &picture);
        let photo = stored(
            &photos,
            &with_exif(ImageFormat::Png, &packed, &exif(6, true)),
        );
        assert_eq!(
            unpacked(&photo.bytes).to_rgb8(),
            picture.rotate90().to_rgb8()
        );
    }
}

#[test]
fn d7_a_telephones_biggest_picture_is_made_smaller() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let biggest = grey_jpeg(8_000, 6_000);
    assert!(biggest.len() < MAX_PHOTO_BYTES);
    let photo = stored(&photos, &biggest);
    assert_eq!(
        unpacked(&photo.bytes).to_rgb8().dimensions(),
        (4_000, 3_000)
    );
    let on_its_side = with_exif(ImageFormat::Jpeg, &biggest, &exif(6, false));
    let photo = stored(&photos, &on_its_side);
    let upright = unpacked(&photo.bytes).to_rgb8();
    assert_eq!(upright.dimensions(), (3_000, 4_000));
    assert!(
        upright
            .pixels()
            .all(|pixel| pixel.0.iter().all(|of| of.abs_diff(128) < 3))
    );
}

#[test]
fn d7_a_larger_picture_is_averaged_and_not_cut() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let large = DynamicImage::from(scene(5_200, 5_200).to_luma8());
    let photo = stored(&photos, &packed(ImageFormat::Png, &large));
    let small = unpacked(&photo.bytes);
    let expected = scene(2_600, 2_600).to_luma8();
    assert!(distance(&small, &expected.into()) < 2.0);
}

#[test]
fn d7_what_takes_too_much_memory_is_refused_by_name() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let memory = "takes more than 192 MiB of memory to unpack: send it smaller";
    let long = "may have at most 16384 pixels along a side";
    assert_eq!(refused(&photos, &grey_jpeg(16_000, 8_000)), memory);
    assert_eq!(refused(&photos, &grey_jpeg(16_385, 8)), long);

    // What is decoded scan by scan is kept as coefficients: a frame that says so, and a first scan of one component.
    let mut progressive = grey_jpeg(7_000, 6_000);
    let frame = progressive
        .windows(2)
        .position(|at| at == [0xff, 0xc0])
        .unwrap();
    progressive[frame + 1] = 0xc2;
    assert_eq!(refused(&photos, &progressive), memory);
    let mut apart = grey_jpeg(7_000, 6_000);
    let scan = apart.windows(2).position(|at| at == [0xff, 0xda]).unwrap();
    apart.splice(scan + 2..scan + 14, [0, 8, 1, 1, 0, 0, 63, 0]);
    assert_eq!(refused(&photos, &apart), memory);

    let small = packed(ImageFormat::Png, &scene(10, 10));
    let claims = |width: u32, height: u32| {
        let mut claims = small.clone();
        claims[16..20].copy_from_slice(&width.to_be_bytes());
        claims[20..24].copy_from_slice(&height.to_be_bytes());
        refused(&photos, &claims)
    };
    assert_eq!(claims(16_000, 16_000), memory);
    assert_eq!(claims(u32::MAX >> 1, u32::MAX >> 1), long);

    // The frame of a WebP may be larger than what its container says.
    let size = |width: u32, height: u32| ((width - 1) | ((height - 1) << 14)).to_le_bytes();
    let frame = [&[0x2f][..], &size(16_000, 16_000), &[0; 8]].concat();
    let head = [&[0; 4][..], &[9, 0, 0, 9, 0, 0]].concat();
    let inside = [webp_chunk(b"VP8X", &head), webp_chunk(b"VP8L", &frame)].concat();
    assert_eq!(refused(&photos, &riff(&inside)), memory);
    assert_eq!(
        refused(&photos, &riff(&webp_chunk(b"VP8L", &frame))),
        memory
    );
    // Tables of lossless data may take hundreds of times their size.
    let tables = [&[0x2f][..], &size(2_000, 2_000), &vec![0x55; 1 << 20]].concat();
    assert_eq!(
        refused(&photos, &riff(&webp_chunk(b"VP8L", &tables))),
        memory
    );
}

#[test]
fn d7_what_fits_is_taken_by_many_at_once() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    std::thread::scope(|scope| {
        for n in 1..9 {
            let photos = &photos;
            let side = 2_000 + u16::from(n);
            scope.spawn(move || photos.store(user(n), &grey_jpeg(side, side)).unwrap());
        }
    });
}

/// Lossy data of a small WebP, for which there is no packer here.
#[rustfmt::skip]
const LOSSY: &[u8] = &[
    0x10, 0x04, 0x00, 0x9d, 0x01, 0x2a, 0x18, 0x00, 0x10, 0x00, 0x3e, 0xed, 0x68, 0xad, 0x4d, 0xa9,
    0xa6, 0xa4, 0xa2, 0x30, 0x08, 0x01, 0x30, 0x1d, 0x89, 0x6c, 0x00, 0x9d, 0x32, 0x84, 0x70, 0x37,
    0xa4, 0x80, 0x61, 0x05, 0xca, 0xdc, 0xcc, 0x55, 0x30, 0x00, 0xfe, 0xec, 0x3d, 0xb3, 0x01, 0xca,
    0xb7, 0x3b, 0x3e, 0x1f, 0x87, 0x92, 0x9d, 0xc5, 0x85, 0x93, 0x71, 0x71, 0x88, 0x79, 0x58, 0xca,
    0x80, 0x5b, 0xfd, 0x90, 0x5b, 0x94, 0xbb, 0xc0, 0x0f, 0xbe, 0x1c, 0x25, 0x1e, 0x3a, 0x75, 0x00,
    0x00, 0x00,
];
const SECRET: &[u8] = b"SECRET-ADDRESS-12-NORTH";

fn says(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|at| at == secret)
}

/// A PNG of this picture with `behind` in the decompressed data behind its last row, and `after` behind the compressed data.
fn png_that_hides(picture: &DynamicImage, behind: &[u8], after: &[u8]) -> Vec<u8> {
    let rows = picture.to_rgb8();
    let rows = rows.chunks_exact(3 * picture.width() as usize);
    let mut data: Vec<u8> = rows.flat_map(|row| [&[0], row].concat()).collect();
    data.extend_from_slice(behind);
    // Blocks that are not compressed, so that a text in them can be read.
    let mut stream = vec![0x78, 0x01];
    let mut blocks = data.chunks(0x8000).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap();
        stream.push(u8::from(blocks.peek().is_none()));
        stream.extend([length.to_le_bytes(), (!length).to_le_bytes()].concat());
        stream.extend_from_slice(block);
    }
    stream.extend(adler32(&data).to_be_bytes());
    stream.extend_from_slice(after);
    let sides = [picture.width(), picture.height()].map(u32::to_be_bytes);
    let head = [&sides.concat()[..], &[8, 2, 0, 0, 0]].concat();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &png_chunk(b"IHDR", &head),
        &png_chunk(b"IDAT", &stream),
        &png_chunk(b"IEND", b""),
    ]
    .concat()
}

#[test]
fn f35_a_png_hides_nothing_behind_its_pixels() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let picture = scene(90, 60);
    let hidden = [(&b""[..], &b""[..]), (SECRET, b""), (b"", SECRET)];
    let mut ids = vec![];
    for (behind, after) in hidden {
        let bytes = png_that_hides(&picture, behind, after);
        assert_eq!(
            says(&bytes, SECRET),
            !(behind.is_empty() && after.is_empty())
        );
        // Each time by somebody else, so that it is stored each time.
        let id = photos
            .store(user(u8::try_from(ids.len()).unwrap()), &bytes)
            .unwrap();
        let photo = photos.load(id).unwrap().unwrap();
        assert!(!says(&photo.bytes, SECRET));
        assert_eq!(unpacked(&photo.bytes).to_rgb8(), picture.to_rgb8());
        ids.push(photo.bytes);
    }
    assert!(ids.iter().all(|bytes| *bytes == ids[0]));
    let palette = png_with(&packed(ImageFormat::Png, &picture), b"PLTE", &SECRET[..21]);
    assert!(!says(&stored(&photos, &palette).bytes, &SECRET[..21]));
}

#[test]
fn f35_nothing_is_stored_beneath_what_is_transparent() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let mut picture = scene(50, 40).to_rgba8();
    let mut seen = scene(50, 40).to_rgb8();
    for (x, y, pixel) in picture.enumerate_pixels_mut().filter(|(x, ..)| *x < 30) {
        pixel.0[3] = 0;
        seen.put_pixel(x, y, image::Rgb([255; 3]));
    }
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let photo = stored(&photos, &packed(format, &picture.clone().into()));
        let kept = unpacked(&photo.bytes);
        assert!(!kept.color().has_alpha());
        assert_eq!(kept.to_rgb8(), seen, "{format:?}");
    }
}

#[test]
fn f35_a_jpeg_has_no_second_picture() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let plain = packed(ImageFormat::Jpeg, &scene(90, 60));
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        [&[0xff, marker], &length[..], content].concat()
    };
    let thumbnail = [b"JFIF\0\x01\x02\0\0\x01\0\x01\x02\x04", SECRET, b"!"].concat();
    let behind = |more: &[u8]| [&plain[..2], more, &plain[2..]].concat();
    let table = [&[3][..], &SECRET.repeat(3)[..64]].concat();
    for dressed in [
        [&plain[..2], &segment(0xe0, &thumbnail), &plain[20..]].concat(),
        behind(&segment(0xe0, &[b"JFXX\0", SECRET].concat())),
        behind(&segment(0xdb, &table)),
        behind(&segment(0xcc, SECRET)),
        [&plain[..], SECRET].concat(),
    ] {
        assert!(says(&dressed, SECRET));
        assert_eq!(stored(&photos, &dressed).bytes, plain);
    }
}

/// The transparency of a picture, unpacked as it is in an `ALPH` chunk.
fn transparent_webp(lossy: &[u8], (width, height): (u32, u32), alpha: &[u8]) -> Vec<u8> {
    let side = |length: u32| (length - 1).to_le_bytes()[..3].to_vec();
    let head = [vec![0x10, 0, 0, 0], side(width), side(height)].concat();
    let alpha = [&[0][..], alpha].concat();
    let chunks = [
        webp_chunk(b"VP8X", &head),
        webp_chunk(b"ALPH", &alpha),
        webp_chunk(b"VP8 ", lossy),
    ];
    riff(&chunks.concat())
}

#[test]
fn f35_a_lossy_webp_is_one_chunk() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let plain = riff(&webp_chunk(b"VP8 ", LOSSY));
    assert_eq!(stored(&photos, &plain).bytes, plain);
    let sides = unpacked(&plain).to_rgb8().dimensions();
    let dressed = extended_webp(&plain, 0, &[(b"VP8 ", SECRET), (b"ABCD", SECRET)]);
    assert_eq!(stored(&photos, &dressed).bytes, plain);

    let opaque = vec![255; (sides.0 * sides.1) as usize];
    let hides = transparent_webp(LOSSY, sides, &[&opaque[..], SECRET].concat());
    let id = photos.store(user(2), &hides).unwrap();
    let kept = photos.load(id).unwrap().unwrap();
    assert!(!says(&kept.bytes, SECRET));
    assert_eq!(
        id.picture(),
        photos.store(user(1), &plain).unwrap().picture()
    );
    assert_eq!(unpacked(&kept.bytes).to_rgb8(), unpacked(&plain).to_rgb8());
}

#[test]
fn v9_what_is_stored_is_the_same_photo_when_it_is_sent_again() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let picture = scene(60, 41);
    let lossy = riff(&webp_chunk(b"VP8 ", LOSSY));
    let mut all = packed_anew(&picture);
    all.extend([
        lossy,
        packed(ImageFormat::Jpeg, &picture),
        packed(ImageFormat::Png, &picture.to_luma_alpha16().into()),
        packed(ImageFormat::Png, &picture.to_rgba16().into()),
        packed(ImageFormat::WebP, &picture.to_rgba8().into()),
    ]);
    for (n, bytes) in all.iter().enumerate() {
        let id = photos.store(user(1), bytes).unwrap();
        let kept = photos.load(id).unwrap().unwrap();
        assert_eq!(photos.store(user(1), &kept.bytes).unwrap(), id, "{n}");
    }
}

#[test]
fn what_does_not_fit_without_loss_is_stored_with_some() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let mut noise = 1_u32;
    let mut next = || {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (noise >> 24) as u8
    };
    let colours: Vec<u8> = (0..3 * 256).map(|_| next()).collect();
    let places: Vec<u8> = (0..2_000 * 1_500).map(|_| next()).collect();
    let mut bytes = vec![];
    let mut encoder = png::Encoder::new(&mut bytes, 2_000, 1_500);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(colours);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&places).unwrap();
    writer.finish().unwrap();
    assert!(bytes.len() < MAX_PHOTO_BYTES);
    let photo = stored(&photos, &bytes);
    assert!(photo.bytes.len() <= MAX_PHOTO_BYTES);
    assert_eq!(photo.kind, PhotoKind::Jpeg);
}

#[test]
fn only_the_first_frame_of_an_animation_is_kept() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let [first, second] = [scene(40, 30), scene(40, 30).fliph()];
    let frame = |picture: &DynamicImage| {
        let bytes = packed(ImageFormat::WebP, picture);
        let as_it_is = 0x02;
        let head = [&[0; 6][..], &[39, 0, 0, 29, 0, 0], &[0, 0, 0, as_it_is]].concat();
        [&head[..], &bytes[12..]].concat()
    };
    let head = [&[0x02, 0, 0, 0][..], &[39, 0, 0, 29, 0, 0]].concat();
    let moving = riff(
        &[
            webp_chunk(b"VP8X", &head),
            webp_chunk(b"ANIM", &[0; 6]),
            webp_chunk(b"ANMF", &frame(&first)),
            webp_chunk(b"ANMF", &frame(&second)),
        ]
        .concat(),
    );
    let id = photos.store(user(1), &moving).unwrap();
    let photo = photos.load(id).unwrap().unwrap();
    assert!(!photo.bytes.windows(4).any(|at| at == b"ANMF"));
    assert_eq!(unpacked(&photo.bytes).to_rgb8(), first.to_rgb8());
    let still = packed(ImageFormat::Png, &first);
    assert_eq!(photos.store(user(1), &still).unwrap(), id);
}

/// Packs the same pixels in ways that differ in every byte behind the header.
fn packed_anew(picture: &DynamicImage) -> Vec<Vec<u8>> {
    let png = |compression, filter, picture: &DynamicImage| {
        let mut bytes = vec![];
        let encoder = PngEncoder::new_with_quality(&mut bytes, compression, filter);
        picture.write_with_encoder(encoder).unwrap();
        bytes
    };
    let first = png(CompressionType::Fast, FilterType::NoFilter, picture);
    let pixels = [0, 0, 0x0b, 0x13, 0, 0, 0x0b, 0x13, 1];
    let turned = packed(ImageFormat::Png, &picture.rotate270());
    let webp = packed(ImageFormat::WebP, picture);
    vec![
        png_with(&first, b"pHYs", &pixels),
        png_with(&first, b"gAMA", &[0, 0, 0xb1, 0x8f]),
        png_with(&first, b"tEXt", b"Comment\0another one"),
        png(CompressionType::Best, FilterType::Paeth, picture),
        png(
            CompressionType::Fast,
            FilterType::Up,
            &picture.to_rgba8().into(),
        ),
        png(
            CompressionType::Fast,
            FilterType::Sub,
            &picture.to_rgb16().into(),
        ),
        with_exif(ImageFormat::Png, &turned, &exif(6, true)),
        extended_webp(&webp, 0x04, &[(b"XMP ", b"<x/>")]),
        webp,
        first,
    ]
}

#[test]
fn v9_a_picture_that_is_packed_anew_is_the_same_photo() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let all = packed_anew(&scene(60, 41));
    let ids: Vec<PhotoId> = all
        .iter()
        .map(|bytes| photos.store(user(1), bytes).unwrap())
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    let theirs = photos.store(user(2), &all[3]).unwrap();
    assert_ne!(theirs, ids[0]);
    assert_eq!(theirs.picture(), ids[0].picture());

    let mut other = scene(60, 41).to_rgb8();
    other.get_pixel_mut(59, 40).0[0] ^= 1;
    let other = photos
        .store(user(1), &packed(ImageFormat::Png, &other.into()))
        .unwrap();
    assert_ne!(other.picture(), ids[0].picture());
}

#[test]
fn v9_a_jpeg_in_another_container_is_the_same_photo() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let jpeg = packed(ImageFormat::Jpeg, &scene(60, 41));
    let first = photos.store(user(1), &jpeg).unwrap();
    let as_png = packed(ImageFormat::Png, &unpacked(&jpeg));
    assert_eq!(photos.store(user(1), &as_png).unwrap(), first);
    // A byte of a segment that is kept but says nothing of the pixels.
    let density = jpeg.windows(5).position(|at| at == b"JFIF\0").unwrap() + 8;
    let mut other = jpeg.clone();
    other[density] ^= 1;
    assert_eq!(photos.store(user(1), &other).unwrap(), first);
    assert_eq!(
        photos.load(first).unwrap().unwrap().bytes,
        jpeg,
        "what came first stays"
    );
}

/// A picture with something to see in it.
fn receipt(seed: u32) -> DynamicImage {
    let mut noise = seed.wrapping_mul(2_654_435_761) | 1;
    let mut cells = [[0_u8; 12]; 12];
    for cell in cells.iter_mut().flatten() {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        *cell = noise.to_le_bytes()[1];
    }
    let shade = |x: u32, y: u32| image::Luma([cells[(y / 40) as usize][(x / 50) as usize]]);
    GrayImage::from_fn(600, 480, shade).into()
}

#[test]
fn v9_near_copies_are_told_and_others_are_not() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let picture = receipt(1);
    let first = photos
        .store(user(1), &packed(ImageFormat::Png, &picture))
        .unwrap();
    let mut lossy = vec![];
    let encoder = JpegEncoder::new_with_quality(&mut lossy, 60);
    picture.to_rgb8().write_with_encoder(encoder).unwrap();
    let smaller = picture.thumbnail(300, 240);
    let brighter = picture.brighten(12);
    let copies = [
        lossy,
        packed(ImageFormat::Png, &smaller),
        packed(ImageFormat::WebP, &brighter),
    ];
    let copies = copies.map(|bytes| photos.store(user(2), &bytes).unwrap());
    for n in 2..12 {
        photos
            .store(user(3), &packed(ImageFormat::Png, &receipt(n)))
            .unwrap();
    }
    let found = |photos: &Photos| {
        let mut found = photos.like(first);
        found.sort_unstable();
        found
    };
    let mut expected = copies;
    expected.sort_unstable();
    assert_eq!(found(&photos), expected);

    assert_eq!(found(&photos_in(dir.path())), expected, "after a restart");
}

#[test]
fn v11_a_list_of_looks_that_is_not_whole_is_made_anew() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let first = packed(ImageFormat::Png, &receipt(1));
    let first = photos.store(user(1), &first).unwrap();
    // One that tells nothing, and near copies behind it.
    let blank = packed(ImageFormat::Png, &GrayImage::new(400, 300).into());
    photos.store(user(1), &blank).unwrap();
    let copies = [9, 12].map(|by| packed(ImageFormat::Png, &receipt(1).brighten(by)));
    let mut copies = copies.map(|copy| photos.store(user(2), &copy).unwrap());
    copies.sort_unstable();
    let list = dir.path().join("looks");
    let whole = fs::read(&list).unwrap();
    let entry = whole.len() / 4;
    let flipped = |at: usize| {
        let mut other = whole.clone();
        other[at] ^= 1;
        other
    };
    let mut not_whole = vec![vec![], [&whole[..], &[7; 9]].concat(), vec![0; whole.len()]];
    not_whole.extend((1..4).map(|n| whole[..n * entry].to_vec()));
    not_whole.extend([1, entry + 3].map(|cut| whole[..cut].to_vec()));
    not_whole.extend((0..whole.len()).map(flipped));
    for (n, other) in not_whole.into_iter().map(Some).chain([None]).enumerate() {
        match other {
            Some(other) => fs::write(&list, other).unwrap(),
            None => fs::remove_file(&list).unwrap(),
        }
        let photos = photos_in(dir.path());
        let mut found = photos.like(first);
        found.sort_unstable();
        assert_eq!(found, copies, "{n}");
        let anew = fs::read(&list).unwrap();
        drop(photos);
        photos_in(dir.path());
        assert_eq!(fs::read(&list).unwrap(), anew, "it is whole now, {n}");
    }
}

#[test]
fn v9_a_sweep_takes_the_looks_of_what_it_deletes() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let first = photos
        .store(user(1), &packed(ImageFormat::Png, &receipt(1)))
        .unwrap();
    let copy = packed(ImageFormat::Png, &receipt(1).brighten(9));
    let copy = photos.store(user(2), &copy).unwrap();
    assert_eq!(photos.like(first), [copy]);
    assert_eq!(
        photos.sweep(0..u64::MAX, |photo| photo == first).unwrap(),
        1
    );
    assert!(photos.like(first).is_empty());
    assert!(photos_in(dir.path()).like(first).is_empty());
}

#[test]
fn v9_pictures_with_nothing_to_see_are_not_alike() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let blank = |shade| DynamicImage::from(GrayImage::from_pixel(400, 300, image::Luma([shade])));
    let [white, grey] = [255, 90].map(|shade| packed(ImageFormat::Png, &blank(shade)));
    let white = photos.store(user(1), &white).unwrap();
    photos.store(user(2), &grey).unwrap();
    assert!(photos.like(white).is_empty());
}

#[test]
fn the_right_beginning_makes_no_picture() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let not = "is not a JPEG, PNG or WebP picture";
    for format in FORMATS {
        let whole = packed(format, &scene(40, 30));
        for kept in [0, 12, 64, whole.len() / 2, whole.len() - 1] {
            assert_eq!(
                refused(&photos, &whole[..kept]),
                not,
                "{format:?} of {kept} bytes"
            );
        }
    }
    let mut sound_parts = b"\x89PNG\r\n\x1a\n".to_vec();
    for (part, content) in [(b"IHDR", &[0; 13][..]), (b"IDAT", b"soup"), (b"IEND", b"")] {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        sound_parts.extend([&length[..], part, content, b"crc."].concat());
    }
    assert_eq!(refused(&photos, &sound_parts), not);
    let frame = [0xff, 0xd8, 0xff, 0xc0, 0, 7, b'f', b'r', b'a', b'm', b'e'];
    let scan = [0xff, 0xda, 0, 6, b's', b'c', b'a', b'n', 1, 2, 0xff, 0xd9];
    assert_eq!(refused(&photos, &[&frame[..], &scan].concat()), not);
}

#[test]
fn a_photo_that_is_damaged_is_stored_anew_when_it_is_sent_again() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let bytes = packed(ImageFormat::Jpeg, &scene(40, 30));
    let id = photos.store(user(1), &bytes).unwrap();
    let name = id.to_string();
    let path = dir.path().join(&name[..2]).join(&name);
    let whole = fs::read(&path).unwrap();
    for at in [0, 4, 9, 25, 40, 70, whole.len() - 1] {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, damaged).unwrap();
        let fault = photos.load(id).unwrap_err();
        assert!(
            matches!(fault, PhotoFault::Damaged { .. }),
            "byte {at}: {fault:?}"
        );
        assert_eq!(photos.store(user(1), &bytes).unwrap(), id);
        assert_eq!(photos.load(id).unwrap().unwrap().bytes, bytes);
    }
    fs::write(&path, &whole[..50]).unwrap();
    assert!(photos.load(id).is_err());
}

#[test]
fn what_is_drawn_anew_fits_however_busy_it_is() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let mut noise = 1_u32;
    let busy = GrayImage::from_fn(2_300, 2_000, |_, _| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Luma([(noise >> 24) as u8])
    });
    let busy = packed(ImageFormat::Png, &busy.into());
    assert!(busy.len() < MAX_PHOTO_BYTES);
    let photo = stored(&photos, &with_exif(ImageFormat::Png, &busy, &exif(8, true)));
    assert!(photo.bytes.len() <= MAX_PHOTO_BYTES);
    let (width, height) = unpacked(&photo.bytes).to_rgb8().dimensions();
    assert!(width < height && u64::from(width * height) <= MAX_PHOTO_PIXELS);
}
