//! The vault: the keys under which personal data are sealed, and the server's own secrets.
//!
//! `vault/keys` has one slot per person; `vault/server.key` has the secrets. Must not: write a key anywhere else,
//! such as the journal, a snapshot or a log.
//!
//! ```text
//! slot    state u8 (0 free, 1 live, 2 destroyed) · 0 [3] · crc32c u32 · user [16] · key [32] · 0 [8]   = 64 bytes
//! sealed  nonce [24] · XChaCha20-Poly1305 of the text, with the user's id and the context as associated data
//! ```
//! Invariants: a key is durable before [`Vault::create`] returns; a destroyed key is overwritten on the disk before
//! [`Vault::destroy`] returns; a slot never moves and lies within one sector, so it is written completely or not at
//! all.

mod secrets;
mod slot;

pub use secrets::Secrets;

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use campusg_domain::id::UserId;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};

use crate::file::{create_private_dir, sync_parent};
use slot::{SLOT_BYTES, Slot, State};

const NONCE_BYTES: usize = 24;

/// Why a key is not available, or a text can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultFault {
    /// This person has no key.
    #[error("there is no key for user {0}")]
    Unknown(UserId),
    /// The person's key was destroyed, so what it sealed can never be read.
    #[error("the key of user {0} was destroyed")]
    Destroyed(UserId),
    /// The person has a key already.
    #[error("user {0} has a key already")]
    Exists(UserId),
    /// The text was sealed for another person or context, or was changed.
    #[error("a sealed text does not open")]
    DoesNotOpen,
    /// A slot of the key file is not what was written.
    #[error("{path} is damaged in slot {slot}")]
    Damaged {
        /// The key file.
        path: PathBuf,
        /// The index of the slot, from 0.
        slot: usize,
    },
    /// The key file has no key, live or destroyed, for people who are registered: it was truncated, replaced or
    /// damaged.
    #[error("{path} has no key for {missing} registered people: restore vault/keys from a backup")]
    Incomplete {
        /// The key file.
        path: PathBuf,
        /// The number of people without a key.
        missing: usize,
    },
    /// The key file is missing.
    #[error("{path} is missing: restore vault/keys from a backup")]
    Gone {
        /// Where the key file should be.
        path: PathBuf,
    },
    /// The server's secrets are lost or damaged; without them PINs, e-mail addresses and sessions can't be
    /// recognised.
    #[error("{path} is missing or damaged: restore it from a backup")]
    Secrets {
        /// The file with the server's secrets.
        path: PathBuf,
    },
    /// The operating system provided no random bytes.
    #[error("no randomness: {0}")]
    Randomness(getrandom::Error),
    /// A file could not be read or written.
    #[error("can't use {path}")]
    Io {
        /// The file or folder that was accessed.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
}

#[derive(Clone, Copy)]
enum Known {
    Live { slot: usize, key: [u8; 32] },
    Destroyed,
}

struct Inner {
    path: PathBuf,
    keys: RwLock<HashMap<UserId, Known>>,
    /// The file, and the first slot that was never used.
    file: Mutex<(File, usize)>,
    secrets: Secrets,
}

/// The vault. Clones share the same keys.
#[derive(Clone)]
pub struct Vault {
    inner: Arc<Inner>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Vault {
    /// Opens the vault in `dir`. Creates the key file and the server's secrets only if `new` says that nothing was
    /// ever sealed with them.
    ///
    /// # Errors
    /// `Secrets` if they are missing or damaged, `Gone` if the key file is missing, `Damaged` for a slot, `Io`,
    /// `Randomness`.
    pub fn load(dir: &Path, new: bool) -> Result<Self, VaultFault> {
        create_private_dir(dir).map_err(io_fault(dir))?;
        let secrets = Secrets::open(&dir.join("server.key"), new)?;
        let path = dir.join("keys");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(new).mode(0o600);
        let file = options.open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => VaultFault::Gone { path: path.clone() },
            _ => io_fault(&path)(error),
        })?;
        file.sync_all()
            .and_then(|()| sync_parent(&path))
            .map_err(io_fault(&path))?;
        let bytes = fs::read(&path).map_err(io_fault(&path))?;
        let (keys, free) = read_slots(&path, &bytes)?;
        Ok(Self {
            inner: Arc::new(Inner {
                path,
                keys: RwLock::new(keys),
                file: Mutex::new((file, free)),
                secrets,
            }),
        })
    }

    /// Returns the server's own secrets.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }

    /// Creates a key for a person; it is durable when this returns.
    ///
    /// # Errors
    /// `Exists`, `Destroyed`, `Randomness`, `Io`.
    pub fn create(&self, user: UserId) -> Result<(), VaultFault> {
        let mut file = self
            .inner
            .file
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match self.known(user) {
            Some(Known::Live { .. }) => return Err(VaultFault::Exists(user)),
            Some(Known::Destroyed) => return Err(VaultFault::Destroyed(user)),
            None => {}
        }
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(VaultFault::Randomness)?;
        let slot = file.1;
        self.write(&file.0, slot, &Slot::live(user, key))?;
        file.1 += 1;
        self.remember(user, Known::Live { slot, key });
        Ok(())
    }

    /// Returns those of these people who have no key and never had one destroyed.
    #[must_use]
    pub fn missing(&self, users: impl Iterator<Item = UserId>) -> Vec<UserId> {
        users.filter(|user| self.known(*user).is_none()).collect()
    }

    /// Checks that each of these people has a key, live or destroyed. A key is durable before its person is
    /// registered, so an unreadable last slot is damage if a registered person lacks a key.
    ///
    /// # Errors
    /// `Incomplete`.
    pub(crate) fn check(&self, users: impl Iterator<Item = UserId>) -> Result<(), VaultFault> {
        match self.missing(users).len() {
            0 => Ok(()),
            missing => Err(VaultFault::Incomplete {
                path: self.inner.path.clone(),
                missing,
            }),
        }
    }

    /// Whether a person has a key that was not destroyed.
    #[must_use]
    pub fn has(&self, user: UserId) -> bool {
        matches!(self.known(user), Some(Known::Live { .. }))
    }

    /// Seals a text under a person's key. It can only be opened for the same person and the same `context`, such as
    /// `profile`.
    ///
    /// # Errors
    /// `Unknown`, `Destroyed`, `Randomness`.
    pub fn seal(&self, user: UserId, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultFault> {
        let cipher = self.cipher(user)?;
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(VaultFault::Randomness)?;
        let aad = beside(user, context);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let sealed = cipher.encrypt(XNonce::from_slice(&nonce), payload);
        let sealed = sealed.map_err(|_| VaultFault::DoesNotOpen)?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens a text that [`Self::seal`] sealed.
    ///
    /// # Errors
    /// `Unknown`, `Destroyed`, `DoesNotOpen`.
    pub fn open(&self, user: UserId, context: &str, sealed: &[u8]) -> Result<Vec<u8>, VaultFault> {
        let cipher = self.cipher(user)?;
        let (nonce, text) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(VaultFault::DoesNotOpen)?;
        let aad = beside(user, context);
        let payload = Payload {
            msg: text,
            aad: &aad,
        };
        let plain = cipher.decrypt(XNonce::from_slice(nonce), payload);
        plain.map_err(|_| VaultFault::DoesNotOpen)
    }

    /// Destroys a person's key. Everything sealed under it is unreadable from now on, in all copies.
    ///
    /// # Errors
    /// `Unknown`, `Destroyed`, `Io`.
    pub fn destroy(&self, user: UserId) -> Result<(), VaultFault> {
        let file = self
            .inner
            .file
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match self.known(user) {
            None => Err(VaultFault::Unknown(user)),
            Some(Known::Destroyed) => Err(VaultFault::Destroyed(user)),
            Some(Known::Live { slot, .. }) => {
                self.write(&file.0, slot, &Slot::destroyed(user))?;
                self.remember(user, Known::Destroyed);
                Ok(())
            }
        }
    }

    fn cipher(&self, user: UserId) -> Result<XChaCha20Poly1305, VaultFault> {
        match self.known(user) {
            Some(Known::Live { key, .. }) => Ok(XChaCha20Poly1305::new(&key.into())),
            Some(Known::Destroyed) => Err(VaultFault::Destroyed(user)),
            None => Err(VaultFault::Unknown(user)),
        }
    }

    fn known(&self, user: UserId) -> Option<Known> {
        let keys = self
            .inner
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        keys.get(&user).copied()
    }

    fn remember(&self, user: UserId, known: Known) {
        let mut keys = self
            .inner
            .keys
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        keys.insert(user, known);
    }

    fn write(&self, file: &File, slot: usize, content: &Slot) -> Result<(), VaultFault> {
        let at = (slot * SLOT_BYTES) as u64;
        let written = file.write_all_at(&content.encode(), at);
        written
            .and_then(|()| file.sync_data())
            .map_err(io_fault(&self.inner.path))
    }
}

fn io_fault(path: &Path) -> impl FnOnce(io::Error) -> VaultFault {
    let path = path.to_path_buf();
    move |source| VaultFault::Io { path, source }
}

fn beside(user: UserId, context: &str) -> Vec<u8> {
    [&user.as_bytes()[..], context.as_bytes()].concat()
}

/// Reads every slot. An incomplete last slot was never used; [`Vault::check`] finds out if it was damaged instead.
fn read_slots(path: &Path, bytes: &[u8]) -> Result<(HashMap<UserId, Known>, usize), VaultFault> {
    let mut keys = HashMap::new();
    let slots: Vec<&[u8]> = bytes.chunks(SLOT_BYTES).collect();
    let mut free = slots.len();
    for (slot, bytes) in slots.iter().enumerate() {
        let last = slot + 1 == slots.len();
        match Slot::decode(bytes) {
            Some(Slot {
                state: State::Live,
                user,
                key,
            }) => drop(keys.insert(user, Known::Live { slot, key })),
            Some(Slot {
                state: State::Destroyed,
                user,
                ..
            }) => drop(keys.insert(user, Known::Destroyed)),
            None if last => free = slot,
            None => {
                return Err(VaultFault::Damaged {
                    path: path.to_path_buf(),
                    slot,
                });
            }
        }
    }
    Ok((keys, free))
}
