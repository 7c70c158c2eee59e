//! What an event says: its type, and the data of each.
//!
//! Must not: contain free text, which stands beside it for those who may read it.

use crate::{
    time::Time,
    view::{
        attachments::ProposedItemView,
        parts::{Actor, ProofName, SettlementName, WishedStoreView},
    },
    wire,
};
use campusg_domain::{
    call::{CallNumber, Decline},
    id::{PhotoId, UserId},
    order::{
        CancelReason, Fault, Number, OperatorAction, Party, Problem as ProblemKind, ProposalKind,
        Unbinding,
    },
    people::Side,
    saga::Mark,
    timer::TimerKind,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What happened. The payment's events are shown to the customer and operators, those of calls and timers to operators.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub(crate) enum WhatView {
    Placed {},
    PaymentActionRequired {},
    PaymentAuthorized {
        amount_cents: i64,
        capture_before: Time,
    },
    PaymentDeclined {
        #[schema(value_type = wire::Decline)]
        reason: Decline,
    },
    EscrowHeld {
        amount_cents: i64,
    },
    Waiting {
        opens_at: Time,
    },
    Available {
        accept_by: Time,
    },
    Accepted {
        /// Absent unless the reader is the customer, an operator, or this runner.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<wire::UserId>)]
        runner_id: Option<UserId>,
    },
    RunnerUnbound {
        /// Absent unless the reader is the customer, an operator, or this runner.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<wire::UserId>)]
        runner_id: Option<UserId>,
        #[schema(value_type = wire::Unbinding)]
        cause: Unbinding,
    },
    #[serde(rename = "on-site")]
    OnSite {},
    Purchased {
        total_cents: i64,
        #[schema(value_type = Option<wire::PhotoId>)]
        photo_id: Option<PhotoId>,
    },
    Collected {},
    #[serde(rename = "on-the-way")]
    OnTheWay {},
    WrongPin {
        /// Wrong PINs of this order so far, with this one.
        tries: u8,
    },
    Delivered {
        proof: ProofName,
        #[schema(value_type = Option<wire::PhotoId>)]
        photo_id: Option<PhotoId>,
    },
    CancelWaiting {
        #[schema(value_type = wire::CancelReason)]
        cancel_reason: CancelReason,
        asked_by: Actor,
        /// What the customer would be charged; absent unless the reader is the customer.
        #[serde(skip_serializing_if = "Option::is_none")]
        charge_cents: Option<i64>,
        /// What the runner would get; absent if the reader is the customer.
        #[serde(skip_serializing_if = "Option::is_none")]
        to_runner_cents: Option<i64>,
    },
    Released(ReleasedView),
    ReleaseDelayed {
        failures: u16,
    },
    Completed {},
    Cancelled(CancelledView),
    Overdue {
        days: u16,
    },
    PaymentCaptured {
        amount_cents: i64,
    },
    PaymentCollectFailed {
        /// Null if there was no answer to the last try.
        #[schema(value_type = Option<wire::Decline>)]
        reason: Option<Decline>,
    },
    AuthorizationLetGo {},
    Refunded {
        amount_cents: i64,
    },
    RefundKeptInWallet {
        amount_cents: i64,
    },
    AuthorizationExpired {},
    LateAuthorizationReturned {},
    LateChargeReturned {
        amount_cents: i64,
    },
    CallDeferred {
        #[schema(value_type = wire::Number)]
        call: CallNumber,
        failures: u16,
    },
    CallRetried {
        #[schema(value_type = wire::Number)]
        call: CallNumber,
    },
    CallGivenUp {
        #[schema(value_type = wire::Number)]
        call: CallNumber,
    },
    TimerFired {
        #[schema(value_type = wire::TimerKind)]
        event_type: TimerKind,
        generation: u32,
    },
    Reminded {
        #[schema(value_type = wire::TimerKind)]
        event_type: TimerKind,
        step: u8,
    },
    ClockSetBack {
        ms: u64,
    },
    TimerNoted {
        #[schema(value_type = wire::TimerKind)]
        event_type: TimerKind,
    },
    Proposed {
        #[schema(value_type = wire::Number)]
        n: Number,
        #[schema(value_type = wire::ProposalKind)]
        kind: ProposalKind,
        total_cents: Option<i64>,
        items: Vec<ProposedItemView>,
        #[schema(value_type = wire::PhotoId)]
        photo_id: PhotoId,
    },
    SecondAuthorizationAsked {
        #[schema(value_type = wire::Number)]
        n: Number,
        amount_cents: i64,
    },
    SecondAuthorizationHeld {
        amount_cents: i64,
        capture_before: Time,
    },
    SecondAuthorizationFailed {
        /// Why the card was refused, `not_held` if what it gave was not as asked, `no_answer` if it did not answer.
        reason: &'static str,
    },
    ProposalClosed {
        #[schema(value_type = wire::Number)]
        n: Number,
        outcome: OutcomeName,
        /// The items that are left out; absent unless some were dropped.
        #[serde(skip_serializing_if = "Option::is_none")]
        items: Option<Vec<u16>>,
        /// Absent unless the customer named another store.
        #[serde(skip_serializing_if = "Option::is_none")]
        store: Option<WishedStoreView>,
    },
    Message {
        #[schema(value_type = wire::Side)]
        from: Side,
        /// Whether it counts as an attempt to reach the customer.
        attempt: bool,
    },
    ProblemReported {
        #[schema(value_type = wire::ProblemKind)]
        kind: ProblemKind,
        #[schema(value_type = Option<wire::PhotoId>)]
        photo_id: Option<PhotoId>,
    },
    NoShowAnswered {},
    NoShowOver {},
    Held {},
    Unheld {},
    OperatorActed {
        #[schema(value_type = wire::OperatorAction)]
        action: OperatorAction,
    },
    Disputed {
        #[schema(value_type = wire::Number)]
        n: Number,
        #[schema(value_type = wire::Party)]
        claimant: Party,
        claim_cents: i64,
        #[schema(value_type = Vec<wire::PhotoId>)]
        photo_ids: Vec<PhotoId>,
    },
    DisputeReplied {
        #[schema(value_type = wire::Number)]
        n: Number,
        #[schema(value_type = wire::Side)]
        from: Side,
        #[schema(value_type = Vec<wire::PhotoId>)]
        photo_ids: Vec<PhotoId>,
    },
    DisputeResolved {
        #[schema(value_type = wire::Number)]
        n: Number,
        refund_cents: i64,
        /// Null if the deadline passed without a decision.
        #[schema(value_type = Option<wire::Fault>)]
        at_fault: Option<Fault>,
    },
    Frozen {
        amount_cents: i64,
    },
    ClaimPaid {
        out_of_wallet_cents: i64,
        owed_cents: i64,
        /// Absent unless the reader is an operator.
        #[serde(skip_serializing_if = "Option::is_none")]
        goodwill_cents: Option<i64>,
    },
    GoodwillPaid {
        amount_cents: i64,
    },
    RunnerMadeGood {
        amount_cents: i64,
        set_off_cents: i64,
    },
    SetOff {
        amount_cents: i64,
    },
    TipGiven {
        tip_cents: i64,
    },
    TipPaid {
        tip_cents: i64,
        /// What was kept for the runner's debts; absent if the reader is the customer.
        #[serde(skip_serializing_if = "Option::is_none")]
        set_off_cents: Option<i64>,
    },
    TipFailed {
        #[schema(value_type = wire::Decline)]
        reason: Decline,
    },
    Rated {
        #[schema(value_type = wire::Side)]
        by: Side,
        /// Absent unless the reader gave them, or is an operator.
        #[serde(skip_serializing_if = "Option::is_none")]
        stars: Option<u8>,
    },
    RatingsPublished {},
    SagaStep {
        saga: &'static str,
        step: &'static str,
        #[schema(value_type = wire::Mark)]
        state: Mark,
    },
}

/// How an order's money was divided, as far as it concerns the reader.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct ReleasedView {
    /// What the customer was charged; absent unless the reader is the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) charged_cents: Option<i64>,
    /// What the customer got back; absent if the reader is a runner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_customer_cents: Option<i64>,
    /// Absent if the reader is the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_runner_cents: Option<i64>,
    /// Absent unless the reader is an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_platform_cents: Option<i64>,
    /// What of the runner's part was kept for their debts; absent if the reader is the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) set_off_cents: Option<i64>,
}

/// Why an order was cancelled, and how its money was divided.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CancelledView {
    #[schema(value_type = wire::CancelReason)]
    pub(super) cancel_reason: CancelReason,
    pub(super) settlement: SettlementName,
    #[serde(flatten)]
    pub(super) money: ReleasedView,
}

/// How a proposal was closed.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OutcomeName {
    Approved,
    Dropped,
    OtherStore,
    Withdrawn,
    RunnerLeft,
}
