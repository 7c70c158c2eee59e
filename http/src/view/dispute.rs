//! Disputes: to both sides and to operators.
//!
//! Both sides see the claim, what was said and shown, and the judgement. What is frozen concerns the runner's wallet, so
//! the customer does not see it; why an operator decided so is an operator's note.

use crate::time::Time;
use campusg_actors::runtime::{DisputeReply, DisputeThread};
use campusg_domain::{
    id::PhotoId,
    money::Cents,
    order::{Dispute, Fault, Judgement, Order, Party, Role, Side},
};
use serde::Serialize;

/// The newest dispute of an order, as the order shows it.
#[derive(Debug, Serialize)]
pub(crate) struct DisputeView {
    n: u16,
    by: Party,
    claim_cents: i64,
    opened_at: Time,
    replies: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen_cents: Option<i64>,
    #[serde(flatten)]
    end: EndView,
}

impl DisputeView {
    /// The newest dispute, if there was one.
    pub(crate) fn of(order: &Order, role: Role) -> Option<Self> {
        let dispute: &Dispute = order.dispute.as_ref()?;
        Some(Self {
            n: dispute.n,
            by: dispute.by,
            claim_cents: dispute.claim.0,
            opened_at: dispute.opened_at.into(),
            replies: dispute.replies,
            frozen_cents: frozen(dispute.frozen.map(|(_, cents)| cents), role),
            end: EndView::from(dispute.judgement.as_ref()),
        })
    }
}

/// Whether a dispute is decided, and how.
#[derive(Debug, Serialize)]
struct EndView {
    status: &'static str,
    #[serde(flatten)]
    judgement: Option<JudgementView>,
}

#[derive(Debug, Serialize)]
struct JudgementView {
    refund_cents: i64,
    /// Null where nobody decided in time.
    at_fault: Option<Fault>,
    resolved_at: Time,
}

impl From<Option<&Judgement>> for EndView {
    fn from(judgement: Option<&Judgement>) -> Self {
        Self {
            status: match judgement {
                None => "open",
                Some(_) => "resolved",
            },
            judgement: judgement.map(|judgement| JudgementView {
                refund_cents: judgement.refund.0,
                at_fault: judgement.at_fault,
                resolved_at: judgement.at.into(),
            }),
        }
    }
}

/// A dispute with all that was said about it.
#[derive(Debug, Serialize)]
pub(crate) struct ThreadView {
    n: u16,
    by: Party,
    claim_cents: i64,
    opened_at: Time,
    /// Null where its author's account was erased.
    reason: Option<String>,
    photo_ids: Vec<PhotoId>,
    replies: Vec<ReplyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen_cents: Option<i64>,
    #[serde(flatten)]
    end: EndView,
    /// Why an operator decided it so.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
}

#[derive(Debug, Serialize)]
struct ReplyView {
    by: Side,
    at: Time,
    text: Option<String>,
    photo_ids: Vec<PhotoId>,
}

impl ThreadView {
    pub(crate) fn of(thread: &DisputeThread, role: Role) -> Self {
        let operates = role == Role::Operator;
        Self {
            n: thread.n,
            by: thread.by,
            claim_cents: thread.claim.0,
            opened_at: thread.opened_at.into(),
            reason: thread.reason.clone(),
            photo_ids: thread.photos.clone(),
            replies: thread.replies.iter().map(ReplyView::from).collect(),
            frozen_cents: frozen(Some(thread.frozen), role),
            end: EndView::from(thread.judgement.as_ref()),
            decision: thread.decision.clone().filter(|_| operates),
        }
    }
}

impl From<&DisputeReply> for ReplyView {
    fn from(reply: &DisputeReply) -> Self {
        Self {
            by: reply.by,
            at: reply.at.into(),
            text: reply.text.clone(),
            photo_ids: reply.photos.clone(),
        }
    }
}

/// What is frozen in the runner's wallet: to the runner and operators.
fn frozen(cents: Option<Cents>, role: Role) -> Option<i64> {
    let concerns = matches!(role, Role::Runner | Role::Operator);
    cents
        .filter(|cents| concerns && cents.is_positive())
        .map(|cents| cents.0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;
    use crate::view::tests::order;
    use campusg_domain::{order::Stage, time::At};
    use serde_json::{Value, json};

    const EVERYBODY: [Role; 3] = [Role::Customer, Role::Runner, Role::Operator];

    fn judgement() -> Judgement {
        Judgement {
            refund: Cents(400),
            at_fault: Some(Fault::Runner),
            at: At(1_772_368_900_000),
        }
    }

    fn seen(view: &impl Serialize, member: &str) -> Value {
        serde_json::to_value(view).unwrap()[member].clone()
    }

    #[test]
    fn what_is_frozen_is_no_customers_business() {
        let mut disputed = order(Stage::Holding);
        disputed.dispute = Some(Dispute {
            n: 2,
            by: Party::Customer,
            claim: Cents(1_000),
            opened_at: At(1_772_368_800_000),
            frozen: Some((9, Cents(649))),
            alarmed: false,
            replies: 3,
            judgement: None,
        });
        let frozen = EVERYBODY.map(|role| {
            let view = DisputeView::of(&disputed, role).unwrap();
            seen(&view, "frozen_cents")
        });
        assert_eq!(frozen, [Value::Null, json!(649), json!(649)]);
        let view = DisputeView::of(&disputed, Role::Customer).unwrap();
        assert_eq!(seen(&view, "status"), json!("open"));
        assert_eq!(seen(&view, "refund_cents"), Value::Null);
    }

    #[test]
    fn why_it_was_decided_so_is_an_operators_note() {
        let thread = DisputeThread {
            n: 1,
            by: Party::Operator,
            claim: Cents(1_000),
            frozen: Cents(0),
            opened_at: At(1_772_368_800_000),
            reason: Some("The bank asks.".into()),
            photos: vec![],
            replies: vec![],
            judgement: Some(judgement()),
            decision: Some("decision-canary".into()),
        };
        let told = EVERYBODY.map(|role| {
            let view = ThreadView::of(&thread, role);
            (
                seen(&view, "decision"),
                seen(&view, "at_fault"),
                seen(&view, "reason"),
            )
        });
        let rest = (json!("runner"), json!("The bank asks."));
        let with = |decision: Value| (decision, rest.0.clone(), rest.1.clone());
        let expected = [
            with(Value::Null),
            with(Value::Null),
            with(json!("decision-canary")),
        ];
        assert_eq!(told, expected);
    }
}
