//! Photos over HTTP, against the real program: shown upright, one picture for one order, and uploads that nobody can block.

#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod common;

use campusg_client::{ApiRequest, Deviation, Person, Wish, answer::Made, operation, same};
use campusg_robots::walkthrough::Errand;
use common::{Options, Server, operator, raw::AsWritten as _, turn::shared};
use futures_util::future::join_all;
use image::{DynamicImage, GrayImage, ImageFormat, codecs::jpeg::JpegEncoder};
use reqwest::Method;
use std::{
    io::{Cursor, Write},
    net::TcpStream,
    time::Duration,
};

const MIB: u64 = 1 << 20;

fn options() -> Options {
    Options::virtual_clock(&[])
}

async fn upload(person: &Person, bytes: Vec<u8>) -> Result<String, Deviation> {
    let stored = person.perform(operation::order::upload(bytes)).await?;
    Ok(stored.is(201)?.read::<Made>()?.id)
}

/// A picture in which there is something to see, another one for each seed.
fn receipt(seed: u32) -> DynamicImage {
    let mut noise = seed.wrapping_mul(2_654_435_761) | 1;
    let mut cells = [[0_u8; 9]; 8];
    for cell in cells.iter_mut().flatten() {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        *cell = noise.to_le_bytes()[1];
    }
    let shade = |x: u32, y: u32| image::Luma([cells[(y / 10) as usize][(x / 10) as usize]]);
    GrayImage::from_fn(90, 80, shade).into()
}

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Cursor::new(vec![]);
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn jpeg(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = vec![];
    let encoder = JpegEncoder::new_with_quality(&mut bytes, 60);
    picture.to_rgb8().write_with_encoder(encoder).unwrap();
    bytes
}

/// The same pixels in a file that has other bytes: 16 bits for each colour.
fn packed_anew(picture: &DynamicImage) -> Vec<u8> {
    png(&picture.to_rgb16().into())
}

#[tokio::test]
async fn v9_a_picture_packed_anew_proves_no_second_purchase_of_anybody() -> Result<(), Deviation> {
    let mut server = Server::start(options());
    let scene = server.scene().await;
    let first = Errand::at(&scene.client, "on-site").await?;
    let second = Errand::at(&scene.client, "on-site").await?;
    let picture = receipt(1);
    let photo = upload(&first.runner, png(&picture)).await?;
    first
        .runner
        .buy(&first.order, 2_150, Some(&photo))
        .await?
        .is(200)?;

    let refused = async |when: &str| {
        for bytes in [png(&picture), packed_anew(&picture)] {
            let again = upload(&second.runner, bytes).await?;
            assert_ne!(again, photo, "{when}");
            let bought = second
                .runner
                .buy(&second.order, 2_150, Some(&again))
                .await?;
            bought.refuses(409, "photo_used")?;
        }
        Ok(())
    };
    refused("while the server runs").await?;
    server.kill();
    server.start_again();
    for person in [&first.runner, &second.runner] {
        person.client().move_to(server.address());
    }
    refused("after a kill").await?;
    let same_person = upload(&first.runner, packed_anew(&picture)).await?;
    same("the id of the same photo", same_person, photo)?;
    let other = upload(&second.runner, png(&receipt(2))).await?;
    let bought = second
        .runner
        .buy(&second.order, 2_150, Some(&other))
        .await?;
    bought.is(200).map(drop)
}

#[tokio::test]
async fn v9_the_receipts_picture_packed_anew_is_no_proof_at_the_door() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let errand = Errand::of(&scene.client, "tok_visa", &Wish::lunch_at_the_door()).await?;
    errand.carry_to("on-site").await?;
    let (ben, order) = (&errand.runner, &errand.order);
    let photo = upload(ben, png(&receipt(3))).await?;
    ben.buy(order, 2_150, Some(&photo)).await?.is(200)?;
    errand.carry_to("on-the-way").await?;
    let door = upload(ben, packed_anew(&receipt(3))).await?;
    ben.deliver_by_photo(order, &door)
        .await?
        .refuses(409, "photo_used")?;
    Ok(())
}

#[tokio::test]
async fn v9_operators_are_shown_near_copies_and_nobody_is_refused() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let mut shown = vec![];
    for bytes in [png(&receipt(4)), jpeg(&receipt(4)), png(&receipt(5))] {
        let errand = Errand::at(&scene.client, "on-site").await?;
        let photo = upload(&errand.runner, bytes).await?;
        let bought = errand
            .runner
            .buy(&errand.order, 2_150, Some(&photo))
            .await?;
        bought.is(200)?;
        shown.push((errand, photo));
    }
    let [(first, photo), (second, copy), (other, _)] = &shown[..] else {
        unreachable!("there are three")
    };
    let seen = operator(&scene).order_raw(&first.order).await?;
    let alike = seen.list("/photos_alike")?;
    assert_eq!(alike.len(), 1, "{alike:?}");
    same("the photo", alike[0].text("/photo_id")?, photo)?;
    same("its copy", alike[0].text("/like_photo_id")?, copy)?;
    same(
        "the other order",
        alike[0].text("/order_id")?,
        &second.order,
    )?;
    let seen = operator(&scene).order_raw(&other.order).await?;
    assert!(seen.list("/photos_alike")?.is_empty());
    for person in [&first.customer, &first.runner] {
        assert!(!person.order_raw(&first.order).await?.has("/photos_alike"));
    }
    Ok(())
}

#[tokio::test]
async fn d6_a_photo_that_was_taken_on_its_side_is_shown_upright() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ben = Person::runner(&scene.client, "Ben").await?;
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let bytes = jpeg(&receipt(6));
    let on_its_side = [&bytes[..2], &[0xff, 0xe1], &length, exif, &bytes[2..]].concat();
    let photo = upload(&ben, on_its_side).await?;
    let url = format!("{}/api/photos/{photo}", ben.client().address());
    let asked = reqwest::Client::new().get(url).bearer_auth(ben.token());
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    let length = answer.content_length();
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(length, Some(bytes.len() as u64));
    let shown = image::load_from_memory(&bytes).unwrap().to_luma8();
    let upright = receipt(6).rotate90().to_luma8();
    assert_eq!(shown.dimensions(), upright.dimensions());
    let apart = shown.iter().zip(upright.iter());
    let far: u64 = apart.map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(far / (shown.len() as u64) < 12, "{far}");
    Ok(())
}

#[tokio::test]
async fn v4_uploads_that_stand_still_keep_nobody_from_uploading() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let address = scene.client.address();
    let address = address.trim_start_matches("http://");
    let mut slow = vec![];
    for name in ["Al", "Bo", "Cy", "Di"] {
        let person = Person::register(&scene.client, name).await?;
        let head = format!(
            "POST /api/photos HTTP/1.1\r\nhost: campus\r\nauthorization: Bearer {}\r\n\
             content-type: image/jpeg\r\ncontent-length: 5000000\r\n\r\n",
            person.token()
        );
        for _ in 0..2 {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(&[0xff; 10_000]).unwrap();
            slow.push(stream);
        }
    }
    let ben = Person::runner(&scene.client, "Ben").await?;
    for _ in 0..12 {
        ben.upload().await?;
    }
    Ok(())
}

#[tokio::test]
async fn d7_the_problem_names_the_limit_that_a_picture_breaks() -> Result<(), Deviation> {
    let turn = shared(options).await;
    let scene = turn.server.scene().await;
    let ben = Person::runner(&scene.client, "Ben").await?;
    let mut claims = png(&receipt(7));
    claims[16..24].copy_from_slice(&[0, 0, 0x3e, 0x80, 0, 0, 0x3e, 0x80]);
    let ask = ApiRequest::new(Method::POST, "/api/photos").with_bytes("image/png", claims);
    let problem = ben.send(ask).await?.refuses(422, "invalid_field")?;
    same("the field", problem.text("/field")?, "photo")?;
    let said = problem.0.to_string();
    assert!(said.contains("192 MiB"), "{said}");
    Ok(())
}

/// A JPEG of any size in one shade of grey, made without its pixels: each unit of its scan is the same 14 bits.
fn grey_jpeg(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg(&GrayImage::from_pixel(8, 8, image::Luma([128])).into());
    let at = |bytes: &[u8], marker: u8| {
        bytes
            .windows(2)
            .position(|at| at == [0xff, marker])
            .unwrap()
    };
    let frame = at(&bytes, 0xc0);
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    let scan = at(&bytes, 0xda);
    bytes.truncate(scan + 2 + usize::from(bytes[scan + 3]));
    let units = usize::from(width.div_ceil(8)) * usize::from(height.div_ceil(8));
    let unit = 0b00_1010_0000_0000_u64;
    let four = unit << 42 | unit << 28 | unit << 14 | unit;
    bytes.extend(four.to_be_bytes()[1..].repeat(units.div_ceil(4)));
    bytes.extend([0xff, 0xd9]);
    bytes
}

/// Sends a request's head and some of its body, and reads nothing.
fn begin(person: &Person, method: &str, path: &str, more: &str, body: &[u8]) -> TcpStream {
    let address = person.client().address();
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    let token = person.token();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: campus\r\nauthorization: Bearer {token}\r\n{more}\r\n"
    );
    // Whoever has to give way is answered before all is sent.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
    stream
}

/// Sends an upload, and again as long as it is told to come back; the status of the last answer.
///
/// Where all that stand still have just begun, one more is told so.
async fn until_taken(person: &Person, ask: ApiRequest) -> Result<u16, Deviation> {
    let mut status = 0;
    for _ in 0..20 {
        let reply = person.send(ask.clone()).await?;
        status = reply.status;
        if status != 503 {
            break;
        }
        let after = reply
            .header("retry-after")
            .and_then(|after| after.parse().ok());
        tokio::time::sleep(Duration::from_secs(after.unwrap())).await;
    }
    Ok(status)
}

#[tokio::test]
async fn d7_everything_at_once_takes_at_most_320_mib() -> Result<(), Deviation> {
    let server = Server::start(Options {
        set: vec![
            "server.request_timeout_ms=300000".into(),
            "server.body_timeout_ms=5000".into(),
        ],
        ..Options::default()
    });
    let scene = server.scene().await;
    let mut people = vec![];
    for n in 0..24 {
        people.push(Person::register(&scene.client, &format!("P{n}")).await?);
    }
    let mut noise = 1_u32;
    let busy = GrayImage::from_fn(2_200, 2_000, |_, _| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Luma([noise.to_be_bytes()[0]])
    });
    let photo = upload(&people[0], png(&busy.into())).await?;
    // A debug build holds each kind of answer against the contract, and keeps what it needs for that.
    let no_picture = ApiRequest::new(Method::POST, "/api/photos").with_bytes("image/png", b"[]");
    people[0].send(no_picture).await?.is(422)?;
    let idle = server.memory_kib("VmRSS:");

    let path = format!("/api/photos/{photo}");
    let readers: Vec<_> = (0..200)
        .map(|_| begin(&people[0], "GET", &path, "", &[]))
        .collect();
    let announced = "content-type: image/jpeg\r\ncontent-length: 5000000\r\n";
    let body = vec![0xff; 4_900_000];
    let senders = people[8..].iter();
    let senders: Vec<_> = senders
        .map(|person| begin(person, "POST", "/api/photos", announced, &body))
        .collect();
    let large = grey_jpeg(8_000, 6_000);
    let flat = png(&GrayImage::from_pixel(5_000, 5_000, image::Luma([9])).into());
    let no_picture = format!("[{}{{}}]", "{\"\":0},".repeat(700_000)).into_bytes();
    let uploads = people[1..8].iter().enumerate().map(|(n, person)| {
        let bytes = match n {
            0 => &no_picture,
            _ if n % 2 == 0 => &large,
            _ => &flat,
        };
        let ask =
            ApiRequest::new(Method::POST, "/api/photos").with_bytes("image/png", bytes.clone());
        until_taken(person, ask)
    });
    let answers: Vec<u16> = join_all(uploads)
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    let (json, pictures) = answers.split_first().unwrap();
    same("the answer to what is no picture", *json, 422)?;
    let taken = pictures.iter().filter(|status| **status == 201).count();
    assert!(taken > 0, "{answers:?}");
    assert!(
        pictures.iter().all(|status| matches!(status, 201 | 503)),
        "{answers:?}"
    );
    drop((readers, senders));
    let peak = server.memory_kib("VmHWM:");
    assert!(
        (peak - idle) * 1_024 <= 320 * MIB,
        "{idle} KiB idle, {peak} KiB at most"
    );
    Ok(())
}
