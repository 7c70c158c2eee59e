//! Views of disputes, for both parties and operators.
//!
//! Both parties see the claim, the statements, the photos and the judgement. The frozen amount belongs to the
//! runner's wallet, so the customer does not see it. An operator's reason for a judgement is shown to operators only.

use super::Viewer;
use crate::{
    time::Time,
    wire::{self, Maybe},
};
use campusg_actors::runtime::{DisputeReply, DisputeThread};
use campusg_domain::{
    id::PhotoId,
    money::Cents,
    order::{Dispute, Fault, Judgement, Order, Party, Role},
    people::Side,
};
use serde::Serialize;
use utoipa::ToSchema;

/// An order's newest dispute, as part of the order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DisputeView {
    n: u16,
    #[schema(value_type = wire::Party)]
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
    /// `None` if the order has had no dispute.
    pub(crate) fn of(order: &Order, role: Role) -> Option<Self> {
        let dispute: &Dispute = order.dispute.as_ref()?;
        Some(Self {
            n: dispute.n,
            by: dispute.by,
            claim_cents: dispute.claim.0,
            opened_at: dispute.opened_at.into(),
            replies: dispute.replies,
            frozen_cents: frozen(
                dispute.frozen.map(|(_, cents)| cents),
                dispute.judgement.as_ref(),
                role,
            ),
            end: EndView::from(dispute.judgement.as_ref()),
        })
    }
}

/// Whether a dispute is decided, with the judgement.
#[derive(Debug, Serialize, ToSchema)]
struct EndView {
    status: &'static str,
    #[serde(flatten)]
    #[schema(inline, value_type = MaybeJudgementView)]
    judgement: Option<JudgementView>,
}

type MaybeJudgementView = Maybe<JudgementView>;

#[derive(Debug, Serialize, ToSchema)]
struct JudgementView {
    refund_cents: i64,
    /// Null if the deadline passed without a decision.
    #[schema(value_type = Option<wire::Fault>)]
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

/// A dispute with all replies.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ThreadView {
    n: u16,
    #[schema(value_type = wire::Party)]
    by: Party,
    claim_cents: i64,
    opened_at: Time,
    /// Null if its author's account was erased.
    reason: Option<String>,
    #[schema(value_type = Vec<wire::PhotoId>)]
    photo_ids: Vec<PhotoId>,
    replies: Vec<ReplyView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frozen_cents: Option<i64>,
    #[serde(flatten)]
    end: EndView,
    /// The operator's reason for the judgement.
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DisputeReplyView)]
struct ReplyView {
    #[schema(value_type = wire::Side)]
    by: Side,
    at: Time,
    text: Option<String>,
    #[schema(value_type = Vec<wire::PhotoId>)]
    photo_ids: Vec<PhotoId>,
}

impl ThreadView {
    pub(crate) fn of(thread: &DisputeThread, viewer: &Viewer) -> Self {
        let operates = viewer.role == Role::Operator;
        Self {
            n: thread.n,
            by: thread.by,
            claim_cents: thread.claim.0,
            opened_at: thread.opened_at.into(),
            reason: thread.reason.clone(),
            photo_ids: thread.photos.clone(),
            replies: thread.replies.iter().map(ReplyView::from).collect(),
            frozen_cents: frozen(Some(thread.frozen), thread.judgement.as_ref(), viewer.role),
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

/// The amount frozen in the runner's wallet until the dispute is decided; only for the runner and operators.
fn frozen(cents: Option<Cents>, end: Option<&Judgement>, role: Role) -> Option<i64> {
    let concerns = end.is_none() && matches!(role, Role::Runner | Role::Operator);
    cents
        .filter(|cents| concerns && cents.is_positive())
        .map(|cents| cents.0)
}
