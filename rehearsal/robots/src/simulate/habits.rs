//! The habits of a robot campus: how likely each kind of behaviour and each trouble is.
//!
//! Each chance is per mille of the occasions that its comment names; "…" goes on from the comment above. They are guesses
//! at an ordinary campus, not measurements: a few per cent of orders meet each common trouble, a few per mille each rare
//! one. With chaos, cards and the gateway behave much worse, and people a little.

use campusg_domain::call::Decline;
use campusg_simulation::{AskKind, Bank, Behaviour, Mishap};

/// A probability or share, in thousandths.
pub type PerMille = u32;

/// How likely each kind of behaviour and each trouble is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Share of students whose card has each behaviour; all other cards work.
    pub cards: &'static [(Behaviour, PerMille)],
    /// Share of runners whose bank account has each behaviour; all others work.
    pub banks: &'static [(Bank, PerMille)],

    /// A student who is hungry orders, rather than walks to a store.
    pub orders_when_hungry: PerMille,
    /// … for a later time.
    pub orders_ahead: PerMille,
    /// … at a store that is not in the operators' directory.
    pub describes_a_store: PerMille,
    /// … to be left at the door.
    pub wants_it_at_the_door: PerMille,
    /// … with a tip.
    pub tips_at_once: PerMille,
    /// A student whom the bank asks to confirm a payment confirms it.
    pub confirms_with_the_bank: PerMille,
    /// … refuses it; all others do not answer.
    pub refuses_at_the_bank: PerMille,
    /// A student whose card was refused puts another on file and orders again.
    pub tries_another_card: PerMille,
    /// A student for whose order no runner came orders again.
    pub orders_again: PerMille,
    /// A student cancels before a runner has accepted.
    pub cancels_before_a_runner: PerMille,
    /// … in the minutes after a runner accepted in which it is free.
    pub cancels_in_the_grace: PerMille,
    /// … later, for the price of the runner's trip.
    pub cancels_on_the_trip: PerMille,
    /// … while the runner is at the store.
    pub cancels_at_the_store: PerMille,
    /// … when the food is bought, and pays for all of it.
    pub cancels_bought_food: PerMille,
    /// A student does not look at a runner's proposal in time.
    pub misses_a_proposal: PerMille,
    /// A student who looks at it rejects it.
    pub rejects_a_proposal: PerMille,
    /// … does without some items, where there are others.
    pub drops_items: PerMille,
    /// A student is not at the door and does not hear the phone.
    pub is_not_there: PerMille,
    /// … and comes to the phone after all, while the runner waits.
    pub answers_after_all: PerMille,
    /// A student confirms the delivery; all others let the dispute window close.
    pub confirms_delivery: PerMille,
    /// A student disputes the order right after the delivery.
    pub disputes: PerMille,
    /// … in the days after it.
    pub opens_a_case: PerMille,
    /// A party to a dispute answers the other.
    pub replies: PerMille,
    /// Either side rates.
    pub rates: PerMille,
    /// A student tips in the days after.
    pub tips_later: PerMille,
    /// A student answers a message, or asks where the food is.
    pub writes: PerMille,
    /// A student's bank takes the charge back in the days after.
    pub charges_back: PerMille,
    /// … and gives it again.
    pub chargeback_is_won: PerMille,
    /// A student who owes puts a new card on file, which pays.
    pub renews_card: PerMille,
    /// … pays with the card on file; all others wait for a write-off.
    pub pays_by_hand: PerMille,

    /// A runner who may carry more accepts an order of average reward that they see on the board.
    pub takes_an_order: PerMille,
    /// An order is so far away, or so heavy, that no runner wants it.
    pub nobody_wants_it: PerMille,
    /// A runner who took an order forgets it.
    pub forgets_the_order: PerMille,
    /// … gives it back on the way.
    pub gives_back: PerMille,
    /// … gives it back at the store.
    pub gives_back_at_the_store: PerMille,
    /// … is gone from the store without a word.
    pub is_gone_from_the_store: PerMille,
    /// … is gone with the food.
    pub is_gone_with_the_food: PerMille,
    /// … and nobody at the platform acts on it for days.
    pub is_overlooked: PerMille,
    /// … is very slow on the way.
    pub is_slow: PerMille,
    /// A runner finds the store closed.
    pub finds_it_closed: PerMille,
    /// … all of it sold out.
    pub finds_it_sold_out: PerMille,
    /// … the food dearer than approved.
    pub finds_it_dear: PerMille,
    /// … far dearer, so that more has to be held.
    pub finds_it_very_dear: PerMille,
    /// … an item missing, and something like it.
    pub finds_an_item_missing: PerMille,
    /// A runner shows the receipt of another order.
    pub shows_an_old_receipt: PerMille,
    /// A runner takes a proposal back.
    pub withdraws: PerMille,
    /// A runner at the till whose customer cancels agrees; all others have paid, or do not answer.
    pub agrees_to_cancel: PerMille,
    /// … answers that the food is paid for.
    pub has_paid_already: PerMille,
    /// A runner mishears the PIN.
    pub mishears_the_pin: PerMille,
    /// … until no try is left.
    pub never_hears_the_pin: PerMille,
    /// A runner leaves the food of a customer who is not there at the door; all others take it back.
    pub leaves_the_food: PerMille,
    /// A runner reports a problem on the way.
    pub reports_a_problem: PerMille,
    /// A runner whose order was cancelled claims for the trip.
    pub claims_for_the_trip: PerMille,
    /// A runner asks for a payout at the end of the day.
    pub asks_for_a_payout: PerMille,

    /// An operator on a round puts an order on hold to look at it.
    pub holds_on_a_round: PerMille,
    /// … takes an order from a runner on the way to the store.
    pub reassigns_on_a_round: PerMille,
    /// … ends an order.
    pub settles_on_a_round: PerMille,
    /// An operator who learns of a problem puts the order on hold first.
    pub holds_a_problem: PerMille,
    /// A dispute is forgotten until its time is over.
    pub forgets_a_dispute: PerMille,
    /// A dispute is decided for the claimant, in full or in part.
    pub decides_for_the_claimant: PerMille,
    /// … and the runner is at fault.
    pub finds_the_runner_at_fault: PerMille,
    /// An operator refunds something after a bad end.
    pub gives_goodwill: PerMille,

    /// The gateway is down for up to 6 minutes within an hour.
    pub gateway_is_down: PerMille,
    /// The bank lets go of the authorisation of some open order within an hour.
    pub bank_lets_go: PerMille,
    /// One vote request of each kind in `refusals` is refused within an hour.
    pub owner_refuses: PerMille,
    /// A store takes no orders for a while within an hour.
    pub store_pauses: PerMille,

    /// Mishaps of the simulation, each on average once in this many occasions.
    pub mishaps: &'static [(Mishap, u32)],
    /// A sender does not get the answer and repeats a command under the same id.
    pub gives_a_command_again: PerMille,
    /// Kinds of vote requests that owners refuse now and then.
    pub refusals: &'static [AskKind],
}

impl Habits {
    /// The habits of an ordinary day.
    #[must_use]
    pub const fn believable() -> Self {
        Self {
            cards: &[
                (Behaviour::AsksCustomer, 30),
                (Behaviour::Declines(Decline::InsufficientFunds), 20),
                (Behaviour::Declines(Decline::Declined), 15),
                (Behaviour::LosesAnswers(2), 15),
                (Behaviour::LosesCharges(20), 4),
                (Behaviour::DownFor(3), 10),
                (Behaviour::DeclinesCapture, 14),
                (Behaviour::DeclinesRaise, 10),
                (Behaviour::DeclinesRefund, 8),
                (Behaviour::AnswersLate, 18),
                (Behaviour::DownFor(20), 4),
                (Behaviour::BlocksLess, 2),
            ],
            banks: &[
                (Bank::Declines, 30),
                (Bank::LosesAnswers(2), 30),
                (Bank::DownFor(3), 30),
                (Bank::AnswersLate, 20),
                (Bank::SendsBack, 20),
                (Bank::DownFor(20), 10),
            ],
            orders_when_hungry: 700,
            orders_ahead: 60,
            describes_a_store: 120,
            wants_it_at_the_door: 250,
            tips_at_once: 550,
            confirms_with_the_bank: 850,
            refuses_at_the_bank: 60,
            tries_another_card: 700,
            orders_again: 400,
            cancels_before_a_runner: 30,
            cancels_in_the_grace: 12,
            cancels_on_the_trip: 10,
            cancels_at_the_store: 18,
            cancels_bought_food: 8,
            misses_a_proposal: 150,
            rejects_a_proposal: 200,
            drops_items: 200,
            is_not_there: 32,
            answers_after_all: 400,
            confirms_delivery: 450,
            disputes: 20,
            opens_a_case: 15,
            replies: 500,
            rates: 500,
            tips_later: 40,
            writes: 100,
            charges_back: 15,
            chargeback_is_won: 600,
            renews_card: 550,
            pays_by_hand: 200,
            takes_an_order: 350,
            nobody_wants_it: 12,
            forgets_the_order: 12,
            gives_back: 30,
            gives_back_at_the_store: 8,
            is_gone_from_the_store: 10,
            is_gone_with_the_food: 15,
            is_overlooked: 300,
            is_slow: 40,
            finds_it_closed: 15,
            finds_it_sold_out: 15,
            finds_it_dear: 40,
            finds_it_very_dear: 15,
            finds_an_item_missing: 50,
            shows_an_old_receipt: 8,
            withdraws: 60,
            agrees_to_cancel: 500,
            has_paid_already: 250,
            mishears_the_pin: 25,
            never_hears_the_pin: 3,
            leaves_the_food: 600,
            reports_a_problem: 10,
            claims_for_the_trip: 40,
            asks_for_a_payout: 850,
            holds_on_a_round: 60,
            reassigns_on_a_round: 60,
            settles_on_a_round: 40,
            holds_a_problem: 600,
            forgets_a_dispute: 60,
            decides_for_the_claimant: 600,
            finds_the_runner_at_fault: 600,
            gives_goodwill: 400,
            gateway_is_down: 200,
            bank_lets_go: 350,
            owner_refuses: 600,
            store_pauses: 150,
            mishaps: &[
                (Mishap::CallLost, 400),
                (Mishap::AnswerLate, 600),
                (Mishap::AnswerAgain, 60),
            ],
            gives_a_command_again: 5,
            refusals: &[AskKind::Hold, AskKind::Capacity, AskKind::Release],
        }
    }

    /// These habits with far more troubles, of every kind.
    #[must_use]
    pub const fn with_chaos(self) -> Self {
        Self {
            cards: &[
                (Behaviour::AsksCustomer, 60),
                (Behaviour::Declines(Decline::InsufficientFunds), 30),
                (Behaviour::Declines(Decline::Declined), 30),
                (Behaviour::LosesAnswers(2), 80),
                (Behaviour::LosesCharges(20), 40),
                (Behaviour::DownFor(3), 80),
                (Behaviour::DeclinesCapture, 40),
                (Behaviour::DeclinesRaise, 40),
                (Behaviour::DeclinesRefund, 40),
                (Behaviour::AnswersLate, 60),
                (Behaviour::DownFor(20), 40),
                (Behaviour::BlocksLess, 10),
            ],
            banks: &[
                (Bank::Declines, 80),
                (Bank::LosesAnswers(2), 100),
                (Bank::DownFor(3), 100),
                (Bank::AnswersLate, 80),
                (Bank::SendsBack, 80),
                (Bank::DownFor(20), 60),
            ],
            gateway_is_down: 800,
            bank_lets_go: 600,
            owner_refuses: 400,
            cancels_before_a_runner: 60,
            misses_a_proposal: 250,
            is_not_there: 50,
            mishaps: &[
                (Mishap::OrderForgotten, 5),
                (Mishap::OwnerForgotten, 60),
                (Mishap::CallLost, 12),
                (Mishap::AnswerLate, 12),
                (Mishap::AnswerAgain, 5),
                (Mishap::KilledAtCall, 25),
            ],
            gives_a_command_again: 100,
            refusals: &[
                AskKind::Placement,
                AskKind::NoDebt,
                AskKind::Hold,
                AskKind::Raise,
                AskKind::StoreOpen,
                AskKind::Capacity,
                AskKind::RunnerSlot,
                AskKind::UsedOnce,
                AskKind::Release,
                AskKind::SetOff,
                AskKind::Card,
                AskKind::PayoutMethod,
                AskKind::Debt,
                AskKind::PayOut,
                AskKind::Freeze,
                AskKind::Cash,
                AskKind::Losses,
                AskKind::Fees,
            ],
            ..self
        }
    }
}

/// Share of students who get hungry in each hour of the day, from midnight.
pub const HUNGER: [PerMille; 24] = [
    40, 20, 10, 5, 5, 5, 10, 40, 60, 50, 60, 150, 260, 170, 80, 60, 70, 150, 250, 190, 120, 90, 80,
    60,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_a_thousand_in_a_thousand_have_a_bad_card_or_account() {
        let ordinary = Habits::believable();
        for habits in [ordinary.clone(), ordinary.with_chaos()] {
            let cards: PerMille = habits.cards.iter().map(|(_, many)| many).sum();
            let banks: PerMille = habits.banks.iter().map(|(_, many)| many).sum();
            assert!(cards < 1000 && banks < 1000, "{cards} {banks}");
        }
    }
}
