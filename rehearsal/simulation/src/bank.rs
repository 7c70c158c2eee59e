//! The model gateway's other half: cards that pay a debt, and payouts to bank accounts that behave as their token says.
//!
//! Invariant: a key (wallet, call) is executed at most once, whatever is asked how often; the book knows what was really
//! charged, paid out and sent back.

use super::gateway::Behaviour;
use campusg_domain::{
    call::{AccountToken, Answer, CallKind, CallNumber, CardToken, Decline},
    id::UserId,
    money::Cents,
    time::{At, DAY_MS, MINUTE_MS},
};
use std::collections::HashMap;

/// How late a late answer comes.
const LATE_MS: u64 = 20 * MINUTE_MS;
/// After how long a payout is sent back that is.
const SENT_BACK_MS: u64 = 2 * DAY_MS;

/// How the gateway treats a bank account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    /// Everything is paid.
    Pays,
    /// Payouts are refused.
    Declines,
    /// The first `n` tries of each payout find nobody, and do nothing.
    DownFor(u8),
    /// The first `n` answers of each payout are lost after it was paid.
    LosesAnswers(u8),
    /// Each payout is paid at once and answered twenty minutes later.
    AnswersLate,
    /// Each payout is paid, and sent back two days later.
    SendsBack,
}

impl Bank {
    /// Every behaviour, with the token that asks for it.
    pub const TOKENS: [(&'static str, Self); 7] = [
        ("pays", Self::Pays),
        ("declined", Self::Declines),
        ("down_for_3", Self::DownFor(3)),
        ("down_for_20", Self::DownFor(20)),
        ("lost_answer", Self::LosesAnswers(2)),
        ("late", Self::AnswersLate),
        ("sent_back", Self::SendsBack),
    ];

    /// The behaviour that a token asks for; a token nobody knows is refused.
    #[must_use]
    pub fn of(account: &AccountToken) -> Self {
        let known = Self::TOKENS.iter().find(|(token, _)| *token == account.0);
        known.map_or(Self::Declines, |(_, behaviour)| *behaviour)
    }
}

/// How one call goes, whatever it asks.
#[derive(Clone, Copy)]
struct Manner {
    /// Tries without an answer.
    silent: u8,
    /// Whether those are done all the same.
    done_anyway: bool,
    late: bool,
    refused: Option<Decline>,
    sent_back: bool,
}

impl Manner {
    const GOOD: Self = Self {
        silent: 0,
        done_anyway: true,
        late: false,
        refused: None,
        sent_back: false,
    };

    const fn silent(silent: u8, done_anyway: bool) -> Self {
        Self {
            silent,
            done_anyway,
            ..Self::GOOD
        }
    }

    const fn refused(reason: Decline) -> Self {
        Self {
            refused: Some(reason),
            ..Self::GOOD
        }
    }

    fn of_card(card: &CardToken) -> Self {
        match Behaviour::of(card) {
            Behaviour::Declines(reason) => Self::refused(reason),
            Behaviour::AsksCustomer => Self::refused(Decline::NotConfirmed),
            Behaviour::DeclinesCapture => Self::refused(Decline::CardInvalid),
            Behaviour::DownFor(tries) => Self::silent(tries, false),
            Behaviour::LosesAnswers(tries) | Behaviour::LosesCharges(tries) => {
                Self::silent(tries, true)
            }
            Behaviour::AnswersLate => Self {
                late: true,
                ..Self::GOOD
            },
            Behaviour::Succeeds
            | Behaviour::BlocksLess
            | Behaviour::DeclinesRefund
            | Behaviour::DeclinesRaise => Self::GOOD,
        }
    }

    fn of_account(account: &AccountToken) -> Self {
        match Bank::of(account) {
            Bank::Pays => Self::GOOD,
            Bank::Declines => Self::refused(Decline::AccountInvalid),
            Bank::DownFor(tries) => Self::silent(tries, false),
            Bank::LosesAnswers(tries) => Self::silent(tries, true),
            Bank::AnswersLate => Self {
                late: true,
                ..Self::GOOD
            },
            Bank::SendsBack => Self {
                sent_back: true,
                ..Self::GOOD
            },
        }
    }
}

type Key = (UserId, CallNumber);

/// An answer on its way to a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// When it arrives.
    pub at: At,
    /// The wallet.
    pub user: UserId,
    /// The call it answers.
    pub call: CallNumber,
    /// The answer.
    pub answer: Answer,
}

/// Charges and payouts of wallets.
#[derive(Clone, Debug, Default)]
pub(super) struct BankBook {
    charged: HashMap<Key, Cents>,
    paid: HashMap<Key, Cents>,
    sent_back: HashMap<Key, Cents>,
    answers: HashMap<Key, Answer>,
    tries: HashMap<Key, (u8, At)>,
    told: Vec<Told>,
    /// What the bank took back or gave again, and what the operator moved.
    moved: Cents,
}

impl BankBook {
    /// Cash there because of wallets.
    pub fn cash(&self) -> Cents {
        let sum = |book: &HashMap<Key, Cents>| -> Cents { book.values().copied().sum() };
        sum(&self.charged) + sum(&self.sent_back) - sum(&self.paid) + self.moved
    }

    /// What reached this person's bank account and stayed there.
    pub fn paid_to(&self, user: UserId) -> Cents {
        let of = |book: &HashMap<Key, Cents>| -> Cents {
            let mine = book.iter().filter(|((owner, _), _)| *owner == user);
            mine.map(|(_, cents)| *cents).sum()
        };
        of(&self.paid) - of(&self.sent_back)
    }

    /// How many keys were executed, each once.
    pub fn executed(&self) -> u64 {
        self.answers.len() as u64
    }

    /// Cash that comes or goes without a call.
    pub fn moves(&mut self, cents: Cents) {
        self.moved += cents;
    }

    /// Takes the first answer on its way that has arrived by `now`.
    pub fn arrived(&mut self, now: At) -> Option<Told> {
        let due = self.told.iter().enumerate();
        let due = due.filter(|(_, told)| told.at <= now);
        let (first, _) = due.min_by_key(|(_, told)| told.at)?;
        Some(self.told.remove(first))
    }

    /// Sends an answer on its way, whether it was given before or not.
    pub fn comes_at(&mut self, at: At, user: UserId, call: CallNumber, answer: Answer) {
        self.told.push(Told {
            at,
            user,
            call,
            answer,
        });
    }

    /// When the next answer on its way arrives.
    pub fn next_arrival(&self) -> Option<At> {
        self.told.iter().map(|told| told.at).min()
    }

    /// Charges a card for a debt; the same call again gets the same answer, or none.
    pub fn charge(&mut self, key: Key, cents: Cents, card: &CardToken, now: At) -> Answer {
        self.call(key, CallKind::Charge { cents }, Manner::of_card(card), now)
    }

    /// Pays out to a bank account; the same call again gets the same answer, or none.
    pub fn pay_out(&mut self, key: Key, cents: Cents, account: &AccountToken, now: At) -> Answer {
        let manner = Manner::of_account(account);
        self.call(key, CallKind::PayOut { cents }, manner, now)
    }

    fn call(&mut self, key: Key, kind: CallKind, manner: Manner, now: At) -> Answer {
        let (tries, first_at) = self.tries.get(&key).copied().unwrap_or((0, now));
        self.tries.insert(key, (tries.saturating_add(1), first_at));
        let silent = tries < manner.silent;
        if silent && !manner.done_anyway {
            return Answer::Unavailable;
        }
        let answer = self.once(key, kind, manner, now);
        let (user, call) = key;
        let late = manner.late && now < first_at.plus(LATE_MS);
        if late && tries == 0 {
            self.told.push(Told {
                at: now.plus(LATE_MS),
                user,
                call,
                answer: answer.clone(),
            });
        }
        if silent || late {
            Answer::Unavailable
        } else {
            answer
        }
    }

    fn once(&mut self, key: Key, kind: CallKind, manner: Manner, now: At) -> Answer {
        if let Some(answer) = self.answers.get(&key) {
            return answer.clone();
        }
        let answer = match (manner.refused, kind) {
            (Some(reason), _) => Answer::Declined { reason },
            (None, CallKind::PayOut { cents }) => {
                self.paid.insert(key, cents);
                if manner.sent_back {
                    self.send_back(key, now.plus(SENT_BACK_MS));
                }
                Answer::PaidOut { cents }
            }
            (None, CallKind::Charge { cents }) => {
                self.charged.insert(key, cents);
                Answer::Captured { cents }
            }
            (None, _) => return Answer::Unavailable,
        };
        self.answers.insert(key, answer.clone());
        answer
    }

    /// The bank sends a paid payout back; whoever asks again is told so.
    fn send_back(&mut self, key: Key, at: At) {
        let Some(cents) = self.paid.get(&key).copied() else {
            return;
        };
        if self.sent_back.insert(key, cents).is_none() {
            let ((user, call), answer) = (key, Answer::SentBack { cents });
            self.told.push(Told {
                at,
                user,
                call,
                answer,
            });
        }
    }
}
