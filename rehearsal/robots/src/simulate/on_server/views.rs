//! Turns views and notices of the API into what robots see and hear. Must not: request them.

use super::time;
use crate::simulate::world::{Asked, Claimed, OrderView, WalletBalance};
use campusg_client::answer;
use campusg_domain::{
    id::{OrderId, UserId},
    money::Cents,
    notice::NoticeKind,
    order::{ProposalKind, Substitution},
};
use std::str::FromStr;

/// An order for robots, from the view of its customer or of an operator.
pub(super) fn of_order(id: OrderId, customer: UserId, seen: answer::Order) -> OrderView {
    let payment = &seen.payment;
    let refundable = Cents(payment.charged_cents) - Cents(payment.refunded_cents);
    let runner = seen.runner.as_ref();
    OrderView {
        id,
        customer,
        runner: runner.and_then(|runner| UserId::from_str(&runner.id).ok()),
        status: seen.status,
        on_board: seen.placement.as_deref() == Some("available"),
        reason: seen.cancel_reason,
        estimate: Cents(seen.price.food),
        approved: Cents(seen.approved_total_cents),
        tip: Cents(seen.price.tip),
        handover: seen.dropoff.handover,
        deliver_after: seen.deliver_after.as_deref().and_then(time::read),
        items: items(&seen.items),
        // The view shows the open one only; a robot asks at most once for each visit to a store.
        proposals: seen.proposal.as_ref().map_or(0, |open| open.n),
        asked: seen.proposal.map(asked),
        cancel_waits: seen.cancel_wait.is_some(),
        no_show: seen.no_show_wait.map(|wait| wait.over),
        held: seen.operator_hold,
        refundable: refundable.or_zero(),
        charged: Cents(payment.charged_cents),
        claimed: seen.dispute.and_then(claimed),
    }
}

fn items(lines: &[answer::Line]) -> Vec<(u16, Substitution)> {
    let lines = (0..).zip(lines).filter(|(_, line)| !line.dropped);
    lines.map(|(n, line)| (n, line.substitution)).collect()
}

fn asked(open: answer::OpenProposal) -> Asked {
    Asked {
        n: open.n,
        kind: open.kind,
        items: open.items.iter().map(|line| line.item).collect(),
    }
}

fn claimed(dispute: answer::Dispute) -> Option<Claimed> {
    let open = dispute.status == "open";
    open.then_some(Claimed {
        n: dispute.n,
        by: dispute.by,
        claim: Cents(dispute.claim_cents),
    })
}

/// The platform's earned fees and uncovered losses, from the accounts `revenue` and `goodwill`.
pub(super) fn treasury(accounts: &[answer::Account]) -> WalletBalance {
    let mut wallet_balance = WalletBalance::default();
    for account in accounts {
        let posted = Cents(account.posted_cents);
        let (coming, going) = (
            Cents(account.pending_in_cents),
            Cents(account.pending_out_cents),
        );
        match account.account.as_str() {
            "revenue" => wallet_balance.available = posted - going,
            "goodwill" => wallet_balance.debt = -(posted + coming),
            _ => {}
        }
    }
    wallet_balance
}

/// The kind of notice for a code of the API; `None` if no robot reacts to it. Amounts and reasons are left empty, since no
/// robot looks at them.
pub(super) fn kind(code: &str) -> Option<NoticeKind> {
    let cents = Cents::ZERO;
    Some(match code {
        "payment_pending" => NoticeKind::PaymentPending,
        "payment_action_required" => NoticeKind::PaymentActionRequired,
        "payment_failed" => NoticeKind::PaymentFailed { reason: None },
        "order_created" => NoticeKind::OrderCreated,
        "nobody_came" => NoticeKind::NobodyCame,
        "order_accepted" => NoticeKind::OrderAccepted,
        "runner_released" => NoticeKind::RunnerReleased,
        "runner_on_site" => NoticeKind::RunnerOnSite,
        "store_wait_long" => NoticeKind::StoreWaitLong,
        "proposed" => NoticeKind::Proposed {
            kind: ProposalKind::Price,
            total: None,
        },
        "raise_failed" => NoticeKind::RaiseFailed { reason: None },
        "proposal_closed" => NoticeKind::ProposalClosed,
        "cancel_waiting" => NoticeKind::CancelWaiting,
        "purchased" => NoticeKind::Purchased { food: cents },
        "on-the-way" => NoticeKind::OnTheWay,
        "late" => NoticeKind::Late,
        "message" => NoticeKind::Message,
        "runner_at_the_door" => NoticeKind::RunnerAtTheDoor,
        "customer_is_there" => NoticeKind::CustomerIsThere,
        "no_show_over" => NoticeKind::NoShowOver,
        "problem_reported" => NoticeKind::ProblemReported,
        "delivered" => NoticeKind::Delivered,
        "confirm_or_dispute" => NoticeKind::ConfirmOrDispute { window_ms: 0 },
        "completed" => NoticeKind::Completed,
        "cancelled" => NoticeKind::Cancelled,
        "please_rate" => NoticeKind::PleaseRate,
        "paid" => NoticeKind::Paid { cents },
        "tipped" => NoticeKind::Tipped { cents },
        "renew_card" => NoticeKind::RenewCard { owed: cents },
        "overdue" => NoticeKind::Overdue,
        "disputed" => NoticeKind::Disputed { claim: cents },
        "dispute_replied" => NoticeKind::DisputeReplied,
        "dispute_waits" => NoticeKind::DisputeWaits,
        "step_stalled" => NoticeKind::StepStalled,
        "cash_short" => NoticeKind::CashShort { cents },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use campusg_client::Body;
    use campusg_domain::order::{Handover, Party, Status};
    use serde_json::json;

    #[test]
    fn an_answer_becomes_a_view() {
        let (id, customer) = (OrderId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let seen = Body(json!({
            "id": id, "version": 9, "status": "on-site", "operator_hold": true, "late": false,
            "approved_total_cents": 2300, "store": {"name": "Noodle Bar"}, "ratings": {}, "timers": [],
            "price": {
                "food_estimate_cents": 2000, "price_buffer_cents": 300, "delivery_fee_cents": 399, "tip_cents": 50,
                "trip_compensation_cents": 199, "hold_cents": 2749,
            },
            "items": [
                {"substitution": "ask", "dropped": false}, {"substitution": "drop", "dropped": true},
                {"substitution": "replace", "dropped": false},
            ],
            "dropoff": {"handover": "door"}, "deliver_after": "2026-03-01T12:30:00Z",
            "payment": {
                "status": "in-escrow", "collection": "none", "charged_cents": 700, "refunded_cents": 200, "tips": [],
            },
            "escrow": {"status": "held", "held_cents": 2749},
            "runner": {"id": UserId::from_bytes([3; 16])},
            "proposal": {"n": 2, "kind": "sold_out", "state": "open", "items": [{"item": 1}]},
            "dispute": {"n": 1, "by": "customer", "claim_cents": 9, "status": "open"},
            "no_show_wait": {"over": true},
        }));
        let view = of_order(id, customer, seen.read().unwrap());
        assert_eq!(
            view.items,
            [(0, Substitution::Ask), (2, Substitution::Replace)]
        );
        assert_eq!(view.runner, Some(UserId::from_bytes([3; 16])));
        assert_eq!(
            (view.status, view.handover),
            (Status::OnSite, Handover::Door)
        );
        assert_eq!((view.refundable, view.charged), (Cents(500), Cents(700)));
        assert_eq!(
            view.asked.map(|it| (it.n, it.kind, it.items)),
            Some((2, ProposalKind::SoldOut, vec![1]))
        );
        assert_eq!(
            view.claimed.map(|it| (it.n, it.by, it.claim)),
            Some((1, Party::Customer, Cents(9)))
        );
        assert_eq!(
            (view.no_show, view.held, view.cancel_waits),
            (Some(true), true, false)
        );
        assert_eq!(view.deliver_after, time::read("2026-03-01T12:30:00.000Z"));
        assert_eq!(view.reason, None);
    }

    #[test]
    fn what_is_not_as_specified_is_named() {
        let seen = Body(json!({"id": "", "version": 1, "status": "gone"}));
        let deviation = seen.read::<answer::Order>().unwrap_err();
        assert_eq!(deviation.expected, "a body that reads as Order");
        assert!(deviation.found.contains("`gone`"), "{deviation}");
    }
}
