//! What each event says, and who may see it.
//!
//! Invariant: every event of an order is handled here.

use super::what::{CancelledView, OutcomeName, ReleasedView, WhatView};
use crate::view::{
    Viewer,
    attachments::proposed,
    parts::{WishedStoreView, by, proof, settlement},
};
use campusg_domain::{
    call::Decline,
    id::UserId,
    order::{
        AfterEvent, CallEvent, CancelWait, Closing, ContactEvent, DisputeEvent, EndEvent, Event,
        Number, Offer, OperatorEvent, Order, PlacingEvent, Problem, ProposalEvent, RaiseFailure,
        Release, Role, RunEvent, Settlement, TimerEvent,
    },
    people::Side,
};

/// Whether this reader may see an event, and what it says.
type Described = (bool, WhatView);

/// Returns what an event says; `None` if the reader may not see it.
pub(super) fn describe(order: &Order, event: &Event, viewer: &Viewer) -> Option<WhatView> {
    let (visible, what) = match event {
        Event::Placing(event) => placing(event, viewer.role),
        Event::Run(event) => run(event, viewer),
        Event::End(event) => ending(order, event, viewer.role),
        Event::Call(event) => call(event, viewer.role),
        Event::Timer(event) => timer(event, viewer.role),
        Event::Proposal(event) => proposal(order, event, viewer.role),
        Event::Contact(event) => contact(event, viewer.role),
        Event::Operator(event) => operator(event, viewer.role),
        Event::Dispute(event) => dispute(event, viewer.role),
        Event::After(event) => after(event, viewer.role),
        Event::Step { step, mark } => (
            true,
            WhatView::SagaStep {
                saga: step.saga().name(),
                step: step.name(),
                state: *mark,
            },
        ),
    };
    visible.then_some(what)
}

/// Whether this role may see events of the payment.
const fn sees_payment(role: Role) -> bool {
    matches!(role, Role::Customer | Role::Operator)
}

const fn is_runner(role: Role) -> bool {
    matches!(role, Role::Runner | Role::FormerRunner)
}

fn placing(event: &PlacingEvent, role: Role) -> Described {
    let money = sees_payment(role);
    match event {
        PlacingEvent::Placed(_) => (true, WhatView::Placed {}),
        PlacingEvent::ActionRequired { .. } => (money, WhatView::PaymentActionRequired {}),
        PlacingEvent::Authorized {
            cents,
            capture_before,
            ..
        } => {
            let (amount_cents, capture_before) = (cents.0, (*capture_before).into());
            let what = WhatView::PaymentAuthorized {
                amount_cents,
                capture_before,
            };
            (money, what)
        }
        PlacingEvent::Declined { reason, .. } => {
            (money, WhatView::PaymentDeclined { reason: *reason })
        }
        PlacingEvent::Held { cents, .. } => {
            let amount_cents = cents.0;
            (money, WhatView::EscrowHeld { amount_cents })
        }
        PlacingEvent::Waiting { opens_at } => {
            let opens_at = (*opens_at).into();
            (true, WhatView::Waiting { opens_at })
        }
        PlacingEvent::Available { accept_by } => {
            let accept_by = (*accept_by).into();
            (true, WhatView::Available { accept_by })
        }
    }
}

fn run(event: &RunEvent, viewer: &Viewer) -> Described {
    let what = match event {
        RunEvent::Accepted { runner, .. } => WhatView::Accepted {
            runner_id: known(*runner, viewer),
        },
        RunEvent::Unbound { runner, cause, .. } => WhatView::RunnerUnbound {
            runner_id: known(*runner, viewer),
            cause: *cause,
        },
        RunEvent::ArrivedOnSite => WhatView::OnSite {},
        RunEvent::Purchased { food, photo } => WhatView::Purchased {
            total_cents: food.0,
            photo_id: *photo,
        },
        RunEvent::Collected => WhatView::Collected {},
        RunEvent::Departed => WhatView::OnTheWay {},
        RunEvent::WrongPinShown { tries } => WhatView::WrongPin { tries: *tries },
        RunEvent::Delivered { proof: by } => {
            let (proof, photo_id) = proof(by);
            WhatView::Delivered { proof, photo_id }
        }
    };
    (true, what)
}

fn ending(order: &Order, event: &EndEvent, role: Role) -> Described {
    match event {
        EndEvent::CancelWaiting(wait) => (true, waiting(order, wait, role)),
        EndEvent::Released(release) => (true, WhatView::Released(released(release, role))),
        EndEvent::ReleaseRefused { failures } => {
            let failures = *failures;
            (true, WhatView::ReleaseDelayed { failures })
        }
        EndEvent::Completed => (true, WhatView::Completed {}),
        EndEvent::Cancelled {
            reason,
            settlement: money,
            ..
        } => {
            let cancelled = CancelledView {
                cancel_reason: *reason,
                settlement: settlement(money),
                money: settled(money, role),
            };
            (true, WhatView::Cancelled(cancelled))
        }
        EndEvent::Overdue { days } => (role == Role::Operator, WhatView::Overdue { days: *days }),
    }
}

/// Calls to the gateway: the customer sees those that moved money, operators see all.
fn call(event: &CallEvent, role: Role) -> Described {
    let (money, operator) = (sees_payment(role), role == Role::Operator);
    match event {
        CallEvent::Captured { cents, .. } => {
            let amount_cents = cents.0;
            (money, WhatView::PaymentCaptured { amount_cents })
        }
        CallEvent::CollectFailed { reason, .. } => {
            (money, WhatView::PaymentCollectFailed { reason: *reason })
        }
        CallEvent::Voided { .. } => (money, WhatView::AuthorizationLetGo {}),
        CallEvent::Refunded { cents, .. } => {
            let amount_cents = cents.0;
            (money, WhatView::Refunded { amount_cents })
        }
        CallEvent::RefundKept { cents, .. } => {
            let amount_cents = cents.0;
            (money, WhatView::RefundKeptInWallet { amount_cents })
        }
        CallEvent::AuthorizationLapsed { .. } => (money, WhatView::AuthorizationExpired {}),
        CallEvent::LateAuthorization { .. } => (money, WhatView::LateAuthorizationReturned {}),
        CallEvent::LateCharge { cents, .. } => {
            let amount_cents = cents.0;
            (money, WhatView::LateChargeReturned { amount_cents })
        }
        CallEvent::CallDeferred { call, failures } => {
            let (call, failures) = (*call, *failures);
            (operator, WhatView::CallDeferred { call, failures })
        }
        CallEvent::CallRetried { call } => (operator, WhatView::CallRetried { call: *call }),
        CallEvent::CallGivenUp { call } => (operator, WhatView::CallGivenUp { call: *call }),
    }
}

fn timer(event: &TimerEvent, role: Role) -> Described {
    let operator = role == Role::Operator;
    match event {
        TimerEvent::TimerFired { kind, generation } => {
            let (event_type, generation) = (*kind, *generation);
            let what = WhatView::TimerFired {
                event_type,
                generation,
            };
            (operator, what)
        }
        TimerEvent::Reminded { kind, step } => {
            let (event_type, step) = (*kind, *step);
            (true, WhatView::Reminded { event_type, step })
        }
        TimerEvent::ClockSetBack { ms } => (true, WhatView::ClockSetBack { ms: *ms }),
        TimerEvent::TimerNoted { kind } => (operator, WhatView::TimerNoted { event_type: *kind }),
    }
}

fn proposal(order: &Order, event: &ProposalEvent, role: Role) -> Described {
    let runner = is_runner(role);
    match event {
        ProposalEvent::Proposed { n, offer, .. } => (true, offered(order, *n, offer)),
        ProposalEvent::RaiseAsked { n, cents, .. } => {
            let (n, amount_cents) = (*n, cents.0);
            (
                !runner,
                WhatView::SecondAuthorizationAsked { n, amount_cents },
            )
        }
        ProposalEvent::Raised {
            cents,
            capture_before,
            ..
        } => {
            let (amount_cents, capture_before) = (cents.0, (*capture_before).into());
            let what = WhatView::SecondAuthorizationHeld {
                amount_cents,
                capture_before,
            };
            (!runner, what)
        }
        ProposalEvent::RaiseFailed { why, .. } => {
            let reason = failed(*why);
            (!runner, WhatView::SecondAuthorizationFailed { reason })
        }
        ProposalEvent::ProposalClosed { n, how } => (true, closed(*n, how)),
    }
}

fn contact(event: &ContactEvent, role: Role) -> Described {
    match event {
        ContactEvent::MessageSent { by, attempt, .. } => {
            let (from, attempt) = (*by, *attempt);
            (true, WhatView::Message { from, attempt })
        }
        // Problems other than the customer's absence are reported to operators only.
        ContactEvent::ProblemReported { kind, photo, .. } => {
            let (kind, photo_id) = (*kind, *photo);
            let visible = role != Role::Customer || kind != Problem::Other;
            (visible, WhatView::ProblemReported { kind, photo_id })
        }
        ContactEvent::NoShowAnswered => (true, WhatView::NoShowAnswered {}),
        ContactEvent::NoShowOver => (true, WhatView::NoShowOver {}),
    }
}

fn operator(event: &OperatorEvent, role: Role) -> Described {
    match event {
        OperatorEvent::OperatorHeld { .. } => (true, WhatView::Held {}),
        OperatorEvent::OperatorReleased { .. } => (true, WhatView::Unheld {}),
        OperatorEvent::OperatorActed { action, .. } => {
            let action = *action;
            (role == Role::Operator, WhatView::OperatorActed { action })
        }
    }
}

fn dispute(event: &DisputeEvent, role: Role) -> Described {
    let (customer, runner) = (role == Role::Customer, is_runner(role));
    match event {
        DisputeEvent::Disputed {
            n,
            by,
            claim,
            photos,
            ..
        } => {
            let what = WhatView::Disputed {
                n: *n,
                claimant: *by,
                claim_cents: claim.0,
                photo_ids: photos.clone(),
            };
            (true, what)
        }
        DisputeEvent::DisputeReplied { n, by, photos, .. } => {
            let what = WhatView::DisputeReplied {
                n: *n,
                from: *by,
                photo_ids: photos.clone(),
            };
            (true, what)
        }
        DisputeEvent::DisputeResolved {
            n,
            refund,
            at_fault,
        } => {
            let what = WhatView::DisputeResolved {
                n: *n,
                refund_cents: refund.0,
                at_fault: *at_fault,
            };
            (true, what)
        }
        DisputeEvent::Frozen { cents, .. } => {
            let amount_cents = cents.0;
            (!customer, WhatView::Frozen { amount_cents })
        }
        DisputeEvent::ClaimPaid {
            frozen,
            owed,
            goodwill,
        } => {
            let what = WhatView::ClaimPaid {
                out_of_wallet_cents: frozen.0,
                owed_cents: owed.0,
                goodwill_cents: (role == Role::Operator).then_some(goodwill.0),
            };
            (!customer, what)
        }
        DisputeEvent::GoodwillPaid { cents } => {
            let amount_cents = cents.0;
            (!runner, WhatView::GoodwillPaid { amount_cents })
        }
        DisputeEvent::RunnerMadeGood { cents, set_off } => {
            let what = WhatView::RunnerMadeGood {
                amount_cents: cents.0,
                set_off_cents: set_off.0,
            };
            (!customer, what)
        }
        DisputeEvent::CustomerSetOff { cents } => {
            let amount_cents = cents.0;
            (!runner, WhatView::SetOff { amount_cents })
        }
    }
}

/// Tips and ratings. The stars are shown to whoever gave them and to operators; the other party learns only that they
/// exist.
fn after(event: &AfterEvent, role: Role) -> Described {
    let (customer, runner) = (role == Role::Customer, is_runner(role));
    match event {
        AfterEvent::TipGiven { cents, .. } => {
            let tip_cents = cents.0;
            (!runner, WhatView::TipGiven { tip_cents })
        }
        AfterEvent::TipPaid { cents, set_off, .. } => {
            let what = WhatView::TipPaid {
                tip_cents: cents.0,
                set_off_cents: (!customer).then_some(set_off.0),
            };
            (true, what)
        }
        AfterEvent::TipFailed { reason, .. } => (!runner, WhatView::TipFailed { reason: *reason }),
        AfterEvent::Rated { by, stars } => {
            let own = matches!(
                (by, role),
                (Side::Customer, Role::Customer) | (Side::Runner, Role::Runner)
            );
            let stars = (own || role == Role::Operator).then_some(*stars);
            (true, WhatView::Rated { by: *by, stars })
        }
        AfterEvent::RatingsPublished => (true, WhatView::RatingsPublished {}),
    }
}

/// A runner's id, shown to the customer, operators, and the runner themself.
fn known(user: UserId, viewer: &Viewer) -> Option<UserId> {
    let is_known = matches!(viewer.role, Role::Customer | Role::Operator) || user == viewer.user;
    is_known.then_some(user)
}

fn released(release: &Release, role: Role) -> ReleasedView {
    let charged = release.to_runner + release.to_platform + release.to_customer;
    let none = ReleasedView::default();
    match role {
        Role::Customer => ReleasedView {
            charged_cents: Some(charged.0),
            to_customer_cents: Some(release.to_customer.0),
            ..none
        },
        Role::Runner | Role::FormerRunner => ReleasedView {
            to_runner_cents: Some(release.to_runner.0),
            set_off_cents: Some(release.set_off.0),
            ..none
        },
        Role::Operator => ReleasedView {
            to_runner_cents: Some(release.to_runner.0),
            to_platform_cents: Some(release.to_platform.0),
            to_customer_cents: Some(release.to_customer.0),
            set_off_cents: Some(release.set_off.0),
            ..none
        },
        Role::Stranger | Role::System | Role::Gateway => none,
    }
}

fn settled(settlement: &Settlement, role: Role) -> ReleasedView {
    let none = ReleasedView::default();
    let charged = |cents: i64| ReleasedView {
        charged_cents: Some(cents),
        ..ReleasedView::default()
    };
    match (settlement, role) {
        (Settlement::Release(release), role) => released(release, role),
        (Settlement::Trip { to_runner, .. }, Role::Customer) => charged(to_runner.0),
        (Settlement::Trip { to_runner, set_off }, Role::Runner | Role::Operator) => ReleasedView {
            to_runner_cents: Some(to_runner.0),
            set_off_cents: Some(set_off.0),
            ..none
        },
        (Settlement::Free, Role::Customer) => charged(0),
        (Settlement::Free | Settlement::Trip { .. }, _) => none,
    }
}

fn offered(order: &Order, n: Number, offer: &Offer) -> WhatView {
    WhatView::Proposed {
        n,
        kind: offer.kind,
        total_cents: offer.total.map(|total| total.0),
        items: proposed(order, &offer.items),
        photo_id: offer.photo,
    }
}

fn failed(why: RaiseFailure) -> &'static str {
    match why {
        RaiseFailure::Declined(reason) => Decline::code(reason),
        RaiseFailure::NotHeld => "not_held",
        RaiseFailure::GivenUp => "no_answer",
    }
}

fn closed(n: Number, how: &Closing) -> WhatView {
    let (outcome, items, store) = match how {
        Closing::Approved => (OutcomeName::Approved, None, None),
        Closing::Dropped { items } => (OutcomeName::Dropped, Some(items.clone()), None),
        Closing::OtherStore { store } => {
            let store = WishedStoreView::from(store);
            (OutcomeName::OtherStore, None, Some(store))
        }
        Closing::Withdrawn => (OutcomeName::Withdrawn, None, None),
        Closing::RunnerLeft => (OutcomeName::RunnerLeft, None, None),
    };
    WhatView::ProposalClosed {
        n,
        outcome,
        items,
        store,
    }
}

fn waiting(order: &Order, wait: &CancelWait, role: Role) -> WhatView {
    let (cents, customer) = (wait.to_runner.0, role == Role::Customer);
    WhatView::CancelWaiting {
        cancel_reason: wait.reason,
        asked_by: by(order, wait.by),
        charge_cents: customer.then_some(cents),
        to_runner_cents: (!customer).then_some(cents),
    }
}
