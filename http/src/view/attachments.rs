//! What can be attached to an order's stage, as each party sees it: a proposal, a pending cancellation, a wait at the
//! door.
//!
//! Invariant: of the card, the runner learns only that an authorisation is under way; no view for runners contains
//! the cap.

use super::{
    Viewer,
    dispute::DisputeView,
    parts::{Actor, by},
    related::Related,
};
use crate::{
    time::Time,
    wire::{self, Maybe},
};
use campusg_domain::{
    call::Decline,
    id::PhotoId,
    money::Cents,
    order::{CancelReason, CancelWait, NoShow, Order, Proposal, ProposalKind, ProposedItem, Role},
    timer::TimerKind,
};
use serde::Serialize;
use utoipa::ToSchema;

/// Everything that is attached to an order's stage.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttachmentsView {
    #[serde(skip_serializing_if = "Option::is_none")]
    proposal: Option<ProposalView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_wait: Option<CancelWaitView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_show_wait: Option<NoShowView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<ContactView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dispute: Option<DisputeView>,
    late: bool,
    operator_hold: bool,
    messages: u16,
}

impl AttachmentsView {
    pub(crate) fn of(order: &Order, viewer: &Viewer, related: &Related) -> Self {
        let proposal = order.stage.proposal();
        let wait = order.stage.cancel_wait();
        Self {
            proposal: proposal.map(|open| ProposalView::of(order, open, viewer, related)),
            cancel_wait: wait.map(|wait| CancelWaitView::of(order, wait, viewer.role)),
            no_show_wait: order
                .stage
                .no_show()
                .map(|wait| NoShowView::of(order, wait)),
            contact: ContactView::of(order, viewer),
            dispute: DisputeView::of(order, viewer.role),
            late: order.late,
            operator_hold: order.operator_hold,
            messages: order.messages,
        }
    }
}

/// The runner's open proposal.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalView {
    n: u16,
    #[schema(value_type = wire::ProposalKind)]
    kind: ProposalKind,
    state: ProposalState,
    total_cents: Option<i64>,
    items: Vec<ProposedItemView>,
    #[schema(value_type = wire::PhotoId)]
    photo_id: PhotoId,
    note: Option<String>,
    opened_at: Time,
    decide_by: Option<Time>,
    #[serde(flatten)]
    #[schema(inline, value_type = MaybeProposalPrice)]
    price: Option<ProposalPrice>,
}

/// Whether the customer decides, or has approved and the card is asked for more.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProposalState {
    Open,
    AwaitingPayment,
}

type MaybeProposalPrice = Maybe<ProposalPrice>;

/// What approving costs; only for the customer and operators.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalPrice {
    /// What the customer would be charged in total, if the food costs what is proposed.
    charge_cents: i64,
    /// What must be authorised beyond the first hold before the approval takes effect.
    more_to_hold_cents: i64,
    /// Why the card declined that authorisation the last time; null if it did not.
    #[schema(value_type = Option<wire::Decline>)]
    declined: Option<Decline>,
}

impl ProposalView {
    fn of(order: &Order, open: &Proposal, viewer: &Viewer, related: &Related) -> Self {
        let asking = open.raise.is_some();
        let price = matches!(viewer.role, Role::Customer | Role::Operator)
            .then_some(open.offer.total)
            .flatten();
        Self {
            n: open.n,
            kind: open.offer.kind,
            state: if asking {
                ProposalState::AwaitingPayment
            } else {
                ProposalState::Open
            },
            total_cents: open.offer.total.map(|total| total.0),
            items: proposed(order, &open.offer.items),
            photo_id: open.offer.photo,
            note: related.note.clone(),
            opened_at: open.opened_at.into(),
            decide_by: until(order, TimerKind::ProposalExpiry),
            price: price.map(|total| ProposalPrice::of(order, open, total)),
        }
    }
}

impl ProposalPrice {
    fn of(order: &Order, open: &Proposal, total: Cents) -> Self {
        let charge = order.terms.price.charge(total);
        let missing = charge - order.held();
        let more = if missing.is_positive() {
            missing.max(order.terms.price.least_charge)
        } else {
            Cents::ZERO
        };
        Self {
            charge_cents: charge.0,
            more_to_hold_cents: more.0,
            declined: open.declined,
        }
    }
}

/// An item that a proposal is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ProposedItemView {
    item: u16,
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<OfferedView>,
}

/// The replacement of an item.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct OfferedView {
    name: String,
    quantity: u32,
    unit_price_cents: i64,
}

/// Returns the items of a proposal, with their names from the shopping list.
pub(crate) fn proposed(order: &Order, items: &[ProposedItem]) -> Vec<ProposedItemView> {
    let view = |line: &ProposedItem| ProposedItemView {
        item: line.item,
        name: order
            .terms
            .items
            .get(usize::from(line.item))
            .map(|item| item.name.clone()),
        offer: line.offer.as_ref().map(|offer| OfferedView {
            name: offer.name.clone(),
            quantity: offer.quantity,
            unit_price_cents: offer.unit_price.0,
        }),
    };
    items.iter().map(view).collect()
}

/// A cancellation that takes effect unless the runner at the store has already bought the food.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CancelWaitView {
    #[schema(value_type = wire::CancelReason)]
    cancel_reason: CancelReason,
    asked_by: Actor,
    asked_at: Time,
    ends_at: Option<Time>,
    /// What the customer is charged if the cancellation takes effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    charge_cents: Option<i64>,
    /// What the runner gets for the trip if the cancellation takes effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    to_runner_cents: Option<i64>,
}

impl CancelWaitView {
    fn of(order: &Order, wait: &CancelWait, role: Role) -> Self {
        let cents = Some(wait.to_runner.0);
        Self {
            cancel_reason: wait.reason,
            asked_by: by(order, wait.by),
            asked_at: wait.at.into(),
            ends_at: until(order, TimerKind::CancelWait),
            charge_cents: cents.filter(|_| role != Role::Runner),
            to_runner_cents: cents.filter(|_| role != Role::Customer),
        }
    }
}

/// The wait for a customer whom the runner at the door can't reach.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoShowView {
    since: Time,
    /// Until when the customer may answer; null once the wait is over.
    until: Option<Time>,
    /// Whether the runner may now leave the food or take it back.
    over: bool,
}

impl NoShowView {
    fn of(order: &Order, wait: NoShow) -> Self {
        Self {
            since: wait.since.into(),
            until: until(order, TimerKind::NoShowWait),
            over: wait.over,
        }
    }
}

/// How often the runner has tried to reach the customer on the way; only for the runner and operators.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ContactAttemptsView)]
pub(crate) struct ContactView {
    attempts: u8,
    /// How many attempts are needed before the runner may report the customer as unreachable.
    needed: u8,
    /// The time from which the next message counts as another attempt.
    next_counts_at: Option<Time>,
}

impl ContactView {
    fn of(order: &Order, viewer: &Viewer) -> Option<Self> {
        let (contact, policy) = (&order.stage.approach()?.contact, &viewer.policy);
        let next = contact
            .last_at
            .map(|last| last.plus(policy.contact_gap_ms).into());
        matches!(viewer.role, Role::Runner | Role::Operator).then_some(Self {
            attempts: contact.attempts,
            needed: policy.contact_attempts,
            next_counts_at: next,
        })
    }
}

/// When a timer of this kind is due; `None` if it is not armed.
fn until(order: &Order, kind: TimerKind) -> Option<Time> {
    order.armed(kind).map(|timer| timer.due.into())
}
