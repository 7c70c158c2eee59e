//! The bytes of every event and of a whole record.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod codec_common;

use std::sync::Arc;

use campusg_domain::call::{AccountToken, CallChange, CardToken, Decline};
use campusg_domain::gateway::MethodKind;
use campusg_domain::id::{CommandId, Fingerprint, Principal, Seq, SessionId, Stream};
use campusg_domain::money::{Account, Cents, Phase, Transfer};
use campusg_domain::notice::{Audience, Notice, NoticeKind};
use campusg_domain::owner::directory::{
    Card, EmailDigest, Hours, OpenSpan, PayoutMethod, RunnerState, Session, StoreEvent,
    TokenDigest, UserEvent,
};
use campusg_domain::owner::inbox::{Event as InboxEvent, NoticeId};
use campusg_domain::owner::{
    schedule::Event as ScheduleEvent,
    wallet::{ChargebackId, Event as WalletEvent},
};
use campusg_domain::people::PeopleChange;
use campusg_domain::saga::{CompleteStep, Mark, Step};
use campusg_domain::{
    order::{
        AfterEvent, CallEvent, CancelReason, CancelWait, Closing, ContactEvent, DisputeEvent,
        Dropoff, EndEvent, Event as OrderEvent, Fault, Handover, Item, Offer, OperatorAction,
        OperatorEvent, Party, PlacingEvent, Price, Problem, Proof, ProposalEvent, ProposalKind,
        ProposedItem, RaiseFailure, RunEvent, Settlement, StoreRef, Substitution, Terms,
        TimerEvent, Unbinding,
    },
    people::Side,
    text::Sealed,
    timer::TimerKind,
};
use campusg_domain::{
    record::{Events, Record, SystemEvent},
    timer::TimerChange,
};
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
            least_charge: Cents(50),
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

pin!(placing_event, PlacingEvent:
    Placed => PlacingEvent::Placed(terms()),
    ActionRequired => PlacingEvent::ActionRequired { url: "https://bank".into() },
    Authorized => PlacingEvent::Authorized { call: 1, cents: CENTS, capture_before: AT },
    Declined => PlacingEvent::Declined { call: 1, reason: Decline::Expired },
    Held => PlacingEvent::Held { authorization: 1, cents: CENTS },
    Waiting => PlacingEvent::Waiting { opens_at: AT },
    Available => PlacingEvent::Available { accept_by: AT },
);

pin!(run_event, RunEvent:
    Accepted => RunEvent::Accepted { runner: user(), epoch: 3 },
    Unbound => RunEvent::Unbound { runner: user(), epoch: 4, cause: Unbinding::Idle },
    ArrivedOnSite => RunEvent::ArrivedOnSite,
    Purchased => RunEvent::Purchased { food: CENTS, photo: Some(photo()) },
    Collected => RunEvent::Collected,
    Departed => RunEvent::Departed,
    WrongPinShown => RunEvent::WrongPinShown { tries: 2 },
    Delivered => RunEvent::Delivered { proof: Proof::Photo(photo()) },
);

pin!(end_event, EndEvent:
    CancelWaiting => EndEvent::CancelWaiting(CancelWait {
        reason: CancelReason::Customer,
        by: Principal::User(user()),
        to_runner: CENTS,
        at: AT,
    }),
    Released => EndEvent::Released(release()),
    ReleaseRefused => EndEvent::ReleaseRefused { failures: 300 },
    Completed => EndEvent::Completed,
    Cancelled => EndEvent::Cancelled {
        reason: CancelReason::Customer,
        by: Principal::Operator(user()),
        settlement: Settlement::Trip { to_runner: Cents(199), set_off: Cents(-1) },
    },
    Overdue => EndEvent::Overdue { days: 14 },
);

pin!(call_event, CallEvent:
    Captured => CallEvent::Captured { call: 2, cents: CENTS },
    CollectFailed => CallEvent::CollectFailed { call: 2, reason: None },
    Voided => CallEvent::Voided { call: 3 },
    Refunded => CallEvent::Refunded { call: 4, cents: CENTS },
    RefundKept => CallEvent::RefundKept { call: 4, cents: CENTS },
    CallDeferred => CallEvent::CallDeferred { call: 5, failures: 8 },
    CallRetried => CallEvent::CallRetried { call: 5 },
    CallGivenUp => CallEvent::CallGivenUp { call: 5 },
    LateAuthorization => CallEvent::LateAuthorization { call: 6 },
    LateCharge => CallEvent::LateCharge { call: 7, cents: CENTS },
    AuthorizationLapsed => CallEvent::AuthorizationLapsed { call: 1 },
);

pin!(timer_event, TimerEvent:
    TimerFired => TimerEvent::TimerFired { kind: TimerKind::RatingWindow, generation: 2 },
    Reminded => TimerEvent::Reminded { kind: TimerKind::StoreWait, step: 1 },
    TimerNoted => TimerEvent::TimerNoted { kind: TimerKind::DisputeWindow },
    ClockSetBack => TimerEvent::ClockSetBack { ms: 3_600_000 },
);

pin!(proposal_event, ProposalEvent:
    Proposed => ProposalEvent::Proposed { n: 1, offer: offer(), note: Some(Sealed(vec![4])) },
    RaiseAsked => ProposalEvent::RaiseAsked { n: 1, call: 2, cents: CENTS },
    Raised => ProposalEvent::Raised { call: 2, cents: CENTS, capture_before: AT },
    RaiseFailed => ProposalEvent::RaiseFailed { call: 2, why: RaiseFailure::NotHeld },
    ProposalClosed => ProposalEvent::ProposalClosed { n: 1, how: Closing::Approved },
);

pin!(contact_event, ContactEvent:
    MessageSent => ContactEvent::MessageSent {
        by: Side::Runner,
        text: Sealed(vec![5]),
        attempt: true,
    },
    ProblemReported => ContactEvent::ProblemReported {
        kind: Problem::Returned,
        photo: Some(photo()),
        note: None,
    },
    NoShowAnswered => ContactEvent::NoShowAnswered,
    NoShowOver => ContactEvent::NoShowOver,
);

pin!(operator_event, OperatorEvent:
    OperatorHeld => OperatorEvent::OperatorHeld { reason: Sealed(vec![6]) },
    OperatorReleased => OperatorEvent::OperatorReleased { reason: Sealed(vec![7]) },
    OperatorActed => OperatorEvent::OperatorActed { action: OperatorAction::Settle, reason: Sealed(vec![8]) },
);

pin!(dispute_event, DisputeEvent:
    Disputed => DisputeEvent::Disputed {
        n: 1,
        by: Party::Customer,
        claim: CENTS,
        reason: Sealed(vec![9]),
        photos: vec![photo()],
    },
    Frozen => DisputeEvent::Frozen { promise: 3, cents: CENTS },
    DisputeReplied => DisputeEvent::DisputeReplied {
        n: 1,
        by: Side::Customer,
        text: Sealed(vec![10]),
        photos: vec![],
    },
    DisputeResolved => DisputeEvent::DisputeResolved {
        n: 1,
        refund: CENTS,
        at_fault: Some(Fault::Runner),
    },
    ClaimPaid => DisputeEvent::ClaimPaid {
        frozen: CENTS,
        owed: Cents(1),
        goodwill: Cents(2),
    },
    GoodwillPaid => DisputeEvent::GoodwillPaid { cents: CENTS },
    RunnerMadeGood => DisputeEvent::RunnerMadeGood { cents: CENTS, set_off: Cents(1) },
    CustomerSetOff => DisputeEvent::CustomerSetOff { cents: CENTS },
);

pin!(after_event, AfterEvent:
    TipGiven => AfterEvent::TipGiven { call: 9, cents: CENTS, card: CardToken("tok_1".into()) },
    TipPaid => AfterEvent::TipPaid { call: 9, cents: CENTS, set_off: Cents(1) },
    TipFailed => AfterEvent::TipFailed { call: 9, reason: Decline::Declined },
    Rated => AfterEvent::Rated { by: Side::Runner, stars: 5 },
    RatingsPublished => AfterEvent::RatingsPublished,
);

pin!(order_event, OrderEvent:
    Placing => OrderEvent::Placing(PlacingEvent::Placed(terms())),
    Run => OrderEvent::Run(RunEvent::Accepted { runner: user(), epoch: 3 }),
    End => OrderEvent::End(EndEvent::CancelWaiting(CancelWait {
        reason: CancelReason::Customer,
        by: Principal::User(user()),
        to_runner: CENTS,
        at: AT,
    })),
    Call => OrderEvent::Call(CallEvent::Captured { call: 2, cents: CENTS }),
    Timer => OrderEvent::Timer(TimerEvent::TimerFired { kind: TimerKind::RatingWindow, generation: 2 }),
    Proposal => OrderEvent::Proposal(ProposalEvent::Proposed { n: 1, offer: offer(), note: Some(Sealed(vec![4])) }),
    Contact => OrderEvent::Contact(ContactEvent::MessageSent {
        by: Side::Runner,
        text: Sealed(vec![5]),
        attempt: true,
    }),
    Operator => OrderEvent::Operator(OperatorEvent::OperatorHeld { reason: Sealed(vec![6]) }),
    Dispute => OrderEvent::Dispute(DisputeEvent::Disputed {
        n: 1,
        by: Party::Customer,
        claim: CENTS,
        reason: Sealed(vec![9]),
        photos: vec![photo()],
    }),
    After => OrderEvent::After(AfterEvent::TipGiven { call: 9, cents: CENTS, card: CardToken("tok_1".into()) }),
    Step => OrderEvent::Step { step: Step::Complete(CompleteStep::CapturePayment), mark: Mark::Stalled },
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
    SetupBegun => UserEvent::SetupBegun { kind: MethodKind::BankAccount, n: 3 },
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
        author: user(),
        payload: Sealed(b"{}".to_vec()),
    },
    Processed => ScheduleEvent::Processed { accepted: true },
    Cancelled => ScheduleEvent::Cancelled,
);

pin!(system_event, SystemEvent:
    Booted => SystemEvent::Booted { version: "0.1.0".into(), epoch: 9, config: [8; 32] },
    ClockStepped => SystemEvent::ClockStepped { from: AT, to: AT.plus(1) },
    ClockSettled => SystemEvent::ClockSettled,
    ClockAccepted => SystemEvent::ClockAccepted {
        from: AT,
        to: AT.plus(1),
        by: Some("Ada".into()),
        reason: Some(Sealed(vec![9])),
    },
    SnapshotsDamaged => SystemEvent::SnapshotsDamaged { archive: true },
    SnapshotsWhole => SystemEvent::SnapshotsWhole,
);

pin!(events, Events:
    System => Events::System(vec![]),
    Order => Events::Order(vec![OrderEvent::End(EndEvent::Completed)]),
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
    ChargeVoided => WalletEvent::ChargeVoided { call: 2 },
    ClockSetBack => WalletEvent::ClockSetBack { ms: 3_600_000 },
);

fn record() -> Record {
    Record {
        stream: Stream::Order(order()),
        prev: Seq(70_000),
        at: AT,
        principal: Principal::User(user()),
        command: CommandId(7),
        fingerprint: Fingerprint(u64::MAX),
        keyed: true,
        status: 201,
        events: Events::Order(vec![OrderEvent::Run(RunEvent::ArrivedOnSite)]),
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
