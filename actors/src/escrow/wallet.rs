//! The escrow owner as the one writer of the streams `wallet:{id}`: known → asks → votes → decide → fill → check.
//!
//! Its own votes come from its own ledger, the directory's come with the errand: a vote that is missing is a no.

use super::EscrowActor;
use crate::{
    desk::{Clerk, Desk, Job, NotWritten},
    errand::WalletErrand,
    port::clock::Clock,
    runtime::Refusal,
};
use actix::{Context, Handler};
use campusg_domain::order::Rejection;
use campusg_domain::{
    id::{CommandId, UserId},
    invariant::check_wallet,
    owner::wallet::{self, Turn, Wallet, known, required_votes, turn},
    record::Record,
    time::At,
    vote::{Owner, Vote, VoteRequest, Votes},
};
use campusg_storage::journal::CommitQueue;
use std::sync::Arc;

impl EscrowActor {
    fn wallet(&self, user: UserId) -> Arc<Wallet> {
        let known = self.wallets.get(user);
        known.map_or_else(|| Arc::new(Wallet::new(user)), Arc::clone)
    }

    fn vote_on(&mut self, id: CommandId, ask: &VoteRequest, said: &[(VoteRequest, Vote)]) -> Vote {
        if ask.owner() == Owner::Escrow {
            return self.ledger.vote(id, ask, &self.policy);
        }
        let said = said.iter().find(|(asked, _)| asked == ask);
        said.map_or(Err(Rejection::TransferRefused), |(_, vote)| vote.clone())
    }
}

impl Clerk for EscrowActor {
    type Errand = WalletErrand;

    fn desk(&mut self) -> &mut Desk<WalletErrand> {
        &mut self.desk
    }

    fn queue(&self) -> &CommitQueue<Record> {
        &self.queue
    }

    fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    fn decide(
        &mut self,
        id: CommandId,
        errand: &WalletErrand,
        now: At,
    ) -> Result<Option<Record>, Refusal> {
        let WalletErrand {
            user,
            command,
            principal,
            fingerprint,
            said,
        } = errand;
        let before = self.wallet(*user);
        if let Some(executed) = known(&before, id, *fingerprint) {
            return executed.map(|_| None).map_err(Refusal::rule);
        }
        let policy = Arc::clone(&self.policy);
        let asked = required_votes(&before, command, *principal, &policy).map_err(Refusal::rule)?;
        let votes = asked
            .into_iter()
            .map(|ask| (ask, self.vote_on(id, &ask, said)));
        let votes = Votes(votes.collect());
        let context = wallet::Context {
            principal: *principal,
            command: id,
            fingerprint: *fingerprint,
            now: now.max(before.last_at),
            policy: &policy,
            votes: &votes,
        };
        match turn(&before, command, &context).map_err(Refusal::rule)? {
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

impl Handler<Job<WalletErrand>> for EscrowActor {
    type Result = ();

    fn handle(&mut self, job: Job<WalletErrand>, ctx: &mut Context<Self>) {
        self.take(job, ctx);
    }
}

impl Handler<NotWritten> for EscrowActor {
    type Result = ();

    fn handle(&mut self, fault: NotWritten, ctx: &mut Context<Self>) {
        self.not_written(fault, ctx);
    }
}
