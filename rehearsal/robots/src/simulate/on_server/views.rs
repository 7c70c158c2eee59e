//! What the server's views mean to a robot. Must not: ask for them.

use crate::simulate::world::{Asked, Claimed, OrderView, WalletBalance};
use campusg_client::{Body, Deviation};
use campusg_domain::{
    id::{OrderId, UserId},
    money::Cents,
    notice::NoticeKind,
    order::{Handover, ProposalKind, Substitution},
};
use serde::de::DeserializeOwned;
use std::str::FromStr;

/// An order, as its customer or an operator sees it.
pub(super) fn of_order(id: OrderId, customer: UserId, seen: &Body) -> Result<OrderView, Deviation> {
    let cents = |pointer: &str| seen.number(pointer).map(Cents);
    let charged = cents("/payment/charged_cents")?;
    let runner = seen.text("/runner/id").ok();
    let waits = seen.has("/no_show_wait");
    Ok(OrderView {
        id,
        customer,
        runner: runner.and_then(|runner| UserId::from_str(runner).ok()),
        status: read(seen, "/status")?,
        on_board: seen.says("/placement", "available"),
        reason: match seen.has("/cancel_reason") {
            true => Some(read(seen, "/cancel_reason")?),
            false => None,
        },
        estimate: cents("/price/food_estimate_cents")?,
        approved: cents("/approved_total_cents")?,
        tip: cents("/price/tip_cents")?,
        handover: read::<Handover>(seen, "/dropoff/handover")?,
        items: items(seen)?,
        // The view shows the open one only; a robot asks at most once for each visit to a store.
        proposals: seen
            .number("/proposal/n")
            .ok()
            .and_then(|n| u16::try_from(n).ok())
            .unwrap_or(0),
        asked: asked(seen)?,
        cancel_waits: seen.has("/cancel_wait"),
        no_show: waits.then(|| seen.0.pointer("/no_show_wait/over") == Some(&true.into())),
        held: seen.0.pointer("/operator_hold") == Some(&true.into()),
        refundable: (charged - cents("/payment/refunded_cents")?).or_zero(),
        charged,
        claimed: claimed(seen)?,
    })
}

fn items(seen: &Body) -> Result<Vec<(u16, Substitution)>, Deviation> {
    let lines = (0..).zip(seen.list("/items")?);
    let left = lines.filter(|(_, item)| item.0.pointer("/dropped") != Some(&true.into()));
    left.map(|(line, item)| Ok((line, read(&item, "/substitution")?)))
        .collect()
}

fn asked(seen: &Body) -> Result<Option<Asked>, Deviation> {
    if !seen.has("/proposal") {
        return Ok(None);
    }
    let lines = seen.list("/proposal/items").unwrap_or_default();
    let lines = lines.iter().filter_map(|line| line.number("/item").ok());
    Ok(Some(Asked {
        n: read(seen, "/proposal/n")?,
        kind: read::<ProposalKind>(seen, "/proposal/kind")?,
        items: lines.filter_map(|line| u16::try_from(line).ok()).collect(),
    }))
}

fn claimed(seen: &Body) -> Result<Option<Claimed>, Deviation> {
    if !seen.says("/dispute/status", "open") {
        return Ok(None);
    }
    Ok(Some(Claimed {
        n: read(seen, "/dispute/n")?,
        by: read(seen, "/dispute/by")?,
        claim: Cents(seen.number("/dispute/claim_cents")?),
    }))
}

fn read<T: DeserializeOwned>(seen: &Body, pointer: &str) -> Result<T, Deviation> {
    let value = seen.0.pointer(pointer).cloned().unwrap_or_default();
    let told = value.to_string();
    serde_json::from_value(value).map_err(|fault| {
        Deviation::new(
            format!("{pointer} as specified"),
            format!("{told} ({fault})"),
        )
    })
}

/// The platform's fees and losses.
pub(super) fn treasury(accounts: &Body) -> Result<WalletBalance, Deviation> {
    let mut wallet_balance = WalletBalance::default();
    for account in accounts.list("/items")? {
        let posted = Cents(account.number("/posted_cents")?);
        let (coming, going) = (
            Cents(account.number("/pending_in_cents")?),
            Cents(account.number("/pending_out_cents")?),
        );
        match account.text("/account")? {
            "revenue" => wallet_balance.available = posted - going,
            "goodwill" => wallet_balance.debt = -(posted + coming),
            _ => {}
        }
    }
    Ok(wallet_balance)
}

/// What a notice's code says to a robot; none where no robot listens to it. Amounts and reasons, which no robot looks
/// at, are left out.
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
        "on_the_way" => NoticeKind::OnTheWay,
        "late" => NoticeKind::Late,
        "message" => NoticeKind::Message,
        "runner_at_the_door" => NoticeKind::RunnerAtTheDoor,
        "customer_is_there" => NoticeKind::CustomerIsThere,
        "no_show_over" => NoticeKind::NoShowOver,
        "problem_reported" => NoticeKind::ProblemReported,
        "delivered" => NoticeKind::Delivered,
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
    use campusg_domain::order::{Party, Status};
    use serde_json::json;

    #[test]
    fn an_answer_becomes_a_view() {
        let (id, customer) = (OrderId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let seen = Body(json!({
            "status": "on-site", "operator_hold": true, "approved_total_cents": 2300,
            "price": {"food_estimate_cents": 2000, "tip_cents": 50},
            "items": [
                {"substitution": "ask"}, {"substitution": "drop", "dropped": true}, {"substitution": "replace"},
            ],
            "dropoff": {"handover": "door"},
            "payment": {"charged_cents": 700, "refunded_cents": 200},
            "runner": {"id": UserId::from_bytes([3; 16])},
            "proposal": {"n": 2, "kind": "sold_out", "items": [{"item": 1}]},
            "dispute": {"n": 1, "by": "customer", "claim_cents": 9, "status": "open"},
            "no_show_wait": {"over": true},
        }));
        let view = of_order(id, customer, &seen).unwrap();
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
        assert_eq!(view.reason, None);
    }

    #[test]
    fn what_is_not_as_specified_is_named() {
        let seen =
            Body(json!({"payment": {"charged_cents": 0, "refunded_cents": 0}, "status": "gone"}));
        let (id, customer) = (OrderId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let deviation = of_order(id, customer, &seen).unwrap_err();
        assert_eq!(deviation.expected, "/status as specified");
    }
}
