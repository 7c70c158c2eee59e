//! The whole product in one thread: orders and owners, a journal in memory, a manual clock and the fake bank.
//!
//! It has the same rules and writes the same records as the running service, but needs no runtime. Property tests and
//! `campusg simulate` use it. A command takes the same steps as in an order's actor: is the key claimed? votes, decide, fill,
//! check, commit, fold, reply.
//! Invariant: the state is only a fold of the journal ([`Simulation::rebuild`] proves it); a refused command leaves no
//! trace. Must not: read a clock, or draw randomness except from its seed.

mod chaos;
mod folds;
mod gateway;
mod people;
mod run;
mod scripts;
mod seeded;
mod shell;
mod wallets;

pub use chaos::Mishap;
pub use folds::Folds;
pub use gateway::Gateway;
pub use scripts::{Bank, Behaviour};
pub use seeded::Seeded;

use campusg_domain::{
    id::{CommandId, OrderId, PhotoId},
    invariant::{Audit, Broken, Id, chained},
    money::Cents,
    order::Order,
    owner::{calls::Calls, directory::Directory, ledger::Ledger, timetable::Timetable},
    policy::Policy,
    record::Entry,
    time::At,
    vote::VoteRequest,
};
use std::sync::Arc;

/// The time at which every simulation begins: 2026-01-01T00:00:00Z.
const BEGINNING: At = At(1_767_225_600_000);

/// The kinds of [`VoteRequest`], to choose one that an owner is made to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskKind {
    /// Whether this customer may place another order.
    Placement,
    /// Whether this customer has no debt.
    NoDebt,
    /// Whether the escrow may hold this amount.
    Hold,
    /// Whether the escrow may hold more for a dearer proposal.
    Raise,
    /// Whether this store takes orders.
    StoreOpen,
    /// Whether the timer owner has room for another order's timers.
    Capacity,
    /// Whether this runner may take one more order.
    RunnerSlot,
    /// Whether this photo serves no other order.
    UsedOnce,
    /// Whether the escrow may pay out an order's money.
    Release,
    /// How much of a runner's earnings pays their debt.
    SetOff,
    /// Which card the customer has on file.
    Card,
    /// Which bank account the user has on file.
    PayoutMethod,
    /// Whether this much debt may be paid.
    Debt,
    /// Whether this much money may leave a wallet.
    PayOut,
    /// How much of a runner's wallet can be frozen for a dispute.
    Freeze,
    /// Whether the gateway has this much cash.
    Cash,
    /// Whether there are losses of this much to be covered.
    Losses,
    /// Whether there are earned fees of this much.
    Fees,
}

impl AskKind {
    const fn of(ask: &VoteRequest) -> Self {
        match ask {
            VoteRequest::Placement { .. } => Self::Placement,
            VoteRequest::NoDebt { .. } => Self::NoDebt,
            VoteRequest::Hold { .. } => Self::Hold,
            VoteRequest::Raise { .. } => Self::Raise,
            VoteRequest::StoreOpen { .. } => Self::StoreOpen,
            VoteRequest::Capacity { .. } => Self::Capacity,
            VoteRequest::RunnerSlot { .. } => Self::RunnerSlot,
            VoteRequest::UsedOnce { .. } => Self::UsedOnce,
            VoteRequest::Release { .. } => Self::Release,
            VoteRequest::SetOff { .. } => Self::SetOff,
            VoteRequest::Card { .. } => Self::Card,
            VoteRequest::PayoutMethod { .. } => Self::PayoutMethod,
            VoteRequest::Debt { .. } => Self::Debt,
            VoteRequest::PayOut { .. } => Self::PayOut,
            VoteRequest::Freeze { .. } => Self::Freeze,
            VoteRequest::Cash { .. } => Self::Cash,
            VoteRequest::Losses { .. } => Self::Losses,
            VoteRequest::Fees { .. } => Self::Fees,
        }
    }
}

/// A whole campus in memory: its journal, the state folded from it, the clock and the gateway.
#[derive(Clone, Debug)]
pub struct Simulation {
    policy: Policy,
    now: At,
    chance: Seeded,
    journal: Vec<Entry>,
    folds: Folds,
    gateway: Gateway,
    refusals: Vec<(AskKind, u32)>,
    chaos: chaos::Chaos,
}

impl Simulation {
    /// An empty campus. The same seed and the same calls make the same journal.
    #[must_use]
    pub fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            now: BEGINNING,
            chance: Seeded::new(seed),
            journal: vec![],
            folds: Folds::default(),
            gateway: Gateway::default(),
            refusals: vec![],
            chaos: chaos::Chaos::new(seed),
        }
    }

    /// The limits and spans that it runs under.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The time of the manual clock.
    #[must_use]
    pub const fn now(&self) -> At {
        self.now
    }

    /// Every record of the journal, in order.
    #[must_use]
    pub fn journal(&self) -> &[Entry] {
        &self.journal
    }

    /// An order by its id; `None` if it was not placed.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Arc<Order>> {
        self.folds.orders.get(&id)
    }

    /// Every order, by id.
    pub fn orders(&self) -> impl Iterator<Item = &Arc<Order>> {
        self.folds.orders.values()
    }

    /// The balances of all accounts.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.folds.ledger
    }

    /// Users and stores.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.folds.directory
    }

    /// The timers that are armed.
    #[must_use]
    pub const fn timetable(&self) -> &Timetable {
        &self.folds.timetable
    }

    /// The calls to the gateway that are not answered yet.
    #[must_use]
    pub const fn calls(&self) -> &Calls {
        &self.folds.calls
    }

    /// The payment gateway with its bank.
    #[must_use]
    pub const fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// The amount that stays blocked on cards until it runs out, since operators skipped its void.
    #[must_use]
    pub fn left_to_run_out(&self) -> Cents {
        let left = |order: OrderId, n| self.order(order).is_some_and(|it| it.gave_up_voiding(n));
        let blocks = self.gateway.blocks();
        let blocks = blocks.filter(|(order, n, _)| left(*order, *n));
        blocks.map(|(.., cents)| cents).sum()
    }

    /// The random generator from which every id and choice is drawn.
    pub const fn chance(&mut self) -> &mut Seeded {
        &mut self.chance
    }

    /// A fresh command id, as a command without a key gets one.
    pub const fn fresh(&mut self) -> CommandId {
        CommandId(self.chance.next())
    }

    /// The id of a photo that serves no order yet.
    pub const fn photo(&mut self) -> PhotoId {
        PhotoId::from_bytes(self.chance.bytes())
    }

    /// The PIN of this order, which its customer tells the runner: 0 to 9999.
    #[must_use]
    pub const fn pin(&self, order: OrderId) -> u16 {
        let bytes = order.as_bytes();
        u16::from_le_bytes([bytes[14], bytes[15]]) % 10_000
    }

    /// Makes the owner refuse the next `times` vote requests of this kind.
    pub fn refuse(&mut self, kind: AskKind, times: u32) {
        self.refusals.retain(|(other, _)| *other != kind);
        self.refusals.push((kind, times));
    }

    /// Hash of all orders, wallets and accounts; equal states have equal hashes.
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        self.folds.state_hash()
    }

    /// Folds the whole state again from the journal, as after a crash; the gateway is kept.
    ///
    /// # Errors
    /// Invariant I10 if the new state differs from the old one.
    pub fn rebuild(&mut self) -> Result<(), Broken> {
        let mut folds = Folds::default();
        self.journal.iter().for_each(|entry| folds.fold(entry));
        for folds in [&mut folds, &mut self.folds] {
            folds.keys.forget(self.now);
        }
        folds
            .same_as(&self.folds)
            .map_err(|why| Broken { id: Id(10), why })?;
        self.folds = folds;
        Ok(())
    }

    /// An audit over the whole journal, which also checks that the journal folds to the present state.
    #[must_use]
    pub fn audit(&self) -> Audit {
        let mut audit = Audit::default();
        self.journal.iter().for_each(|entry| audit.fold(entry));
        audit.expect_hash(self.state_hash());
        audit
    }

    /// Head of the hash chain over all records.
    #[must_use]
    pub fn head(&self) -> [u8; 32] {
        let records = self.journal.iter().map(|entry| &entry.record);
        records.fold([0; 32], chained)
    }

    /// Checks every invariant over the whole journal.
    ///
    /// # Errors
    /// Every invariant that does not hold, drift included.
    pub fn verify(&self) -> Result<(), Vec<Broken>> {
        let mut found = self.audit().verdict();
        found.extend_from_slice(self.drift());
        if self.folds.reservations() > 0 {
            found.push(Broken {
                id: Id(8),
                why: "a reservation outlived its command".into(),
            });
        }
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}
