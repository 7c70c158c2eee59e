//! What notices say, in English.

use campusg_domain::{call::Decline, money::Cents, notice::NoticeKind};

/// A notice's stable code, title and message. Amounts are written with the deployment's currency.
pub(crate) fn notice(kind: NoticeKind, currency: &str) -> (&'static str, &'static str, String) {
    let money = |cents: Cents| format!("{cents} {currency}");
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
            "Your bank wants you to confirm this payment.",
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
            "Your runner gave the order back",
            "Your order is on the board again, and other runners can take it.",
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
            "Your runner is waiting",
            "It is taking long at the store.",
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
            "on_the_way",
            "Your food is on its way",
            "Have your PIN ready: the runner will ask for it.",
        ),
        NoticeKind::Late => plain(
            "late",
            "The delivery is late",
            "This delivery is taking longer than it should.",
        ),
        NoticeKind::Delivered => plain("delivered", "Delivered", "Your food was handed over."),
        NoticeKind::WrongPin { left } => (
            "wrong_pin",
            "A wrong PIN was given",
            format!("Someone gave a wrong PIN for your order; {left} tries are left."),
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
        NoticeKind::Cancelled => plain("cancelled", "Order cancelled", "The order was cancelled."),
        NoticeKind::NobodyCame => plain(
            "nobody_came",
            "No runner found",
            "Nobody could take your order in time. Nothing was charged.",
        ),
        NoticeKind::RenewCard { owed } => (
            "renew_card",
            "Renew your card",
            format!(
                "Charging the card failed; {} is owed. Please add a valid card.",
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
        NoticeKind::StepStuck => plain(
            "step_stuck",
            "A step needs a person",
            "A step of this order keeps failing.",
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_reasons_are_said() {
        let (code, _, message) = notice(NoticeKind::Purchased { food: Cents(2_150) }, "EUR");
        assert_eq!(
            (code, message.as_str()),
            ("purchased", "Your food was bought for 21.50 EUR.")
        );
        let (.., message) = notice(
            NoticeKind::PaymentFailed {
                reason: Some(Decline::InsufficientFunds),
            },
            "EUR",
        );
        assert_eq!(
            message,
            "There is not enough money on the card. Nothing was charged."
        );
    }
}
