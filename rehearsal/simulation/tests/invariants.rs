//! Each invariant is found broken when it is: one deliberate fault per id, in a record and in a journal.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::invariant::{
    Audit, Broken, Change, INVARIANTS, Id, check_order, check_record, fits, is_stalled, state_hash,
};
use campusg_domain::{
    id::{CommandId, Principal, Seq, Stream, UserId},
    money::{Account, Cents, Phase, Transfer},
    order::{
        Command, Dropoff, EscrowStatus, Event, Handover, Item, Order, PaymentStatus, Placement,
        PlacingEvent, RunEvent, Shown, Stage, StoreRef, Substitution, TimerEvent,
    },
    owner::{
        ledger::Ledger,
        wallet::{Wallet, Wallets},
    },
    policy::Policy,
    record::{Entry, Events, Record},
    saga::{CompleteStep, Mark},
    text::Sealed,
    timer::TimerState,
};
use campusg_simulation::{Behaviour, Simulation};
use std::sync::Arc;

/// A campus whose last record made an order available, and one whose last record cancelled it.
fn campus(cancelled: bool) -> Simulation {
    let mut campus = Simulation::new(Policy::default(), 3);
    let customer = campus.register();
    campus.set_card(customer, Behaviour::Succeeds).unwrap();
    let item = Item {
        name: "Bowl".into(),
        quantity: 1,
        unit_price: Cents(1000),
        substitution: Substitution::Ask,
    };
    let wish = Placement {
        customer,
        store: StoreRef::Described {
            name: "Shop".into(),
            place: "Street".into(),
        },
        items: vec![item],
        dropoff: Dropoff {
            building: "Library".into(),
            details: None,
            handover: Handover::Pin,
        },
        tip: Cents(0),
        deliver_after: None,
    };
    let order = campus.place(customer, wish, 1).unwrap();
    campus.settle();
    if cancelled {
        let cancel = Command::Cancel {
            accept_charge: Cents(0),
        };
        campus
            .command(Principal::User(customer), order, &cancel, CommandId(1))
            .unwrap();
    }
    campus
}

/// The last record, with the order and the ledger before and after it.
struct Last {
    ledger: Ledger,
    before: Option<Order>,
    after: Order,
    record: Record,
}

impl Last {
    fn of(campus: &Simulation) -> Self {
        let (last, rest) = campus.journal().split_last().unwrap();
        let (mut ledger, mut before) = (Ledger::default(), None);
        for entry in rest {
            ledger.fold(entry.seq, &entry.record);
            Order::fold(&mut before, entry.seq, &entry.record);
        }
        let after = campus.orders().next().unwrap().as_ref().clone();
        Self {
            ledger,
            before,
            after,
            record: last.record.clone(),
        }
    }

    fn check(&self) -> Result<(), Broken> {
        check_record(
            &self.ledger,
            self.before.as_ref(),
            &self.after,
            &self.record,
        )
    }

    /// Whether the invariant itself finds the record at fault.
    fn breaks(&self, id: u8) -> bool {
        let Self {
            ledger,
            before,
            after,
            record,
        } = self;
        let change = Change {
            ledger: Some(ledger),
            before: before.as_ref(),
            after,
            record,
        };
        let row = INVARIANTS.iter().find(|row| row.id == Id(id)).unwrap();
        (row.of_record)(&change).is_err()
    }
}

/// The invariant that breaks, whether on the cancelled order, and what breaks it.
type Fault<T> = (u8, bool, fn(&mut T));

fn audited(entries: &[Entry]) -> Vec<u8> {
    let mut audit = Audit::default();
    entries.iter().for_each(|entry| audit.fold(entry));
    audit
        .verdict()
        .into_iter()
        .map(|broken| broken.id.0)
        .collect()
}

#[test]
fn ids_are_in_order() {
    assert!(INVARIANTS.iter().zip(1..).all(|(row, n)| row.id == Id(n)));
}

#[test]
fn what_was_committed_keeps_all() {
    for cancelled in [false, true] {
        let campus = campus(cancelled);
        let last = Last::of(&campus);
        last.check().unwrap();
        check_order(last.before.as_ref(), &last.after, &last.record).unwrap();
        assert_eq!(audited(campus.journal()), [0; 0]);
    }
}

#[test]
fn a_fault_in_a_record_is_found() {
    let faults: [Fault<Last>; 13] = [
        (1, false, |last| last.record.money[0].cents = Cents(0)),
        (2, false, |last| {
            last.after
                .promises
                .values_mut()
                .for_each(|cents| *cents = Cents(1))
        }),
        (3, true, |last| last.record.money.push(last.record.money[0])),
        (4, false, |last| {
            let user = UserId::from_bytes([8; 16]);
            let (debit, credit) = (Account::Payable(user), Account::Gateway);
            last.record.money.push(Transfer {
                debit,
                credit,
                cents: Cents(1),
                phase: Phase::Posted,
            });
        }),
        (5, false, |last| {
            last.after.payment = PaymentStatus::Released
        }),
        (6, false, |last| last.after.epoch = 7),
        (7, false, |last| {
            last.after
                .timers
                .values_mut()
                .for_each(|timer| timer.state = TimerState::Cancelled)
        }),
        (8, false, |last| {
            let command = last.record.command;
            last.record.principal = Principal::System;
            last.before.as_mut().unwrap().fired.push_back(command);
        }),
        (9, false, |last| last.record.prev = Seq(99)),
        (10, false, |last| last.after.late = true),
        (11, true, |last| last.record.money.clear()),
        (12, false, |last| mark_what_never_was(&mut last.record)),
        (13, false, |last| {
            let least = last.after.held() + Cents(1);
            Arc::make_mut(&mut last.after.terms).price.least_charge = least;
        }),
    ];
    for (id, cancelled, fault) in faults {
        let mut last = Last::of(&campus(cancelled));
        assert!(!last.breaks(id));
        fault(&mut last);
        assert!(last.breaks(id), "I{id} was broken and not found");
        assert!(last.check().is_err());
    }
}

/// Takes back a step that nothing takes back.
fn mark_what_never_was(record: &mut Record) {
    let Events::Order(events) = &mut record.events else {
        panic!("an order's record")
    };
    events.push(Event::Step {
        step: CompleteStep::BuyFood.into(),
        mark: Mark::Undone,
    });
}

fn order_record(entries: &mut [Entry]) -> &mut Record {
    let last = entries
        .iter_mut()
        .rev()
        .find(|entry| matches!(entry.record.stream, Stream::Order(_)));
    &mut last.unwrap().record
}

#[test]
fn a_fault_in_a_journal_is_found() {
    let faults: [Fault<Vec<Entry>>; 11] = [
        (1, false, |all| order_record(all).money[0].cents = Cents(-5)),
        (2, false, |all| {
            let escrow = order_record(all).money[0].credit;
            order_record(all).money.push(Transfer {
                debit: escrow,
                credit: Account::Goodwill,
                cents: Cents(5),
                phase: Phase::Pending { n: 9 },
            });
        }),
        (3, true, |all| {
            let again = order_record(all).money[0];
            order_record(all).money.push(again);
        }),
        (4, false, |all| {
            let (debit, credit) = (Account::Revenue, Account::Gateway);
            order_record(all).money.push(Transfer {
                debit,
                credit,
                cents: Cents(5),
                phase: Phase::Posted,
            });
        }),
        (6, false, |all| {
            let Events::Order(events) = &mut order_record(all).events else {
                panic!("an order's record")
            };
            for byte in [1, 2] {
                events.push(Event::Run(RunEvent::Accepted {
                    runner: UserId::from_bytes([byte; 16]),
                    epoch: 1,
                }));
            }
        }),
        (7, false, |all| order_record(all).timers.clear()),
        (8, false, |all| {
            let keyed = all.iter().rev().find(|entry| entry.record.keyed);
            let mut again = keyed.unwrap().clone();
            again.seq = all.last().unwrap().seq.next();
            all.push(again);
        }),
        (9, false, |all| drop(all.remove(1))),
        (11, true, |all| order_record(all).money.clear()),
        (12, false, |all| mark_what_never_was(order_record(all))),
        (13, false, |all| {
            let records = all.iter_mut().map(|entry| &mut entry.record);
            let events = records.filter_map(|record| match &mut record.events {
                Events::Order(events) => Some(events),
                _ => None,
            });
            let placed = events.flatten().find_map(|event| match event {
                Event::Placing(PlacingEvent::Placed(terms)) => Some(terms),
                _ => None,
            });
            Arc::make_mut(placed.unwrap()).price.least_charge = Cents::MAX_INPUT;
        }),
    ];
    for (id, cancelled, fault) in faults {
        let mut entries = campus(cancelled).journal().to_vec();
        fault(&mut entries);
        assert!(
            audited(&entries).contains(&id),
            "I{id} was broken and not found: {:?}",
            audited(&entries)
        );
    }
}

/// Delivered and paid, then disputed: the runner's share is frozen.
fn disputed() -> Simulation {
    let mut campus = campus(false);
    let (order, customer) = {
        let order = campus.orders().next().unwrap();
        (order.id, order.terms.customer)
    };
    let runner = campus.register();
    campus.activate_runner(runner).unwrap();
    let shown = Shown::Pin(campus.pin(order));
    let purchase = Command::Purchase {
        total: Cents(1000),
        photo: Some(campus.photo()),
    };
    let reason = Sealed(vec![7; 24]);
    for (who, command) in [
        (runner, Command::Accept { runner }),
        (runner, Command::ArriveOnSite),
        (runner, purchase),
        (runner, Command::Collect),
        (runner, Command::Depart),
        (runner, Command::Deliver { shown }),
        (
            customer,
            Command::Dispute {
                claim: Some(Cents(500)),
                reason,
                photos: vec![],
            },
        ),
    ] {
        let id = campus.fresh();
        campus
            .command(Principal::User(who), order, &command, id)
            .unwrap();
        campus.settle();
    }
    campus
}

#[test]
fn a_fault_in_a_dispute_is_found() {
    let campus = disputed();
    assert_eq!(audited(campus.journal()), [0; 0]);
    let last = Last::of(&campus);
    last.check().unwrap();
    let faults: [Fault<Vec<Entry>>; 2] = [
        (3, false, |all| order_record(all).money.clear()),
        (7, false, |all| order_record(all).timers.clear()),
    ];
    for (id, _, fault) in faults {
        let mut entries = campus.journal().to_vec();
        fault(&mut entries);
        let found = audited(&entries);
        assert!(found.contains(&id), "I{id} was broken: {found:?}");
    }
    let mut forgotten = Last::of(&campus);
    assert!(!forgotten.breaks(7));
    let timers = forgotten.after.timers.values_mut();
    timers.for_each(|timer| timer.state = TimerState::Cancelled);
    assert!(forgotten.breaks(7), "nothing would ever decide it");
}

#[test]
fn everything_that_was_checked_is_counted() {
    let campus = disputed();
    let mut audit = Audit::default();
    campus.journal().iter().for_each(|entry| audit.fold(entry));
    let records = campus.journal().len() as u64;
    let counts: Vec<u64> = INVARIANTS.iter().map(|row| audit.checked(row.id)).collect();
    let transfers: usize = campus.journal().iter().map(|e| e.record.money.len()).sum();
    let accounts = campus.ledger().accounts().count() as u64;
    let commands = campus.journal().iter();
    let commands = commands.filter(|Entry { record, .. }| {
        let is_order = matches!(record.stream, Stream::Order(_));
        record.keyed || is_order && record.principal == Principal::System
    });
    let expected = [
        transfers as u64,
        1,
        // a hold, a collection, what is frozen
        3,
        accounts,
        1,
        1,
        1,
        commands.count() as u64,
        records,
        1 + accounts,
        1,
        1,
        1,
    ];
    assert_eq!(counts, expected);
}

#[test]
fn another_hash_breaks_i10() {
    let campus = campus(false);
    let mut audit = Audit::default();
    campus.journal().iter().for_each(|entry| audit.fold(entry));
    audit.expect_hash(campus.state_hash());
    assert!(audit.verdict().is_empty());
    audit.expect_hash([0; 32]);
    assert_eq!(audit.verdict()[0].id, Id(10));
}

#[test]
fn the_table_of_i5() {
    let order = Last::of(&campus(false)).after;
    let escrows = [
        EscrowStatus::Pending,
        EscrowStatus::Held,
        EscrowStatus::Released,
        EscrowStatus::Refunded,
        EscrowStatus::Split,
        EscrowStatus::Failed,
    ];
    let fitting = |stage: &Stage, payment| {
        escrows
            .iter()
            .filter(|escrow| fits(stage, **escrow, payment))
            .count()
    };
    assert_eq!(fitting(&order.stage, PaymentStatus::InEscrow), 1);
    assert_eq!(fitting(&order.stage, PaymentStatus::Voided), 0);
    let ended = Last::of(&campus(true)).after;
    assert_eq!(fitting(&ended.stage, PaymentStatus::Voided), 2);
    assert_eq!(fitting(&ended.stage, PaymentStatus::Failed), 1);
    assert!(!is_stalled(&ended) && !is_stalled(&order));
}

#[test]
fn the_hash_of_a_state_sees_its_orders_its_wallets_and_its_accounts() {
    let campus = campus(false);
    let (ledger, after) = (campus.ledger(), Last::of(&campus).after);
    let mut wallets = Wallets::default();
    let whole = state_hash([&after], &wallets, ledger);
    assert_eq!(whole, state_hash([&after], &wallets, ledger));
    assert_ne!(whole, state_hash([], &wallets, ledger));
    assert_ne!(whole, state_hash([&after], &wallets, &Ledger::default()));
    let user = UserId::from_bytes([1; 16]);
    wallets.restore(Wallet::new(user).into());
    assert_ne!(whole, state_hash([&after], &wallets, ledger));
    let late = Order {
        late: true,
        ..after.clone()
    };
    let none = Wallets::default();
    assert_ne!(whole, state_hash([&late], &none, ledger));
}

#[test]
fn the_time_of_a_stream_goes_back_only_where_it_is_told_so() {
    let mut last = Last::of(&campus(true));
    let before = last.before.as_ref().unwrap().last_at;
    last.record.at = before;
    assert!(!last.breaks(9));
    last.record.at = before.minus(1);
    assert!(last.breaks(9));
    let Events::Order(events) = &mut last.record.events else {
        panic!("an order's record")
    };
    let told = TimerEvent::ClockSetBack { ms: 1 };
    events.push(Event::Timer(told));
    assert!(!last.breaks(9));
}

#[test]
fn what_is_broken_is_named_by_its_invariant() {
    let broken = Broken {
        id: Id(7),
        why: "nothing wakes it".into(),
    };
    assert_eq!(broken.to_string(), "I7: nothing wakes it");
}
