//! The bytes of everything that events and a record's sections are made of.
#![allow(clippy::unwrap_used, reason = "a test may unwrap")]

mod codec_common;

use campusg_domain::call::{CallChange, CallKind, Decline};
use campusg_domain::id::{Principal, ScheduleId, StoreId, Stream};
use campusg_domain::money::{Account, Cents, Phase};
use campusg_domain::notice::{Audience, NoticeKind};
use campusg_domain::people::PeopleChange;
use campusg_domain::{
    order::{
        CancelReason, Closing, Fault, Handover, OperatorAction, Party, Problem, Proof,
        ProposalKind, RaiseFailure, Settlement, StoreRef, Substitution, Unbinding,
    },
    people::Side,
    timer::TimerKind,
};
use campusg_domain::{
    saga::{AcceptStep, CompleteStep, CreateStep, Mark, Step},
    timer::TimerChange,
};
use codec_common::{AT, CENTS, order, photo, pin, release, user};

pin!(stream, Stream:
    System => Stream::System,
    Order => Stream::Order(order()),
    User => Stream::User(user()),
    Store => Stream::Store(StoreId::from_bytes([0x55; 16])),
    Wallet => Stream::Wallet(user()),
    Inbox => Stream::Inbox(user()),
    Schedule => Stream::Schedule(ScheduleId::from_bytes([0x66; 16])),
);

pin!(principal, Principal:
    System => Principal::System,
    Gateway => Principal::Gateway,
    User => Principal::User(user()),
    Operator => Principal::Operator(user()),
);

pin!(account, Account:
    Gateway => Account::Gateway,
    Receivable => Account::Receivable(user()),
    Escrow => Account::Escrow(order()),
    Payable => Account::Payable(user()),
    Revenue => Account::Revenue,
    Goodwill => Account::Goodwill,
);

pin!(phase, Phase:
    Posted => Phase::Posted,
    Pending => Phase::Pending { n: 1 },
    Post => Phase::Post { n: 1, promised: CENTS },
    Void => Phase::Void { n: 2 },
    Expire => Phase::Expire { n: 300 },
);

pin!(people_change, PeopleChange:
    OrderOpened => PeopleChange::OrderOpened { customer: user() },
    OrderClosed => PeopleChange::OrderClosed { customer: user() },
    SlotTaken => PeopleChange::SlotTaken { runner: user() },
    SlotFreed => PeopleChange::SlotFreed { runner: user() },
    RunnerCancelled => PeopleChange::RunnerCancelled { runner: user() },
    RunCompleted => PeopleChange::RunCompleted { runner: user() },
    Rated => PeopleChange::Rated { user: user(), by: Side::Customer, stars: 4 },
    PhotoUsed => PeopleChange::PhotoUsed { photo: photo(), order: order() },
    PhotoAfterWrongPins => PeopleChange::PhotoAfterWrongPins { runner: user() },
);

pin!(timer_change, TimerChange:
    Arm => TimerChange::Arm { kind: TimerKind::BoardOpen, generation: 1, due: AT },
    Disarm => TimerChange::Disarm { kind: TimerKind::RunnerIdle, generation: 2 },
    Fire => TimerChange::Fire { kind: TimerKind::StepRetry, generation: 70_000 },
);

pin!(call_change, CallChange:
    Open => CallChange::Open { n: 1, kind: CallKind::Authorize { cents: CENTS } },
    Defer => CallChange::Defer { n: 1 },
    Retry => CallChange::Retry { n: 1 },
    Close => CallChange::Close { n: 1 },
);

pin!(call_kind, CallKind:
    Authorize => CallKind::Authorize { cents: CENTS },
    Capture => CallKind::Capture { authorization: 1, cents: CENTS },
    Void => CallKind::Void { authorization: 1 },
    Refund => CallKind::Refund { capture: 2, cents: CENTS },
    Charge => CallKind::Charge { cents: CENTS },
    PayOut => CallKind::PayOut { cents: CENTS },
);

pin!(audience, Audience:
    User => Audience::User(user()),
    Operators => Audience::Operators,
);

pin!(notice_kind, NoticeKind:
    PaymentPending => NoticeKind::PaymentPending,
    PaymentActionRequired => NoticeKind::PaymentActionRequired,
    PaymentAuthorized => NoticeKind::PaymentAuthorized,
    PaymentFailed => NoticeKind::PaymentFailed { reason: Some(Decline::InsufficientFunds) },
    EscrowPlaced => NoticeKind::EscrowPlaced,
    OrderCreated => NoticeKind::OrderCreated,
    OrderAccepted => NoticeKind::OrderAccepted,
    RunnerCancelled => NoticeKind::RunnerCancelled,
    RunnerReleased => NoticeKind::RunnerReleased,
    RunnerReminder => NoticeKind::RunnerReminder,
    RunnerOnSite => NoticeKind::RunnerOnSite,
    BuyFromNowOn => NoticeKind::BuyFromNowOn,
    StoreWaitLong => NoticeKind::StoreWaitLong,
    Purchased => NoticeKind::Purchased { food: CENTS },
    Collected => NoticeKind::Collected,
    OnTheWay => NoticeKind::OnTheWay,
    Late => NoticeKind::Late,
    Delivered => NoticeKind::Delivered,
    WrongPin => NoticeKind::WrongPin { left: 4 },
    Completed => NoticeKind::Completed,
    Paid => NoticeKind::Paid { cents: CENTS },
    PaymentDelayed => NoticeKind::PaymentDelayed,
    PleaseRate => NoticeKind::PleaseRate,
    Cancelled => NoticeKind::Cancelled,
    NobodyCame => NoticeKind::NobodyCame,
    RenewCard => NoticeKind::RenewCard { owed: CENTS },
    LateChargeReturned => NoticeKind::LateChargeReturned { cents: CENTS },
    RefundKeptInWallet => NoticeKind::RefundKeptInWallet { cents: CENTS },
    StepStalled => NoticeKind::StepStalled,
    Rated => NoticeKind::Rated,
    HeldByOperator => NoticeKind::HeldByOperator,
    ReleasedByOperator => NoticeKind::ReleasedByOperator,
    Overdue => NoticeKind::Overdue,
    PayoutRequested => NoticeKind::PayoutRequested { cents: CENTS },
    PayoutPaid => NoticeKind::PayoutPaid { cents: CENTS },
    PayoutFailed => NoticeKind::PayoutFailed { cents: CENTS, reason: Decline::AccountInvalid },
    PayoutSentBack => NoticeKind::PayoutSentBack { cents: CENTS },
    PayoutLate => NoticeKind::PayoutLate { cents: CENTS },
    SetOff => NoticeKind::SetOff { cents: CENTS },
    DebtPaid => NoticeKind::DebtPaid { cents: CENTS },
    DebtPaymentFailed => NoticeKind::DebtPaymentFailed { cents: CENTS, reason: Decline::Declined },
    DebtWrittenOff => NoticeKind::DebtWrittenOff { cents: CENTS },
    LateChargeKept => NoticeKind::LateChargeKept { cents: CENTS },
    ChargedBack => NoticeKind::ChargedBack { cents: CENTS },
    ChargebackWon => NoticeKind::ChargebackWon { cents: CENTS },
    ChargebackLost => NoticeKind::ChargebackLost { cents: CENTS },
    CashShort => NoticeKind::CashShort { cents: CENTS },
    ToppedUp => NoticeKind::ToppedUp { cents: CENTS },
    Withdrawn => NoticeKind::Withdrawn { cents: CENTS },
    Proposed => NoticeKind::Proposed { kind: ProposalKind::Price, total: Some(CENTS) },
    ProposalClosed => NoticeKind::ProposalClosed,
    ProposalWithdrawn => NoticeKind::ProposalWithdrawn,
    RaiseFailed => NoticeKind::RaiseFailed { reason: Some(Decline::Declined) },
    CancelWaiting => NoticeKind::CancelWaiting,
    CancelFell => NoticeKind::CancelFell { charge: CENTS },
    Message => NoticeKind::Message,
    RunnerAtTheDoor => NoticeKind::RunnerAtTheDoor,
    CustomerIsThere => NoticeKind::CustomerIsThere,
    NoShowOver => NoticeKind::NoShowOver,
    ProblemReported => NoticeKind::ProblemReported,
    Disputed => NoticeKind::Disputed { claim: CENTS },
    Frozen => NoticeKind::Frozen { cents: CENTS },
    DisputeReplied => NoticeKind::DisputeReplied,
    DisputeWaits => NoticeKind::DisputeWaits,
    DisputeResolved => NoticeKind::DisputeResolved { refund: CENTS },
    Goodwill => NoticeKind::Goodwill { cents: CENTS },
    TakenBack => NoticeKind::TakenBack { cents: CENTS },
    Tipped => NoticeKind::Tipped { cents: CENTS },
    TipFailed => NoticeKind::TipFailed { reason: Decline::CardInvalid },
    PayoutStalled => NoticeKind::PayoutStalled { user: user(), call: 9 },
    DebtPaymentStalled => NoticeKind::DebtPaymentStalled { user: user(), call: 9 },
    PleaseConfirm => NoticeKind::PleaseConfirm,
    ClockStepped => NoticeKind::ClockStepped { back: true, ms: 3_600_000 },
    ConfirmOrDispute => NoticeKind::ConfirmOrDispute { window_ms: 86_400_000 },
    PaymentWaits => NoticeKind::PaymentWaits { window_ms: 86_400_000 },
    SnapshotsDamaged => NoticeKind::SnapshotsDamaged { archive: true },
    SnapshotsWhole => NoticeKind::SnapshotsWhole,
);

pin!(timer_kind, TimerKind:
    PaymentAction => TimerKind::PaymentAction,
    BoardOpen => TimerKind::BoardOpen,
    OrderTimeout => TimerKind::OrderTimeout,
    RunnerIdle => TimerKind::RunnerIdle,
    StoreWait => TimerKind::StoreWait,
    DeliveryReminder => TimerKind::DeliveryReminder,
    DisputeWindow => TimerKind::DisputeWindow,
    PaymentAuthorizationExpiry => TimerKind::PaymentAuthorizationExpiry,
    EscrowTimeout => TimerKind::EscrowTimeout,
    RatingWindow => TimerKind::RatingWindow,
    StepRetry => TimerKind::StepRetry,
    Scheduled => TimerKind::Scheduled,
    ProposalExpiry => TimerKind::ProposalExpiry,
    CancelWait => TimerKind::CancelWait,
    NoShowWait => TimerKind::NoShowWait,
    DisputeSla => TimerKind::DisputeSla,
);

pin!(decline, Decline:
    Declined => Decline::Declined,
    InsufficientFunds => Decline::InsufficientFunds,
    CardInvalid => Decline::CardInvalid,
    Expired => Decline::Expired,
    NotConfirmed => Decline::NotConfirmed,
    AccountInvalid => Decline::AccountInvalid,
    Unanswered => Decline::Unanswered,
);

pin!(action, OperatorAction:
    Reassign => OperatorAction::Reassign,
    Abandon => OperatorAction::Abandon,
    Settle => OperatorAction::Settle,
    Resolve => OperatorAction::Resolve,
    Refund => OperatorAction::Refund,
    Retry => OperatorAction::Retry,
    Skip => OperatorAction::Skip,
    Compensate => OperatorAction::Compensate,
);

pin!(unbinding, Unbinding:
    RunnerCancelled => Unbinding::RunnerCancelled,
    Idle => Unbinding::Idle,
    Reassigned => Unbinding::Reassigned,
);

pin!(settlement, Settlement:
    Free => Settlement::Free,
    Trip => Settlement::Trip { to_runner: CENTS, set_off: Cents(1) },
    Release => Settlement::Release(release()),
);

pin!(side, Side:
    Customer => Side::Customer,
    Runner => Side::Runner,
);

pin!(proof, Proof:
    Pin => Proof::Pin,
    Photo => Proof::Photo(photo()),
    Confirmed => Proof::Confirmed,
);

pin!(store_ref, StoreRef:
    Known => StoreRef::Known(StoreId::from_bytes([0x55; 16])),
    Described => StoreRef::Described { name: "Shop".into(), place: "Here".into() },
);

pin!(substitution, Substitution:
    Replace => Substitution::Replace,
    Ask => Substitution::Ask,
    Drop => Substitution::Drop,
);

pin!(handover, Handover:
    Pin => Handover::Pin,
    Door => Handover::Door,
);

pin!(create_step, CreateStep:
    CheckCustomer => CreateStep::CheckCustomer,
    RecordOrder => CreateStep::RecordOrder,
    AuthorizePayment => CreateStep::AuthorizePayment,
    HoldFunds => CreateStep::HoldFunds,
    ArmTimer => CreateStep::ArmTimer,
    MakeAvailable => CreateStep::MakeAvailable,
);

pin!(accept_step, AcceptStep:
    VerifyAvailable => AcceptStep::VerifyAvailable,
    BindRunner => AcceptStep::BindRunner,
    MarkAccepted => AcceptStep::MarkAccepted,
    StopTimer => AcceptStep::StopTimer,
    NotifyCustomer => AcceptStep::NotifyCustomer,
);

pin!(complete_step, CompleteStep:
    ArriveOnSite => CompleteStep::ArriveOnSite,
    BuyFood => CompleteStep::BuyFood,
    CapturePayment => CompleteStep::CapturePayment,
    CollectFood => CompleteStep::CollectFood,
    Depart => CompleteStep::Depart,
    MarkDelivered => CompleteStep::MarkDelivered,
    ReleaseEscrow => CompleteStep::ReleaseEscrow,
    MarkCompleted => CompleteStep::MarkCompleted,
);

pin!(step, Step:
    Create => Step::Create(CreateStep::HoldFunds),
    Accept => Step::Accept(AcceptStep::BindRunner),
    Complete => Step::Complete(CompleteStep::CapturePayment),
);

pin!(mark, Mark:
    Started => Mark::Started,
    Done => Mark::Done,
    Failed => Mark::Failed,
    Undone => Mark::Undone,
    Stalled => Mark::Stalled,
);

pin!(cancel_reason, CancelReason:
    PaymentFailed => CancelReason::PaymentFailed,
    EscrowFailed => CancelReason::EscrowFailed,
    SchedulingFailed => CancelReason::SchedulingFailed,
    Customer => CancelReason::Customer,
    NoRunnerTimeout => CancelReason::NoRunnerTimeout,
    StoreClosed => CancelReason::StoreClosed,
    SoldOut => CancelReason::SoldOut,
    PriceRejected => CancelReason::PriceRejected,
    CustomerNoShow => CancelReason::CustomerNoShow,
    RunnerAbandoned => CancelReason::RunnerAbandoned,
    AuthorizationExpired => CancelReason::AuthorizationExpired,
    Operator => CancelReason::Operator,
    Dispute => CancelReason::Dispute,
);

pin!(proposal_kind, ProposalKind:
    Price => ProposalKind::Price,
    Substitution => ProposalKind::Substitution,
    StoreClosed => ProposalKind::StoreClosed,
    SoldOut => ProposalKind::SoldOut,
);

pin!(closing, Closing:
    Approved => Closing::Approved,
    Dropped => Closing::Dropped { items: vec![0, 300] },
    OtherStore => Closing::OtherStore { store: StoreRef::Known(StoreId::from_bytes([0x55; 16])) },
    Withdrawn => Closing::Withdrawn,
    RunnerLeft => Closing::RunnerLeft,
);

pin!(raise_failure, RaiseFailure:
    Declined => RaiseFailure::Declined(Decline::Expired),
    NotHeld => RaiseFailure::NotHeld,
    GivenUp => RaiseFailure::GivenUp,
);

pin!(problem, Problem:
    CustomerUnreachable => Problem::CustomerUnreachable,
    Returned => Problem::Returned,
    Other => Problem::Other,
);

pin!(party, Party:
    Customer => Party::Customer,
    Runner => Party::Runner,
    Operator => Party::Operator,
);

pin!(fault, Fault:
    Runner => Fault::Runner,
    Customer => Fault::Customer,
    Store => Fault::Store,
    Platform => Fault::Platform,
);
