//! The ledger by itself: what is booked, what breaks a rule, and what a vote leaves for the next one.
use super::*;
use crate::{
    id::{CommandId, Principal},
    money::Currency,
    policy::Policy,
    record::Events,
    rejection::Rejection,
    stream::Meta,
    time::At,
    vote::{Granted, Vote, VoteRequest},
};

const ORDER: OrderId = OrderId::from_bytes([1; 16]);
const OTHER: OrderId = OrderId::from_bytes([2; 16]);
const ANNA: UserId = UserId::from_bytes([3; 16]);
const BERT: UserId = UserId::from_bytes([4; 16]);
const ESCROW: Account = Account::Escrow(ORDER);
const OWES: Account = Account::Receivable(ANNA);
const WALLET: Account = Account::Payable(ANNA);

/// From, to, how much, and how.
type Move = (Account, Account, i64, Phase);

const fn pending(n: u16) -> Phase {
    Phase::Pending { n }
}

const fn post(n: u16, promised: i64) -> Phase {
    let promised = Cents(promised);
    Phase::Post { n, promised }
}

/// A record with a command of its own.
fn record(stream: Stream, moves: &[Move]) -> Record {
    let meta = Meta::own(Principal::System, CommandId(99), "test");
    let record = Record::of_owner(stream, Seq::NONE, At(0), &meta, Events::System(vec![]));
    let transfer = |&(debit, credit, cents, phase): &Move| Transfer {
        debit,
        credit,
        cents: Cents(cents),
        phase,
    };
    Record {
        money: moves.iter().map(transfer).collect(),
        ..record
    }
}

/// A ledger in which this was booked, each a record of the order.
fn booked(moves: &[Move]) -> Ledger {
    let mut ledger = Ledger::default();
    for one in moves {
        book(&mut ledger, Stream::Order(ORDER), *one);
    }
    ledger
}

fn book(ledger: &mut Ledger, stream: Stream, one: Move) {
    let record = record(stream, &[one]);
    assert_eq!(ledger.check(&record), Ok(()), "{one:?}");
    ledger.fold(Seq(5), &record);
}

/// A hold of 1000, of which 800 was charged, and 100 of those are the platform's.
const BOUGHT: [Move; 3] = [
    (OWES, ESCROW, 1000, pending(1)),
    (OWES, ESCROW, 800, post(1, 1000)),
    (ESCROW, Account::Revenue, 100, Phase::Posted),
];

/// What an account holds: posted, promised in, promised out.
fn holds(ledger: &Ledger, account: Account) -> (i64, i64, i64) {
    let balance = ledger.balance(account);
    (
        balance.posted.0,
        balance.pending_in.0,
        balance.pending_out.0,
    )
}

#[test]
fn a_promise_is_counted_until_it_is_kept_taken_back_or_has_run_out() {
    let mut ledger = booked(&BOUGHT[..1]);
    assert_eq!(holds(&ledger, ESCROW), (0, 1000, 0));
    assert_eq!(holds(&ledger, OWES), (0, 0, 1000));
    assert_eq!(
        (ledger.held(ORDER), ledger.debt(ANNA)),
        (Cents(1000), Cents::ZERO)
    );
    for phase in [Phase::Void { n: 1 }, Phase::Expire { n: 1 }] {
        let mut ledger = ledger.clone();
        book(
            &mut ledger,
            Stream::Order(ORDER),
            (OWES, ESCROW, 1000, phase),
        );
        assert_eq!(ledger.accounts().count() + ledger.promised().count(), 0);
        assert_eq!(ledger.held, Cents::ZERO);
    }
    book(&mut ledger, Stream::Order(ORDER), BOUGHT[1]);
    assert_eq!(holds(&ledger, ESCROW), (800, 0, 0));
    assert_eq!(holds(&ledger, OWES), (-800, 0, 0));
    assert_eq!(
        (ledger.held(ORDER), ledger.debt(ANNA)),
        (Cents(800), Cents(800))
    );
    assert_eq!(ledger.balance(ESCROW).seq, Seq(5));
    let paid = (Account::Gateway, OWES, 800, Phase::Posted);
    let after = ledger.balance_after(OWES, &record(Stream::System, &[paid]));
    assert!(after.is_zero() && !ledger.balance(OWES).is_zero());
    let gateway = ledger.balance_after(Account::Gateway, &record(Stream::System, &[paid]));
    assert_eq!(
        (gateway.posted, holds(&ledger, Account::Gateway)),
        (Cents(-800), (0, 0, 0))
    );
    book(&mut ledger, Stream::Order(ORDER), paid);
    assert_eq!(ledger.debt(ANNA), Cents::ZERO);
    assert_eq!(ledger.accounts().count(), 2, "what is empty is forgotten");
}

#[test]
fn who_owes_is_a_debtor_and_nobody_else() {
    let mut ledger = booked(&[
        BOUGHT[0],
        BOUGHT[1],
        (ESCROW, Account::Payable(BERT), 1, Phase::Posted),
    ]);
    assert_eq!(ledger.debtors().collect::<Vec<_>>(), [ANNA]);
    let pays = (Account::Gateway, OWES, 800, pending(2));
    book(&mut ledger, Stream::Wallet(ANNA), pays);
    assert_eq!(ledger.debtors().count(), 0, "a card is paying");
}

#[test]
fn a_transfer_that_breaks_a_rule_is_a_fault() {
    use LedgerFault::{NotPositive, PromiseExists, PromiseMismatch, SameAccount};
    let stream = Stream::Order(ORDER);
    let ledger = booked(&[BOUGHT[0], (Account::Goodwill, WALLET, 50, Phase::Posted)]);
    let mismatch = |n| Some(PromiseMismatch { stream, n });
    let exists = |n| Some(PromiseExists { stream, n });
    let settled = (OWES, ESCROW, 1000, Phase::Void { n: 1 });
    let again = (OWES, ESCROW, 10, pending(2));
    let taken_back = (OWES, ESCROW, 10, Phase::Void { n: 2 });
    let cases: [(&[Move], Option<LedgerFault>); 14] = [
        (&[(WALLET, ESCROW, 0, Phase::Posted)], Some(NotPositive(0))),
        (
            &[(WALLET, ESCROW, -5, Phase::Posted)],
            Some(NotPositive(-5)),
        ),
        (
            &[(WALLET, WALLET, 5, Phase::Posted)],
            Some(SameAccount(WALLET)),
        ),
        (&[(OWES, ESCROW, 10, pending(1))], exists(1)),
        (&[again, again], exists(2)),
        (&[again, taken_back], None),
        (&[again, taken_back, taken_back], mismatch(2)),
        (&[(OWES, ESCROW, 800, post(2, 1000))], mismatch(2)),
        (&[(OWES, ESCROW, 800, post(1, 999))], mismatch(1)),
        (&[(OWES, ESCROW, 1001, post(1, 1000))], mismatch(1)),
        (&[(OWES, ESCROW, 1000, post(1, 1000))], None),
        (&[(OWES, ESCROW, 999, Phase::Void { n: 1 })], mismatch(1)),
        (&[(WALLET, ESCROW, 1000, Phase::Void { n: 1 })], mismatch(1)),
        (&[settled, settled], mismatch(1)),
    ];
    for (n, (moves, fault)) in cases.into_iter().enumerate() {
        assert_eq!(
            ledger.check(&record(stream, moves)).err(),
            fault,
            "case {n}"
        );
    }
    let of_another = record(Stream::Order(OTHER), &[settled]);
    assert!(
        ledger.check(&of_another).is_err(),
        "a promise is its stream's"
    );
}

#[test]
fn each_account_stays_within_its_bound() {
    let ledger = booked(&[
        BOUGHT[0],
        BOUGHT[1],
        BOUGHT[2],
        (Account::Goodwill, WALLET, 50, Phase::Posted),
        (WALLET, Account::Gateway, 20, pending(3)),
    ]);
    let gateway = Account::Gateway;
    let table = [
        // from, to, the most that may move
        (ESCROW, gateway, 700),
        (Account::Revenue, gateway, 100),
        (WALLET, gateway, 30),
        (gateway, OWES, 800),
        (gateway, Account::Goodwill, 50),
    ];
    for (from, to, most) in table {
        for phase in [Phase::Posted, pending(4)] {
            let breaks = |cents| {
                let record = record(Stream::Order(ORDER), &[(from, to, cents, phase)]);
                ledger.check(&record).is_err()
            };
            assert_eq!(
                (breaks(most), breaks(most + 1)),
                (false, true),
                "{from} → {to}"
            );
        }
    }
    let through = [
        (ESCROW, gateway, 701, Phase::Posted),
        (gateway, ESCROW, 1, Phase::Posted),
    ];
    let through = record(Stream::Order(ORDER), &through);
    assert_eq!(ledger.check(&through), Ok(()), "only the end counts");
}

/// Asks under this token; the limits are 3000 for an order and 5000 for all.
fn ask(ledger: &mut Ledger, token: u64, ask: VoteRequest) -> Vote {
    let policy = Policy {
        hold_limit_cents: Cents(3000),
        total_hold_limit_cents: Cents(5000),
        ..Policy::default()
    };
    ledger.vote(CommandId(token), &ask, &policy)
}

fn hold(cents: i64) -> VoteRequest {
    let cents = Cents(cents);
    VoteRequest::Hold { cents }
}

const GRANTED: Vote = Ok(Granted::Granted);
const NO_HOLD: Vote = Err(Rejection::HoldRefused);

#[test]
fn holds_together_stay_below_their_limit_with_what_is_reserved() {
    let mut ledger = booked(&BOUGHT[..1]);
    assert_eq!(ask(&mut ledger, 1, hold(3001)), NO_HOLD);
    assert_eq!(ask(&mut ledger, 1, hold(3000)), GRANTED);
    assert_eq!(ask(&mut ledger, 2, hold(1001)), NO_HOLD);
    assert_eq!(ask(&mut ledger, 2, hold(1000)), GRANTED);
    assert_eq!(ask(&mut ledger, 3, hold(1)), NO_HOLD);
    assert_eq!(ledger.reservations(), 2);
    ledger.release(CommandId(2));
    ledger.fold(
        Seq(6),
        &Record {
            command: CommandId(1),
            ..record(Stream::System, &[])
        },
    );
    assert_eq!(ledger.reservations(), 0);
    let raise = |cents| VoteRequest::Raise {
        order: ORDER,
        cents: Cents(cents),
    };
    assert_eq!(ask(&mut ledger, 3, raise(2001)), NO_HOLD);
    assert_eq!(ask(&mut ledger, 3, raise(2000)), GRANTED);
    assert_eq!(ask(&mut ledger, 4, hold(2001)), NO_HOLD);
    assert_eq!(ask(&mut ledger, 4, hold(2000)), GRANTED);
}

#[test]
fn what_is_owed_is_paid_once_however_many_want_to() {
    let theirs = (Account::Receivable(BERT), ESCROW, 70, Phase::Posted);
    let mut ledger = booked(&[BOUGHT[0], BOUGHT[1], theirs]);
    let usd = |cents| Currency::USD.of(Cents(cents));
    let no_debt = VoteRequest::NoDebt { user: ANNA };
    let in_debt = Err(Rejection::InDebt { owed: usd(800) });
    assert_eq!(ask(&mut ledger, 1, no_debt), in_debt);
    let nobody = UserId::from_bytes([5; 16]);
    let no_debt = VoteRequest::NoDebt { user: nobody };
    assert_eq!(ask(&mut ledger, 1, no_debt), GRANTED);
    let pay = |cents: Option<i64>| VoteRequest::Debt {
        user: ANNA,
        cents: cents.map(Cents),
    };
    let above = |cents| Err(Rejection::AboveDebt { owed: usd(cents) });
    let owed = |cents| Ok(Granted::Owed(Cents(cents)));
    let mut all = ledger.clone();
    assert_eq!(ask(&mut all, 1, pay(None)), owed(800));
    assert_eq!(ask(&mut all, 2, pay(None)), above(0));
    assert_eq!(ask(&mut ledger, 1, pay(Some(801))), above(800));
    assert_eq!(ask(&mut ledger, 1, pay(Some(0))), above(800));
    assert_eq!(ask(&mut ledger, 1, pay(Some(500))), owed(500));
    let set_off = |cents| VoteRequest::SetOff {
        user: ANNA,
        cents: Cents(cents),
    };
    for (token, wanted, granted) in [(2, 200, 200), (3, 200, 100), (4, 200, 0)] {
        let granted = Ok(Granted::SetOff(Cents(granted)));
        assert_eq!(ask(&mut ledger, token, set_off(wanted)), granted);
    }
    assert_eq!(ledger.reservations(), 3, "nothing is no reservation");
    assert_eq!(ask(&mut ledger, 5, pay(Some(1))), above(0));
    let (user, cents) = (BERT, None);
    let debt = VoteRequest::Debt { user, cents };
    assert_eq!(ask(&mut ledger, 5, debt), owed(70), "a debt of their own");
}

#[test]
fn a_wallet_pays_its_own_debt_and_then_out_what_nobody_else_takes() {
    let wallet = [
        BOUGHT[0],
        BOUGHT[1],
        (Account::Goodwill, WALLET, 2000, Phase::Posted),
        (Account::Goodwill, Account::Payable(BERT), 5, Phase::Posted),
    ];
    let mut ledger = booked(&wallet);
    let pay_out = |cents| VoteRequest::PayOut {
        user: ANNA,
        cents: Cents(cents),
    };
    let above = |cents| {
        Err(Rejection::AboveAvailable {
            available: Currency::USD.of(Cents(cents)),
        })
    };
    let set_off = |cents| Ok(Granted::SetOff(Cents(cents)));
    assert_eq!(ask(&mut ledger, 1, pay_out(1201)), above(1200));
    assert_eq!(ask(&mut ledger.clone(), 1, pay_out(1200)), set_off(800));
    assert_eq!(ask(&mut ledger, 1, pay_out(700)), set_off(800));
    assert_eq!(ask(&mut ledger, 2, pay_out(501)), above(500));
    let freeze = |cents| VoteRequest::Freeze {
        user: ANNA,
        cents: Cents(cents),
    };
    for (token, wanted, frozen) in [(2, 400, 400), (3, 400, 100), (4, 400, 0)] {
        let frozen = Ok(Granted::Frozen(Cents(frozen)));
        assert_eq!(ask(&mut ledger, token, freeze(wanted)), frozen);
    }
    assert_eq!(ask(&mut ledger, 5, pay_out(1)), above(0));
    let other = VoteRequest::Freeze {
        user: BERT,
        cents: Cents(9),
    };
    let frozen = ask(&mut ledger, 5, other);
    assert_eq!(frozen, Ok(Granted::Frozen(Cents(5))), "a wallet of its own");
}

#[test]
fn the_platforms_money_is_taken_and_made_good_once() {
    let mut ledger = booked(&BOUGHT);
    book(
        &mut ledger,
        Stream::System,
        (Account::Goodwill, WALLET, 500, Phase::Posted),
    );
    book(
        &mut ledger,
        Stream::System,
        (Account::Gateway, OWES, 300, Phase::Posted),
    );
    let usd = |cents| Currency::USD.of(Cents(cents));
    let losses = |cents| VoteRequest::Losses {
        cents: Cents(cents),
    };
    let lost = |cents| Err(Rejection::AboveLosses { losses: usd(cents) });
    assert_eq!(ask(&mut ledger, 1, losses(501)), lost(500));
    assert_eq!(ask(&mut ledger, 1, losses(400)), GRANTED);
    assert_eq!(ask(&mut ledger, 2, losses(101)), lost(100));
    assert_eq!(ask(&mut ledger, 2, losses(100)), GRANTED);
    let fees = |cents| VoteRequest::Fees {
        cents: Cents(cents),
    };
    let earned = |cents| {
        Err(Rejection::AboveAvailable {
            available: usd(cents),
        })
    };
    assert_eq!(ask(&mut ledger, 3, fees(101)), earned(100));
    assert_eq!(ask(&mut ledger, 3, fees(60)), GRANTED);
    assert_eq!(ask(&mut ledger, 4, fees(41)), earned(40));
    assert_eq!(ask(&mut ledger, 4, fees(40)), GRANTED);
    for (leaves, short) in [(300, 0), (301, 1)] {
        let cash = VoteRequest::Cash {
            cents: Cents(leaves),
        };
        assert_eq!(ask(&mut ledger, 5, cash), Ok(Granted::Short(Cents(short))));
    }
    let release = |cents| VoteRequest::Release {
        order: ORDER,
        cents: Cents(cents),
    };
    assert_eq!(ask(&mut ledger, 5, release(700)), GRANTED);
    let refused = Err(Rejection::TransferRefused);
    assert_eq!(ask(&mut ledger, 5, release(701)), refused);
    let capacity = VoteRequest::Capacity { timers: 1 };
    assert_eq!(ask(&mut ledger, 5, capacity), refused, "another owner's");
}

#[test]
fn what_leaves_a_wallet_is_split_by_where_it_goes_until_it_is_there() {
    let mut ledger = booked(&[
        BOUGHT[0],
        BOUGHT[1],
        (Account::Goodwill, WALLET, 1000, Phase::Posted),
    ]);
    let of_wallet = Stream::Wallet(ANNA);
    let of_order = Stream::Order(ORDER);
    let (gateway, other) = (Account::Gateway, Account::Payable(BERT));
    let promises = [
        (of_wallet, WALLET, gateway, 300, 2),
        (of_wallet, WALLET, gateway, 30, 3),
        (of_order, WALLET, other, 200, 4),
        (of_order, WALLET, gateway, 100, 5),
        (of_wallet, gateway, OWES, 700, 6),
    ];
    let settled = WalletBalance {
        available: Cents(1000),
        debt: Cents(800),
        ..WalletBalance::default()
    };
    assert_eq!(ledger.wallet_balance(ANNA), settled);
    for (stream, from, to, cents, n) in promises {
        book(&mut ledger, stream, (from, to, cents, pending(n)));
    }
    let expected = WalletBalance {
        available: Cents(370),
        in_payout: Cents(330),
        frozen: Cents(200),
        to_card: Cents(100),
        debt: Cents(100),
        being_paid: Cents(700),
    };
    assert_eq!(ledger.wallet_balance(ANNA), expected);
    assert_eq!(restored(&ledger).wallet_balance(ANNA), expected);
    for (stream, from, to, cents, n) in promises {
        book(&mut ledger, stream, (from, to, cents, Phase::Void { n }));
        let left = ledger.wallet_balance(ANNA).in_payout;
        assert_eq!(left, Cents(if n == 2 { 30 } else { 0 }));
    }
    assert_eq!(ledger.wallet_balance(ANNA), settled);
    let pays = |debt: i64| {
        let debt = Cents(debt);
        WalletBalance { debt, ..settled }.new_card_pays(Cents(50)).0
    };
    assert_eq!([0, 1, 50, 51].map(pays), [0, 50, 50, 51]);
}

/// The same ledger, read from a snapshot.
fn restored(ledger: &Ledger) -> Ledger {
    let mut again = Ledger::default();
    for (account, balance) in ledger.accounts() {
        again.restore_account(account, balance);
    }
    for (stream, n, promised) in ledger.promised() {
        again.restore_promise(stream, n, promised);
    }
    again
}

#[test]
fn a_ledger_read_from_a_snapshot_counts_its_holds() {
    let mut ledger = booked(&BOUGHT);
    book(
        &mut ledger,
        Stream::Order(OTHER),
        (OWES, Account::Escrow(OTHER), 1000, pending(1)),
    );
    let again = restored(&ledger);
    assert_eq!((again.held, again.held), (ledger.held, Cents(1700)));
    assert_eq!(again.totals(), ledger.totals());
    assert_eq!(
        again.promise(Stream::Order(OTHER), 1),
        ledger.promise(Stream::Order(OTHER), 1)
    );
    assert!(again.promise(Stream::Order(ORDER), 1).is_none());
}

#[test]
fn totals_are_sums_by_kind() {
    let mut ledger = booked(&BOUGHT);
    for one in [
        (Account::Gateway, OWES, 300, Phase::Posted),
        (Account::Goodwill, WALLET, 40, Phase::Posted),
        (Account::Goodwill, Account::Payable(BERT), 2, Phase::Posted),
        (WALLET, Account::Gateway, 30, pending(7)),
    ] {
        book(&mut ledger, Stream::Wallet(ANNA), one);
    }
    book(
        &mut ledger,
        Stream::Order(OTHER),
        (OWES, Account::Escrow(OTHER), 1000, pending(1)),
    );
    let expected = Totals {
        posted: Cents::ZERO,
        pending: Cents::ZERO,
        by_kind: Posted {
            gateway: Cents(-300),
            receivable: Cents(-500),
            escrow: Cents(700),
            payable: Cents(42),
            revenue: Cents(100),
            goodwill: Cents(-42),
        },
        accounts: 8,
        open_escrows: 2,
        held: Cents(1700),
    };
    assert_eq!(ledger.totals(), expected);
    let half = ledger.accounts().filter(|(account, _)| *account == OWES);
    let half = Totals::of(half);
    assert_eq!((half.posted, half.pending), (Cents(-500), Cents(-1000)));
}
