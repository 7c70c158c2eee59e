//! Views of a whole order, one type for each role.

use super::{
    Viewer,
    attachments::AttachmentsView,
    money::{EarningsView, EscrowView, PaymentView, PriceView},
    parts::{
        BoughtView, CancellationView, DeliveryView, DropoffView, ItemView, RatingsView, StoreView,
        items,
    },
    person::{ContactView, RunnerView},
    related::Related,
    saga::{StepView, steps},
    timer::{TimerView, timers},
};
use crate::{
    time::Time,
    wire::{self, Maybe},
};
use campusg_actors::runtime::Alike;
use campusg_domain::{
    id::{OrderId, PhotoId, UserId},
    order::{Order, Role, Stage, Status, allowed},
    time::At,
};
use serde::Serialize;
use utoipa::ToSchema;

type MaybeErrand = Maybe<Errand>;

type MaybeCancellationView = Maybe<CancellationView>;

/// An order as one role sees it; the tag `view` names the role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "view", rename_all = "snake_case")]
pub(crate) enum OrderView {
    Customer(Box<CustomerView>),
    Runner(Box<BoundView>),
    FormerRunner(FormerView),
    Operator(Box<OperatorView>),
    Board(BoardView),
}

/// Renders a present or past order for a reader with their present rights.
pub(crate) fn render(order: &Order, viewer: &Viewer, related: &Related) -> OrderView {
    match viewer.role {
        Role::Customer => OrderView::Customer(Box::new(CustomerView::of(order, viewer, related))),
        Role::Runner => OrderView::Runner(Box::new(BoundView::of(order, viewer, related))),
        Role::Operator => OrderView::Operator(Box::new(OperatorView::of(order, viewer, related))),
        Role::FormerRunner => OrderView::FormerRunner(FormerView::of(order, related)),
        Role::Stranger | Role::System | Role::Gateway => {
            OrderView::Board(BoardView::of(order, viewer, related))
        }
    }
}

/// The fields that all bound roles see.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderShared)]
pub(crate) struct Shared {
    #[schema(value_type = wire::OrderId)]
    id: OrderId,
    version: u32,
    #[schema(value_type = wire::Status)]
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    placement: Option<&'static str>,
    store: StoreView,
    placed_at: Time,
    updated_at: Time,
    deliver_after: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<BoughtView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<DeliveryView>,
    #[serde(flatten)]
    #[schema(inline, value_type = MaybeCancellationView)]
    cancellation: Option<CancellationView>,
    #[serde(flatten)]
    overlays: AttachmentsView,
    wrong_pins: u8,
    timers: Vec<TimerView>,
    allowed_transitions: Vec<&'static str>,
}

impl Shared {
    fn of(order: &Order, viewer: &Viewer, related: &Related) -> Self {
        let cancellation = match &order.stage {
            Stage::Cancelled(cancellation) => Some(CancellationView::of(order, cancellation)),
            Stage::Authorizing
            | Stage::Holding
            | Stage::Scheduling
            | Stage::Waiting { .. }
            | Stage::Available { .. }
            | Stage::Accepted(_)
            | Stage::OnSite(..)
            | Stage::Purchased(..)
            | Stage::Collected(..)
            | Stage::OnTheWay(..)
            | Stage::Delivered(..)
            | Stage::Completed(..) => None,
        };
        Self {
            id: order.id,
            version: order.version,
            status: order.status(),
            placement: order.stage.placement(),
            store: StoreView::of(&order.store, &related.stores),
            placed_at: order.terms.placed_at.into(),
            updated_at: order.last_at.into(),
            deliver_after: order.terms.deliver_after.map(Time),
            accepted_at: order
                .stage
                .assignment()
                .map(|assignment| assignment.accepted_at.into()),
            receipt: order.stage.bought().map(BoughtView::from),
            delivery: order.stage.delivery().map(DeliveryView::from),
            cancellation,
            overlays: AttachmentsView::of(order, viewer, related),
            wrong_pins: order.wrong_pins,
            timers: timers(order, viewer.role),
            allowed_transitions: allowed(order, viewer.role, &viewer.policy, viewer.now),
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CustomerView {
    #[serde(flatten)]
    shared: Shared,
    items: Vec<ItemView>,
    dropoff: DropoffView,
    price: PriceView,
    approved_total_cents: i64,
    payment: PaymentView,
    escrow: EscrowView,
    runner: Option<RunnerView>,
    ratings: RatingsView,
    #[serde(flatten)]
    board: BoardTimes,
}

/// Until when the order waits for the board to open or for a runner; absent while it does not wait.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoardTimes {
    #[serde(skip_serializing_if = "Option::is_none")]
    opens_at: Option<Time>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accept_by: Option<Time>,
}

impl BoardTimes {
    fn of(order: &Order) -> Self {
        let at = |at: At| Some(Time(at));
        match order.stage {
            Stage::Waiting { opens_at } => Self {
                opens_at: at(opens_at),
                accept_by: None,
            },
            Stage::Available { accept_by } => Self {
                opens_at: None,
                accept_by: at(accept_by),
            },
            Stage::Authorizing
            | Stage::Holding
            | Stage::Scheduling
            | Stage::Accepted(_)
            | Stage::OnSite(..)
            | Stage::Purchased(..)
            | Stage::Collected(..)
            | Stage::OnTheWay(..)
            | Stage::Delivered(..)
            | Stage::Completed(..)
            | Stage::Cancelled(_) => Self {
                opens_at: None,
                accept_by: None,
            },
        }
    }
}

impl CustomerView {
    fn of(order: &Order, viewer: &Viewer, related: &Related) -> Self {
        let runner = order.stage.assignment().map(|assignment| {
            // The profile is that of the present runner; the order may be shown as of a time when it had another.
            let profile = related
                .runner
                .as_ref()
                .filter(|profile| profile.user == assignment.runner);
            RunnerView::of(assignment.runner, profile)
        });
        Self {
            shared: Shared::of(order, viewer, related),
            items: items(order),
            dropoff: DropoffView::of(order, related.dropoff.as_ref()),
            price: PriceView::of(&order.terms.price, viewer.currency()),
            approved_total_cents: order.approved_total.0,
            payment: PaymentView::of(order, viewer.currency()),
            escrow: EscrowView::of(order, viewer.currency()),
            runner,
            ratings: RatingsView::of_customer(order),
            board: BoardTimes::of(order),
        }
    }
}

/// The view of the bound runner. Items, drop-off and the customer's name are left out from a day after the end.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoundView {
    #[serde(flatten)]
    shared: Shared,
    #[serde(flatten)]
    #[schema(inline, value_type = MaybeErrand)]
    errand: Option<Errand>,
    earnings: EarningsView,
    ratings: RatingsView,
}

/// What the runner needs to buy and deliver.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Errand {
    items: Vec<ItemView>,
    dropoff: DropoffView,
    customer: FirstName,
}

/// A customer as the runner sees them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FirstName {
    first_name: Option<String>,
}

impl BoundView {
    fn of(order: &Order, viewer: &Viewer, related: &Related) -> Self {
        let errand = || Errand {
            items: items(order),
            dropoff: DropoffView::of(order, related.dropoff.as_ref()),
            customer: FirstName {
                first_name: related
                    .customer
                    .as_ref()
                    .map(|customer| customer.first_name.clone()),
            },
        };
        Self {
            shared: Shared::of(order, viewer, related),
            errand: viewer.recent.then(errand),
            earnings: EarningsView::of(order, viewer.currency()),
            ratings: RatingsView::of_runner(order),
        }
    }
}

/// The view of a former runner. What they did is in the order's events.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormerView {
    #[schema(value_type = wire::OrderId)]
    id: OrderId,
    store: StoreView,
    allowed_transitions: [&'static str; 0],
}

impl FormerView {
    fn of(order: &Order, related: &Related) -> Self {
        Self {
            id: order.id,
            store: StoreView::of(&order.terms.store, &related.stores),
            allowed_transitions: [],
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OperatorView {
    #[serde(flatten)]
    shared: Shared,
    items: Vec<ItemView>,
    dropoff: DropoffView,
    price: PriceView,
    approved_total_cents: i64,
    payment: PaymentView,
    escrow: EscrowView,
    earnings: EarningsView,
    customer: ContactView,
    runner: Option<ContactView>,
    #[schema(value_type = Vec<wire::UserId>)]
    former_runners: Vec<UserId>,
    runner_epoch: u32,
    release_failures: u16,
    overdue_days: u16,
    saga: Vec<StepView>,
    calls: Vec<CallView>,
    ratings: RatingsView,
    /// Absent if it can't be known now.
    #[serde(skip_serializing_if = "Option::is_none")]
    photos_alike: Option<Vec<AlikeView>>,
    #[serde(flatten)]
    board: BoardTimes,
}

/// A photo of another order that looks like one of this order's.
#[derive(Debug, Serialize, ToSchema)]
struct AlikeView {
    #[schema(value_type = wire::PhotoId)]
    photo_id: PhotoId,
    #[schema(value_type = wire::PhotoId)]
    like_photo_id: PhotoId,
    #[schema(value_type = wire::OrderId)]
    order_id: OrderId,
}

impl From<&Alike> for AlikeView {
    fn from(alike: &Alike) -> Self {
        Self {
            photo_id: alike.photo,
            like_photo_id: alike.like,
            order_id: alike.order,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OrderCallView)]
pub(crate) struct CallView {
    call: u16,
    purpose: &'static str,
    state: &'static str,
    outcome: &'static str,
    failures: u16,
}

impl OperatorView {
    fn of(order: &Order, viewer: &Viewer, related: &Related) -> Self {
        let runner = |user: UserId| {
            ContactView::of(
                user,
                related
                    .runner
                    .as_ref()
                    .filter(|profile| profile.user == user),
            )
        };
        Self {
            shared: Shared::of(order, viewer, related),
            items: items(order),
            dropoff: DropoffView::of(order, related.dropoff.as_ref()),
            price: PriceView::of(&order.terms.price, viewer.currency()),
            approved_total_cents: order.approved_total.0,
            payment: PaymentView::of(order, viewer.currency()),
            escrow: EscrowView::of(order, viewer.currency()),
            earnings: EarningsView::of(order, viewer.currency()),
            customer: ContactView::of(order.terms.customer, related.customer.as_ref()),
            runner: order
                .stage
                .assignment()
                .map(|assignment| runner(assignment.runner)),
            former_runners: order.former_runners.clone(),
            runner_epoch: order.epoch,
            release_failures: order.release_failures,
            overdue_days: order.overdue_days,
            saga: steps(order),
            calls: calls(order),
            ratings: RatingsView::of_customer(order),
            photos_alike: related.alike.as_deref().map(alike),
            board: BoardTimes::of(order),
        }
    }
}

fn alike(found: &[Alike]) -> Vec<AlikeView> {
    found.iter().map(AlikeView::from).collect()
}

fn calls(order: &Order) -> Vec<CallView> {
    use campusg_domain::{call::CallState, order::Outcome};
    let state = |state| match state {
        CallState::Open => "open",
        CallState::Deferred => "deferred",
        CallState::Closed => "closed",
    };
    let outcome = |outcome| match outcome {
        Outcome::Unknown => "unknown",
        Outcome::Succeeded => "succeeded",
        Outcome::Refused => "refused",
    };
    let view = |(n, call): (&u16, &campusg_domain::order::Call)| CallView {
        call: *n,
        purpose: call.kind.purpose(),
        state: state(call.state),
        outcome: outcome(call.outcome),
        failures: call.failures,
    };
    order.calls.iter().map(view).collect()
}

/// The view of active runners while the order is on the board.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BoardView {
    #[schema(value_type = wire::OrderId)]
    id: OrderId,
    version: u32,
    #[schema(value_type = wire::Status)]
    status: Status,
    store: StoreView,
    building: String,
    items: Vec<String>,
    currency: String,
    /// What the runner would have to advance, as the customer estimates it.
    food_estimate_cents: i64,
    delivery_fee_cents: i64,
    tip_cents: i64,
    age_seconds: u64,
    allowed_transitions: Vec<&'static str>,
}

impl BoardView {
    fn of(order: &Order, viewer: &Viewer, related: &Related) -> Self {
        let terms = &order.terms;
        Self {
            id: order.id,
            version: order.version,
            status: order.status(),
            store: StoreView::of(&order.store, &related.stores),
            building: terms.dropoff.building.clone(),
            items: terms.items.iter().map(|item| item.name.clone()).collect(),
            currency: viewer.currency().into(),
            food_estimate_cents: terms.price.food_estimate.0,
            delivery_fee_cents: terms.price.delivery_fee.0,
            tip_cents: terms.price.tip.0,
            age_seconds: viewer.now.since(terms.placed_at) / 1_000,
            allowed_transitions: if terms.customer == viewer.user {
                vec![]
            } else {
                allowed(order, Role::Stranger, &viewer.policy, viewer.now)
            },
        }
    }
}
