//! Commands as requests: which path, which body. Must not: send them.

use super::time;
use campusg_domain::{
    id::{OrderId, PhotoId, UserId},
    money::Cents,
    order::{Command, Ending, Handover, Offer, Placement, ProposedItem, Shown, StoreRef},
    owner::wallet,
    text::Sealed,
};
use campusg_simulation::{Bank, Behaviour};
use serde_json::{Value, json};

/// A card or bank account that behaves so, as the sandbox gateway knows it.
pub(super) trait Token {
    /// The test token that comes nearest.
    fn token(&self) -> &'static str;
}

impl Token for Behaviour {
    fn token(&self) -> &'static str {
        use campusg_domain::call::Decline;
        match self {
            Self::Succeeds | Self::BlocksLess | Self::DeclinesRaise => "tok_visa",
            Self::Declines(Decline::InsufficientFunds) => "tok_insufficient_funds",
            Self::Declines(_) => "tok_declined",
            Self::AsksCustomer => "tok_action_required",
            Self::DownFor(tries) if *tries < 8 => "tok_down_3",
            Self::DownFor(_) => "tok_down",
            Self::LosesAnswers(_) | Self::LosesCharges(_) => "tok_timeout_then_succeeds",
            Self::AnswersLate => "tok_late",
            Self::DeclinesCapture => "tok_capture_fails",
            Self::DeclinesRefund => "tok_refund_fails",
        }
    }
}

impl Token for Bank {
    fn token(&self) -> &'static str {
        match self {
            Self::Pays | Self::SendsBack => "acct_bank",
            Self::Declines => "acct_closed",
            Self::DownFor(_) | Self::AnswersLate => "acct_down_3",
            Self::LosesAnswers(_) => "acct_timeout_then_succeeds",
        }
    }
}

/// A wish; a wished time only where the robots' time is the server's.
pub(super) fn placement(wish: &Placement, same_time: bool) -> Value {
    let items = wish.items.iter().map(|item| {
        json!({
            "name": item.name, "quantity": item.quantity, "unit_price_cents": item.unit_price.0,
            "substitution": item.substitution,
        })
    });
    let mut body = json!({
        "store": store(&wish.store),
        "items": items.collect::<Vec<_>>(),
        "dropoff": {
            "building": wish.dropoff.building, "room": "101",
            "handover": match wish.dropoff.handover { Handover::Pin => "pin", Handover::Door => "door" },
        },
        "tip_cents": wish.tip.0,
    });
    if let Some(after) = wish.deliver_after.filter(|_| same_time) {
        body["deliver_after"] = json!(time::written(after));
    }
    body
}

fn store(store: &StoreRef) -> Value {
    match store {
        StoreRef::Known(id) => json!({"id": id}),
        StoreRef::Described { name, place } => json!({"name": name, "place": place}),
    }
}

/// A command to an order; none for what only the system says.
pub(super) fn of_order(order: OrderId, command: &Command) -> Option<(String, Value)> {
    let at = |path: &str| format!("/api/orders/{order}/{path}");
    let desk = |path: &str| format!("/api/admin/orders/{order}/{path}");
    let because = |reason: &Sealed| json!({"reason": text(reason)});
    let status = |status: &str| (at("status"), json!({"status": status}));
    Some(match command {
        Command::Accept { .. } => (at("accept"), json!({})),
        Command::CancelAcceptance => (at("cancel-acceptance"), json!({})),
        Command::ArriveOnSite => status("on-site"),
        Command::Purchase { total, photo } => purchase(at("status"), total.0, *photo),
        Command::Collect => status("collected"),
        Command::Depart => status("on-the-way"),
        Command::Deliver { shown } => deliver(at("status"), *shown),
        Command::Confirm => (at("confirm"), json!({})),
        Command::Cancel { accept_charge } => (
            at("cancel"),
            json!({"accept_charge_cents": accept_charge.0}),
        ),
        Command::Rate { stars } => (at("ratings"), json!({"stars": stars})),
        Command::Message { text: said } => (at("messages"), json!({"text": text(said)})),
        Command::AnswerNoShow => (at("no-show-answer"), json!({})),
        Command::Tip { cents } => (at("tip"), json!({"tip_cents": cents.0})),
        Command::Reassign { reason } => (desk("reassign"), because(reason)),
        Command::Hold { reason } => (desk("hold"), because(reason)),
        Command::Unhold { reason } => (desk("unhold"), because(reason)),
        Command::Abandon { reason } => (desk("abandon"), because(reason)),
        Command::Settle { ending, reason } => {
            let path = match ending {
                Ending::ToRunner => format!("/api/escrow/{order}/release"),
                Ending::ToCustomer => format!("/api/escrow/{order}/refund"),
                Ending::Trip { .. } | Ending::Divide { .. } => desk("settle"),
            };
            (path, settle(ending, reason))
        }
        Command::Refund { cents, reason } => (
            at("refunds"),
            json!({"amount_cents": cents.0, "reason": text(reason)}),
        ),
        other => return of_overlay(at, other),
    })
}

/// Commands to what lies over an order: proposals, problems, disputes.
fn of_overlay(at: impl Fn(&str) -> String, command: &Command) -> Option<(String, Value)> {
    let answer = |n: &u16, how: &str| at(&format!("proposals/{n}/{how}"));
    Some(match command {
        Command::Propose { offer, note } => (at("proposals"), proposal(offer, note.as_ref())),
        Command::Approve { proposal } => (answer(proposal, "approve"), json!({})),
        Command::Reject { proposal } => (answer(proposal, "reject"), json!({})),
        Command::Withdraw { proposal } => (answer(proposal, "withdraw"), json!({})),
        Command::DropItems { proposal, items } => {
            (answer(proposal, "drop-item"), json!({"items": items}))
        }
        Command::OtherStore {
            proposal,
            store: other,
        } => (
            answer(proposal, "other-store"),
            json!({"store": store(other)}),
        ),
        Command::ReportProblem { kind, photo, note } => {
            let mut body = json!({"kind": kind});
            set(&mut body, "photo_id", photo.as_ref());
            set(&mut body, "note", note.as_ref().map(text).as_ref());
            (at("problems"), body)
        }
        Command::Dispute {
            claim,
            reason,
            photos,
        } => {
            let mut body = json!({"reason": text(reason), "photo_ids": photos});
            set(
                &mut body,
                "claim_cents",
                claim.map(|claim| claim.0).as_ref(),
            );
            (at("disputes"), body)
        }
        Command::Reply {
            dispute,
            text: said,
            photos,
        } => (
            at(&format!("disputes/{dispute}/reply")),
            json!({"text": text(said), "photo_ids": photos}),
        ),
        Command::Resolve {
            dispute,
            refund,
            at_fault,
            reason,
        } => (
            at(&format!("disputes/{dispute}/resolve")),
            json!({"refund_cents": refund.0, "at_fault": at_fault, "reason": text(reason)}),
        ),
        _ => return None,
    })
}

/// A command to a wallet; none for what only the gateway or a timer says.
pub(super) fn of_wallet(of: UserId, command: &wallet::Command) -> Option<(String, Value)> {
    use wallet::Command as To;
    let moved =
        |cents: i64, reason: &Sealed| json!({"amount_cents": cents, "reason": text(reason)});
    Some(match command {
        To::RequestPayout { cents } => (
            "/api/users/me/payouts".into(),
            json!({"amount_cents": cents.0}),
        ),
        To::PayDebt { cents } => {
            let mut body = json!({});
            set(
                &mut body,
                "amount_cents",
                cents.map(|cents| cents.0).as_ref(),
            );
            ("/api/users/me/wallet/pay-debt".into(), body)
        }
        To::WriteOff { cents, reason } => (
            format!("/api/admin/users/{of}/write-off"),
            written_off(*cents, reason),
        ),
        To::TopUp { cents, reason } => ("/api/ledger/top-ups".into(), moved(cents.0, reason)),
        To::Withdraw { cents, reason } => {
            ("/api/ledger/withdrawals".into(), moved(cents.0, reason))
        }
        To::Retry { reason } => (
            format!("/api/admin/wallets/{of}/retry"),
            json!({"reason": text(reason)}),
        ),
        To::Chargeback { .. } | To::Answered { .. } | To::TimerDue { .. } => return None,
    })
}

fn purchase(path: String, total: i64, photo: Option<PhotoId>) -> (String, Value) {
    let mut receipt = json!({"total_cents": total});
    set(&mut receipt, "photo_id", photo.as_ref());
    (path, json!({"status": "purchased", "receipt": receipt}))
}

fn deliver(path: String, shown: Shown) -> (String, Value) {
    let proof = match shown {
        Shown::Pin(pin) => json!({"pin": format!("{pin:04}")}),
        Shown::Photo(photo) => json!({"photo_id": photo}),
    };
    (path, json!({"status": "delivered", "proof": proof}))
}

fn written_off(cents: Option<Cents>, reason: &Sealed) -> Value {
    let mut body = json!({"reason": text(reason)});
    set(
        &mut body,
        "amount_cents",
        cents.map(|cents| cents.0).as_ref(),
    );
    body
}

fn settle(ending: &Ending, reason: &Sealed) -> Value {
    let reason = text(reason);
    match ending {
        // The short forms' paths say who gets what.
        Ending::ToRunner | Ending::ToCustomer => json!({"reason": reason}),
        Ending::Trip { to_runner } => json!({"to_runner_cents": to_runner.0, "reason": reason}),
        Ending::Divide { refund, at_fault } => {
            json!({"refund_cents": refund.0, "at_fault": at_fault, "reason": reason})
        }
    }
}

fn proposal(offer: &Offer, note: Option<&Sealed>) -> Value {
    let mut body = json!({"kind": offer.kind, "photo_id": offer.photo});
    set(
        &mut body,
        "total_cents",
        offer.total.map(|total| total.0).as_ref(),
    );
    set(&mut body, "note", note.map(text).as_ref());
    if !offer.items.is_empty() {
        let items: Vec<Value> = offer.items.iter().map(line).collect();
        body["items"] = json!(items);
    }
    body
}

fn line(line: &ProposedItem) -> Value {
    let mut body = json!({"item": line.item});
    let offer = line.offer.as_ref().map(|item| {
        json!({"name": item.name, "quantity": item.quantity, "unit_price_cents": item.unit_price.0})
    });
    set(&mut body, "offer", offer.as_ref());
    body
}

fn set<T: serde::Serialize>(body: &mut Value, name: &str, value: Option<&T>) {
    if let Some(value) = value {
        body[name] = json!(value);
    }
}

/// What somebody says: robots seal nothing.
fn text(said: &Sealed) -> String {
    String::from_utf8_lossy(&said.0).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use campusg_domain::{
        money::Cents,
        order::{Fault, Problem, ProposalKind},
    };

    fn asked(command: &Command) -> String {
        let order = OrderId::from_bytes([1; 16]);
        let Some((path, body)) = of_order(order, command) else {
            return "nothing".into();
        };
        let path = path.replace(&order.to_string(), "ID");
        format!("{path} {body}")
    }

    #[test]
    fn commands_become_the_documented_requests() {
        let (photo, reason) = (PhotoId::from_bytes([2; 16]), Sealed(b"why".to_vec()));
        let offer = Offer {
            kind: ProposalKind::Price,
            total: Some(Cents(900)),
            items: vec![],
            photo,
        };
        let table = [
            (Command::ArriveOnSite, r#"/api/orders/ID/status {"status":"on-site"}"#.into()),
            (
                Command::Purchase { total: Cents(5), photo: None },
                r#"/api/orders/ID/status {"receipt":{"total_cents":5},"status":"purchased"}"#.into(),
            ),
            (
                Command::Deliver { shown: Shown::Pin(7) },
                r#"/api/orders/ID/status {"proof":{"pin":"0007"},"status":"delivered"}"#.into(),
            ),
            (
                Command::Propose { offer, note: None },
                format!(r#"/api/orders/ID/proposals {{"kind":"price","photo_id":"{photo}","total_cents":900}}"#),
            ),
            (Command::Approve { proposal: 2 }, "/api/orders/ID/proposals/2/approve {}".into()),
            (
                Command::ReportProblem { kind: Problem::CustomerUnreachable, photo: None, note: None },
                r#"/api/orders/ID/problems {"kind":"customer_unreachable"}"#.into(),
            ),
            (
                Command::Settle {
                    ending: Ending::Divide { refund: Cents(3), at_fault: Fault::Store },
                    reason: reason.clone(),
                },
                r#"/api/admin/orders/ID/settle {"at_fault":"store","reason":"why","refund_cents":3}"#.into(),
            ),
            (
                Command::Dispute { claim: None, reason, photos: vec![] },
                r#"/api/orders/ID/disputes {"photo_ids":[],"reason":"why"}"#.into(),
            ),
            (
                Command::TimerDue { kind: campusg_domain::timer::TimerKind::BoardOpen, generation: 1 },
                "nothing".to_owned(),
            ),
        ];
        for (command, expected) in table {
            assert_eq!(asked(&command), expected);
        }
    }
}
