//! The messages between actors: commands to owners, vote requests, released reservations, durable batches.
//!
//! A sender holds a `Recipient` of a message and does not know the actor type, so modules of actors need not import
//! each other.

use crate::refusal::Refusal;
use actix::Message;
use campusg_domain::{
    id::{Seq, UserId},
    owner::ledger::{LedgerFault, WalletBalance},
    record::Record,
    stream::{Envelope, StreamCommand},
    vote::{Token, Vote, VoteRequest, Votes},
};
use campusg_storage::journal::Batch;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A command for the owner of its stream. The reply is the sequence number of the record; `Seq::NONE` if nothing was
/// written.
#[derive(Debug)]
pub(crate) struct Pending<C: StreamCommand> {
    pub(crate) envelope: Envelope<C>,
    /// The votes of other owners on the command.
    pub(crate) foreign: Votes,
    pub(crate) reply: oneshot::Sender<Result<Seq, Refusal>>,
}

impl<C: StreamCommand> Message for Pending<C> {
    type Result = ();
}

/// Asks an owner for a vote, which it gives from memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestVote {
    pub(crate) token: Token,
    pub(crate) ask: VoteRequest,
}

impl Message for RequestVote {
    type Result = Vote;
}

/// Releases what is reserved under a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GiveBack(pub(crate) Token);

impl Message for GiveBack {
    type Result = ();
}

/// A durable batch. Batches arrive in order and without gaps.
#[derive(Clone, Debug)]
pub(crate) struct Folded(pub(crate) Arc<Batch<Record>>);

impl Message for Folded {
    type Result = ();
}

impl Folded {
    /// Returns the records after `folded`; earlier ones are already part of the snapshots.
    pub(crate) fn after(&self, folded: Seq) -> impl Iterator<Item = (Seq, &Record)> {
        let numbered = self.0.numbered().map(|(seq, record)| (Seq(seq), record));
        numbered.filter(move |(seq, _)| *seq > folded)
    }

    /// The sequence number of the last record.
    pub(crate) fn last(&self) -> Seq {
        Seq(self.0.last_seq())
    }
}

/// Asks whether a record's transfers may be booked, before the record is queued.
#[derive(Clone, Debug)]
pub(crate) struct CheckTransfers(pub(crate) Arc<Record>);

impl Message for CheckTransfers {
    type Result = Result<(), LedgerFault>;
}

/// Asks an owner how many commands have reservations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountReservations;

impl Message for CountReservations {
    type Result = usize;
}

/// Asks for a user's available balance and debt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenWalletBalance(pub(crate) UserId);

impl Message for OpenWalletBalance {
    type Result = WalletBalance;
}
