//! The order: a pure function from its records, and from a command to its next record.
//!
//! [`required_votes`](required_votes()) and [`decide`](decide()) implement the transitions of `docs/lifecycle.md`. What an event
//! does beside changing the order is a column each, in a file of its own: `money`, `notices`, `timers`, `calls`, `people`.
//! `evolve` is the fold, and [`fill`] puts events and columns together into a record.
//!
//! Invariant: `fold(before, fill(before, …).record) == fill(before, …).after`; a test holds it for every command.

mod absorb;
mod attachments;
mod calls;
mod cancel_reason;
mod command;
mod decide;
mod effects;
mod event;
mod evolve;
mod fill;
mod marks;
mod money;
mod notices;
mod people;
mod place;
mod quote;
mod role;
mod settlement;
mod stage;
mod state;
mod terms;
mod timers;
mod turn;

pub use attachments::{
    CancelWait, Closing, Contact, Dispute, Fault, Judgement, LaterTip, NoShow, Number, Offer,
    Party, Proposal, ProposalKind, ProposedItem, TipState,
};
pub use cancel_reason::CancelReason;
pub use command::{Command, Ending, Placement, Shown};
pub use decide::{Context, PHOTOS, STARS, allowed, decide, required_votes, verdict};
pub use effects::{Call, Collection, EscrowStatus, Outcome, PaymentStatus};
pub(crate) use effects::{absorb_call, absorb_promise};
pub use event::{
    AfterEvent, CallEvent, ContactEvent, DisputeEvent, EndEvent, Event, OperatorAction,
    OperatorEvent, PlacingEvent, Problem, ProposalEvent, RaiseFailure, RunEvent, TimerEvent,
    Unbinding,
};
pub use fill::{Filled, Header, fill};
pub use place::{NAME_CHARS, price, terms};
pub use quote::quote;
pub use role::Role;
pub use settlement::{Quote, Release, Settlement};
pub use stage::{
    Approach, Assignment, Bought, Cancellation, Delivery, Proof, Stage, Status, StoreVisit,
};
pub use state::{Order, Ratings};
pub use terms::{Dropoff, Handover, Item, Price, StoreRef, Substitution, Terms};
pub use turn::{Turn, status, turn};
