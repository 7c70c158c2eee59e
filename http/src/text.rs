//! The texts of notices, in English.

use campusg_domain::{
    call::Decline,
    money::{Cents, Currency},
    notice::NoticeKind,
    time::{HOUR_MS, MINUTE_MS},
};

/// Returns a notice's stable code, its title and its message. `currency` is that of all amounts.
pub(crate) fn notice(kind: NoticeKind, currency: Currency) -> (&'static str, &'static str, String) {
    let money = |cents: Cents| currency.of(cents);
    let plain = |code, title, message: &str| (code, title, message.to_owned());
    match kind {
        NoticeKind::PaymentPending => plain(
            "payment_pending",
            "Payment pending",
            "We are asking your bank to hold the money.",
        ),
        NoticeKind::PaymentActionRequired => plain(
            "payment_action_required",
            "Confirm your payment",
            "Your bank wants you to confirm this payment. The order has the link to it.",
        ),
        NoticeKind::PaymentAuthorized => plain(
            "payment_authorized",
            "Payment authorised",
            "Your bank has authorised the payment. Nothing is charged yet.",
        ),
        NoticeKind::PaymentFailed { reason } => (
            "payment_failed",
            "Payment failed",
            format!("{} Nothing was charged.", declined(reason)),
        ),
        NoticeKind::EscrowPlaced => plain(
            "escrow_placed",
            "Money held",
            "The money is held until your delivery is confirmed.",
        ),
        NoticeKind::OrderCreated => plain(
            "order_created",
            "Order placed",
            "Your order is placed. We tell you when a runner takes it.",
        ),
        NoticeKind::OrderAccepted => plain(
            "order_accepted",
            "A runner took your order",
            "Your runner is on the way to the store.",
        ),
        NoticeKind::RunnerCancelled => plain(
            "runner_cancelled",
            "Your order is on the board again",
            "Your runner no longer brings it, and other runners can take it.",
        ),
        NoticeKind::RunnerReleased => plain(
            "runner_released",
            "You are off this order",
            "The order was taken from you and is on the board again.",
        ),
        NoticeKind::RunnerReminder => plain(
            "runner_reminder",
            "Your customer is waiting",
            "Please go on with this order, or give it back.",
        ),
        NoticeKind::RunnerOnSite => plain(
            "runner_on_site",
            "Your runner is at the store",
            "Your runner is at the store and about to buy your food.",
        ),
        NoticeKind::BuyFromNowOn => plain(
            "buy_from_now_on",
            "You can buy now",
            "Buy only from now on, and keep the receipt.",
        ),
        NoticeKind::StoreWaitLong => plain(
            "store_wait_long",
            "It takes long at the store",
            "The runner has waited for long. Who ordered can go on waiting, or cancel.",
        ),
        NoticeKind::Purchased { food } => (
            "purchased",
            "Your food is bought",
            format!("Your food was bought for {}.", money(food)),
        ),
        NoticeKind::Collected => plain(
            "collected",
            "Your food is collected",
            "Your runner has the food.",
        ),
        NoticeKind::OnTheWay => plain(
            "on-the-way",
            "Your food is on its way",
            "Your runner is on the way to you. If the order has a PIN, have it ready.",
        ),
        NoticeKind::Late => plain(
            "late",
            "The delivery is late",
            "This delivery is taking longer than it should.",
        ),
        NoticeKind::Delivered => plain(
            "delivered",
            "Delivered",
            "Your food was handed over. If something is wrong with it, open a dispute.",
        ),
        NoticeKind::PleaseConfirm => plain(
            "please_confirm",
            "Is everything there?",
            "Please confirm the delivery, so that the runner is paid at once.",
        ),
        NoticeKind::ConfirmOrDispute { window_ms } => (
            "confirm_or_dispute",
            "Do you have your food?",
            format!(
                "Your runner gave wrong PINs, and then a photo in place of it. Please look at the order now: confirm if you have your food, and open a dispute if you don't. If you do neither, your runner is paid in {}.",
                span(window_ms)
            ),
        ),
        NoticeKind::PaymentWaits { window_ms } => (
            "payment_waits",
            "Your customer has to confirm",
            format!(
                "You showed a photo in place of the PIN. You are paid once your customer confirms, or in {} if they say nothing.",
                span(window_ms)
            ),
        ),
        NoticeKind::WrongPin { left } => (
            "wrong_pin",
            "A wrong PIN was given",
            match left {
                0 => "Someone gave a wrong PIN for your order; no try is left.".into(),
                1 => "Someone gave a wrong PIN for your order; 1 try is left.".into(),
                _ => format!("Someone gave a wrong PIN for your order; {left} tries are left."),
            },
        ),
        NoticeKind::Completed => plain(
            "completed",
            "Order complete",
            "Your order is complete. The receipt is ready.",
        ),
        NoticeKind::Paid { cents } => (
            "paid",
            "You are paid",
            format!("{} is in your wallet.", money(cents)),
        ),
        NoticeKind::PaymentDelayed => plain(
            "payment_delayed",
            "Payment pending",
            "The delivery is done; the money follows shortly.",
        ),
        NoticeKind::PleaseRate => plain(
            "please_rate",
            "How was it?",
            "Please rate the other side of this order.",
        ),
        NoticeKind::Cancelled => plain(
            "cancelled",
            "Order cancelled",
            "The order was cancelled. Its receipt says what became of the money.",
        ),
        NoticeKind::NobodyCame => plain(
            "nobody_came",
            "No runner found",
            "Nobody could take your order in time. Nothing was charged.",
        ),
        NoticeKind::RenewCard { owed } => (
            "renew_card",
            "A card has to be renewed",
            format!(
                "Charging the card failed, and {} is owed until a valid card pays it.",
                money(owed)
            ),
        ),
        NoticeKind::LateChargeReturned { cents } if cents == Cents::ZERO => plain(
            "late_charge_returned",
            "A hold was let go",
            "Your bank authorised a payment too late. It was let go, and nothing is charged.",
        ),
        NoticeKind::LateChargeReturned { cents } => (
            "late_charge_returned",
            "A charge was sent back",
            format!(
                "A charge of {} came too late and was sent back.",
                money(cents)
            ),
        ),
        NoticeKind::RefundKeptInWallet { cents } => (
            "refund_kept_in_wallet",
            "Your refund is in your wallet",
            format!(
                "{} could not be sent back to the card and is in the wallet.",
                money(cents)
            ),
        ),
        NoticeKind::StepStalled => plain(
            "step_stalled",
            "A step needs a person",
            "A step of this order keeps failing.",
        ),
        NoticeKind::ClockStepped { back, ms } => (
            "clock_stepped",
            "The server's clock jumped",
            format!(
                "It was set {} by {} s. Time goes on as if it had not, until somebody sets it right or accepts it.",
                if back { "back" } else { "forward" },
                ms / 1_000
            ),
        ),
        NoticeKind::SnapshotsDamaged { archive } => (
            "snapshots_damaged",
            "A snapshot store is damaged",
            format!(
                "{} was not as it was written. Both stores are rebuilt from the journal, which has everything; what can't be read meanwhile is answered with \"being restored\". If this happens again, look at the disk.",
                if archive { "archive/" } else { "hot/" },
            ),
        ),
        NoticeKind::SnapshotsWhole => plain(
            "snapshots_whole",
            "The snapshot stores are whole again",
            "They were rebuilt from the journal. Nothing is lost.",
        ),
        NoticeKind::PayoutStalled { call, .. } => (
            "step_stalled",
            "A step needs a person",
            format!("Payout {call} of this wallet keeps failing."),
        ),
        NoticeKind::DebtPaymentStalled { call, .. } => (
            "step_stalled",
            "A step needs a person",
            format!("Payment {call} of what this wallet's owner owes keeps failing."),
        ),
        NoticeKind::Rated => plain(
            "rated",
            "A rating was given",
            "The other side has rated this order.",
        ),
        NoticeKind::HeldByOperator => plain(
            "held_by_operator",
            "Order on hold",
            "An operator has put this order on hold.",
        ),
        NoticeKind::ReleasedByOperator => plain(
            "released_by_operator",
            "Order goes on",
            "An operator lets this order go on.",
        ),
        NoticeKind::Overdue => plain(
            "overdue",
            "Order overdue",
            "This order has been unfinished for a day.",
        ),
        NoticeKind::ProposalClosed => plain(
            "proposal_closed",
            "Your proposal is decided",
            "The question at the store is settled. The order says what to buy, and for how much at most.",
        ),
        NoticeKind::ProposalWithdrawn => plain(
            "proposal_withdrawn",
            "Proposal taken back",
            "Your runner took the proposal back.",
        ),
        NoticeKind::CancelWaiting => plain(
            "cancel_waiting",
            "The order is being cancelled",
            "It will be cancelled unless the runner is paying at this moment.",
        ),
        NoticeKind::Message => plain(
            "message",
            "New message",
            "The other side of this order wrote to you.",
        ),
        NoticeKind::RunnerAtTheDoor => plain(
            "runner_at_the_door",
            "Your runner can't reach you",
            "Your runner is there and can't reach you. Please answer now.",
        ),
        NoticeKind::CustomerIsThere => plain(
            "customer_is_there",
            "Your customer is there",
            "Your customer answered and is there after all.",
        ),
        NoticeKind::NoShowOver => plain(
            "no_show_over",
            "The wait is over",
            "Leave the food safely and take a photo, or take it back.",
        ),
        NoticeKind::ProblemReported => plain(
            "problem_reported",
            "A problem was reported",
            "The runner of this order reports a problem.",
        ),
        NoticeKind::DisputeReplied => plain(
            "dispute_replied",
            "A reply to the dispute",
            "The other side said more about the dispute.",
        ),
        NoticeKind::DisputeWaits => plain(
            "dispute_waits",
            "A dispute is waiting",
            "A dispute of this order has waited for long.",
        ),
        NoticeKind::PayoutRequested { cents } => (
            "payout_requested",
            "Payout requested",
            format!("{} is on its way to your bank.", money(cents)),
        ),
        NoticeKind::PayoutPaid { cents } => (
            "payout_paid",
            "Payout paid",
            format!("{} was paid to your bank account.", money(cents)),
        ),
        NoticeKind::PayoutSentBack { cents } => (
            "payout_sent_back",
            "Payout sent back",
            format!(
                "Your bank sent {} back; it is in your wallet again.",
                money(cents)
            ),
        ),
        NoticeKind::PayoutLate { cents } => (
            "payout_late",
            "A payout came late",
            format!(
                "A payout of {} was paid after all and is owed.",
                money(cents)
            ),
        ),
        NoticeKind::SetOff { cents } => (
            "set_off",
            "Debt paid from your wallet",
            format!("{} in your wallet paid what you owed.", money(cents)),
        ),
        NoticeKind::DebtPaid { cents } => (
            "debt_paid",
            "Debt paid",
            format!("Your card paid the {} that you owed.", money(cents)),
        ),
        NoticeKind::DebtWrittenOff { cents } => (
            "debt_written_off",
            "Debt written off",
            format!("{} need not be paid any more.", money(cents)),
        ),
        NoticeKind::LateChargeKept { cents } => (
            "late_charge_kept",
            "A late charge is in your wallet",
            format!(
                "A charge of {} came late; the money is in your wallet.",
                money(cents)
            ),
        ),
        NoticeKind::ChargedBack { cents } => (
            "charged_back",
            "A charge was taken back",
            format!(
                "The bank took a charge of {} back; it is owed.",
                money(cents)
            ),
        ),
        NoticeKind::ChargebackWon { cents } => (
            "chargeback_won",
            "A charge was given back",
            format!("The bank gave {} back.", money(cents)),
        ),
        NoticeKind::ChargebackLost { cents } => (
            "chargeback_lost",
            "A charge stays taken back",
            format!(
                "The bank keeps the {} that it took back; it stays owed.",
                money(cents)
            ),
        ),
        NoticeKind::CashShort { cents } => (
            "cash_short",
            "Cash is short at the gateway",
            format!(
                "{} more has to leave the gateway than is there.",
                money(cents)
            ),
        ),
        NoticeKind::ToppedUp { cents } => (
            "topped_up",
            "Losses made good",
            format!("{} was paid in to make losses good.", money(cents)),
        ),
        NoticeKind::Withdrawn { cents } => (
            "withdrawn",
            "Fees taken out",
            format!("{} of the fees was taken out.", money(cents)),
        ),
        NoticeKind::CancelFell { charge } => (
            "cancel_fell",
            "The order was not cancelled",
            format!(
                "Your runner had paid already. Cancelling costs {} from here on.",
                money(charge)
            ),
        ),
        NoticeKind::Disputed { claim } => (
            "disputed",
            "A dispute was opened",
            format!("{} is claimed.", money(claim)),
        ),
        NoticeKind::Frozen { cents } => (
            "frozen",
            "Money is on hold",
            format!(
                "{} in your wallet waits for the judgement of a dispute.",
                money(cents)
            ),
        ),
        NoticeKind::DisputeResolved { refund } => (
            "dispute_resolved",
            "The dispute is decided",
            format!("The claimant gets {}.", money(refund)),
        ),
        NoticeKind::Goodwill { cents } => (
            "goodwill",
            "You get something back",
            format!("{} is given back to you.", money(cents)),
        ),
        NoticeKind::TakenBack { cents } => (
            "taken_back",
            "Money was taken back",
            format!("A judgement took {} back.", money(cents)),
        ),
        NoticeKind::Tipped { cents } => (
            "tipped",
            "You got a tip",
            format!("Your customer gave you a tip of {}.", money(cents)),
        ),
        NoticeKind::PayoutFailed { cents, reason } => (
            "payout_failed",
            "Payout failed",
            format!(
                "{} {} is in your wallet again.",
                declined(Some(reason)),
                money(cents)
            ),
        ),
        NoticeKind::DebtPaymentFailed { cents, reason } => (
            "debt_payment_failed",
            "Debt not paid",
            format!("{} {} is still owed.", declined(Some(reason)), money(cents)),
        ),
        NoticeKind::Proposed {
            total: Some(total), ..
        } => (
            "proposed",
            "Your runner asks you",
            format!(
                "With what your runner asks, the food would cost {}. Look at the order, then approve or decline.",
                money(total)
            ),
        ),
        NoticeKind::Proposed { total: None, .. } => plain(
            "proposed",
            "Your runner asks you",
            "The store can't serve what you ordered. Drop what is missing, name another store, or decline and pay for the trip.",
        ),
        NoticeKind::RaiseFailed { reason } => (
            "raise_failed",
            "The higher price is not held",
            format!("{} The proposal is still open.", declined(reason)),
        ),
        NoticeKind::TipFailed { reason } => (
            "tip_failed",
            "The tip was not paid",
            declined(Some(reason)).to_owned(),
        ),
    }
}

/// A span in whole hours or, below two of them, in minutes; rounded up.
fn span(ms: u64) -> String {
    match ms.div_ceil(HOUR_MS) {
        0 | 1 => format!("{} minutes", ms.div_ceil(MINUTE_MS)),
        hours => format!("{hours} hours"),
    }
}

const fn declined(reason: Option<Decline>) -> &'static str {
    match reason {
        None => "Your bank gave no answer.",
        Some(Decline::Declined) => "Your bank declined the payment.",
        Some(Decline::InsufficientFunds) => "There is not enough money on the card.",
        Some(Decline::CardInvalid) => "The card is not valid.",
        Some(Decline::Expired) => "The authorisation ran out.",
        Some(Decline::NotConfirmed) => "The payment was not confirmed with the bank.",
        Some(Decline::AccountInvalid) => "The bank account is not valid.",
        Some(Decline::Unanswered) => "The bank did not answer.",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    fn said(kind: NoticeKind, currency: &str) -> String {
        notice(kind, Currency::from_code(currency).unwrap()).2
    }

    #[test]
    fn a3_amounts_are_said_with_the_decimals_of_their_currency() {
        let food = Cents(2_150);
        for (currency, amount) in [
            ("EUR", "21.50 EUR"),
            ("JPY", "2150 JPY"),
            ("KWD", "2.150 KWD"),
        ] {
            assert_eq!(
                said(NoticeKind::Purchased { food }, currency),
                format!("Your food was bought for {amount}.")
            );
        }
    }

    #[test]
    fn reasons_and_spans_are_said() {
        let reason = Some(Decline::InsufficientFunds);
        assert_eq!(
            said(NoticeKind::PaymentFailed { reason }, "EUR"),
            "There is not enough money on the card. Nothing was charged."
        );
        for (ms, words) in [
            (24 * HOUR_MS, "24 hours"),
            (HOUR_MS, "60 minutes"),
            (MINUTE_MS + 1, "2 minutes"),
        ] {
            assert_eq!(span(ms), words);
        }
    }
}
