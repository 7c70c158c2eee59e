//! The whole product in one thread: a journal in memory, the owners, the orders, a manual clock, the fake bank.
//!
//! Same rules, same records as the running service, without a runtime: the simulator, the model of the property tests
//! and of `campusg simulate`. A command takes the same steps as in an order's actor: known id? → asks → votes →
//! decide → fill → check → commit → fold → reply.
//! Invariant: the state is nothing but a fold of the journal ([`Simulation::rebuild`] proves it); a refused command leaves
//! no trace. Must not: read a clock or draw randomness other than from its seed.

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

/// When a campus begins: 2026-01-01T00:00:00Z.
const BEGINNING: At = At(1_767_225_600_000);

/// Which question an owner is made to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskKind {
    /// May this customer place?
    Placement,
    /// Does this customer owe nothing?
    NoDebt,
    /// May this be held?
    Hold,
    /// May more be held?
    Raise,
    /// Does this store take orders?
    StoreOpen,
    /// Is there room for timers?
    Capacity,
    /// May this runner take one more?
    RunnerSlot,
    /// Does this photo serve no other order?
    UsedOnce,
    /// May the escrow pay?
    Release,
    /// What pays the runner's debt?
    SetOff,
    /// Which card pays?
    Card,
    /// Which bank account is paid?
    PayoutMethod,
    /// May a debt be paid?
    Debt,
    /// May money leave a wallet?
    PayOut,
    /// What can be frozen?
    Freeze,
    /// Is there cash at the gateway?
    Cash,
    /// May losses be made good?
    Losses,
    /// May fees be taken out?
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

/// A campus: its journal, what the journal folds to, and the world around it.
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
    /// An empty campus; the same seed and the same calls make the same journal.
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

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What the manual clock shows.
    #[must_use]
    pub const fn now(&self) -> At {
        self.now
    }

    /// Every record, in order.
    #[must_use]
    pub fn journal(&self) -> &[Entry] {
        &self.journal
    }

    /// An order, if it was placed.
    #[must_use]
    pub fn order(&self, id: OrderId) -> Option<&Arc<Order>> {
        self.folds.orders.get(&id)
    }

    /// Every order, by id.
    pub fn orders(&self) -> impl Iterator<Item = &Arc<Order>> {
        self.folds.orders.values()
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.folds.ledger
    }

    /// People and stores.
    #[must_use]
    pub const fn directory(&self) -> &Directory {
        &self.folds.directory
    }

    /// Armed timers.
    #[must_use]
    pub const fn timetable(&self) -> &Timetable {
        &self.folds.timetable
    }

    /// Open calls.
    #[must_use]
    pub const fn calls(&self) -> &Calls {
        &self.folds.calls
    }

    /// The gateway and its book.
    #[must_use]
    pub const fn gateway(&self) -> &Gateway {
        &self.gateway
    }

    /// What stays blocked on cards until it runs out there, since operators gave up letting go of it.
    #[must_use]
    pub fn left_to_run_out(&self) -> Cents {
        let left = |order: OrderId, n| self.order(order).is_some_and(|it| it.gave_up_voiding(n));
        let blocks = self.gateway.blocks();
        let blocks = blocks.filter(|(order, n, _)| left(*order, *n));
        blocks.map(|(.., cents)| cents).sum()
    }

    /// The generator of every id and choice.
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

    /// The PIN that the customer of this order was told.
    #[must_use]
    pub const fn pin(&self, order: OrderId) -> u16 {
        let bytes = order.as_bytes();
        u16::from_le_bytes([bytes[14], bytes[15]]) % 10_000
    }

    /// Makes the owner refuse the next `times` questions of this kind.
    pub fn refuse(&mut self, kind: AskKind, times: u32) {
        self.refusals.retain(|(other, _)| *other != kind);
        self.refusals.push((kind, times));
    }

    /// Hash of all orders and accounts.
    #[must_use]
    pub fn state_hash(&self) -> [u8; 32] {
        self.folds.state_hash()
    }

    /// Forgets everything but the journal and folds it again, as a crash and a start do; the gateway lives on.
    ///
    /// # Errors
    /// I10 if anything is not as it was.
    pub fn rebuild(&mut self) -> Result<(), Broken> {
        let mut folds = Folds::default();
        self.journal.iter().for_each(|entry| folds.fold(entry));
        folds
            .same_as(&self.folds)
            .map_err(|why| Broken { id: Id(10), why })?;
        self.folds = folds;
        Ok(())
    }

    /// Walks the whole journal; what the walk must fold to is the state as it is.
    #[must_use]
    pub fn audit(&self) -> Audit {
        let mut audit = Audit::default();
        self.journal.iter().for_each(|entry| audit.fold(entry));
        audit.expect_hash(self.state_hash());
        audit
    }

    /// Head of a hash chain over all records, as of the last.
    #[must_use]
    pub fn head(&self) -> [u8; 32] {
        let records = self.journal.iter().map(|entry| &entry.record);
        records.fold([0; 32], chained)
    }

    /// Walks the whole journal and checks every invariant on it.
    ///
    /// # Errors
    /// Everything that does not hold, and what did not fold to what it had been after it was forgotten.
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
