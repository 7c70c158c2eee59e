//! Each invariant of a wallet's record is found broken when it is: one deliberate fault per id.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::check_wallet;
use crate::{
    call::{CallChange, CallKind, CardToken},
    id::{CommandId, Fingerprint, Principal, Seq, Stream, UserId},
    invariant::Id,
    money::{Account, Cents, Phase},
    order::Header,
    owner::{
        directory::PayoutMethod,
        ledger::{Balance, Ledger},
        wallet::{Event, PayoutState, Wallet, fill},
    },
    policy::Policy,
    record::{Events, Record},
    stream::Meta,
    time::{At, DAY_MS},
};

const USER: UserId = UserId::from_bytes([1; 16]);

/// A ledger with 1000 in the wallet, the wallet before, and a record that pays 600 of it out.
struct Last {
    ledger: Ledger,
    before: Wallet,
    after: Wallet,
    record: Record,
}

impl Last {
    fn new() -> Self {
        let mut ledger = Ledger::default();
        for (account, cents) in [(Account::Payable(USER), 1000), (Account::Gateway, -1000)] {
            let balance = Balance {
                posted: Cents(cents),
                seq: Seq(1),
                ..Balance::default()
            };
            ledger.restore_account(account, balance);
        }
        let method = PayoutMethod {
            token: crate::call::AccountToken("pays".into()),
            bank: "Bank".into(),
            last4: "6789".into(),
        };
        let events = vec![Event::PayoutRequested {
            call: 1,
            cents: Cents(600),
            method,
        }];
        let before = Wallet::new(USER);
        let filled = fill(
            &before,
            events,
            header(&meta(CommandId(1))),
            &Policy::default(),
        );
        Self {
            ledger,
            before,
            after: filled.after,
            record: filled.record,
        }
    }

    fn breaks(&self) -> Option<Id> {
        let checked = check_wallet(&self.ledger, &self.before, &self.after, &self.record);
        checked.err().map(|broken| broken.id)
    }
}

fn meta(command: CommandId) -> Meta {
    Meta {
        fingerprint: Fingerprint(1),
        ..Meta::own(Principal::User(USER), command, "test")
    }
}

const fn header(meta: &Meta) -> Header<'_> {
    let (at, status) = (At(5), 201);
    Header { at, meta, status }
}

#[test]
fn a_record_that_was_decided_breaks_nothing() {
    assert_eq!(Last::new().breaks(), None);
}

/// The invariant that breaks, and what breaks it.
type Fault = (u8, fn(&mut Last));

const FAULTS: [Fault; 9] = [
    (1, |last| last.record.money[0].cents = Cents(-600)),
    (3, |last| {
        last.record.money[0].phase = Phase::Post {
            n: 1,
            promised: Cents(600),
        }
    }),
    (3, |last| last.after.promises.clear()),
    (4, |last| {
        let less = Balance {
            posted: Cents(599),
            ..Balance::default()
        };
        last.ledger.restore_account(Account::Payable(USER), less);
    }),
    (7, |last| {
        last.record.calls.clear();
        last.after.calls.clear();
    }),
    (7, |last| {
        last.record.calls.push(CallChange::Defer { n: 1 });
        last.after.fold(Seq(9), &rest(&last.after));
    }),
    (9, |last| last.record.prev = Seq(3)),
    (9, |last| last.before.last_at = At(6)),
    (10, |last| last.after.payouts[0].state = PayoutState::Paid),
];

/// A record that lets call 1 rest and arms nothing.
fn rest(wallet: &Wallet) -> Record {
    let mut record = fill(
        wallet,
        vec![],
        header(&meta(CommandId(2))),
        &Policy::default(),
    )
    .record;
    record.calls = vec![CallChange::Defer { n: 1 }];
    record
}

#[test]
fn each_fault_breaks_its_invariant() {
    for (i, (id, fault)) in FAULTS.into_iter().enumerate() {
        let mut last = Last::new();
        fault(&mut last);
        assert_eq!(last.breaks(), Some(Id(id)), "fault {i}");
    }
}

#[test]
fn the_time_of_a_wallet_goes_back_only_where_it_is_told_so() {
    let mut last = Last::new();
    last.before.last_at = At(5);
    assert_ne!(last.breaks(), Some(Id(9)), "at the same time");
    last.before.last_at = At(6);
    let Events::Wallet(events) = &mut last.record.events else {
        panic!("a wallet's record")
    };
    events.push(Event::ClockSetBack { ms: 1 });
    assert_ne!(last.breaks(), Some(Id(9)));
}

#[test]
fn what_is_under_way_or_young_is_kept_and_what_is_past_is_kept_128_times() {
    let (mut wallet, policy) = (Wallet::new(USER), Policy::default());
    for n in 1..=300_u16 {
        let asked = Event::DebtPaymentRequested {
            call: n,
            cents: Cents(1),
            charge: Cents(50),
            card: CardToken("success".into()),
        };
        let paid = Event::DebtPaid {
            call: n,
            cents: Cents(1),
        };
        for event in std::iter::once(asked).chain((n > 2).then_some(paid)) {
            let meta = meta(CommandId(wallet.version.into()));
            let seq = Seq(u64::from(wallet.version) + 1);
            let header = Header {
                at: At(u64::from(n) * 10 * DAY_MS),
                ..header(&meta)
            };
            let filled = fill(&wallet, vec![event], header, &policy);
            wallet = filled.committed(seq).1;
        }
    }
    let kept: Vec<u16> = wallet.payments.iter().map(|payment| payment.call).collect();
    assert_eq!(
        kept,
        [1, 2].into_iter().chain(132..=300).collect::<Vec<_>>(),
        "those of the last 400 days, and 128 before them"
    );
    assert_eq!(wallet.calls.keys().copied().collect::<Vec<_>>(), kept);
    assert_eq!(wallet.last_call, 300);
    assert!(matches!(wallet.calls[&1].kind, CallKind::Charge { .. }));
    assert_eq!(
        Stream::Wallet(USER),
        fill(&wallet, vec![], header(&meta(CommandId(0))), &policy)
            .record
            .stream
    );
}
