//! The same order as five viewers see it, with canary texts that must reach only those who may read them.

#![allow(clippy::unwrap_used, reason = "a test may end here")]

mod attachments;
mod receipt;

use super::{
    Viewer,
    event::{EventView, history},
    is_recent,
    order::render,
    receipt::ReceiptView,
    related::Related,
    summary::SummaryView,
    timer::timers,
};
use campusg_actors::runtime::{DropoffDetails, Profile, SealedFreeText};
use campusg_domain::{
    call::{CallKind, CallState, CardToken},
    id::{CommandId, Fingerprint, OrderId, PhotoId, Principal, Seq, Stream, UserId},
    money::{Cents, Currency},
    order::{
        AfterEvent, Approach, Assignment, Bought, Call, CallEvent, CancelReason, Cancellation,
        Collection, Delivery, Dropoff, EndEvent, EscrowStatus, Event, Handover, Item, Order,
        Outcome, PaymentStatus, PlacingEvent, Price, Proof, Release, Role, RunEvent, Settlement,
        Stage, StoreRef, StoreVisit, Substitution, Terms, Unbinding,
    },
    owner::directory::{Card, Person},
    people::Side,
    policy::Policy,
    record::{Entry, Events, Record},
    saga::{CreateStep, Mark},
    text::Sealed,
    time::{At, DAY_MS, MINUTE_MS},
    timer::{Timer, TimerKind, TimerState},
};
use serde_json::{Value, json};
use std::sync::Arc;

const ORDER: OrderId = OrderId::from_bytes([0x0a; 16]);
const CUSTOMER: UserId = UserId::from_bytes([0xc0; 16]);
const RUNNER: UserId = UserId::from_bytes([0x21; 16]);
const FORMER: UserId = UserId::from_bytes([0xf0; 16]);
const OPERATOR: UserId = UserId::from_bytes([0xad; 16]);
const STRANGER: UserId = UserId::from_bytes([0x57; 16]);
const PHOTO: PhotoId = PhotoId::from_bytes([0xf7; 16]);
const PLACED: At = At(1_772_368_200_000);

/// Canaries: private texts that a view for the wrong reader must not contain.
const CARD: &str = "tok_canary_card";
const ROOM: &str = "room-canary";
const LAST: &str = "Lastname-canary";
const PHONE: &str = "+1-555-canary";
const EMAIL: &str = "canary@campus.edu";
const NOTE: &str = "note-canary";
/// Amounts chosen so that no sum or difference of the others equals them: cap 223.13, hold 230.44.
const HOLD: &str = "23044";
const CAP: &str = "22313";

fn terms() -> Terms {
    Terms {
        customer: CUSTOMER,
        store: StoreRef::Described {
            name: "Deli <North>".into(),
            place: "Hall 1".into(),
        },
        items: vec![Item {
            name: "Soup".into(),
            quantity: 2,
            unit_price: Cents(9_701),
            substitution: Substitution::Ask,
        }],
        dropoff: Dropoff {
            building: "B 7".into(),
            details: Some(Sealed(vec![1])),
            handover: Handover::Pin,
        },
        price: Price {
            food_estimate: Cents(19_402),
            buffer: Cents(2_911),
            delivery_fee: Cents(530),
            tip: Cents(201),
            platform_fee: Cents(97),
            trip_compensation: Cents(177),
            least_charge: Cents(50),
        },
        deliver_after: None,
        card: CardToken(CARD.into()),
        placed_at: PLACED,
    }
}

/// An order of `CUSTOMER` in this stage, which `FORMER` has run before.
pub(crate) fn order(stage: Stage) -> Order {
    let timer = |minutes| Timer {
        generation: 1,
        due: PLACED.plus(minutes * MINUTE_MS),
        state: TimerState::Pending,
    };
    let call = |kind| Call {
        kind,
        state: CallState::Closed,
        failures: 0,
        outcome: Outcome::Succeeded,
    };
    let mut order = Order::placed(ORDER, &Arc::new(terms()));
    order.stage = stage;
    order.epoch = 3;
    order.former_runners = vec![FORMER];
    order.payment = PaymentStatus::InEscrow;
    order.escrow = EscrowStatus::Held;
    order.collection = Collection::Collected;
    order.charged = Cents(20_732);
    order.approved_total = Cents(22_313);
    order.capture_before = Some(PLACED.plus(4 * DAY_MS));
    order.deadlines = [(1, PLACED.plus(4 * DAY_MS))].into();
    order.timers = [
        (TimerKind::DeliveryReminder, timer(45)),
        (TimerKind::PaymentAuthorizationExpiry, timer(6_000)),
    ]
    .into();
    order.calls = [(
        1,
        call(CallKind::Authorize {
            cents: Cents(23_044),
        }),
    )]
    .into();
    order.ratings.by_customer = Some(4);
    order.version = 7;
    order.last_at = PLACED.plus(20 * MINUTE_MS);
    order
}

fn assignment() -> Assignment {
    Assignment {
        runner: RUNNER,
        epoch: 3,
        accepted_at: PLACED.plus(5 * MINUTE_MS),
    }
}

fn bought() -> Bought {
    Bought {
        food: Cents(20_001),
        photo: Some(PHOTO),
        at: PLACED.plus(15 * MINUTE_MS),
    }
}

fn delivery() -> Delivery {
    Delivery {
        proof: Proof::Pin,
        at: PLACED.plus(30 * MINUTE_MS),
    }
}

fn cancelled(settlement: Settlement) -> Stage {
    Stage::Cancelled(Cancellation {
        reason: CancelReason::Customer,
        by: Principal::User(CUSTOMER),
        settlement,
        assignment: Some(assignment()),
        bought: None,
        at: PLACED.plus(12 * MINUTE_MS),
    })
}

fn stages() -> Vec<Stage> {
    vec![
        Stage::Authorizing,
        Stage::Waiting {
            opens_at: PLACED.plus(MINUTE_MS),
        },
        Stage::Available {
            accept_by: PLACED.plus(30 * MINUTE_MS),
        },
        Stage::Accepted(assignment()),
        Stage::OnSite(assignment(), StoreVisit::Buying),
        Stage::Purchased(assignment(), bought()),
        Stage::OnTheWay(assignment(), bought(), Approach::default()),
        Stage::Delivered(assignment(), bought(), delivery()),
        Stage::Completed(assignment(), bought(), delivery()),
        cancelled(Settlement::Free),
        cancelled(Settlement::Trip {
            to_runner: Cents(177),
            set_off: Cents(11),
        }),
    ]
}

fn profile(user: UserId, first: &str) -> Profile {
    let token = CardToken(CARD.into());
    let card = Card {
        token,
        brand: "visa".into(),
        last4: "4242".into(),
        exp_month: 1,
        exp_year: 2030,
    };
    let person = Person {
        card: Some(card),
        rated_as_runner: (3, 14),
        ..Person::default()
    };
    Profile {
        user,
        email: EMAIL.into(),
        first_name: first.into(),
        last_name: LAST.into(),
        phone: Some(PHONE.into()),
        person: Arc::new(person),
    }
}

/// All related data; each view must pick what its reader may see.
fn related() -> Related {
    let dropoff = DropoffDetails {
        level: Some("2".into()),
        room: Some(ROOM.into()),
        meeting_point: None,
        notes: Some("ring".into()),
    };
    Related {
        dropoff: Some(dropoff),
        note: Some(NOTE.into()),
        customer: Some(profile(CUSTOMER, "Cora")),
        runner: Some(profile(RUNNER, "Ravi")),
        stores: vec![],
        alike: None,
    }
}

fn viewer(order: &Order, role: Role, now: At) -> Viewer {
    let user = match role {
        Role::Customer => CUSTOMER,
        Role::Runner => RUNNER,
        Role::FormerRunner => FORMER,
        Role::Operator => OPERATOR,
        Role::Stranger | Role::System | Role::Gateway => STRANGER,
    };
    let policy = Policy {
        currency: Currency::from_code("EUR").unwrap(),
        ..Policy::default()
    };
    Viewer {
        user,
        role,
        recent: is_recent(order, now),
        now,
        as_of: Seq::NONE,
        policy: Arc::new(policy),
    }
}

fn seen(order: &Order, role: Role, after_ms: u64) -> Value {
    serde_json::to_value(render(
        order,
        &viewer(order, role, PLACED.plus(after_ms)),
        &related(),
    ))
    .unwrap()
}

const SOON: u64 = 20 * MINUTE_MS;
const OTHERS: [Role; 3] = [Role::Runner, Role::FormerRunner, Role::Stranger];

#[test]
fn the_customer_s_view() {
    insta::assert_json_snapshot!(seen(
        &order(Stage::OnTheWay(assignment(), bought(), Approach::default())),
        Role::Customer,
        SOON
    ));
}

#[test]
fn the_runner_s_view() {
    insta::assert_json_snapshot!(seen(
        &order(Stage::OnTheWay(assignment(), bought(), Approach::default())),
        Role::Runner,
        SOON
    ));
}

#[test]
fn a_former_runner_s_view() {
    insta::assert_json_snapshot!(seen(
        &order(Stage::OnTheWay(assignment(), bought(), Approach::default())),
        Role::FormerRunner,
        SOON
    ));
}

#[test]
fn the_operator_s_view() {
    insta::assert_json_snapshot!(seen(
        &order(Stage::OnTheWay(assignment(), bought(), Approach::default())),
        Role::Operator,
        SOON
    ));
}

#[test]
fn the_board_s_view() {
    let order = order(Stage::Available {
        accept_by: PLACED.plus(30 * MINUTE_MS),
    });
    insta::assert_json_snapshot!(seen(&order, Role::Stranger, SOON));
}

#[test]
fn a_cancelled_order_s_view() {
    let trip = Settlement::Trip {
        to_runner: Cents(177),
        set_off: Cents(11),
    };
    insta::assert_json_snapshot!(seen(&order(cancelled(trip)), Role::Runner, SOON));
}

/// Returns all views of an order for a role as one text.
fn everything(order: &Order, role: Role, now: At) -> String {
    let viewer = viewer(order, role, now);
    let related = related();
    let receipt = order
        .is_terminal()
        .then(|| ReceiptView::of(order, &viewer, &related, &receipt::statement(&viewer)));
    json!([
        render(order, &viewer, &related),
        SummaryView::of(order, &viewer, &related.stores),
        timers(order, role),
        opened(order, &entries(), &viewer),
        receipt.as_ref().map(ReceiptView::html),
        receipt,
    ])
    .to_string()
}

/// Returns a history in which every text that the reader may unseal is a canary that names its kind.
fn opened(order: &Order, entries: &[(u32, Entry)], viewer: &Viewer) -> Vec<EventView> {
    let history = history(order, entries, viewer);
    let says = |words: &SealedFreeText| Some(format!("{:?}-canary", words.wording));
    let texts = history.sealed().iter().map(says).collect();
    history.opened(texts)
}

#[test]
fn canaries_stay_where_they_belong() {
    for stage in stages() {
        let order = order(stage.clone());
        for role in [
            Role::Customer,
            Role::Runner,
            Role::FormerRunner,
            Role::Operator,
            Role::Stranger,
        ] {
            let text = everything(&order, role, PLACED.plus(SOON));
            assert!(!text.contains(CARD), "{role:?} sees the card of {stage:?}");
            if role != Role::Operator {
                for word in [LAST, PHONE, EMAIL] {
                    assert!(!text.contains(word), "{role:?} sees {word} at {stage:?}");
                }
            }
        }
        for role in OTHERS {
            let text = everything(&order, role, PLACED.plus(SOON));
            for figure in [HOLD, CAP] {
                assert!(
                    !text.contains(figure),
                    "{role:?} sees {figure} at {stage:?}: {text}"
                );
            }
        }
        for role in [Role::FormerRunner, Role::Stranger] {
            let text = everything(&order, role, PLACED.plus(SOON));
            assert!(
                !text.contains(ROOM) && !text.contains("Cora") && !text.contains("Ravi"),
                "{role:?} at {stage:?}"
            );
        }
        let text = everything(&order, Role::Runner, PLACED.plus(DAY_MS + 60 * MINUTE_MS));
        let personal = [ROOM, "Cora", "Soup"].map(|word| text.contains(word));
        assert_eq!(personal, [!order.is_terminal(); 3], "{stage:?}");
    }
}

#[test]
fn the_canaries_are_there_to_be_found() {
    let order = order(Stage::OnTheWay(assignment(), bought(), Approach::default()));
    let customer = everything(&order, Role::Customer, PLACED.plus(SOON));
    assert!(
        [HOLD, CAP, ROOM, "Ravi"]
            .iter()
            .all(|word| customer.contains(word))
    );
    let operator = everything(&order, Role::Operator, PLACED.plus(SOON));
    assert!(
        [LAST, PHONE, EMAIL, "Cora"]
            .iter()
            .all(|word| operator.contains(word))
    );
}

#[test]
fn a_rating_shows_once_both_may_see_it() {
    let mut order = order(Stage::Completed(assignment(), bought(), delivery()));
    assert_eq!(
        seen(&order, Role::Runner, SOON)["ratings"],
        json!({"given": null, "received": null})
    );
    assert_eq!(
        seen(&order, Role::Customer, SOON)["ratings"],
        json!({"given": 4, "received": null})
    );
    order.ratings.published = true;
    assert_eq!(
        seen(&order, Role::Runner, SOON)["ratings"],
        json!({"given": null, "received": 4})
    );
}

#[test]
fn the_board_offers_nobody_their_own_order() {
    let order = order(Stage::Available {
        accept_by: PLACED.plus(30 * MINUTE_MS),
    });
    let own = Viewer {
        user: CUSTOMER,
        ..viewer(&order, Role::Stranger, PLACED)
    };
    let view = |viewer: &Viewer| {
        serde_json::to_value(render(&order, viewer, &related())).unwrap()["allowed_transitions"]
            .clone()
    };
    assert_eq!(view(&own), json!([]));
    assert_eq!(
        view(&viewer(&order, Role::Stranger, PLACED)),
        json!(["accept"])
    );
}

fn entry(principal: Principal, events: Vec<Event>) -> Entry {
    let record = Record {
        stream: Stream::Order(ORDER),
        prev: Seq::NONE,
        at: PLACED,
        principal,
        command: CommandId(1),
        fingerprint: Fingerprint(1),
        keyed: false,
        status: 200,
        events: Events::Order(events),
        money: vec![],
        people: vec![],
        timers: vec![],
        calls: vec![],
        notices: vec![],
    };
    Entry {
        seq: Seq(1),
        record,
    }
}

fn entries() -> Vec<(u32, Entry)> {
    let release = Release {
        to_runner: Cents(20_635),
        to_platform: Cents(97),
        to_customer: Cents(0),
        set_off: Cents(13),
    };
    let entries = vec![
        entry(
            Principal::User(CUSTOMER),
            vec![Event::Placing(PlacingEvent::Placed(Arc::new(terms())))],
        ),
        entry(
            Principal::Gateway,
            vec![
                Event::Placing(PlacingEvent::Authorized {
                    call: 1,
                    cents: Cents(23_044),
                    capture_before: PLACED.plus(DAY_MS),
                }),
                Event::Placing(PlacingEvent::Held {
                    authorization: 1,
                    cents: Cents(23_044),
                }),
                Event::Step {
                    step: CreateStep::HoldFunds.into(),
                    mark: Mark::Done,
                },
                Event::Placing(PlacingEvent::Available {
                    accept_by: PLACED.plus(30 * MINUTE_MS),
                }),
            ],
        ),
        entry(
            Principal::User(FORMER),
            vec![Event::Run(RunEvent::Accepted {
                runner: FORMER,
                epoch: 1,
            })],
        ),
        entry(
            Principal::System,
            vec![Event::Run(RunEvent::Unbound {
                runner: FORMER,
                epoch: 2,
                cause: Unbinding::Idle,
            })],
        ),
        entry(
            Principal::User(RUNNER),
            vec![Event::Run(RunEvent::Accepted {
                runner: RUNNER,
                epoch: 3,
            })],
        ),
        entry(
            Principal::User(RUNNER),
            vec![Event::Run(RunEvent::Purchased {
                food: Cents(20_001),
                photo: Some(PHOTO),
            })],
        ),
        entry(
            Principal::Gateway,
            vec![Event::Call(CallEvent::Captured {
                call: 2,
                cents: Cents(20_732),
            })],
        ),
        entry(
            Principal::User(RUNNER),
            vec![
                Event::Run(RunEvent::Delivered { proof: Proof::Pin }),
                Event::End(EndEvent::Released(release)),
                Event::End(EndEvent::Completed),
            ],
        ),
        entry(
            Principal::User(CUSTOMER),
            vec![Event::After(AfterEvent::Rated {
                by: Side::Customer,
                stars: 4,
            })],
        ),
    ];
    (1..).zip(entries).collect()
}

fn history_lines(role: Role) -> Vec<String> {
    let order = order(Stage::Completed(assignment(), bought(), delivery()));
    lines(&opened(&order, &entries(), &viewer(&order, role, PLACED)))
}

fn lines(history: &[EventView]) -> Vec<String> {
    let line = |view: &Value| {
        let text = view.get("text").map(|text| format!(" {text}"));
        format!(
            "{} {} {} {}{}",
            view["version"],
            view["by"].as_str().unwrap(),
            view["type"].as_str().unwrap(),
            view["data"],
            text.unwrap_or_default()
        )
    };
    serde_json::to_value(history)
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(line)
        .collect()
}

#[test]
fn the_history_before_each_viewer() {
    let history = [
        Role::Customer,
        Role::Runner,
        Role::FormerRunner,
        Role::Operator,
    ]
    .map(|role| (format!("{role:?}"), history_lines(role)));
    insta::assert_json_snapshot!(history);
}
