//! Keys that are there once they were made, and gone once they were destroyed; the server's own
//! secrets; photos that belong to whoever uploaded them.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

use campusg_domain::id::{OrderId, UserId};
use campusg_storage::photo::{MAX_PHOTO_BYTES, PhotoFault, PhotoKind, PhotoOptions, Photos};
use campusg_storage::vault::{Vault, VaultFault};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const SLOT: usize = 64;

fn user(n: u8) -> UserId {
    UserId::from_bytes([n; 16])
}

fn load(dir: &Path) -> Vault {
    Vault::load(dir, true).unwrap()
}

#[test]
fn what_is_sealed_opens_for_the_same_person_and_place_only() {
    let dir = TempDir::new().unwrap();
    let vault = load(dir.path());
    vault.create(user(1)).unwrap();
    vault.create(user(2)).unwrap();
    let sealed = vault.seal(user(1), "profile", b"Ada").unwrap();
    assert!(!sealed.windows(3).any(|part| part == b"Ada"));
    assert_ne!(
        sealed,
        vault.seal(user(1), "profile", b"Ada").unwrap(),
        "a nonce of its own"
    );
    assert_eq!(vault.open(user(1), "profile", &sealed).unwrap(), b"Ada");
    for (who, what) in [(2, "profile"), (1, "notes")] {
        assert!(matches!(
            vault.open(user(who), what, &sealed),
            Err(VaultFault::DoesNotOpen)
        ));
    }
    for at in 0..sealed.len() {
        let mut other = sealed.clone();
        other[at] ^= 1;
        assert!(matches!(
            vault.open(user(1), "profile", &other),
            Err(VaultFault::DoesNotOpen)
        ));
    }
    assert!(matches!(
        vault.open(user(1), "profile", &sealed[..20]),
        Err(VaultFault::DoesNotOpen)
    ));
    assert!(matches!(
        vault.seal(user(3), "profile", b""),
        Err(VaultFault::Unknown(_))
    ));
    assert!(matches!(vault.create(user(1)), Err(VaultFault::Exists(_))));
}

#[test]
fn keys_outlive_the_process_and_destroyed_ones_do_not_come_back() {
    let dir = TempDir::new().unwrap();
    let vault = load(dir.path());
    for n in 1..=5 {
        vault.create(user(n)).unwrap();
    }
    let sealed: Vec<Vec<u8>> = (1..=5)
        .map(|n| vault.seal(user(n), "x", &[n]).unwrap())
        .collect();
    let before = fs::read(dir.path().join("keys")).unwrap();
    vault.destroy(user(3)).unwrap();
    assert!(!vault.has(user(3)) && vault.has(user(4)));
    drop(vault);

    let after = fs::read(dir.path().join("keys")).unwrap();
    assert_eq!(after.len(), 5 * SLOT);
    let key = &before[2 * SLOT + 24..2 * SLOT + 56];
    assert!(
        !after.windows(32).any(|part| part == key),
        "the key is not in the file any more"
    );

    let vault = load(dir.path());
    for n in [1, 2, 4, 5] {
        assert_eq!(
            vault
                .open(user(n), "x", &sealed[usize::from(n) - 1])
                .unwrap(),
            [n]
        );
    }
    assert!(matches!(
        vault.open(user(3), "x", &sealed[2]),
        Err(VaultFault::Destroyed(_))
    ));
    assert!(matches!(
        vault.create(user(3)),
        Err(VaultFault::Destroyed(_))
    ));
    assert!(matches!(
        vault.destroy(user(9)),
        Err(VaultFault::Unknown(_))
    ));
    vault.create(user(6)).unwrap();
    assert_eq!(fs::read(dir.path().join("keys")).unwrap().len(), 6 * SLOT);
}

#[test]
fn a_key_half_written_by_a_killed_process_is_no_key_and_its_slot_is_used_again() {
    let dir = TempDir::new().unwrap();
    let vault = load(dir.path());
    vault.create(user(1)).unwrap();
    vault.create(user(2)).unwrap();
    drop(vault);
    let path = dir.path().join("keys");
    let whole = fs::read(&path).unwrap();
    for cut in SLOT..2 * SLOT {
        fs::write(&path, &whole[..cut]).unwrap();
        let vault = load(dir.path());
        assert!(vault.has(user(1)) && !vault.has(user(2)), "cut at {cut}");
        vault.create(user(2)).unwrap();
        drop(vault);
        let vault = load(dir.path());
        assert!(vault.has(user(1)) && vault.has(user(2)));
    }
}

#[test]
fn a_key_file_that_is_gone_is_not_made_anew() {
    let dir = TempDir::new().unwrap();
    load(dir.path()).create(user(1)).unwrap();
    let path = dir.path().join("keys");
    fs::remove_file(&path).unwrap();
    let fault = Vault::load(dir.path(), false).unwrap_err();
    assert!(matches!(&fault, VaultFault::Gone { .. }), "{fault}");
    assert!(fault.to_string().contains(path.to_str().unwrap()));
    assert!(!path.exists());
}

#[test]
fn whoever_has_no_slot_is_missing_and_whose_key_was_destroyed_is_not() {
    let dir = TempDir::new().unwrap();
    let vault = load(dir.path());
    (1..=2).for_each(|n| vault.create(user(n)).unwrap());
    vault.destroy(user(2)).unwrap();
    assert_eq!(vault.missing((1..=4).map(user)), [user(3), user(4)]);
}

#[test]
fn a_damaged_slot_is_named() {
    let dir = TempDir::new().unwrap();
    let vault = load(dir.path());
    (1..=3).for_each(|n| vault.create(user(n)).unwrap());
    drop(vault);
    let path = dir.path().join("keys");
    let mut bytes = fs::read(&path).unwrap();
    bytes[SLOT + 30] ^= 1;
    fs::write(&path, bytes).unwrap();
    let fault = Vault::load(dir.path(), true).unwrap_err();
    assert!(
        matches!(&fault, VaultFault::Damaged { slot: 1, .. }),
        "{fault}"
    );
    assert!(fault.to_string().contains(path.to_str().unwrap()));
}

#[test]
fn the_servers_secrets_stay_and_are_never_made_up() {
    let dir = TempDir::new().unwrap();
    let order = OrderId::from_bytes([9; 16]);
    let (pin, email, token) = {
        let vault = load(dir.path());
        let secrets = vault.secrets();
        (
            secrets.pin(order),
            secrets.email_digest("ada@campus.example"),
            secrets.token_digest(b"t"),
        )
    };
    assert!(pin < 10_000);
    let vault = Vault::load(dir.path(), false).unwrap();
    let secrets = vault.secrets();
    assert_eq!(secrets.pin(order), pin);
    assert_eq!(secrets.email_digest("ada@campus.example"), email);
    assert_ne!(secrets.email_digest("bob@campus.example"), email);
    assert_eq!(secrets.token_digest(b"t"), token);

    let other = TempDir::new().unwrap();
    assert_ne!(
        load(other.path())
            .secrets()
            .email_digest("ada@campus.example"),
        email
    );

    let path = dir.path().join("server.key");
    for (file, mode) in [(path.clone(), 0o600), (dir.path().join("keys"), 0o600)] {
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o777,
            mode
        );
    }
    let mut bytes = fs::read(&path).unwrap();
    bytes[20] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert!(matches!(
        Vault::load(dir.path(), true),
        Err(VaultFault::Secrets { .. })
    ));
    fs::remove_file(&path).unwrap();
    assert!(matches!(
        Vault::load(dir.path(), false),
        Err(VaultFault::Secrets { .. })
    ));
}

#[test]
fn many_threads_make_and_use_keys_at_once() {
    let dir = TempDir::new().unwrap();
    let vault = load(dir.path());
    std::thread::scope(|scope| {
        for n in 0..8u8 {
            let vault = &vault;
            scope.spawn(move || {
                for m in 0..16u8 {
                    let user = UserId::from_bytes([n * 16 + m; 16]);
                    vault.create(user).unwrap();
                    let sealed = vault.seal(user, "x", &[m]).unwrap();
                    assert_eq!(vault.open(user, "x", &sealed).unwrap(), [m]);
                }
            });
        }
    });
    let again = load(dir.path());
    assert!((0..128).all(|n| again.has(UserId::from_bytes([n; 16]))));
}

fn photos_in(dir: &Path) -> Photos {
    let options = PhotoOptions {
        reserve_bytes: 0,
        now_ms: Arc::new(|| 1_767_312_000_000),
        is_used: Arc::new(|_| false),
    };
    Photos::open(dir, options).unwrap()
}

/// A picture of one pixel, with a comment behind its header if there is one.
fn png(comment: &[u8]) -> Vec<u8> {
    const HEADER_END: usize = 33;
    let pixel = image::GrayImage::from_pixel(1, 1, image::Luma([7]));
    let mut bytes = std::io::Cursor::new(vec![]);
    pixel.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let mut bytes = bytes.into_inner();
    if !comment.is_empty() {
        let length = u32::try_from(comment.len()).unwrap().to_be_bytes();
        let chunk = [&length[..], b"tEXt", comment, b"crc."].concat();
        bytes.splice(HEADER_END..HEADER_END, chunk);
    }
    bytes
}

#[test]
fn a_photo_is_its_uploaders_and_without_comments() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let mine = photos.store(user(1), &png(b"Author\0Ada")).unwrap();
    assert_eq!(
        photos.store(user(1), &png(b"")).unwrap(),
        mine,
        "the same picture, stripped"
    );
    let theirs = photos.store(user(2), &png(b"")).unwrap();
    assert_ne!(mine, theirs);
    let photo = photos_in(dir.path()).load(mine).unwrap().unwrap();
    assert_eq!((photo.kind, photo.uploader), (PhotoKind::Png, user(1)));
    assert!(!photo.bytes.windows(3).any(|three| three == b"Ada"));
    assert_eq!(photo.bytes, photos.load(theirs).unwrap().unwrap().bytes);
    assert_eq!(photos.uploader(theirs).unwrap(), Some(user(2)));
    let none = campusg_domain::id::PhotoId::from_bytes([7; 16]);
    assert_eq!(photos.load(none).unwrap(), None);
    assert_eq!(photos.uploader(none).unwrap(), None);
}

#[test]
fn what_is_no_photo_or_too_large_is_refused() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let page = b"<html><script>alert(1)</script></html>";
    assert!(matches!(photos.store(user(1), page), Err(fault) if fault.is_the_callers()));
    let mut large = png(b"");
    large.resize(MAX_PHOTO_BYTES + 1, 0);
    assert!(matches!(
        photos.store(user(1), &large),
        Err(PhotoFault::TooLarge)
    ));
}

#[test]
fn a_photo_that_was_changed_on_the_disk_is_not_shown() {
    let dir = TempDir::new().unwrap();
    let photos = photos_in(dir.path());
    let id = photos.store(user(1), &png(b"")).unwrap();
    let name = id.to_string();
    let path = dir.path().join(&name[..2]).join(&name);
    let mut bytes = fs::read(&path).unwrap();
    bytes[30] ^= 1;
    fs::write(&path, bytes).unwrap();
    let fault = photos.load(id).unwrap_err();
    assert!(
        matches!(&fault, PhotoFault::Damaged { path: named } if *named == path),
        "{fault}"
    );
    fs::write(dir.path().join("0.new"), b"half an upload").unwrap();
    photos_in(dir.path());
    assert!(!dir.path().join("0.new").exists());
}
