//! Promises that a new card pays what is owed (transition 41): each is kept once, however often the process ends before.
//!
//! A promise stands in the record of the card. It is kept as soon as that record is folded, or at the start, and waits
//! for a place where too many payments are under way. Must not: promise anything, or decide what is paid.
//! Invariant: a promise that is forgotten is kept, or there is nothing left to pay.

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

/// Records of a wallet that are read at once.
const PAGE: usize = 64;

/// Every promise that is not kept yet.
#[derive(Debug, Default)]
pub(super) struct Promises(BTreeMap<UserId, Promise>);

#[derive(Clone, Copy, Debug)]
struct Promise {
    /// The record of the card.
    seq: Seq,
    asked: Asked,
}

/// Whether the wallet is asked to pay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    No,
    Granted,
    /// Yes, and a place became free meanwhile.
    Again,
}

impl Promises {
    /// Takes a promise in; the newest of a person's counts.
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

    /// The promise that is to be kept now, if the wallet is not being asked already.
    fn ask(&mut self, user: UserId) -> Option<Seq> {
        let promise = self.0.get_mut(&user)?;
        let idle = promise.asked == Asked::No;
        promise.asked = if idle { Asked::Granted } else { Asked::Again };
        idle.then_some(promise.seq)
    }

    /// What comes of having asked for the promise of `seq`.
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

/// When the wallet is asked once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Not before one of its calls is decided, if at all.
    Done,
    Now,
    Later,
}

impl PaymentActor {
    /// Takes in what a record promises, and goes on where it gives a place free.
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

    /// Looks for the promises that the last process did not keep.
    pub(super) fn look_for_promises(&mut self, ctx: &mut Context<Self>) {
        let (reads, folded) = (self.start.reads.clone(), self.start.folded);
        let debtors = std::mem::take(&mut self.start.debtors);
        let looking = self.start.io.spawn(async move {
            let folded = reads.wait_folded(folded).await;
            folded.map_err(|_| Refusal::Stopping)?;
            let looked = tokio::task::spawn_blocking(move || {
                let open = |user| Some((user, open_promise(&reads, user)?));
                debtors.into_iter().filter_map(open).collect::<Vec<_>>()
            });
            looked.await.map_err(|_| Refusal::Fault)
        });
        let looking = AbortOnDrop(looking).into_actor(self);
        ctx.spawn(looking.map(|found, actor, ctx| {
            for (user, seq) in found.unwrap_or_default() {
                tracing::info!(%user, "a card's promise to pay a debt is kept after a restart");
                actor.promises.add(user, seq);
            }
            let users: Vec<UserId> = actor.promises.0.keys().copied().collect();
            users
                .into_iter()
                .for_each(|user| actor.keep_promise(user, ctx));
        }));
    }

    /// Transition 41: asks the wallet to pay. Where nothing is owed any more, its owner says so and nothing is written.
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

/// The record of this person's card, if it promised to pay a debt that is owed since and that no card was asked for.
fn open_promise(reads: &Reads, user: UserId) -> Option<Seq> {
    let found = promised(reads, user);
    let open = found.and_then(|seq| match seq {
        Some(seq) => Ok(is_open(reads, user, seq)?.then_some(seq)),
        None => Ok(None),
    });
    open.unwrap_or_else(|fault| {
        tracing::error!(%user, %fault, "whether a card promised to pay a debt can't be read");
        None
    })
}

type Read<T> = Result<T, SnapshotFault>;

/// The record that put the card on file, if it promised something.
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

/// Whether the debt of then is still there: since that record no card was asked to pay, and something was always owed.
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
    let required_votes =
        |event: &wallet::Event| matches!(event, wallet::Event::DebtPaymentRequested { .. });
    matches!(&record.events, Events::Wallet(events) if events.iter().any(required_votes))
}

/// By how much a transfer raised what this person owes.
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
