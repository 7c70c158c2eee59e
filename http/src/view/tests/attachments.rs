//! An order's attachments and the free text of its history, as each viewer sees them.

use super::{
    CUSTOMER, FORMER, NOTE, OPERATOR, PHOTO, PLACED, RUNNER, SOON, assignment, bought, entry,
    lines, opened, order, seen, viewer,
};
use campusg_domain::{
    call::{CallKind, CallState, CardToken, Decline},
    id::{Principal, StoreId},
    money::Cents,
    order::{
        AfterEvent, Approach, Call, CallEvent, CancelReason, CancelWait, Closing, Contact,
        ContactEvent, DisputeEvent, EndEvent, Event, Fault, Item, NoShow, Offer, OperatorAction,
        OperatorEvent, Order, Outcome, Party, Problem, Proposal, ProposalEvent, ProposalKind,
        ProposedItem, RaiseFailure, Role, Stage, StoreRef, StoreVisit, Substitution, TimerEvent,
    },
    people::Side,
    record::Entry,
    text::Sealed,
    time::{DAY_MS, MINUTE_MS},
    timer::{Timer, TimerKind, TimerState},
};
use serde_json::{Value, json};

const ROLES: [Role; 4] = [
    Role::Customer,
    Role::Runner,
    Role::FormerRunner,
    Role::Operator,
];

fn offer() -> Offer {
    let stew = Item {
        name: "Stew".into(),
        quantity: 2,
        unit_price: Cents(11_503),
        substitution: Substitution::Drop,
    };
    Offer {
        kind: ProposalKind::Substitution,
        total: Some(Cents(23_006)),
        items: vec![ProposedItem {
            item: 0,
            offer: Some(stew),
        }],
        photo: PHOTO,
    }
}

fn pending(minutes: u64) -> Timer {
    Timer {
        generation: 1,
        due: PLACED.plus(minutes * MINUTE_MS),
        state: TimerState::Pending,
    }
}

/// An order at the store, with an open proposal whose second authorisation was declined once.
fn asked() -> Order {
    let open = Proposal {
        n: 2,
        offer: offer(),
        note: Some(Sealed(vec![1])),
        opened_at: PLACED.plus(9 * MINUTE_MS),
        raise: None,
        declined: Some(Decline::InsufficientFunds),
    };
    let mut order = order(Stage::OnSite(assignment(), StoreVisit::Proposal(open)));
    order.charged = Cents::ZERO;
    order.promises = [(1, Cents(23_044))].into();
    order.proposals = 2;
    order.timers.insert(TimerKind::ProposalExpiry, pending(14));
    order
}

/// Returns what is attached to an order, as a role sees it.
fn over(order: &Order, role: Role) -> Value {
    let seen = seen(order, role, SOON);
    let members = ["proposal", "cancel_wait", "no_show_wait", "contact"];
    members
        .into_iter()
        .filter(|member| seen.get(member).is_some())
        .map(|member| (member.to_owned(), seen[member].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn a_proposal_before_each_viewer() {
    let order = asked();
    let views = ROLES.map(|role| (format!("{role:?}"), over(&order, role)));
    insta::assert_json_snapshot!(views);
    let former = seen(&order, Role::FormerRunner, SOON).to_string();
    assert!(!former.contains(NOTE) && !former.contains("23006"));
}

#[test]
fn while_the_card_is_asked_the_runner_learns_no_more_than_that() {
    let mut order = asked();
    if let Stage::OnSite(_, StoreVisit::Proposal(open)) = &mut order.stage {
        open.raise = Some(2);
    }
    order.action_url = Some("https://bank.example/confirm".into());
    let call = Call {
        kind: CallKind::Authorize { cents: Cents(693) },
        state: CallState::Open,
        failures: 0,
        outcome: Outcome::Unknown,
    };
    order.calls.insert(2, call);
    let runner = seen(&order, Role::Runner, SOON);
    assert_eq!(runner["proposal"]["state"], "awaiting_payment");
    assert!(!runner.to_string().contains("bank.example"));
    assert!(!runner.to_string().contains("insufficient"));
    let customer = seen(&order, Role::Customer, SOON);
    assert_eq!(
        customer["payment"]["action_url"],
        "https://bank.example/confirm"
    );
    assert_eq!(customer["proposal"]["more_to_hold_cents"], 693);
}

#[test]
fn waits_before_each_viewer() {
    let wait = CancelWait {
        reason: CancelReason::Customer,
        by: Principal::User(CUSTOMER),
        to_runner: Cents(177),
        at: PLACED.plus(9 * MINUTE_MS),
    };
    let mut till = order(Stage::OnSite(assignment(), StoreVisit::CancelWait(wait)));
    till.timers.insert(TimerKind::CancelWait, pending(11));
    let approach = Approach {
        contact: Contact {
            attempts: 2,
            last_at: Some(PLACED.plus(8 * MINUTE_MS)),
        },
        no_show: Some(NoShow {
            since: PLACED.plus(9 * MINUTE_MS),
            over: false,
        }),
        no_show_answered: false,
    };
    let mut door = order(Stage::OnTheWay(assignment(), bought(), approach));
    door.timers.insert(TimerKind::NoShowWait, pending(16));
    let views =
        [till, door].map(|order| ROLES.map(|role| (format!("{role:?}"), over(&order, role))));
    insta::assert_json_snapshot!(views);
}

#[test]
fn what_is_bought_instead_is_shown_beside_what_was_wished_for() {
    let mut order = order(Stage::OnSite(assignment(), StoreVisit::Buying));
    let stew = offer().items[0].offer.clone().unwrap();
    order.replaced = [(0, stew)].into();
    for role in [Role::Customer, Role::Runner, Role::Operator] {
        let item = seen(&order, role, SOON)["items"][0].clone();
        let stew = json!({"name": "Stew", "quantity": 2, "unit_price_cents": 11_503});
        assert_eq!(
            (&item["name"], &item["replaced_by"]),
            (&json!("Soup"), &stew),
            "{role:?}"
        );
    }
}

#[test]
fn what_is_not_bought_is_marked_and_another_store_is_shown() {
    let mut order = order(Stage::OnSite(assignment(), StoreVisit::Buying));
    order.dropped = vec![0];
    order.store = StoreRef::Described {
        name: "Bakery".into(),
        place: "Library".into(),
    };
    for role in [Role::Customer, Role::Runner, Role::Operator] {
        let seen = seen(&order, role, SOON);
        assert_eq!(seen["items"][0]["dropped"], true, "{role:?}");
        assert_eq!(seen["store"]["name"], "Bakery", "{role:?}");
    }
}

fn words() -> Sealed {
    Sealed(vec![7])
}

/// A history with every kind of attachment.
fn attachment_entries() -> Vec<(u32, Entry)> {
    let by = |user| Principal::User(user);
    let (customer, runner) = (by(CUSTOMER), by(RUNNER));
    let boss = Principal::Operator(OPERATOR);
    let message = |by| {
        Event::Contact(ContactEvent::MessageSent {
            by,
            text: words(),
            attempt: by == Side::Runner,
        })
    };
    let proposed = |n| {
        Event::Proposal(ProposalEvent::Proposed {
            n,
            offer: offer(),
            note: Some(words()),
        })
    };
    let closed = |n, how| Event::Proposal(ProposalEvent::ProposalClosed { n, how });
    let problem = |kind| {
        Event::Contact(ContactEvent::ProblemReported {
            kind,
            photo: Some(PHOTO),
            note: Some(words()),
        })
    };
    let replied = |by| {
        Event::Dispute(DisputeEvent::DisputeReplied {
            n: 1,
            by,
            text: words(),
            photos: vec![PHOTO],
        })
    };
    let wait = CancelWait {
        reason: CancelReason::Customer,
        by: customer,
        to_runner: Cents(177),
        at: PLACED,
    };
    let bakery = StoreRef::Described {
        name: "Bakery".into(),
        place: "Library".into(),
    };
    let known = StoreRef::Known(StoreId::from_bytes([5; 16]));
    let card = CardToken(super::CARD.into());
    let cents = Cents(693);
    let call = 2;
    let acted = || {
        Event::Operator(OperatorEvent::OperatorActed {
            action: OperatorAction::Settle,
            reason: words(),
        })
    };
    let records = vec![
        (by(FORMER), vec![proposed(1), message(Side::Runner)]),
        (by(FORMER), vec![closed(1, Closing::RunnerLeft)]),
        (runner, vec![proposed(2)]),
        (
            customer,
            vec![Event::Proposal(ProposalEvent::RaiseAsked {
                n: 2,
                call,
                cents,
            })],
        ),
        (
            Principal::Gateway,
            vec![Event::Proposal(ProposalEvent::RaiseFailed {
                call,
                why: RaiseFailure::Declined(Decline::InsufficientFunds),
            })],
        ),
        (
            Principal::Gateway,
            vec![
                Event::Proposal(ProposalEvent::Raised {
                    call,
                    cents,
                    capture_before: PLACED.plus(DAY_MS),
                }),
                closed(2, Closing::Approved),
            ],
        ),
        (
            customer,
            vec![closed(3, Closing::Dropped { items: vec![0] })],
        ),
        (
            customer,
            vec![closed(4, Closing::OtherStore { store: bakery })],
        ),
        (
            customer,
            vec![closed(5, Closing::OtherStore { store: known })],
        ),
        (runner, vec![closed(6, Closing::Withdrawn)]),
        (customer, vec![Event::End(EndEvent::CancelWaiting(wait))]),
        (customer, vec![message(Side::Customer)]),
        (runner, vec![problem(Problem::CustomerUnreachable)]),
        (runner, vec![problem(Problem::Other)]),
        (customer, vec![Event::Contact(ContactEvent::NoShowAnswered)]),
        (
            Principal::System,
            vec![Event::Contact(ContactEvent::NoShowOver)],
        ),
        (
            boss,
            vec![Event::Operator(OperatorEvent::OperatorHeld {
                reason: words(),
            })],
        ),
        (
            Principal::System,
            vec![Event::Timer(TimerEvent::TimerNoted {
                kind: TimerKind::OrderTimeout,
            })],
        ),
        (
            boss,
            vec![Event::Operator(OperatorEvent::OperatorReleased {
                reason: words(),
            })],
        ),
        (
            Principal::Gateway,
            vec![Event::Call(CallEvent::AuthorizationLapsed { call })],
        ),
        (
            customer,
            vec![
                Event::Dispute(DisputeEvent::Disputed {
                    n: 1,
                    by: Party::Customer,
                    claim: Cents(700),
                    reason: words(),
                    photos: vec![PHOTO],
                }),
                Event::Dispute(DisputeEvent::Frozen { promise: 9, cents }),
            ],
        ),
        (runner, vec![replied(Side::Runner)]),
        (
            boss,
            vec![
                acted(),
                Event::Dispute(DisputeEvent::DisputeResolved {
                    n: 1,
                    refund: cents,
                    at_fault: Some(Fault::Runner),
                }),
                Event::Dispute(DisputeEvent::ClaimPaid {
                    frozen: Cents(601),
                    owed: Cents(61),
                    goodwill: Cents(31),
                }),
                Event::Dispute(DisputeEvent::CustomerSetOff { cents }),
            ],
        ),
        (
            boss,
            vec![
                acted(),
                Event::Dispute(DisputeEvent::GoodwillPaid { cents }),
            ],
        ),
        (
            boss,
            vec![Event::Dispute(DisputeEvent::RunnerMadeGood {
                cents,
                set_off: Cents(1),
            })],
        ),
        (
            customer,
            vec![Event::After(AfterEvent::TipGiven { call, cents, card })],
        ),
        (
            Principal::Gateway,
            vec![Event::After(AfterEvent::TipPaid {
                call,
                cents,
                set_off: Cents(2),
            })],
        ),
        (
            Principal::Gateway,
            vec![Event::After(AfterEvent::TipFailed {
                call,
                reason: Decline::Expired,
            })],
        ),
    ];
    let entries = records
        .into_iter()
        .map(|(principal, events)| entry(principal, events));
    (1..).zip(entries).collect()
}

fn shown(role: Role) -> Vec<String> {
    let order = order(Stage::OnTheWay(assignment(), bought(), Approach::default()));
    lines(&opened(
        &order,
        &attachment_entries(),
        &viewer(&order, role, PLACED),
    ))
}

#[test]
fn what_lies_over_an_order_is_told_to_each_viewer() {
    insta::assert_json_snapshot!(ROLES.map(|role| (format!("{role:?}"), shown(role))));
}

#[test]
fn words_stand_only_before_those_whom_they_concern() {
    let has = |role: Role, words: &str| {
        let shown = shown(role);
        shown.iter().filter(|line| line.contains(words)).count()
    };
    // Notes: two of proposals and two of problems. The customer does not see notes between the runner and operators.
    let table = [
        ("Message-canary", [0, 0, 0, 0]),
        ("Note-canary", [3, 3, 1, 4]),
        ("Reason-canary", [0, 0, 0, 4]),
        ("Claim-canary", [1, 1, 0, 1]),
        ("Reply-canary", [1, 1, 0, 1]),
    ];
    for (words, counts) in table {
        assert_eq!(ROLES.map(|role| has(role, words)), counts, "{words}");
    }
    for role in ROLES {
        assert!(!json!(shown(role)).to_string().contains(super::CARD));
    }
}
