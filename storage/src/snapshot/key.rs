//! The layout of keys in both stores. Must not: know the values.
//!
//! ```text
//! o/ order    w/ wallet    u/ person   b/ store   a/ account   e/ scheduled event
//! t/ due · stream · kind    c/ stream · n    f/ audience (open page) · [page (full pages)]    p/ photo    i/ picture
//! m/ boot and clock   s/ the store itself    x/ key · sequence · n: a piece of a large value
//! ```
//! Invariant: timers sort by due time.

use campusg_domain::{
    call::CallNumber,
    id::{OrderId, PhotoId, PictureId, ScheduleId, StoreId, Stream, UserId},
    money::Account,
    notice::Audience,
    time::At,
    timer::TimerKind,
};

use super::watchers::Watched;
use crate::codec;

/// The key of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(Box<[u8]>);

pub(crate) const ORDERS: &[u8] = b"o/";
pub(crate) const WALLETS: &[u8] = b"w/";
pub(crate) const PEOPLE: &[u8] = b"u/";
pub(crate) const STORES: &[u8] = b"b/";
pub(crate) const ACCOUNTS: &[u8] = b"a/";
pub(crate) const TIMERS: &[u8] = b"t/";
pub(crate) const CALLS: &[u8] = b"c/";
pub(crate) const FEEDS: &[u8] = b"f/";
pub(crate) const SCHEDULES: &[u8] = b"e/";
pub(crate) const PHOTOS: &[u8] = b"p/";
pub(crate) const PICTURES: &[u8] = b"i/";
pub(crate) const META: &[u8] = b"m/";
const OWN: &[u8] = b"s/";
const PIECES: &[u8] = b"x/";

/// The length of the audience in a feed's key, in bytes.
const AUDIENCE_BYTES: usize = 17;

impl Key {
    fn of(prefix: &[u8], rest: &[u8]) -> Self {
        Self([prefix, rest].concat().into_boxed_slice())
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// Returns the first possible key under a prefix, and the first one after all of them.
    pub(crate) fn range_of(prefix: &[u8]) -> (Self, Self) {
        let mut end = prefix.to_vec();
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        (Self::from_bytes(prefix), Self::from_bytes(&end))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(crate) fn order(id: OrderId) -> Self {
        Self::of(ORDERS, id.as_bytes())
    }

    pub(crate) fn wallet(id: UserId) -> Self {
        Self::of(WALLETS, id.as_bytes())
    }

    pub(crate) fn person(id: UserId) -> Self {
        Self::of(PEOPLE, id.as_bytes())
    }

    pub(crate) fn store(id: StoreId) -> Self {
        Self::of(STORES, id.as_bytes())
    }

    pub(crate) fn account(account: Account) -> Self {
        Self::of(ACCOUNTS, &codec::encode(&account))
    }

    pub(crate) fn scheduled(id: ScheduleId) -> Self {
        Self::of(SCHEDULES, id.as_bytes())
    }

    pub(crate) fn photo(id: PhotoId) -> Self {
        Self::of(PHOTOS, id.as_bytes())
    }

    pub(crate) fn picture(id: PictureId) -> Self {
        Self::of(PICTURES, id.as_bytes())
    }

    pub(crate) fn call(stream: Stream, n: CallNumber) -> Self {
        let stream = codec::encode(&stream);
        Self::of(CALLS, &[&stream[..], &n.to_be_bytes()].concat())
    }

    pub(crate) fn timer(due: At, stream: Stream, kind: TimerKind) -> Self {
        let rest = codec::encode(&(stream, kind));
        Self::of(TIMERS, &[&due.0.to_be_bytes()[..], &rest].concat())
    }

    /// Returns a key before every timer due at `due` or later.
    pub(crate) fn timers_from(due: At) -> Self {
        Self::of(TIMERS, &due.0.to_be_bytes())
    }

    pub(crate) fn feed(audience: Audience) -> Self {
        let mut rest = [0; AUDIENCE_BYTES];
        if let Audience::User(user) = audience {
            rest[0] = 1;
            rest[1..].copy_from_slice(user.as_bytes());
        }
        Self::of(FEEDS, &rest)
    }

    pub(crate) fn feed_page(audience: Audience, page: u32) -> Self {
        Self::of(Self::feed(audience).bytes(), &page.to_be_bytes())
    }

    pub(crate) fn is_feed_page(&self) -> bool {
        self.0.starts_with(FEEDS) && self.0.len() > FEEDS.len() + AUDIENCE_BYTES
    }

    pub(crate) fn meta(name: &str) -> Self {
        Self::of(META, name.as_bytes())
    }

    /// Returns a key for what a store keeps of itself.
    pub(crate) fn own(name: &str) -> Self {
        Self::of(OWN, name.as_bytes())
    }

    /// Whether a value of the snapshots is under this key, and not a piece of one or what a store keeps of itself.
    pub(crate) fn is_value(&self) -> bool {
        !self.is_piece() && !self.has_prefix(OWN)
    }

    /// Returns what may be told of the key in a log: its kind.
    pub(crate) fn kind(&self) -> String {
        String::from_utf8_lossy(&self.0[..self.0.len().min(2)]).into_owned()
    }

    /// Returns the key of piece `n` of the large value that this key got at `seq`.
    pub(crate) fn piece(&self, seq: u64, n: u32) -> Self {
        let place = [&seq.to_be_bytes()[..], &n.to_be_bytes()].concat();
        Self::of(PIECES, &[&self.0[..], &place].concat())
    }

    /// Whether this is the key of a piece of a large value.
    pub(crate) fn is_piece(&self) -> bool {
        self.has_prefix(PIECES)
    }

    pub(crate) fn has_prefix(&self, prefix: &[u8]) -> bool {
        self.0.starts_with(prefix)
    }

    fn id(&self) -> Option<[u8; 16]> {
        self.0.get(2..)?.try_into().ok()
    }

    /// Who may be waiting for a change of this value.
    pub(crate) fn to_watched(&self) -> Option<Watched> {
        if self.has_prefix(ORDERS) {
            return self.id().map(OrderId::from_bytes).map(Watched::Order);
        }
        if !self.has_prefix(FEEDS) || self.is_feed_page() {
            return None;
        }
        let (is_user, user) = self.0.get(FEEDS.len()..)?.split_first()?;
        let audience = match is_user {
            0 => Audience::Operators,
            _ => Audience::User(UserId::from_bytes(user.try_into().ok()?)),
        };
        Some(Watched::Feed(audience))
    }

    pub(crate) fn to_person(&self) -> Option<UserId> {
        self.id().map(UserId::from_bytes)
    }

    pub(crate) fn to_store(&self) -> Option<StoreId> {
        self.id().map(StoreId::from_bytes)
    }

    pub(crate) fn to_scheduled(&self) -> Option<ScheduleId> {
        self.id().map(ScheduleId::from_bytes)
    }

    pub(crate) fn to_photo(&self) -> Option<PhotoId> {
        self.id().map(PhotoId::from_bytes)
    }

    pub(crate) fn to_account(&self) -> Option<Account> {
        codec::decode(self.0.get(2..)?).ok()
    }

    pub(crate) fn to_timer(&self) -> Option<(At, Stream, TimerKind)> {
        let (due, rest) = self.0.get(2..)?.split_first_chunk::<8>()?;
        let (stream, kind) = codec::decode(rest).ok()?;
        Some((At(u64::from_be_bytes(*due)), stream, kind))
    }

    pub(crate) fn to_call(&self) -> Option<(Stream, CallNumber)> {
        let (stream, n) = self.0.get(2..)?.split_last_chunk::<2>()?;
        Some((codec::decode(stream).ok()?, u16::from_be_bytes(*n)))
    }
}
