//! The escrow owner: keeps every account's balance, votes on money, checks the transfers of every record before it is
//! written, and is the only writer of the streams `wallet:{id}`.
//!
//! Must not: write a record of an order, ask another actor, or wait for anything. A panic in it ends the process.

mod wallets;

use crate::{
    fatal::Guard,
    keys::SharedKeys,
    message::{
        CheckTransfers, CountReservations, Folded, GiveBack, OpenWalletBalance, RequestVote,
    },
    port::clock::Clock,
    shell::owner::{StreamOwner, StreamQueue},
};
use actix::{Actor, Context, Handler, Message, MessageResult};
use campusg_domain::{
    id::{Seq, Stream},
    owner::{
        ledger::{Ledger, Totals},
        wallet::{self, Wallets},
    },
    policy::Policy,
    record::Record,
    rejection::Rejection,
    vote::VoteRequest,
};
use campusg_storage::journal::{ChainHead, CommitQueue};
use std::sync::Arc;

/// The initial state of the escrow owner.
#[derive(Debug)]
pub(crate) struct EscrowStart {
    /// How many releases are refused before the first is granted, as a drill; 0 in production.
    pub(crate) refused_releases: u32,
    /// Must have folded every record up to `folded`.
    pub(crate) ledger: Ledger,
    /// Must have folded the same records.
    pub(crate) wallets: Wallets,
    pub(crate) folded: Seq,
    /// The journal's hash chain after the record `folded`.
    pub(crate) head: ChainHead,
    pub(crate) policy: Arc<Policy>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) queue: CommitQueue<Record>,
    /// The keys that commands claim.
    pub(crate) keys: SharedKeys,
    pub(crate) guard: Guard,
}

/// Asks for the sums over all accounts as of one record, with that record and the journal's chain head after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TakeProof;

impl Message for TakeProof {
    type Result = (Seq, ChainHead, Totals);
}

#[derive(Debug)]
pub(crate) struct EscrowActor {
    refused_releases: u32,
    ledger: Ledger,
    wallets: Wallets,
    policy: Arc<Policy>,
    folded: Seq,
    head: ChainHead,
    clock: Arc<dyn Clock>,
    queue: CommitQueue<Record>,
    commands: StreamQueue<wallet::Command>,
    _guard: Guard,
}

impl EscrowActor {
    /// Starts with empty queues.
    pub(crate) fn new(start: EscrowStart) -> Self {
        let EscrowStart {
            refused_releases,
            ledger,
            wallets,
            folded,
            head,
            policy,
            clock,
            queue,
            keys,
            guard,
        } = start;
        Self {
            refused_releases,
            ledger,
            wallets,
            policy,
            folded,
            head,
            clock,
            queue,
            commands: StreamQueue::new(keys),
            _guard: guard,
        }
    }

    /// Counts down and returns whether the drill refuses this release.
    fn drill_refuses(&mut self, ask: &VoteRequest) -> bool {
        let drills = self.refused_releases > 0 && matches!(ask, VoteRequest::Release { .. });
        self.refused_releases -= u32::from(drills);
        drills
    }
}

impl Actor for EscrowActor {
    type Context = Context<Self>;
}

impl Handler<RequestVote> for EscrowActor {
    type Result = MessageResult<RequestVote>;

    fn handle(
        &mut self,
        RequestVote { token, ask }: RequestVote,
        _: &mut Context<Self>,
    ) -> Self::Result {
        MessageResult(if self.drill_refuses(&ask) {
            Err(Rejection::TransferRefused)
        } else {
            self.ledger.vote(token, &ask, &self.policy)
        })
    }
}

impl Handler<GiveBack> for EscrowActor {
    type Result = ();

    fn handle(&mut self, GiveBack(token): GiveBack, _: &mut Context<Self>) {
        self.ledger.release(token);
    }
}

impl Handler<CountReservations> for EscrowActor {
    type Result = MessageResult<CountReservations>;

    fn handle(&mut self, _: CountReservations, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.ledger.reservations())
    }
}

impl Handler<TakeProof> for EscrowActor {
    type Result = MessageResult<TakeProof>;

    fn handle(&mut self, _: TakeProof, _: &mut Context<Self>) -> Self::Result {
        MessageResult((self.folded, self.head, self.ledger.totals()))
    }
}

impl Handler<OpenWalletBalance> for EscrowActor {
    type Result = MessageResult<OpenWalletBalance>;

    fn handle(
        &mut self,
        OpenWalletBalance(user): OpenWalletBalance,
        _: &mut Context<Self>,
    ) -> Self::Result {
        MessageResult(self.ledger.wallet_balance(user))
    }
}

impl Handler<CheckTransfers> for EscrowActor {
    type Result = MessageResult<CheckTransfers>;

    fn handle(
        &mut self,
        CheckTransfers(record): CheckTransfers,
        _: &mut Context<Self>,
    ) -> Self::Result {
        MessageResult(self.ledger.check(&record))
    }
}

impl Handler<Folded> for EscrowActor {
    type Result = ();

    fn handle(&mut self, batch: Folded, ctx: &mut Context<Self>) {
        for (seq, record) in batch.after(self.folded) {
            self.ledger.fold(seq, record);
            if matches!(record.stream, Stream::Wallet(_)) {
                self.wallets.fold(seq, record);
                self.folded_own(seq, record, ctx);
            }
        }
        if batch.last() > self.folded {
            (self.folded, self.head) = (batch.last(), batch.0.head);
        }
    }
}
