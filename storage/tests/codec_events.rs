//! The bytes of every event and of a whole record.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod codec_common;

use std::sync::Arc;

use campusg_domain::call::{CallChange, CardToken, Decline};
use campusg_domain::id::{CommandId, Fingerprint, Principal, Seq, SessionId, Stream};
use campusg_domain::money::{Account, Cents, Phase, Transfer};
use campusg_domain::notice::{Audience, Notice, NoticeKind};
use campusg_domain::order::{
    CancelReason, Dropoff, Event as OrderEvent, Handover, Item, Price, Proof, Sealed, Settlement,
    Side, StoreRef, Substitution, Terms, TimerKind, Unbinding,
};
use campusg_domain::owner::directory::{
    Card, EmailDigest, RunnerState, Session, StoreEvent, TokenDigest, UserEvent,
};
use campusg_domain::owner::inbox::{Event as InboxEvent, NoticeId};
use campusg_domain::owner::timetable::Event as ScheduleEvent;
use campusg_domain::people::PeopleChange;
use campusg_domain::record::{Events, Record, SystemEvent, TimerChange};
use campusg_domain::saga::{Mark, Saga};
use codec_common::{AT, CENTS, order, photo, pin, pinned, release, user};

fn terms() -> Arc<Terms> {
    Arc::new(Terms {
        customer: user(),
        store: StoreRef::Described {
            name: "Shop".into(),
            place: "Here".into(),
        },
        items: vec![Item {
            name: "Bowl".into(),
            quantity: 2,
            unit_price: Cents(1000),
            substitution: Substitution::Ask,
        }],
        dropoff: Dropoff {
            building: "Library".into(),
            details: Some(Sealed(vec![9, 8, 7])),
            handover: Handover::Door,
        },
        price: Price {
            food_estimate: Cents(2000),
            buffer: Cents(300),
            delivery_fee: Cents(399),
            tip: Cents(200),
            platform_fee: Cents(100),
            trip_compensation: Cents(199),
        },
        deliver_after: Some(AT),
        card: CardToken("tok_1".into()),
        placed_at: AT,
    })
}

pin!(order_event, OrderEvent:
    Placed => OrderEvent::Placed(terms()),
    ActionRequired => OrderEvent::ActionRequired { url: "https://bank".into() },
    Authorized => OrderEvent::Authorized { call: 1, cents: CENTS, capture_before: AT },
    Declined => OrderEvent::Declined { call: 1, reason: Decline::Expired },
    Held => OrderEvent::Held { authorization: 1, cents: CENTS },
    Waiting => OrderEvent::Waiting { opens_at: AT },
    Available => OrderEvent::Available { accept_by: AT },
    Accepted => OrderEvent::Accepted { runner: user(), epoch: 3 },
    Unbound => OrderEvent::Unbound { runner: user(), epoch: 4, cause: Unbinding::Idle },
    ArrivedOnSite => OrderEvent::ArrivedOnSite,
    Purchased => OrderEvent::Purchased { food: CENTS, photo: Some(photo()) },
    Collected => OrderEvent::Collected,
    Departed => OrderEvent::Departed,
    WrongPinShown => OrderEvent::WrongPinShown { tries: 2 },
    Delivered => OrderEvent::Delivered { proof: Proof::Photo(photo()) },
    Released => OrderEvent::Released(release()),
    ReleaseRefused => OrderEvent::ReleaseRefused { failures: 300 },
    Completed => OrderEvent::Completed,
    Cancelled => OrderEvent::Cancelled {
        reason: CancelReason::Customer,
        by: Principal::Operator(user()),
        settlement: Settlement::Trip { to_runner: Cents(199), set_off: Cents(-1) },
    },
    Captured => OrderEvent::Captured { call: 2, cents: CENTS },
    CollectFailed => OrderEvent::CollectFailed { call: 2, reason: None },
    Voided => OrderEvent::Voided { call: 3 },
    Refunded => OrderEvent::Refunded { call: 4, cents: CENTS },
    RefundKept => OrderEvent::RefundKept { call: 4, cents: CENTS },
    CallRested => OrderEvent::CallRested { call: 5, failures: 8 },
    CallRetried => OrderEvent::CallRetried { call: 5 },
    CallGivenUp => OrderEvent::CallGivenUp { call: 5 },
    LateAuthorization => OrderEvent::LateAuthorization { call: 6 },
    LateCharge => OrderEvent::LateCharge { call: 7, cents: CENTS },
    TimerFired => OrderEvent::TimerFired { kind: TimerKind::RatingWindow, generation: 2 },
    Reminded => OrderEvent::Reminded { kind: TimerKind::StoreWait, step: 1 },
    Overdue => OrderEvent::Overdue { days: 14 },
    Rated => OrderEvent::Rated { by: Side::Runner, stars: 5 },
    RatingsPublished => OrderEvent::RatingsPublished,
    Step => OrderEvent::Step { saga: Saga::Complete, step: 2, mark: Mark::Stuck },
);

pin!(user_event, UserEvent:
    Registered => UserEvent::Registered {
        email: EmailDigest([5; 32]),
        profile: Sealed(vec![1, 2]),
        operator: true,
    },
    ProfileChanged => UserEvent::ProfileChanged { profile: Sealed(vec![3]) },
    SessionOpened => UserEvent::SessionOpened(Session {
        id: SessionId::from_bytes([0x44; 16]),
        token: TokenDigest([6; 32]),
        opened_at: AT,
        expires_at: AT.plus(1),
    }),
    SessionClosed => UserEvent::SessionClosed { id: SessionId::from_bytes([0x44; 16]) },
    CardSet => UserEvent::CardSet(Card {
        token: CardToken("tok_1".into()),
        brand: "visa".into(),
        last4: "4242".into(),
        exp_month: 12,
        exp_year: 2030,
    }),
    CardRemoved => UserEvent::CardRemoved,
    RunnerSet => UserEvent::RunnerSet(RunnerState { active: true, online: false }),
    Suspended => UserEvent::Suspended,
    Reinstated => UserEvent::Reinstated,
);

pin!(store_event, StoreEvent:
    Described => StoreEvent::Described { name: "Shop".into(), place: "Here".into() },
    Paused => StoreEvent::Paused { paused: true },
);

pin!(inbox_event, InboxEvent:
    Sent => InboxEvent::Sent { text: Sealed(vec![1]), order: Some(order()) },
    Read => InboxEvent::Read { notice: NoticeId { seq: Seq(70_000), index: 1 } },
    Failed => InboxEvent::Failed { notice: NoticeId { seq: Seq(7), index: 0 } },
);

pin!(schedule_event, ScheduleEvent:
    Created => ScheduleEvent::Created {
        kind: TimerKind::OrderTimeout,
        order: order(),
        due: AT,
        payload: "{}".into(),
    },
    Processed => ScheduleEvent::Processed { accepted: true },
    Cancelled => ScheduleEvent::Cancelled,
);

pin!(system_event, SystemEvent:
    Booted => SystemEvent::Booted { version: "0.1.0".into(), epoch: 9, config: [8; 32] },
);

pin!(events, Events:
    System => Events::System(vec![]),
    Order => Events::Order(vec![OrderEvent::Completed]),
    User => Events::User(vec![UserEvent::Suspended]),
    Store => Events::Store(vec![StoreEvent::Paused { paused: false }]),
    Inbox => Events::Inbox(vec![]),
    Schedule => Events::Schedule(vec![ScheduleEvent::Cancelled]),
);

fn record() -> Record {
    Record {
        stream: Stream::Order(order()),
        prev: Seq(70_000),
        at: AT,
        principal: Principal::User(user()),
        command: CommandId(7),
        fingerprint: Fingerprint(u64::MAX),
        status: 201,
        events: Events::Order(vec![OrderEvent::ArrivedOnSite]),
        money: vec![Transfer {
            debit: Account::Gateway,
            credit: Account::Payable(user()),
            cents: CENTS,
            phase: Phase::Posted,
        }],
        people: vec![PeopleChange::SlotFreed { runner: user() }],
        timers: vec![TimerChange::Fire {
            kind: TimerKind::StoreWait,
            generation: 1,
        }],
        calls: vec![CallChange::Rest { n: 3 }],
        notices: vec![Notice {
            to: Audience::Operators,
            kind: NoticeKind::Overdue,
        }],
    }
}

#[test]
fn the_order_of_a_records_fields_is_pinned() {
    pinned("record", &["Record"], &[record()]);
}
