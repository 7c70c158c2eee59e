//! The escrow owner: the ledger's memory, the votes on money, and the check of every record that moves some.
//!
//! Must not: write a record of an order, ask another actor, or wait for anything. A panic in here ends the process.

use crate::{
    fatal::Guard,
    vote::{AskVote, CheckTransfers, CountReservations, Folded, GiveBack},
};
use actix::{Actor, Context, Handler, MessageResult};
use campusg_domain::{id::Seq, owner::ledger::Ledger, policy::Policy};
use std::sync::Arc;

/// Keeps every account's balance.
#[derive(Debug)]
pub(crate) struct EscrowActor {
    ledger: Ledger,
    policy: Arc<Policy>,
    folded: Seq,
    _guard: Guard,
}

impl EscrowActor {
    /// Starts from a ledger that has folded every record up to `folded`.
    pub(crate) fn new(ledger: Ledger, folded: Seq, policy: Arc<Policy>, guard: Guard) -> Self {
        Self { ledger, policy, folded, _guard: guard }
    }
}

impl Actor for EscrowActor {
    type Context = Context<Self>;
}

impl Handler<AskVote> for EscrowActor {
    type Result = MessageResult<AskVote>;

    fn handle(&mut self, AskVote { token, ask }: AskVote, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.ledger.vote(token, &ask, &self.policy))
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

impl Handler<CheckTransfers> for EscrowActor {
    type Result = MessageResult<CheckTransfers>;

    fn handle(&mut self, CheckTransfers(record): CheckTransfers, _: &mut Context<Self>) -> Self::Result {
        MessageResult(self.ledger.check(&record))
    }
}

impl Handler<Folded> for EscrowActor {
    type Result = ();

    fn handle(&mut self, batch: Folded, _: &mut Context<Self>) {
        for (seq, record) in batch.after(self.folded) {
            self.ledger.fold(seq, record);
        }
        self.folded = self.folded.max(batch.last());
    }
}
