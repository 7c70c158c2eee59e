//! The façade: all that the HTTP layer, the command line and the tests know of the runtime.
//!
//! The methods of [`Runtime`] are grouped by subject. A method that takes a [`Meta`](campusg_domain::stream::Meta)
//! changes something; all others read. The answer to a command is durable; [`Refusal::Unknown`] means that no answer
//! came in time, and the command may still succeed. The answer to a query contains everything that was durable when
//! it was asked. Who may read is decided by the HTTP layer.
//!
//! Must not: expose an actix, sled or HTTP type.

mod admin;
mod arbiters;
mod audit;
pub mod bounds;
mod clock;
mod config;
mod directory_reader;
mod email;
mod fault;
mod feed;
mod free_text;
mod gateway;
mod health;
mod inner;
mod ledger;
mod line;
mod notices;
mod orders;
mod owners;
mod people;
mod photos;
mod schedule;
mod seal;
mod setup;
mod snapshots;
mod start;
mod stores;
mod sweep;
mod system_stream;
mod text;
mod wallets;

pub use crate::live::{Live, Watching};
pub use crate::port::clock::steady::Step;
pub use crate::refusal::Refusal;
pub use audit::{Act, AuditPage};
pub use campusg_storage::{
    read::Condition,
    snapshot::watchers::{Watch, Watched},
};
pub use clock::AcceptedClock;
pub use config::RuntimeConfig;
pub use email::{folded_email, normal_domain, normal_email};
pub use fault::StartFault;
pub use feed::{Change, Changes};
pub use free_text::{FreeText, SealedFreeText};
pub use gateway::{GatewayEvent, SignatureFault, Signed};
pub use health::{Actors, JournalWork, Readiness};
pub use inner::Runtime;
pub use ledger::Proof;
pub use notices::{Inbox, InboxNotice, NewNotice, NoticeText};
pub use orders::{
    DisputeReply, DisputeThread, DropoffDetails, History, Message, Messages, NewOrder, OrderPage,
    OrderReply, OrdersOf, Party,
};
pub use people::{Authenticated, NewCard, NewPerson, Profile, ProfileChange, Secret, SignedIn};
pub use photos::{Alike, Photo, PhotoParts};
pub use schedule::NewScheduled;
pub use setup::MethodKind;
pub use start::Start;
pub use stores::NewStore;
pub use wallets::{Moved, OrderStatement, StatementPage, Wallet, WalletLine};
