//! Identities. Every kind of thing has its own id type; a bare `Uuid` or `String` is never an id in a signature.
//!
//! Invariant: an id is 16 raw bytes in a binary format and a hyphenated UUID in a readable one.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Takes 16 raw bytes, most significant first.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// Gives the 16 raw bytes, most significant first.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                if to.is_human_readable() { to.collect_str(&self.0) } else { self.0.as_bytes().serialize(to) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                if from.is_human_readable() {
                    Uuid::deserialize(from).map(Self)
                } else {
                    <[u8; 16]>::deserialize(from).map(Self::from_bytes)
                }
            }
        }
    };
}

id!(
    /// One order; its payment and its escrow carry the same id.
    OrderId
);
id!(
    /// A person: customer, runner, operator, or all of them.
    UserId
);
id!(
    /// A store known to the campus.
    StoreId
);
id!(
    /// A stored photo: its first 12 bytes are its [`PictureId`], the other 4 follow from its uploader too.
    PhotoId
);
id!(
    /// An event scheduled over the API.
    ScheduleId
);
id!(
    /// A signed-in session, as its owner sees it in the list of their sessions.
    SessionId
);

/// What is to be seen in a photo, whoever uploaded it and however the file was packed: a hash of its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PictureId([u8; 12]);

impl PictureId {
    /// Takes 12 bytes of a hash over the pixels.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// Gives the 12 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 12] {
        &self.0
    }
}

impl PhotoId {
    /// Returns the id of a picture as this person's photo.
    #[must_use]
    pub fn of(picture: PictureId, uploader: UserId) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&picture.0).update(uploader.as_bytes());
        let mut id = [0; 16];
        id[..12].copy_from_slice(&picture.0);
        id[12..].copy_from_slice(&hasher.finalize().as_bytes()[..4]);
        Self::from_bytes(id)
    }

    /// Returns which picture the photo shows.
    #[must_use]
    pub fn picture(self) -> PictureId {
        let [picture @ .., _, _, _, _] = *self.as_bytes();
        PictureId(picture)
    }
}

/// A record's place in the one journal: 1, 2, 3 … without gaps; 0 means "none".
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first record of a journal or a stream.
    pub const NONE: Self = Self(0);

    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names a command: hash of user, route and idempotency key, or random where no key was given.
///
/// It is also the token under which owners reserve what they voted for: a reservation ends when the record that
/// carries the command is folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CommandId(pub u64);

/// Hash of a command's body: the same id with another fingerprint is another command under a used key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Fingerprint(pub u64);

/// The one stream a record belongs to; each stream has one writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// The journal's own: boots, and digests of the configuration.
    System,
    /// An order; its writer is that order's actor.
    Order(OrderId),
    /// A person's account; its writer is the directory.
    User(UserId),
    /// A store; its writer is the directory.
    Store(StoreId),
    /// A person's money outside of orders; its writer is the escrow owner.
    Wallet(UserId),
    /// A person's direct notices and read marks; its writer is the notification owner.
    Inbox(UserId),
    /// An event scheduled over the API; its writer is the timer owner.
    Schedule(ScheduleId),
}

impl Stream {
    /// Returns the order whose stream it is, if it is an order's.
    #[must_use]
    pub const fn order(self) -> Option<OrderId> {
        if let Self::Order(order) = self {
            Some(order)
        } else {
            None
        }
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Order(id) => write!(f, "order:{id}"),
            Self::User(id) => write!(f, "user:{id}"),
            Self::Store(id) => write!(f, "store:{id}"),
            Self::Wallet(id) => write!(f, "wallet:{id}"),
            Self::Inbox(id) => write!(f, "inbox:{id}"),
            Self::Schedule(id) => write!(f, "schedule:{id}"),
        }
    }
}

/// Who gives a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Principal {
    /// A timer or a saga step.
    System,
    /// The payment gateway.
    Gateway,
    /// A signed-in person.
    User(UserId),
    /// A signed-in person with the operator's role.
    Operator(UserId),
}

impl Principal {
    /// The person behind it, if there is one.
    #[must_use]
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) | Self::Operator(user) => Some(user),
            Self::System | Self::Gateway => None,
        }
    }
}
