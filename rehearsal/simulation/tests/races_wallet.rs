//! Commands of several streams towards the same bounds: all ask before any commits, in every order, some are dropped.
//! Each record that is granted fits the ledger as it is then, and never is more granted than there is.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use campusg_domain::{
    call::{AccountToken, Answer, CardToken, Decline},
    id::{CommandId, OrderId, Principal, Seq, Stream, UserId},
    invariant::{check_wallet, fingerprint},
    money::{Account, Cents, Phase, Transfer},
    owner::{
        directory::PayoutMethod,
        ledger::{Balance, Ledger},
        wallet::{
            Command, Context, PaymentState, Turn, Wallet, Wallets, decide_and_fill, required_votes,
        },
    },
    policy::Policy,
    record::{Events, Record},
    rejection::Rejection,
    stream::Meta,
    text::Sealed,
    time::At,
    vote::{Granted, Owner, VoteRequest, Votes},
};
use campusg_simulation::{Bank, Behaviour, Seeded};

mod common;
use common::{K, Scene};

const ROUNDS: u64 = 1_000;
const USER: UserId = UserId::from_bytes([1; 16]);
const OTHER: UserId = UserId::from_bytes([2; 16]);
const ORDER: OrderId = OrderId::from_bytes([3; 16]);

/// One racer.
#[derive(Clone, Copy, Debug)]
enum Racer {
    /// The user's wallet pays out.
    PayOut(Cents),
    /// The user's card pays so much of the debt.
    PayDebt(Cents),
    /// An operator writes so much of the debt off.
    WriteOff(Cents),
    /// An order credits so much, which pays the debt first.
    SetOff(Cents),
    /// An order freezes so much for another.
    Freeze(Cents),
    /// An order charges the user's card, and the charge fails: both in one record.
    Collect(Cents),
}

/// The escrow owner: its ledger and its wallets.
struct Desk {
    ledger: Ledger,
    wallets: Wallets,
    policy: Policy,
    seq: u64,
    last_of_order: Seq,
}

impl Desk {
    fn new(available: Cents, owed: Cents) -> Self {
        let mut ledger = Ledger::default();
        let mut put = |account, cents: Cents| {
            let balance = Balance {
                posted: cents,
                seq: Seq(1),
                ..Balance::default()
            };
            if cents != Cents::ZERO {
                ledger.restore_account(account, balance);
            }
        };
        put(Account::Payable(USER), available);
        put(Account::Receivable(USER), -owed);
        put(Account::Gateway, owed - available);
        Self {
            ledger,
            wallets: Wallets::default(),
            policy: Policy::default(),
            seq: 1,
            last_of_order: Seq::NONE,
        }
    }

    fn wallet(&self) -> Wallet {
        let known = self.wallets.get(USER);
        known.map_or_else(|| Wallet::new(USER), |wallet| wallet.as_ref().clone())
    }

    fn required_votes(&self, racer: Racer) -> Vec<VoteRequest> {
        match racer {
            Racer::SetOff(cents) => vec![VoteRequest::SetOff { user: USER, cents }],
            Racer::Freeze(cents) => vec![VoteRequest::Freeze { user: USER, cents }],
            Racer::Collect(_) => vec![],
            _ => {
                let (principal, command) = command(racer);
                let context = Context {
                    meta: &Meta::own(principal, CommandId(0), "race"),
                    now: At(5),
                    policy: &self.policy,
                    votes: &Votes::default(),
                };
                required_votes(&self.wallet(), &command, &context)
            }
        }
    }

    fn vote(&mut self, token: CommandId, racer: Racer) -> Votes {
        let asked = self.required_votes(racer).into_iter();
        let votes = asked.map(|ask| {
            let vote = match ask {
                VoteRequest::Card { .. } => Ok(Granted::Card(CardToken("success".into()))),
                VoteRequest::PayoutMethod { .. } => Ok(Granted::PayoutMethod(method())),
                _ => {
                    assert_eq!(ask.owner(), Owner::Escrow);
                    self.ledger.vote(token, &ask, &self.policy)
                }
            };
            (ask, vote)
        });
        Votes::Cast(votes.collect())
    }

    /// Commits what the votes allow; every refusal gives back what was reserved.
    fn commit(&mut self, token: CommandId, racer: Racer, votes: &Votes) -> Result<(), Rejection> {
        let done = match racer {
            Racer::SetOff(_) | Racer::Freeze(_) | Racer::Collect(_) => {
                self.commit_order(token, racer, votes);
                Ok(())
            }
            _ => self.commit_wallet(token, racer, votes),
        };
        if done.is_err() {
            self.ledger.release(token);
        }
        done
    }

    fn commit_wallet(
        &mut self,
        token: CommandId,
        racer: Racer,
        votes: &Votes,
    ) -> Result<(), Rejection> {
        let (before, (principal, command)) = (self.wallet(), command(racer));
        let meta = Meta {
            fingerprint: fingerprint(&command),
            ..Meta::own(principal, token, "race")
        };
        let context = Context {
            meta: &meta,
            now: At(5),
            policy: &self.policy,
            votes,
        };
        let Turn::Commit(filled) = decide_and_fill(&before, &command, &context)? else {
            panic!("nothing here is so already");
        };
        check_wallet(&self.ledger, &before, &filled.after, &filled.record).unwrap();
        self.fold(&filled.record);
        Ok(())
    }

    fn commit_order(&mut self, token: CommandId, racer: Racer, votes: &Votes) {
        let (payable, receivable) = (Account::Payable(USER), Account::Receivable(USER));
        let n = u16::try_from(token.0).unwrap();
        let pending = Phase::Pending { n };
        let request = self.required_votes(racer).first().copied();
        let (yes, posted) = (request.map(|request| votes.ask(request)), Phase::Posted);
        let money = match (racer, yes) {
            (Racer::SetOff(cents), Some(Ok(Granted::SetOff(set_off)))) => vec![
                (Account::Gateway, payable, cents, posted),
                (payable, receivable, set_off, posted),
            ],
            (Racer::Freeze(_), Some(Ok(Granted::Frozen(frozen)))) => {
                vec![(payable, Account::Payable(OTHER), frozen, pending)]
            }
            (Racer::Collect(cents), None) => vec![
                (receivable, Account::Escrow(ORDER), cents, posted),
                (Account::Gateway, receivable, cents, pending),
                (Account::Gateway, receivable, cents, Phase::Void { n }),
            ],
            other => panic!("{other:?}"),
        };
        let mut record = Record::of_owner(
            Stream::Order(ORDER),
            self.last_of_order,
            At(5),
            &Meta::own(Principal::System, token, "race"),
            Events::Order(vec![]),
        );
        let moves = money
            .into_iter()
            .filter(|(_, _, cents, _)| cents.is_positive());
        record.money = moves
            .map(|(debit, credit, cents, phase)| Transfer {
                debit,
                credit,
                cents,
                phase,
            })
            .collect();
        self.ledger.check(&record).unwrap();
        self.fold(&record);
        self.last_of_order = Seq(self.seq);
    }

    fn fold(&mut self, record: &Record) {
        self.seq += 1;
        self.ledger.fold(Seq(self.seq), record);
        self.wallets.fold(Seq(self.seq), record);
    }
}

fn method() -> PayoutMethod {
    PayoutMethod {
        token: AccountToken("pays".into()),
        bank: "Bank".into(),
        last4: "6789".into(),
    }
}

fn command(racer: Racer) -> (Principal, Command) {
    let operator = Principal::Operator(OTHER);
    match racer {
        Racer::PayOut(cents) => (Principal::User(USER), Command::RequestPayout { cents }),
        Racer::PayDebt(cents) => (
            Principal::User(USER),
            Command::PayDebt { cents: Some(cents) },
        ),
        Racer::WriteOff(cents) => (
            operator,
            Command::WriteOff {
                cents: Some(cents),
                reason: Sealed(vec![1]),
            },
        ),
        other => panic!("{other:?} is no wallet's"),
    }
}

/// All ask, in a random order; then they commit or are dropped, in another. Gives back who came through.
fn race(desk: &mut Desk, racers: &[Racer], chance: &mut Seeded) -> Vec<Racer> {
    let mut asked = vec![];
    for i in shuffled(racers.len(), chance) {
        let token = CommandId(100 + i as u64);
        asked.push((token, racers[i], desk.vote(token, racers[i])));
    }
    let mut through = vec![];
    for i in shuffled(asked.len(), chance) {
        let (token, racer, votes) = &asked[i];
        if chance.below(8) == 0 {
            desk.ledger.release(*token);
        } else if desk.commit(*token, *racer, votes).is_ok() {
            through.push(*racer);
        }
    }
    assert_eq!(
        desk.ledger.reservations(),
        0,
        "a reservation outlived its command"
    );
    for (account, balance) in desk.ledger.accounts() {
        assert!(balance.is_within_bound(account), "{account}: {balance:?}");
    }
    through
}

fn shuffled(len: usize, chance: &mut Seeded) -> Vec<usize> {
    let mut order: Vec<usize> = (0..len).collect();
    for i in (1..len).rev() {
        let j = usize::try_from(chance.below(i as u64 + 1)).unwrap();
        order.swap(i, j);
    }
    order
}

fn some(chance: &mut Seeded) -> Cents {
    Cents(i64::try_from(50 + chance.below(1_000)).unwrap())
}

#[test]
fn payout_and_payout_never_pay_more_than_there_is() {
    let mut chance = Seeded::new(1);
    let mut refused = 0;
    for _ in 0..ROUNDS {
        let available = some(&mut chance);
        let racers = [(); 3].map(|()| Racer::PayOut(some(&mut chance)));
        let mut desk = Desk::new(available, Cents::ZERO);
        let through = race(&mut desk, &racers, &mut chance);
        let paid: Cents = through
            .iter()
            .map(|racer| match racer {
                Racer::PayOut(cents) => *cents,
                other => panic!("{other:?}"),
            })
            .sum();
        assert!(paid <= available);
        assert_eq!(
            desk.ledger.balance(Account::Payable(USER)).available(),
            available - paid
        );
        refused += 3 - through.len();
    }
    assert!(refused > 100, "they do get into each other's way");
}

#[test]
fn payout_and_set_off_never_pay_a_debt_twice() {
    let mut chance = Seeded::new(2);
    for _ in 0..ROUNDS {
        let (available, owed) = (some(&mut chance), some(&mut chance));
        let racers = [
            Racer::PayOut(some(&mut chance)),
            Racer::SetOff(some(&mut chance)),
            Racer::SetOff(some(&mut chance)),
        ];
        let mut desk = Desk::new(available, owed);
        race(&mut desk, &racers, &mut chance);
    }
}

#[test]
fn payout_and_freeze_never_take_the_same_cent() {
    let mut chance = Seeded::new(3);
    for _ in 0..ROUNDS {
        let racers = [
            Racer::PayOut(some(&mut chance)),
            Racer::Freeze(some(&mut chance)),
            Racer::Freeze(some(&mut chance)),
        ];
        let mut desk = Desk::new(some(&mut chance), Cents::ZERO);
        race(&mut desk, &racers, &mut chance);
    }
}

#[test]
fn pay_debt_and_collect_and_whatever_else_pays_a_debt() {
    let mut chance = Seeded::new(4);
    for _ in 0..ROUNDS {
        let racers = [
            Racer::PayDebt(some(&mut chance)),
            Racer::Collect(some(&mut chance)),
            Racer::WriteOff(some(&mut chance)),
            Racer::SetOff(some(&mut chance)),
            Racer::PayOut(some(&mut chance)),
        ];
        let mut desk = Desk::new(some(&mut chance), some(&mut chance));
        race(&mut desk, &racers, &mut chance);
    }
}

/// A whole campus: the customer owes for one order and pays that while another order is bought and its charge decided.
#[test]
fn pay_debt_and_collect_in_a_whole_campus() {
    let mut chance = Seeded::new(5);
    for round in 0..ROUNDS {
        let mut scene = Scene::at_with("purchased", Behaviour::DeclinesCapture);
        let (customer, runner) = (scene.customer, scene.runner);
        scene.go_to("completed");
        assert_eq!(scene.campus.ledger().debt(customer), K);
        let pays = chance.below(2) == 0;
        let card = if pays {
            Behaviour::AnswersLate
        } else {
            Behaviour::DeclinesCapture
        };
        scene.campus.set_card(customer, card).unwrap();
        scene.order = scene
            .campus
            .place(customer, common::wish(customer), 2)
            .unwrap();
        scene.campus.set_payout_method(runner, Bank::Pays).unwrap();
        let mut collected = false;
        for _ in 0..chance.below(60) {
            match chance.below(5) {
                0 => drop(scene.campus.pay_debt(customer, None)),
                1 => drop(scene.campus.step()),
                2 => scene.campus.advance(chance.below(600_000)),
                3 => drop(scene.campus.payout(runner, Cents(500))),
                _ if scene.shows() != "completed" && scene.shows() != "cancelled" => {
                    let next = scene.next_step();
                    drop(scene.by(runner, &next));
                }
                _ if !collected && scene.shows() == "completed" => {
                    collected = true;
                    let no = Answer::Declined {
                        reason: Decline::CardInvalid,
                    };
                    let called = scene.order().calls.contains_key(&2);
                    assert!(called, "round {round}");
                    scene.campus.answered(scene.order, 2, no);
                }
                _ => {}
            }
        }
        scene.campus.advance(86_400_000);
        scene.holds();
        let wallet = scene.campus.wallet(customer);
        let mut payments = wallet.payments.iter();
        assert!(payments.all(|payment| payment.state != PaymentState::Requested));
    }
}
