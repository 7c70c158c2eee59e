//! The messages between orders and owners: asks and votes, reservations given back, durable batches.

use actix::{Actor, Addr, Handler, Message};
use campusg_domain::{
    id::Seq,
    order::Rejection,
    owner::ledger::LedgerFault,
    record::Record,
    vote::{Ask, Owner, Token, Vote, Votes, Yes},
};
use campusg_storage::journal::Batch;
use std::sync::Arc;

use crate::{directory::DirectoryActor, escrow::EscrowActor, timer::TimerActor};

/// A question to an owner, answered from its memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskVote {
    pub(crate) token: Token,
    pub(crate) ask: Ask,
}

impl Message for AskVote {
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

/// The owners that vote.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    pub(crate) escrow: Addr<EscrowActor>,
    pub(crate) directory: Addr<DirectoryActor>,
    pub(crate) timer: Addr<TimerActor>,
}

impl Owners {
    /// Asks each owner in turn; stops at nothing, since a no may be part of the decision.
    pub(crate) async fn poll(&self, token: Token, asks: Vec<Ask>) -> (Votes, Reservation) {
        let mut reservation = Reservation { owners: self.clone(), token, held: vec![] };
        let mut votes = vec![];
        for ask in asks {
            let owner = ask.owner();
            if !reservation.held.contains(&owner) {
                reservation.held.push(owner);
            }
            let question = AskVote { token, ask };
            let vote = match owner {
                Owner::Directory => answer(&self.directory, question).await,
                Owner::Escrow => answer(&self.escrow, question).await,
                Owner::Timer => answer(&self.timer, question).await,
            };
            votes.push((ask, vote));
        }
        (Votes(votes), reservation)
    }
}

/// An owner that is gone says no: it restarts, or the process ends.
async fn answer<A: Handler<AskVote>>(owner: &Addr<A>, question: AskVote) -> Result<Yes, Rejection>
where
    A: Actor<Context = actix::Context<A>>,
{
    owner.send(question).await.unwrap_or(Err(Rejection::TransferRefused))
}

/// What owners hold back for one command. Dropped before its record is queued, it gives all of it back; queueing moves
/// it into the commit, and folding the record ends it.
#[derive(Debug)]
pub(crate) struct Reservation {
    owners: Owners,
    token: Token,
    held: Vec<Owner>,
}

impl Reservation {
    /// From here on the record that carries the token ends the reservation, and nothing else.
    pub(crate) fn moved_into_the_commit(mut self) {
        self.held.clear();
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        for owner in self.held.drain(..) {
            let give_back = GiveBack(self.token);
            match owner {
                Owner::Directory => self.owners.directory.do_send(give_back),
                Owner::Escrow => self.owners.escrow.do_send(give_back),
                Owner::Timer => self.owners.timer.do_send(give_back),
            }
        }
    }
}
