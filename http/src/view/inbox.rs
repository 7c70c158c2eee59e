//! Views of notices in an inbox.

use crate::{text, time::Time};
use campusg_actors::runtime::{InboxNotice, NoticeText};
use campusg_domain::{
    id::{OrderId, Seq, UserId},
    money::Currency,
    notice::NoticeKind,
    owner::inbox::NoticeId,
};
use serde::Serialize;
use serde_json::{Value, json};

#[derive(Debug, Serialize)]
pub(crate) struct InboxView {
    pub(crate) unread: u64,
    pub(crate) items: Vec<NoticeView>,
    pub(crate) next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NoticeView {
    id: String,
    kind: &'static str,
    title: String,
    message: String,
    order_id: Option<OrderId>,
    read: bool,
    channels: Vec<ChannelView>,
    created_at: Time,
    data: Option<Value>,
}

/// A notice that an operator has sent.
#[derive(Debug, Serialize)]
pub(crate) struct SentView {
    id: String,
    user_id: UserId,
    channels: Vec<ChannelView>,
}

impl SentView {
    pub(crate) fn of(notice: NoticeId, user: UserId) -> Self {
        Self {
            id: write_id(notice),
            user_id: user,
            channels: vec![ChannelView::inbox(false)],
        }
    }
}

/// What is known of a notice on one channel.
#[derive(Debug, Serialize)]
pub(crate) struct ChannelView {
    channel: &'static str,
    status: &'static str,
}

impl ChannelView {
    /// The inbox, where every notice is stored as soon as it exists; it has reached its reader once they marked it as read.
    pub(crate) const fn inbox(read: bool) -> Self {
        Self {
            channel: "inbox",
            status: if read { "delivered" } else { "stored" },
        }
    }

    /// A channel outside of the application that could not deliver.
    const fn failed_outside() -> Self {
        Self {
            channel: "outside",
            status: "failed",
        }
    }
}

/// What a notice without an order is about.
fn data(kind: NoticeKind) -> Option<Value> {
    match kind {
        NoticeKind::PayoutStalled { user, call } => Some(json!({"user_id": user, "payout": call})),
        NoticeKind::DebtPaymentStalled { user, call } => {
            Some(json!({"user_id": user, "payment": call}))
        }
        NoticeKind::ClockStepped { back, ms } => Some(json!({"back": back, "ms": ms})),
        NoticeKind::SnapshotsDamaged { archive } => {
            Some(json!({"store": if archive { "archive" } else { "hot" }}))
        }
        NoticeKind::SnapshotsWhole
        | NoticeKind::PaymentPending
        | NoticeKind::PaymentActionRequired
        | NoticeKind::PleaseConfirm
        | NoticeKind::ConfirmOrDispute { .. }
        | NoticeKind::PaymentWaits { .. }
        | NoticeKind::PaymentAuthorized
        | NoticeKind::PaymentFailed { .. }
        | NoticeKind::EscrowPlaced
        | NoticeKind::OrderCreated
        | NoticeKind::OrderAccepted
        | NoticeKind::RunnerCancelled
        | NoticeKind::RunnerReleased
        | NoticeKind::RunnerReminder
        | NoticeKind::RunnerOnSite
        | NoticeKind::BuyFromNowOn
        | NoticeKind::StoreWaitLong
        | NoticeKind::Purchased { .. }
        | NoticeKind::Collected
        | NoticeKind::OnTheWay
        | NoticeKind::Late
        | NoticeKind::Delivered
        | NoticeKind::WrongPin { .. }
        | NoticeKind::Completed
        | NoticeKind::Paid { .. }
        | NoticeKind::PaymentDelayed
        | NoticeKind::PleaseRate
        | NoticeKind::Cancelled
        | NoticeKind::NobodyCame
        | NoticeKind::RenewCard { .. }
        | NoticeKind::LateChargeReturned { .. }
        | NoticeKind::RefundKeptInWallet { .. }
        | NoticeKind::StepStalled
        | NoticeKind::Rated
        | NoticeKind::HeldByOperator
        | NoticeKind::ReleasedByOperator
        | NoticeKind::Overdue
        | NoticeKind::PayoutRequested { .. }
        | NoticeKind::PayoutPaid { .. }
        | NoticeKind::PayoutFailed { .. }
        | NoticeKind::PayoutSentBack { .. }
        | NoticeKind::PayoutLate { .. }
        | NoticeKind::SetOff { .. }
        | NoticeKind::DebtPaid { .. }
        | NoticeKind::DebtPaymentFailed { .. }
        | NoticeKind::DebtWrittenOff { .. }
        | NoticeKind::LateChargeKept { .. }
        | NoticeKind::ChargedBack { .. }
        | NoticeKind::ChargebackWon { .. }
        | NoticeKind::ChargebackLost { .. }
        | NoticeKind::CashShort { .. }
        | NoticeKind::ToppedUp { .. }
        | NoticeKind::Withdrawn { .. }
        | NoticeKind::Proposed { .. }
        | NoticeKind::ProposalClosed
        | NoticeKind::ProposalWithdrawn
        | NoticeKind::RaiseFailed { .. }
        | NoticeKind::CancelWaiting
        | NoticeKind::CancelFell { .. }
        | NoticeKind::Message
        | NoticeKind::RunnerAtTheDoor
        | NoticeKind::CustomerIsThere
        | NoticeKind::NoShowOver
        | NoticeKind::ProblemReported
        | NoticeKind::Disputed { .. }
        | NoticeKind::Frozen { .. }
        | NoticeKind::DisputeReplied
        | NoticeKind::DisputeWaits
        | NoticeKind::DisputeResolved { .. }
        | NoticeKind::Goodwill { .. }
        | NoticeKind::TakenBack { .. }
        | NoticeKind::Tipped { .. }
        | NoticeKind::TipFailed { .. } => None,
    }
}

impl NoticeView {
    pub(crate) fn of(notice: &InboxNotice, currency: Currency) -> Self {
        let (kind, title, message, data) = match &notice.text {
            NoticeText::Kind(kind) => {
                let (code, title, message) = text::notice(*kind, currency);
                (code, title.to_owned(), message, data(*kind))
            }
            NoticeText::Direct {
                title,
                message,
                data,
            } => {
                let data = data
                    .as_deref()
                    .and_then(|data| serde_json::from_str(data).ok());
                ("direct", title.clone(), message.clone(), data)
            }
        };
        let outside = notice.failed_outside.then(ChannelView::failed_outside);
        let channels = std::iter::once(ChannelView::inbox(notice.read)).chain(outside);
        let id = write_id(notice.id);
        Self {
            id,
            kind,
            title,
            message,
            order_id: notice.order,
            read: notice.read,
            channels: channels.collect(),
            created_at: notice.at.into(),
            data,
        }
    }
}

/// Formats a notice's id as `{seq}-{index}`.
fn write_id(id: NoticeId) -> String {
    format!("{}-{}", id.seq, id.index)
}

/// Parses a notice's id; `None` if it is malformed.
pub(crate) fn read_id(text: &str) -> Option<NoticeId> {
    let (seq, index) = text.split_once('-')?;
    Some(NoticeId {
        seq: Seq(seq.parse().ok()?),
        index: index.parse().ok()?,
    })
}
