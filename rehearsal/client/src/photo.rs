//! Photos to upload: small, complete PNG pictures; different texts give different pictures.

/// A grey PNG picture, one pixel wide, with a pixel for each byte of `text`.
#[must_use]
pub fn picture(text: &str) -> Vec<u8> {
    let pixels: Vec<u8> = text.bytes().flat_map(|pixel| [0, pixel]).collect();
    let height = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut header = Vec::with_capacity(13);
    header.extend(1_u32.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 0, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, *b"IHDR", &header);
    chunk(&mut png, *b"IDAT", &stored(&pixels));
    chunk(&mut png, *b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    png.extend(length.to_be_bytes());
    let begin = png.len();
    png.extend(kind);
    png.extend(data);
    let sum = crc32(&png[begin..]);
    png.extend(sum.to_be_bytes());
}

/// Encodes up to 65,535 bytes as a zlib stream of one uncompressed block. Source: RFC 1950, RFC 1951.
fn stored(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(data);
    stream.extend(adler32(data).to_be_bytes());
    stream
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            let divided = sum >> 1;
            if sum & 1 == 1 {
                divided ^ 0xedb8_8320
            } else {
                divided
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksums_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn another_text_is_another_picture() {
        assert_ne!(picture("receipt 1"), picture("receipt 2"));
        assert!(picture("receipt").ends_with(b"IEND\xae\x42\x60\x82"));
    }
}
