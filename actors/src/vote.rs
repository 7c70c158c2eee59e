//! The messages between orders and owners: asks and votes, reservations given back, durable batches.

use actix::{Actor, Addr, Handler, Message};
use campusg_domain::{
    id::{Seq, UserId},
    order::Rejection,
    owner::ledger::{LedgerFault, WalletBalance},
    record::Record,
    vote::{Granted, Owner, Token, Vote, VoteRequest, Votes},
};
use campusg_storage::journal::Batch;
use std::sync::Arc;

use crate::{directory::DirectoryActor, escrow::EscrowActor, timer::TimerActor};

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

/// The owners that vote.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    pub(crate) escrow: Addr<EscrowActor>,
    pub(crate) directory: Addr<DirectoryActor>,
    pub(crate) timer: Addr<TimerActor>,
}

impl Owners {
    /// How many commands hold something back, at all owners together; `None` if one is gone.
    pub(crate) async fn reservations(&self) -> Option<usize> {
        let escrow = self.escrow.send(CountReservations).await.ok()?;
        let directory = self.directory.send(CountReservations).await.ok()?;
        let timer = self.timer.send(CountReservations).await.ok()?;
        Some(escrow + directory + timer)
    }

    /// Asks each owner in turn; stops at nothing, since a no may be part of the decision.
    pub(crate) async fn poll(
        self: &Arc<Self>,
        token: Token,
        required_votes: Vec<VoteRequest>,
    ) -> (Votes, Reservation) {
        let mut reservation = Reservation {
            owners: Arc::clone(self),
            token,
            held: vec![],
        };
        let mut votes = vec![];
        for ask in required_votes {
            let owner = ask.owner();
            let question = RequestVote { token, ask };
            let vote = match owner {
                Owner::Directory => answer(&self.directory, question).await,
                Owner::Escrow => answer(&self.escrow, question).await,
                Owner::Timer => answer(&self.timer, question).await,
            };
            // A no holds nothing back. Under the same token somebody else may: a repeat that comes while the first
            // is running must not give back what that one holds.
            if vote.is_ok() && !reservation.held.contains(&owner) {
                reservation.held.push(owner);
            }
            votes.push((ask, vote));
        }
        (Votes(votes), reservation)
    }
}

/// An owner that is gone says no: the process is about to end.
async fn answer<A>(owner: &Addr<A>, question: RequestVote) -> Result<Granted, Rejection>
where
    A: Handler<RequestVote> + Actor<Context = actix::Context<A>>,
{
    owner
        .send(question)
        .await
        .unwrap_or(Err(Rejection::TransferRefused))
}

/// What owners hold back for one command. Dropped, it gives all of it back; queueing the command's record moves it into
/// the commit, and folding the record ends it.
#[derive(Debug)]
pub(crate) struct Reservation {
    owners: Arc<Owners>,
    token: Token,
    held: Vec<Owner>,
}

impl Reservation {
    /// The record that carries the token is durable: folding it has ended the reservation.
    pub(crate) fn ended_by_its_record(mut self) {
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
