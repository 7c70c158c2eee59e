//! The steps that an order's actor takes for a command, in one thread: is the key claimed? votes, decide, fill, check,
//! commit, fold, reply.

use super::{AskKind, Simulation};
use campusg_domain::{
    id::{CommandId, Fingerprint, OrderId, Principal, Seq, UserId},
    invariant::{check_record, fingerprint},
    keys::Claim,
    order::{Command, Context, Filled, Order, Placement, Turn, required_votes, turn, verdict},
    record::{Entry, Events, Record},
    rejection::Rejection,
    stream::Meta,
    vote::{Owner, Vote, VoteRequest, Votes},
};
use std::sync::Arc;

/// People give every command under a key.
fn header(principal: Principal, id: CommandId, command: &Command) -> Meta {
    Meta {
        fingerprint: fingerprint(command),
        keyed: principal.user().is_some(),
        ..Meta::own(principal, id, command.name())
    }
}

impl Simulation {
    /// Places an order. The same idempotency key with the same order returns the order that was placed before.
    ///
    /// # Errors
    /// The first rule of transition 1 that is broken, in the order of [`Rejection`].
    pub fn place(
        &mut self,
        customer: UserId,
        placement: Placement,
        key: u64,
    ) -> Result<OrderId, Rejection> {
        let order = OrderId::from_bytes(self.chance.timed(self.now.0));
        let Fingerprint(id) = fingerprint(&(customer, "place", key));
        let command = Command::Place(Box::new(placement));
        let meta = header(Principal::User(customer), CommandId(id), &command);
        self.turn(&meta, order, &command).map(|order| order.id)
    }

    /// Gives a command to an order. A repeat of the same command id is answered as before and not executed.
    ///
    /// # Errors
    /// `KeyReused` if the id belongs to another command; else those of [`decide`](campusg_domain::order::decide()).
    ///
    /// # Panics
    /// If the record would break an invariant, which means that a rule is wrong.
    pub fn command(
        &mut self,
        principal: Principal,
        order: OrderId,
        command: &Command,
        id: CommandId,
    ) -> Result<Arc<Order>, Rejection> {
        self.turn(&header(principal, id, command), order, command)
    }

    fn turn(
        &mut self,
        meta: &Meta,
        id: OrderId,
        command: &Command,
    ) -> Result<Arc<Order>, Rejection> {
        let token = meta.id;
        let before = self.folds.orders.get(&id).cloned();
        if meta.keyed
            && let Claim::Done(seq) = self.folds.keys.claim(meta, self.now)?
        {
            return self.repeated(seq);
        }
        let pin = self.pin(id);
        let policy = self.policy.clone();
        let none = Votes::default();
        let mut context = Context {
            meta,
            now: before
                .as_ref()
                .map_or(self.now, |order| self.now.max(order.last_at)),
            policy: &policy,
            votes: &none,
            pin,
        };
        let required_votes = required_votes(before.as_deref(), command, &context).into_iter();
        let votes = required_votes.map(|ask| (ask, self.vote(token, &ask)));
        let votes = Votes::Cast(votes.collect());
        context.votes = &votes;
        match turn(id, before.as_deref(), command, &context) {
            Ok(Turn::Commit { filled, verdict }) => {
                let after = self.commit_order(before.as_deref(), *filled);
                verdict.map_or(Ok(after), Err)
            }
            Ok(Turn::AlreadySo) => {
                self.folds.release(meta);
                before.ok_or_else(|| Rejection::NotFound {
                    what: "order".into(),
                })
            }
            Err(rejection) => {
                self.folds.release(meta);
                Err(rejection)
            }
        }
    }

    /// The reply to a repeat, as at the first time; a refusal that was recorded is found in the record's events.
    fn repeated(&self, seq: Seq) -> Result<Arc<Order>, Rejection> {
        let record = self.record(seq);
        if let Events::Order(events) = &record.events
            && let Some(rejection) = verdict(events, &self.policy)
        {
            return Err(rejection);
        }
        let order = record.stream.order().and_then(|id| self.order(id));
        order.cloned().ok_or_else(|| Rejection::NotFound {
            what: "order".into(),
        })
    }

    pub(super) fn vote(&mut self, token: CommandId, ask: &VoteRequest) -> Vote {
        if let Some(refusal) = self
            .refusals
            .iter_mut()
            .find(|(kind, left)| *kind == AskKind::of(ask) && *left > 0)
        {
            refusal.1 -= 1;
            return Err(Rejection::TransferRefused);
        }
        let yes = match ask.owner() {
            Owner::Directory => self.folds.directory.vote(token, ask, &self.policy),
            Owner::Escrow => self.folds.ledger.vote(token, ask, &self.policy),
            Owner::Timer => self.folds.timetable.vote(token, ask, &self.policy),
        }?;
        self.look_up(ask)?;
        Ok(yes)
    }

    /// Checks that a photo serves no other order. It is reserved already; here it is looked up among committed records.
    fn look_up(&self, ask: &VoteRequest) -> Result<(), Rejection> {
        match ask {
            VoteRequest::UsedOnce { photo, order }
                if self
                    .folds
                    .pictures
                    .get(&photo.picture())
                    .is_some_and(|used| used != order) =>
            {
                Err(Rejection::PhotoUsed)
            }
            VoteRequest::Placement { .. }
            | VoteRequest::StoreOpen { .. }
            | VoteRequest::Raise { .. }
            | VoteRequest::NoDebt { .. }
            | VoteRequest::Hold { .. }
            | VoteRequest::Capacity { .. }
            | VoteRequest::RunnerSlot { .. }
            | VoteRequest::UsedOnce { .. }
            | VoteRequest::Release { .. }
            | VoteRequest::SetOff { .. }
            | VoteRequest::Card { .. }
            | VoteRequest::PayoutMethod { .. }
            | VoteRequest::Debt { .. }
            | VoteRequest::PayOut { .. }
            | VoteRequest::Freeze { .. }
            | VoteRequest::Cash { .. }
            | VoteRequest::Losses { .. }
            | VoteRequest::Fees { .. } => Ok(()),
        }
    }

    fn commit_order(&mut self, before: Option<&Order>, filled: Filled) -> Arc<Order> {
        if let Err(broken) = check_record(&self.folds.ledger, before, &filled.after, &filled.record)
        {
            panic!("{broken}\nin {:#?}", filled.record);
        }
        let (record, after) = filled.committed(self.next_seq());
        self.commit(record);
        let folded = Arc::clone(&self.folds.orders[&after.id]);
        debug_assert_eq!(*folded, after, "the fold of a record is what was decided");
        folded
    }

    /// Appends a record to the journal and folds it into every owner.
    pub(super) fn commit(&mut self, record: Record) {
        let entry = Entry {
            seq: self.next_seq(),
            record,
        };
        let stream = entry.record.stream;
        self.folds.fold(&entry);
        self.journal.push(entry);
        self.after_record(stream);
    }

    fn record(&self, seq: Seq) -> &Record {
        let place = usize::try_from(seq.0 - 1).expect("the journal is in memory");
        &self.journal[place].record
    }

    pub(super) fn next_seq(&self) -> Seq {
        Seq(self.journal.len() as u64 + 1)
    }
}
