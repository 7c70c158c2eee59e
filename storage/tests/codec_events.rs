//! The bytes of every event and of a whole record.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod codec_common;

use std::sync::Arc;

use campusg_domain::call::{AccountToken, CallChange, CardToken, Decline};
use campusg_domain::id::{CommandId, Fingerprint, Principal, Seq, SessionId, Stream};
use campusg_domain::money::{Account, Cents, Phase, Transfer};
use campusg_domain::notice::{Audience, Notice, NoticeKind};
use campusg_domain::order::{
    CancelReason, CancelWait, Closing, Dropoff, Event as OrderEvent, Fault, Handover, Item, Offer,
    OperatorAction, Party, Price, Problem, Proof, ProposalKind, ProposedItem, RaiseFailure, Sealed,
    Settlement, Side, StoreRef, Substitution, Terms, TimerKind, Unbinding,
};
use campusg_domain::owner::directory::{
    Card, EmailDigest, Hours, OpenSpan, PayoutMethod, RunnerState, Session, StoreEvent,
    TokenDigest, UserEvent,
};
use campusg_domain::owner::inbox::{Event as InboxEvent, NoticeId};
use campusg_domain::owner::timetable::Event as ScheduleEvent;
use campusg_domain::owner::wallet::{ChargebackId, Event as WalletEvent};
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

fn offer() -> Offer {
    Offer {
        kind: ProposalKind::Substitution,
        total: Some(CENTS),
        items: vec![ProposedItem {
            item: 1,
            offer: Some(Item {
                name: "Soup".into(),
                quantity: 1,
                unit_price: Cents(900),
                substitution: Substitution::Replace,
            }),
        }],
        photo: photo(),
    }
}

fn method() -> PayoutMethod {
    PayoutMethod {
        token: AccountToken("acct_1".into()),
        bank: "Campus bank".into(),
        last4: "6789".into(),
    }
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
    CallDeferred => OrderEvent::CallDeferred { call: 5, failures: 8 },
    CallRetried => OrderEvent::CallRetried { call: 5 },
    CallGivenUp => OrderEvent::CallGivenUp { call: 5 },
    LateAuthorization => OrderEvent::LateAuthorization { call: 6 },
    LateCharge => OrderEvent::LateCharge { call: 7, cents: CENTS },
    TimerFired => OrderEvent::TimerFired { kind: TimerKind::RatingWindow, generation: 2 },
    Reminded => OrderEvent::Reminded { kind: TimerKind::StoreWait, step: 1 },
    Overdue => OrderEvent::Overdue { days: 14 },
    Rated => OrderEvent::Rated { by: Side::Runner, stars: 5 },
    RatingsPublished => OrderEvent::RatingsPublished,
    Step => OrderEvent::Step { saga: Saga::Complete, step: 2, mark: Mark::Stalled },
    Proposed => OrderEvent::Proposed { n: 1, offer: offer(), note: Some(Sealed(vec![4])) },
    RaiseAsked => OrderEvent::RaiseAsked { n: 1, call: 2, cents: CENTS },
    Raised => OrderEvent::Raised { call: 2, cents: CENTS, capture_before: AT },
    RaiseFailed => OrderEvent::RaiseFailed { call: 2, why: RaiseFailure::NotHeld },
    ProposalClosed => OrderEvent::ProposalClosed { n: 1, how: Closing::Approved },
    CancelWaiting => OrderEvent::CancelWaiting(CancelWait {
        reason: CancelReason::Customer,
        by: Principal::User(user()),
        to_runner: CENTS,
        at: AT,
    }),
    MessageSent => OrderEvent::MessageSent {
        by: Side::Runner,
        text: Sealed(vec![5]),
        attempt: true,
    },
    ProblemReported => OrderEvent::ProblemReported {
        kind: Problem::Returned,
        photo: Some(photo()),
        note: None,
    },
    NoShowAnswered => OrderEvent::NoShowAnswered,
    NoShowOver => OrderEvent::NoShowOver,
    OperatorHeld => OrderEvent::OperatorHeld { reason: Sealed(vec![6]) },
    OperatorReleased => OrderEvent::OperatorReleased { reason: Sealed(vec![7]) },
    TimerNoted => OrderEvent::TimerNoted { kind: TimerKind::DisputeWindow },
    OperatorActed => OrderEvent::OperatorActed { action: OperatorAction::Settle, reason: Sealed(vec![8]) },
    Disputed => OrderEvent::Disputed {
        n: 1,
        by: Party::Customer,
        claim: CENTS,
        reason: Sealed(vec![9]),
        photos: vec![photo()],
    },
    Frozen => OrderEvent::Frozen { promise: 3, cents: CENTS },
    DisputeReplied => OrderEvent::DisputeReplied {
        n: 1,
        by: Side::Customer,
        text: Sealed(vec![10]),
        photos: vec![],
    },
    DisputeResolved => OrderEvent::DisputeResolved {
        n: 1,
        refund: CENTS,
        at_fault: Some(Fault::Runner),
    },
    ClaimPaid => OrderEvent::ClaimPaid {
        frozen: CENTS,
        owed: Cents(1),
        goodwill: Cents(2),
    },
    GoodwillPaid => OrderEvent::GoodwillPaid { cents: CENTS },
    RunnerMadeGood => OrderEvent::RunnerMadeGood { cents: CENTS, set_off: Cents(1) },
    CustomerSetOff => OrderEvent::CustomerSetOff { cents: CENTS },
    TipGiven => OrderEvent::TipGiven { call: 9, cents: CENTS, card: CardToken("tok_1".into()) },
    TipPaid => OrderEvent::TipPaid { call: 9, cents: CENTS, set_off: Cents(1) },
    TipFailed => OrderEvent::TipFailed { call: 9, reason: Decline::Declined },
    AuthorizationLapsed => OrderEvent::AuthorizationLapsed { call: 1 },
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
    PayoutMethodSet => UserEvent::PayoutMethodSet(method()),
    PayoutMethodRemoved => UserEvent::PayoutMethodRemoved,
    OperatorActed => UserEvent::OperatorActed { reason: Sealed(vec![9]) },
    DebtPromised => UserEvent::DebtPromised { cents: CENTS },
);

pin!(store_event, StoreEvent:
    Described => StoreEvent::Described { name: "Shop".into(), place: "Here".into() },
    Paused => StoreEvent::Paused { paused: true },
    HoursSet => StoreEvent::HoursSet {
        hours: Some(Hours(vec![OpenSpan { weekday: 6, from_minute: 600, to_minute: 1440 }])),
    },
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
    Wallet => Events::Wallet(vec![WalletEvent::PayoutPaid { call: 1, cents: CENTS }]),
);

pin!(wallet_event, WalletEvent:
    SetOff => WalletEvent::SetOff { cents: CENTS },
    PayoutRequested => WalletEvent::PayoutRequested { call: 1, cents: CENTS, method: method() },
    PayoutPaid => WalletEvent::PayoutPaid { call: 1, cents: CENTS },
    PayoutFailed => WalletEvent::PayoutFailed { call: 1, reason: Decline::AccountInvalid },
    PayoutSentBack => WalletEvent::PayoutSentBack { call: 1, cents: CENTS },
    PayoutLate => WalletEvent::PayoutLate { call: 1, cents: CENTS },
    DebtPaymentRequested => WalletEvent::DebtPaymentRequested {
        call: 2,
        cents: CENTS,
        charge: CENTS,
        card: CardToken("tok_1".into()),
    },
    DebtPaid => WalletEvent::DebtPaid { call: 2, cents: CENTS },
    DebtPaymentFailed => WalletEvent::DebtPaymentFailed { call: 2, reason: Decline::Declined },
    LateCharge => WalletEvent::LateCharge { call: 2, cents: CENTS },
    WrittenOff => WalletEvent::WrittenOff { cents: CENTS, reason: Sealed(vec![1]) },
    ChargedBack => WalletEvent::ChargedBack {
        id: ChargebackId("cb_1".into()),
        order: Some(order()),
        cents: CENTS,
        fee: Cents(1500),
    },
    ChargebackWon => WalletEvent::ChargebackWon { id: ChargebackId("cb_1".into()), to_debt: CENTS },
    ChargebackLost => WalletEvent::ChargebackLost { id: ChargebackId("cb_1".into()) },
    ToppedUp => WalletEvent::ToppedUp { cents: CENTS, reason: Sealed(vec![2]) },
    Withdrawn => WalletEvent::Withdrawn { cents: CENTS, reason: Sealed(vec![3]) },
    CashShort => WalletEvent::CashShort { cents: CENTS },
    CallDeferred => WalletEvent::CallDeferred { call: 1, failures: 300 },
    CallRetried => WalletEvent::CallRetried { call: 1 },
    TimerFired => WalletEvent::TimerFired { kind: TimerKind::StepRetry, generation: 2 },
    OperatorRetried => WalletEvent::OperatorRetried { reason: Sealed(vec![4]) },
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
        calls: vec![CallChange::Defer { n: 3 }],
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
