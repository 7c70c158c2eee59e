//! Views of notices in an inbox.

use super::platform::StoreName;
use crate::{text, time::Time, wire};
use campusg_actors::runtime::{InboxNotice, NoticeText};
use campusg_domain::{
    call::CallNumber,
    id::{OrderId, Seq, UserId},
    money::Currency,
    notice::NoticeKind,
    owner::inbox::NoticeId,
};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InboxView {
    pub(crate) unread: u64,
    pub(crate) items: Vec<NoticeView>,
    pub(crate) next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NoticeView {
    id: String,
    kind: &'static str,
    title: String,
    message: String,
    #[schema(value_type = Option<wire::OrderId>)]
    order_id: Option<OrderId>,
    read: bool,
    channels: Vec<ChannelView>,
    created_at: Time,
    /// Null unless the notice has more to say.
    #[schema(value_type = wire::AnyJson)]
    data: Option<DataView>,
}

/// A notice that an operator has sent.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentView {
    id: String,
    #[schema(value_type = wire::UserId)]
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

/// What a notice without an order is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
enum DataView {
    PayoutStalled {
        #[schema(value_type = wire::UserId)]
        user_id: UserId,
        #[schema(value_type = wire::Number)]
        payout: CallNumber,
    },
    DebtPaymentStalled {
        #[schema(value_type = wire::UserId)]
        user_id: UserId,
        #[schema(value_type = wire::Number)]
        payment: CallNumber,
    },
    ClockStepped {
        back: bool,
        ms: u64,
    },
    SnapshotsDamaged {
        store: StoreName,
    },
    /// What the operator added who sent the notice.
    Given(Value),
}

/// What is known of a notice on one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelView {
    channel: ChannelName,
    status: ChannelStatus,
}

/// The inbox, or what lies outside of the application.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ChannelName {
    Inbox,
    Outside,
}

/// In the inbox a notice is `stored`, and `delivered` once its reader has marked it as read.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum ChannelStatus {
    Stored,
    Delivered,
    Failed,
}

impl ChannelView {
    /// The inbox, where every notice is stored as soon as it exists; it has reached its reader once they marked it as read.
    pub(crate) const fn inbox(read: bool) -> Self {
        Self {
            channel: ChannelName::Inbox,
            status: if read {
                ChannelStatus::Delivered
            } else {
                ChannelStatus::Stored
            },
        }
    }

    /// A channel outside of the application that could not deliver.
    const fn failed_outside() -> Self {
        Self {
            channel: ChannelName::Outside,
            status: ChannelStatus::Failed,
        }
    }
}

/// What a notice without an order is about.
fn data(kind: NoticeKind) -> Option<DataView> {
    match kind {
        NoticeKind::PayoutStalled { user, call } => Some(DataView::PayoutStalled {
            user_id: user,
            payout: call,
        }),
        NoticeKind::DebtPaymentStalled { user, call } => Some(DataView::DebtPaymentStalled {
            user_id: user,
            payment: call,
        }),
        NoticeKind::ClockStepped { back, ms } => Some(DataView::ClockStepped { back, ms }),
        NoticeKind::SnapshotsDamaged { archive } => Some(DataView::SnapshotsDamaged {
            store: StoreName::of(archive),
        }),
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
                let data = data.map(DataView::Given);
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
