//! The addresses of the owners: asks them for votes, and sends commands to those that write streams.
//!
//! Owners are addressed by the messages that they take, not by their actor types.

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

/// The address of an owner that votes.
#[derive(Clone, Debug)]
pub(crate) struct Voter {
    votes: Recipient<RequestVote>,
    give_back: Recipient<GiveBack>,
    reservations: Recipient<CountReservations>,
}

impl Voter {
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

    /// Asks for a vote. If the owner is gone, that is a refusal: the process is about to end.
    async fn vote(&self, question: RequestVote) -> Vote {
        let vote = self.votes.send(question).await;
        vote.unwrap_or(Err(Rejection::TransferRefused))
    }
}

/// The addresses of all owners that vote or write streams.
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

/// A command to a stream that an owner writes.
pub(crate) trait OwnedCommand: StreamCommand {
    /// Returns the address of that owner.
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
    /// Asks other owners for their votes on a command, sends it to the owner of its stream, and waits until it is
    /// durable and folded. Returns the record's sequence number; `Seq::NONE` if nothing was written.
    ///
    /// Reservations for the command are released when its answer is known, or when the caller is dropped.
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

    /// Returns how many commands have reservations, at all owners together; `None` if an owner is gone.
    pub(crate) async fn reservations(&self) -> Option<usize> {
        let mut held = 0;
        for voter in [&self.escrow, &self.directory, &self.timer] {
            held += voter.reservations.send(CountReservations).await.ok()?;
        }
        Some(held)
    }

    /// Asks each owner in turn, even after a refusal, since a refusal may be part of the decision.
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
            // A refusal reserves nothing. Another request may hold a reservation under the same token: a repeat that
            // arrives while the first request is running must not release what that one reserved.
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

/// Sends a command with the votes of other owners to the owner of its stream, and waits until it is durable and
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

/// Reservations at owners for one command. Dropping it releases them. Queueing the command's record passes it to the
/// commit, and folding the record ends it.
#[derive(Debug)]
pub(crate) struct Reservation {
    owners: Arc<Owners>,
    token: Token,
    held: Vec<Owner>,
}

impl Reservation {
    /// Drops the reservation without releasing it: its record is durable, and folding the record has ended it.
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
