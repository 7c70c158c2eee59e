//! The way to the owners: votes of those that vote, and commands to those that write streams.
//!
//! Addressed by what they take, and not by what they are.

use crate::{
    message::{
        CheckTransfers, CountReservations, GiveBack, OpenWalletBalance, Pending, RequestVote,
    },
    refusal::Refusal,
};
use actix::{Actor, Addr, Context, Handler, Recipient};
use campusg_domain::{
    id::Seq,
    owner::{
        directory::{StoreCommand, UserCommand},
        inbox, schedule, wallet,
    },
    rejection::Rejection,
    stream::{Envelope, StreamCommand},
    vote::{Owner, Token, Vote, VoteRequest, Votes},
};
use std::sync::Arc;
use tokio::sync::oneshot;

/// An owner that votes.
#[derive(Clone, Debug)]
pub(crate) struct Voter {
    votes: Recipient<RequestVote>,
    give_back: Recipient<GiveBack>,
    reservations: Recipient<CountReservations>,
}

impl Voter {
    /// The votes of this actor.
    pub(crate) fn of<A>(owner: &Addr<A>) -> Self
    where
        A: Actor<Context = Context<A>>
            + Handler<RequestVote>
            + Handler<GiveBack>
            + Handler<CountReservations>,
    {
        Self {
            votes: owner.clone().recipient(),
            give_back: owner.clone().recipient(),
            reservations: owner.clone().recipient(),
        }
    }

    /// An owner that is gone says no: the process is about to end.
    async fn vote(&self, question: RequestVote) -> Vote {
        let vote = self.votes.send(question).await;
        vote.unwrap_or(Err(Rejection::TransferRefused))
    }
}

/// Every owner that votes or writes streams.
#[derive(Clone, Debug)]
pub(crate) struct Owners {
    pub(crate) directory: Voter,
    pub(crate) escrow: Voter,
    pub(crate) timer: Voter,
    pub(crate) users: Recipient<Pending<UserCommand>>,
    pub(crate) stores: Recipient<Pending<StoreCommand>>,
    pub(crate) wallets: Recipient<Pending<wallet::Command>>,
    pub(crate) schedules: Recipient<Pending<schedule::Command>>,
    pub(crate) inboxes: Recipient<Pending<inbox::Command>>,
    pub(crate) transfers: Recipient<CheckTransfers>,
    pub(crate) balances: Recipient<OpenWalletBalance>,
}

/// A command whose stream one of the owners writes.
pub(crate) trait OwnedCommand: StreamCommand {
    /// The owner.
    fn owner(owners: &Owners) -> &Recipient<Pending<Self>>;
}

impl OwnedCommand for UserCommand {
    fn owner(owners: &Owners) -> &Recipient<Pending<Self>> {
        &owners.users
    }
}

impl OwnedCommand for StoreCommand {
    fn owner(owners: &Owners) -> &Recipient<Pending<Self>> {
        &owners.stores
    }
}

impl OwnedCommand for wallet::Command {
    fn owner(owners: &Owners) -> &Recipient<Pending<Self>> {
        &owners.wallets
    }
}

impl OwnedCommand for schedule::Command {
    fn owner(owners: &Owners) -> &Recipient<Pending<Self>> {
        &owners.schedules
    }
}

impl OwnedCommand for inbox::Command {
    fn owner(owners: &Owners) -> &Recipient<Pending<Self>> {
        &owners.inboxes
    }
}

impl Owners {
    /// Asks other owners what they say to a command, then gives it to the owner of its stream and waits until it is
    /// durable and folded: the record's sequence, none where nothing was written.
    ///
    /// What is reserved for the command is given back when its answer is known, or its caller is gone.
    pub(crate) async fn submit<C: OwnedCommand>(
        self: &Arc<Self>,
        envelope: Envelope<C>,
    ) -> Result<Seq, Refusal> {
        let wanted = envelope.command.foreign_votes(envelope.target);
        let (foreign, reservation) = self.poll(envelope.meta.id, wanted).await;
        let answer = submit(C::owner(self), envelope, Votes::Cast(foreign)).await;
        drop(reservation);
        answer
    }

    /// How many commands hold something back, at all owners together; `None` if one is gone.
    pub(crate) async fn reservations(&self) -> Option<usize> {
        let mut held = 0;
        for voter in [&self.escrow, &self.directory, &self.timer] {
            held += voter.reservations.send(CountReservations).await.ok()?;
        }
        Some(held)
    }

    /// Asks each owner in turn; stops at nothing, since a no may be part of the decision.
    pub(crate) async fn poll(
        self: &Arc<Self>,
        token: Token,
        required_votes: Vec<VoteRequest>,
    ) -> (Vec<(VoteRequest, Vote)>, Reservation) {
        let mut reservation = Reservation {
            owners: Arc::clone(self),
            token,
            held: vec![],
        };
        let mut votes = vec![];
        for ask in required_votes {
            let owner = ask.owner();
            let vote = self.voter(owner).vote(RequestVote { token, ask }).await;
            // A no holds nothing back. Under the same token somebody else may: a repeat that comes while the first
            // is running must not give back what that one holds.
            if vote.is_ok() && !reservation.held.contains(&owner) {
                reservation.held.push(owner);
            }
            votes.push((ask, vote));
        }
        (votes, reservation)
    }

    const fn voter(&self, owner: Owner) -> &Voter {
        match owner {
            Owner::Directory => &self.directory,
            Owner::Escrow => &self.escrow,
            Owner::Timer => &self.timer,
        }
    }
}

/// Gives a command to the owner of its stream, with what other owners said to it, and waits until it is durable and
/// folded.
pub(crate) async fn submit<C: StreamCommand>(
    owner: &Recipient<Pending<C>>,
    envelope: Envelope<C>,
    foreign: Votes,
) -> Result<Seq, Refusal> {
    let (reply, answer) = oneshot::channel();
    let pending = Pending {
        envelope,
        foreign,
        reply,
    };
    if owner.send(pending).await.is_err() {
        return Err(Refusal::Stopping);
    }
    answer.await.unwrap_or(Err(Refusal::Unknown))
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
            self.owners.voter(owner).give_back.do_send(give_back);
        }
    }
}
