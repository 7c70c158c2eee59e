//! What one order did to one person's money, line by line: read from the order's transfers, so that the lines of all
//! orders and of the wallet add up to what wallet and debt hold.
//!
//! Must not: know what a command meant. Whatever moves a person's money and has no name here is still a line.

use crate::{
    id::{OrderId, Seq, Stream, UserId},
    money::{Account, Cents, Phase, Transfer},
    order::{Event, PlacingEvent, RunEvent, Terms},
    record::{Entry, Events, Record},
    time::At,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What the amount of a statement's line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// The food, at the price on the receipt.
    Food,
    /// The delivery fee.
    DeliveryFee,
    /// A tip, at once or later.
    Tip,
    /// The compensation for a lost trip.
    Compensation,
    /// The platform's part of what the runner gets.
    PlatformFee,
    /// To the customer: what came back out of escrow. To the runner: what is missing because of it.
    Refund,
    /// A gift or loss that the platform bears.
    Goodwill,
    /// What moved between customer and runner after a dispute.
    Dispute,
    /// What the wallet paid of a debt; comes with an equal `DebtPaid`.
    SetOff,
    /// By how much a debt became smaller; comes with an equal `SetOff`.
    DebtPaid,
    /// The card was charged.
    CardCharged,
    /// Money went back to the card.
    CardRefunded,
    /// Any other change of the person's money.
    Other,
}

/// One line: an amount by which wallet and debt together changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Sequence of the record.
    pub seq: Seq,
    /// When the record was decided.
    pub at: At,
    /// What the amount is for.
    pub kind: LineKind,
    /// Amount in cents; negative where it is taken from the person.
    pub cents: Cents,
}

/// The lines of `order` for `user`. Takes the order's records in their order, from the first; others are passed over.
///
/// The lines add up to the change of wallet and debt, posted, that these records made.
#[must_use]
pub fn statement<'a>(
    user: UserId,
    order: OrderId,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Vec<Line> {
    let mut statement = Statement {
        user,
        order,
        terms: None,
        food: None,
        lines: vec![],
    };
    for Entry { seq, record } in entries {
        if record.stream == Stream::Order(order) {
            statement.read(*seq, record);
        }
    }
    statement.lines
}

struct Statement {
    user: UserId,
    order: OrderId,
    terms: Option<Arc<Terms>>,
    food: Option<Cents>,
    lines: Vec<Line>,
}

impl Statement {
    fn read(&mut self, seq: Seq, record: &Record) {
        if let Events::Order(events) = &record.events {
            for event in events {
                if let Event::Placing(PlacingEvent::Placed(terms)) = event {
                    self.terms = Some(Arc::clone(terms));
                }
                if let Event::Run(RunEvent::Purchased { food, .. }) = event {
                    self.food = Some(*food);
                }
            }
        }
        let happened =
            |transfer: &&Transfer| matches!(transfer.phase, Phase::Posted | Phase::Post { .. });
        let happened: Vec<Transfer> = record.money.iter().filter(happened).copied().collect();
        let sum = |debit: Account, credit: Account| -> Cents {
            let between = happened
                .iter()
                .filter(|t| t.debit == debit && t.credit == credit);
            between.map(|t| t.cents).sum()
        };
        let escrow = Account::Escrow(self.order);
        let paid_in = sum(Account::Receivable(self.user), escrow);
        let paid_out = sum(escrow, Account::Payable(self.user));
        let mut lines = vec![];
        if paid_in.is_positive() {
            lines.extend(
                self.parts(paid_in, Cents::ZERO, Cents::ZERO)
                    .map(|(kind, cents)| (kind, -cents)),
            );
        }
        if paid_out.is_positive() && self.is_customer() {
            lines.push((LineKind::Refund, paid_out));
        } else if paid_out.is_positive() {
            let fee = sum(escrow, Account::Revenue);
            let customer = self.terms.as_ref().map(|terms| terms.customer);
            let back = customer.map_or(Cents::ZERO, |customer| {
                sum(escrow, Account::Payable(customer))
            });
            lines.extend(self.parts(paid_out, fee, back));
        }
        for transfer in &happened {
            lines.extend(self.named(transfer));
        }
        let at = record.at;
        let lines = lines.into_iter().filter(|(_, cents)| *cents != Cents::ZERO);
        self.lines.extend(lines.map(|(kind, cents)| Line {
            seq,
            at,
            kind,
            cents,
        }));
    }

    fn is_customer(&self) -> bool {
        let terms = self.terms.as_ref();
        terms.is_some_and(|terms| terms.customer == self.user)
    }

    /// The parts of `whole`: food, delivery fee and tip, less the platform's fee and what went `back`; where nothing
    /// was bought, the compensation for the trip.
    fn parts(
        &self,
        whole: Cents,
        fee: Cents,
        back: Cents,
    ) -> impl Iterator<Item = (LineKind, Cents)> {
        let parts = match (&self.terms, self.food) {
            (Some(terms), Some(food)) => {
                let price = &terms.price;
                let known = food + price.delivery_fee + price.tip - fee - back;
                vec![
                    (LineKind::Food, food),
                    (LineKind::DeliveryFee, price.delivery_fee),
                    (LineKind::Tip, price.tip),
                    (LineKind::PlatformFee, -fee),
                    (LineKind::Refund, -back),
                    (LineKind::Other, whole - known),
                ]
            }
            _ => vec![(LineKind::Compensation, whole)],
        };
        parts.into_iter()
    }

    /// The lines of a transfer that does not touch the escrow; [`Self::parts`] makes those of one that does.
    fn named(&self, transfer: &Transfer) -> Vec<(LineKind, Cents)> {
        use Account::{Escrow, Gateway, Goodwill, Payable, Receivable};
        use LineKind::{
            CardCharged, CardRefunded, DebtPaid, Dispute, Goodwill as Gift, Other, SetOff, Tip,
        };
        let n = transfer.cents;
        let mine = |account: Account| matches!(account, Payable(user) | Receivable(user) if user == self.user);
        match (transfer.debit, transfer.credit) {
            (Escrow(_), _) | (_, Escrow(_)) => vec![],
            (Payable(from), Receivable(to)) if from == to && to == self.user => {
                vec![(SetOff, -n), (DebtPaid, n)]
            }
            (Payable(_) | Receivable(_), Payable(to) | Receivable(to)) if to == self.user => {
                vec![(Dispute, n)]
            }
            (Payable(from) | Receivable(from), Payable(_) | Receivable(_)) if from == self.user => {
                vec![(Dispute, -n)]
            }
            (Gateway, Payable(to)) if to == self.user && !self.is_customer() => vec![(Tip, n)],
            (Gateway, Payable(to)) if to != self.user && self.is_customer() => {
                vec![(Tip, -n), (CardCharged, n)]
            }
            (Gateway, to) if mine(to) => vec![(CardCharged, n)],
            (from, Gateway) if mine(from) => vec![(CardRefunded, -n)],
            (Goodwill, to) if mine(to) => vec![(Gift, n)],
            (_, to) if mine(to) => vec![(Other, n)],
            (from, _) if mine(from) => vec![(Other, -n)],
            _ => vec![],
        }
    }
}
