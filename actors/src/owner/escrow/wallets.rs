//! The part of the escrow owner that writes the streams `wallet:{id}`.
//!
//! Its own votes come from its ledger; votes of other owners come with the command. A missing vote counts as a
//! refusal.

use super::EscrowActor;
use crate::{
    message::Pending,
    port::clock::Clock,
    refusal::Refusal,
    shell::owner::{NotWritten, StreamOwner, StreamQueue},
};
use actix::{Context, Handler};
use campusg_domain::{
    id::{CommandId, UserId},
    invariant::check_wallet,
    owner::wallet::{Command, Turn, Wallet, turn},
    record::Record,
    stream::Envelope,
    time::At,
    vote::{Owner, VoteRequest, Votes},
};
use campusg_storage::journal::CommitQueue;
use std::sync::Arc;

impl EscrowActor {
    fn wallet(&self, user: UserId) -> Arc<Wallet> {
        let known = self.wallets.get(user);
        known.map_or_else(|| Arc::new(Wallet::new(user)), Arc::clone)
    }
}

impl StreamOwner<Command> for EscrowActor {
    fn queue(&mut self) -> &mut StreamQueue<Command> {
        &mut self.commands
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn journal(&self) -> &CommitQueue<Record> {
        &self.queue
    }

    fn decide(
        &mut self,
        envelope: &Envelope<Command>,
        foreign: &Votes,
        now: At,
    ) -> Result<Option<Record>, Refusal> {
        let Envelope {
            meta,
            target: user,
            command,
        } = envelope;
        let before = self.wallet(*user);
        let (ledger, policy) = (&mut self.ledger, &*self.policy);
        let vote = |ask: &VoteRequest| match ask.owner() {
            Owner::Escrow => ledger.vote(meta.id, ask, policy),
            Owner::Directory | Owner::Timer => foreign.ask(*ask),
        };
        let now = if matches!(command, Command::SetClockBack { .. }) {
            now
        } else {
            now.max(before.last_at)
        };
        let turn = turn(&before, command, meta, now, policy, vote);
        match turn.map_err(Refusal::rule)? {
            Turn::AlreadySo => Ok(None),
            Turn::Commit(filled) => {
                let checked = check_wallet(&self.ledger, &before, &filled.after, &filled.record);
                checked.map_err(|broken| {
                    tracing::error!(%user, %broken, "an invariant would break: not written");
                    Refusal::Fault
                })?;
                Ok(Some(filled.record))
            }
        }
    }

    fn give_back(&mut self, id: CommandId) {
        self.ledger.release(id);
    }
}

impl Handler<Pending<Command>> for EscrowActor {
    type Result = ();

    fn handle(&mut self, pending: Pending<Command>, ctx: &mut Context<Self>) {
        self.take(pending, ctx);
    }
}

impl Handler<NotWritten<Command>> for EscrowActor {
    type Result = ();

    fn handle(&mut self, fault: NotWritten<Command>, ctx: &mut Context<Self>) {
        self.not_written(fault, ctx);
    }
}
