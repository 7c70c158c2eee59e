//! Makes new cards pay what their owners owe (transition 41), once per card, even across restarts.
//!
//! A promise to pay is part of the record that stores the card. It is carried out as soon as that record is folded,
//! or after the next start, and waits while too many payments of the wallet are under way.
//! Must not: make promises, or decide what is paid.
//! Invariant: a promise is dropped only when it has been carried out or nothing is owed any more.

use super::{AGAIN, AbortOnDrop, PaymentActor};
use crate::refusal::Refusal;
use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use campusg_domain::{
    call::CallChange,
    id::{Principal, Seq, Stream, UserId},
    money::{Account, Cents, Phase, Transfer},
    owner::{directory::UserEvent, wallet},
    record::{Entry, Events, Record},
    rejection::Rejection,
    stream::{Envelope, own_command},
};
use campusg_storage::{read::Reads, snapshot::SnapshotFault};
use std::collections::{BTreeMap, btree_map::Entry as Slot};

/// How many records of a wallet are read at once.
const PAGE: usize = 64;

/// The promises that have not been carried out.
#[derive(Debug, Default)]
pub(super) struct Promises(BTreeMap<UserId, Promise>);

#[derive(Clone, Copy, Debug)]
struct Promise {
    /// The record that stores the card.
    seq: Seq,
    asked: Asked,
}

/// Whether the wallet has been asked to pay and has not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    No,
    Yes,
    /// Asked, and one of the wallet's calls was decided meanwhile, so that a place may be free.
    Again,
}

impl Promises {
    /// Adds a promise; a person's newest one replaces older ones.
    fn add(&mut self, user: UserId, seq: Seq) {
        match self.0.entry(user) {
            Slot::Vacant(slot) => {
                let asked = Asked::No;
                slot.insert(Promise { seq, asked });
            }
            Slot::Occupied(mut slot) => {
                let known = slot.get_mut();
                known.seq = known.seq.max(seq);
            }
        }
    }

    /// Returns the promise to carry out now, unless the wallet is already being asked.
    fn ask(&mut self, user: UserId) -> Option<Seq> {
        let promise = self.0.get_mut(&user)?;
        let idle = promise.asked == Asked::No;
        promise.asked = if idle { Asked::Yes } else { Asked::Again };
        idle.then_some(promise.seq)
    }

    /// Decides what to do after the wallet has answered for the promise of `seq`.
    fn answered(&mut self, user: UserId, seq: Seq, answer: &Result<Seq, Refusal>) -> Next {
        let Some(promise) = self.0.get_mut(&user) else {
            return Next::Done;
        };
        let asked = std::mem::replace(&mut promise.asked, Asked::No);
        if promise.seq != seq {
            return Next::Now;
        }
        match answer {
            Err(Refusal::Rejected {
                rejection: Rejection::TooManyPayments { .. },
                ..
            }) if asked == Asked::Again => Next::Now,
            Err(Refusal::Rejected {
                rejection: Rejection::TooManyPayments { .. },
                ..
            }) => Next::Done,
            Ok(_) | Err(Refusal::Rejected { .. }) => {
                self.0.remove(&user);
                Next::Done
            }
            Err(_) => Next::Later,
        }
    }
}

/// When to ask the wallet again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Not before one of its calls is decided, or never.
    Done,
    Now,
    Later,
}

impl PaymentActor {
    /// Takes in a record's promise, and tries again if the record frees a place.
    pub(super) fn fold_promise(&mut self, seq: Seq, record: &Record, ctx: &mut Context<Self>) {
        match (record.stream, &record.events) {
            (Stream::User(user), Events::User(events)) if promises(events) => {
                self.promises.add(user, seq);
                self.keep_promise(user, ctx);
            }
            (Stream::Wallet(user), _) => {
                let closes = |change: &CallChange| matches!(change, CallChange::Close { .. });
                if record.calls.iter().any(closes) {
                    self.keep_promise(user, ctx);
                }
            }
            _ => {}
        }
    }

    /// Finds the promises that the previous process did not carry out.
    pub(super) fn look_for_promises(&mut self, ctx: &mut Context<Self>) {
        let (reads, folded) = (self.start.reads.clone(), self.start.folded);
        let debtors = std::mem::take(&mut self.start.debtors);
        let looking = self.start.io.spawn(async move {
            let folded = reads.wait_folded(folded).await;
            folded.map_err(|_| Refusal::Stopping)?;
            let looked = tokio::task::spawn_blocking(move || {
                let look = |user| (user, open_promise(&reads, user));
                debtors.into_iter().map(look).collect::<Vec<_>>()
            });
            looked.await.map_err(|_| Refusal::Fault)
        });
        let looking = AbortOnDrop(looking).into_actor(self);
        ctx.spawn(looking.map(|looked, actor, ctx| {
            let mut found = vec![];
            for (user, promise) in looked.unwrap_or_default() {
                match promise {
                    Ok(promise) => found.extend(promise.map(|seq| (user, seq))),
                    Err(fault) => {
                        tracing::error!(%user, %fault, "whether a card promised to pay a debt can't be read yet");
                        actor.start.debtors.push(user);
                    }
                }
            }
            if !actor.start.debtors.is_empty() {
                ctx.run_later(AGAIN, Self::look_for_promises);
            }
            for (user, seq) in found {
                tracing::info!(%user, "a card's promise to pay a debt is kept after a restart");
                actor.promises.add(user, seq);
            }
            let users: Vec<UserId> = actor.promises.0.keys().copied().collect();
            users
                .into_iter()
                .for_each(|user| actor.keep_promise(user, ctx));
        }));
    }

    /// Transition 41: asks the wallet to pay. If nothing is owed any more, it refuses and nothing is written.
    fn keep_promise(&mut self, user: UserId, ctx: &mut Context<Self>) {
        let Some(owners) = self.owners.clone() else {
            return;
        };
        let Some(seq) = self.promises.ask(user) else {
            return;
        };
        let id = own_command(Stream::User(user), "new card", seq.0);
        let pay = wallet::Command::PayDebt { cents: None };
        let envelope = Envelope::own(Principal::System, id, user, pay);
        let paying = async move { owners.submit(envelope).await };
        ctx.spawn(paying.into_actor(self).map(move |answer, actor, ctx| {
            if let Err(refusal) = &answer {
                tracing::debug!(%user, %refusal, "a new card pays nothing for now");
            }
            match actor.promises.answered(user, seq, &answer) {
                Next::Done => {}
                Next::Now => actor.keep_promise(user, ctx),
                Next::Later => {
                    ctx.run_later(AGAIN, move |actor, ctx| actor.keep_promise(user, ctx));
                }
            }
        }));
    }
}

fn promises(events: &[UserEvent]) -> bool {
    let promises = |event: &UserEvent| matches!(event, UserEvent::DebtPromised { .. });
    events.iter().any(promises)
}

type Read<T> = Result<T, SnapshotFault>;

/// Returns the record of the person's card, if it promised to pay a debt that is still owed and for which no card was
/// charged since.
fn open_promise(reads: &Reads, user: UserId) -> Read<Option<Seq>> {
    match promised(reads, user)? {
        Some(seq) => Ok(is_open(reads, user, seq)?.then_some(seq)),
        None => Ok(None),
    }
}

/// Returns the record that stored the present card, if it contains a promise.
fn promised(reads: &Reads, user: UserId) -> Read<Option<Seq>> {
    let person = reads.person(user)?;
    let mut at = person.map_or(Seq::NONE, |known| known.last_seq);
    while at != Seq::NONE {
        let Some(Entry { seq, record }) = reads.entry(at)? else {
            break;
        };
        if let Events::User(events) = &record.events {
            let decides =
                |event: &UserEvent| matches!(event, UserEvent::CardSet(_) | UserEvent::CardRemoved);
            if events.iter().any(decides) {
                return Ok(promises(events).then_some(seq));
            }
        }
        at = record.prev;
    }
    Ok(None)
}

/// Whether the debt at the time of `since` is still open: no charge was requested after it, and the debt was never 0.
fn is_open(reads: &Reads, user: UserId, since: Seq) -> Read<bool> {
    let mut owed = -reads.account(Account::Receivable(user))?.posted;
    let mut before = None;
    loop {
        let page = reads.wallet_lines(user, before, PAGE)?;
        for line in &page.lines {
            if line.entry.seq <= since {
                return Ok(owed.is_positive());
            }
            if !owed.is_positive() || asks_a_card(&line.entry.record) {
                return Ok(false);
            }
            owed -= line.transfers.iter().map(|it| raised(user, it)).sum();
        }
        match page.next {
            Some(next) => before = Some(next),
            None => return Ok(owed.is_positive()),
        }
    }
}

fn asks_a_card(record: &Record) -> bool {
    let asks = |event: &wallet::Event| matches!(event, wallet::Event::DebtPaymentRequested { .. });
    matches!(&record.events, Events::Wallet(events) if events.iter().any(asks))
}

/// The amount by which a transfer raised the person's debt; negative if it lowered it.
fn raised(user: UserId, transfer: &Transfer) -> Cents {
    let owing = Account::Receivable(user);
    match transfer.phase {
        Phase::Posted | Phase::Post { .. } if transfer.debit == owing => transfer.cents,
        Phase::Posted | Phase::Post { .. } if transfer.credit == owing => -transfer.cents,
        Phase::Posted
        | Phase::Pending { .. }
        | Phase::Post { .. }
        | Phase::Void { .. }
        | Phase::Expire { .. } => Cents::ZERO,
    }
}
