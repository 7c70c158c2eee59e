//! The messages between actors: commands to owners, votes, reservations given back, durable batches.
//!
//! Who sends one has a `Recipient` of it and knows no actor, so that no room needs to know the actors of another.

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

/// A command on its way to the owner of its stream, and where the answer goes: the record's sequence, none where nothing
/// was written.
#[derive(Debug)]
pub(crate) struct Pending<C: StreamCommand> {
    pub(crate) envelope: Envelope<C>,
    /// What other owners say to it.
    pub(crate) foreign: Votes,
    pub(crate) reply: oneshot::Sender<Result<Seq, Refusal>>,
}

impl<C: StreamCommand> Message for Pending<C> {
    type Result = ();
}

/// A question to an owner, answered from its memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestVote {
    pub(crate) token: Token,
    pub(crate) ask: VoteRequest,
}

impl Message for RequestVote {
    type Result = Vote;
}

/// Gives back what is reserved under a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GiveBack(pub(crate) Token);

impl Message for GiveBack {
    type Result = ();
}

/// A durable batch, in order and without gaps.
#[derive(Clone, Debug)]
pub(crate) struct Folded(pub(crate) Arc<Batch<Record>>);

impl Message for Folded {
    type Result = ();
}

impl Folded {
    /// The records after `folded`: those before it are known from the snapshots.
    pub(crate) fn after(&self, folded: Seq) -> impl Iterator<Item = (Seq, &Record)> {
        let numbered = self.0.numbered().map(|(seq, record)| (Seq(seq), record));
        numbered.filter(move |(seq, _)| *seq > folded)
    }

    /// The last record.
    pub(crate) fn last(&self) -> Seq {
        Seq(self.0.last_seq())
    }
}

/// May this record's transfers be booked? Asked before it is queued.
#[derive(Clone, Debug)]
pub(crate) struct CheckTransfers(pub(crate) Arc<Record>);

impl Message for CheckTransfers {
    type Result = Result<(), LedgerFault>;
}

/// How many commands hold something back at this owner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CountReservations;

impl Message for CountReservations {
    type Result = usize;
}

/// What a person has and owes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OpenWalletBalance(pub(crate) UserId);

impl Message for OpenWalletBalance {
    type Result = WalletBalance;
}
