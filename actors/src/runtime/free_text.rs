//! Free text: sealed under its author's key before it is recorded, and opened for readers.
//!
//! One mechanism for proposals' notes, messages, problems, disputes, replies and operators' reasons.
//! [`Runtime::seal_free_text`] turns a text into what a command carries, [`Runtime::open_free_text`] turns what an
//! event holds back into a text. The author of an event's text is the principal of its record.
//!
//! Must not: know who may read it; the HTTP layer decides that.

use super::{Refusal, Runtime, text::plain};
use campusg_domain::{
    id::Principal,
    order::{
        AfterEvent, CallEvent, ContactEvent, DisputeEvent, EndEvent, Event, OperatorEvent,
        PlacingEvent, ProposalEvent, RunEvent, TimerEvent,
    },
    rejection::Rejection,
    text::Sealed,
};

/// The kind of a text. It determines the longest length, the sealing context, and the name of the field in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FreeText {
    /// A message between the parties of an order.
    Message,
    /// A runner's note on a proposal or a problem.
    Note,
    /// An operator's reason for an action.
    Reason,
    /// The reason for a dispute.
    Claim,
    /// A further statement in a dispute.
    Reply,
}

impl FreeText {
    /// Returns the free text of an order's event and its kind, if it has any.
    #[must_use]
    pub const fn of(event: &Event) -> Option<(Self, &Sealed)> {
        match event {
            Event::Contact(ContactEvent::MessageSent { text, .. }) => Some((Self::Message, text)),
            Event::Proposal(ProposalEvent::Proposed { note, .. })
            | Event::Contact(ContactEvent::ProblemReported { note, .. }) => match note {
                Some(note) => Some((Self::Note, note)),
                None => None,
            },
            Event::Operator(OperatorEvent::OperatorHeld { reason })
            | Event::Operator(OperatorEvent::OperatorReleased { reason })
            | Event::Operator(OperatorEvent::OperatorActed { reason, .. }) => {
                Some((Self::Reason, reason))
            }
            Event::Dispute(DisputeEvent::Disputed { reason, .. }) => Some((Self::Claim, reason)),
            Event::Dispute(DisputeEvent::DisputeReplied { text, .. }) => Some((Self::Reply, text)),
            Event::Placing(
                PlacingEvent::Placed(_)
                | PlacingEvent::ActionRequired { .. }
                | PlacingEvent::Authorized { .. }
                | PlacingEvent::Declined { .. }
                | PlacingEvent::Held { .. }
                | PlacingEvent::Waiting { .. }
                | PlacingEvent::Available { .. },
            )
            | Event::Run(
                RunEvent::Accepted { .. }
                | RunEvent::Unbound { .. }
                | RunEvent::ArrivedOnSite
                | RunEvent::Purchased { .. }
                | RunEvent::Collected
                | RunEvent::Departed
                | RunEvent::WrongPinShown { .. }
                | RunEvent::Delivered { .. },
            )
            | Event::End(
                EndEvent::CancelWaiting(_)
                | EndEvent::Released(_)
                | EndEvent::ReleaseRefused { .. }
                | EndEvent::Completed
                | EndEvent::Cancelled { .. }
                | EndEvent::Overdue { .. },
            )
            | Event::Call(
                CallEvent::Captured { .. }
                | CallEvent::CollectFailed { .. }
                | CallEvent::Voided { .. }
                | CallEvent::Refunded { .. }
                | CallEvent::RefundKept { .. }
                | CallEvent::CallDeferred { .. }
                | CallEvent::CallRetried { .. }
                | CallEvent::CallGivenUp { .. }
                | CallEvent::LateAuthorization { .. }
                | CallEvent::LateCharge { .. }
                | CallEvent::AuthorizationLapsed { .. },
            )
            | Event::Timer(
                TimerEvent::TimerFired { .. }
                | TimerEvent::Reminded { .. }
                | TimerEvent::TimerNoted { .. }
                | TimerEvent::ClockSetBack { .. },
            )
            | Event::Proposal(
                ProposalEvent::RaiseAsked { .. }
                | ProposalEvent::Raised { .. }
                | ProposalEvent::RaiseFailed { .. }
                | ProposalEvent::ProposalClosed { .. },
            )
            | Event::Contact(ContactEvent::NoShowAnswered | ContactEvent::NoShowOver)
            | Event::Dispute(
                DisputeEvent::Frozen { .. }
                | DisputeEvent::DisputeResolved { .. }
                | DisputeEvent::ClaimPaid { .. }
                | DisputeEvent::GoodwillPaid { .. }
                | DisputeEvent::RunnerMadeGood { .. }
                | DisputeEvent::CustomerSetOff { .. },
            )
            | Event::After(
                AfterEvent::TipGiven { .. }
                | AfterEvent::TipPaid { .. }
                | AfterEvent::TipFailed { .. }
                | AfterEvent::Rated { .. }
                | AfterEvent::RatingsPublished,
            )
            | Event::Step { .. } => None,
        }
    }

    /// The name of the request field that holds the text.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Message | Self::Reply => "text",
            Self::Note => "note",
            Self::Reason | Self::Claim => "reason",
        }
    }

    /// The longest length in characters. Sealed, any text of that length fits into the domain's limit in bytes.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Message | Self::Claim | Self::Reply => 1_000,
            Self::Note | Self::Reason => 500,
        }
    }

    /// The sealing context: a text sealed as one kind can't be opened as another.
    const fn context(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Note => "note",
            Self::Reason => "reason",
            Self::Claim => "claim",
            Self::Reply => "reply",
        }
    }
}

/// A sealed text, with what is needed to open it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFreeText {
    /// The author, whose key seals it. A text whose author is not a person can't be opened.
    pub author: Principal,
    /// The kind of the text.
    pub wording: FreeText,
    /// The sealed bytes, as the event or the order holds them.
    pub sealed: Sealed,
}

impl SealedFreeText {
    /// Returns the text of an event in a record by `author`, if it has any.
    #[must_use]
    pub fn of(author: Principal, event: &Event) -> Option<Self> {
        let (wording, sealed) = FreeText::of(event)?;
        Some(Self {
            author,
            wording,
            sealed: sealed.clone(),
        })
    }
}

impl Runtime {
    /// Checks a text, trims it, and seals it under the author's key, so that a command can carry it.
    ///
    /// # Errors
    /// `NotAllowed` if the author is not a person; `InvalidField` with [`FreeText::field`] if the text is empty or
    /// invisible, too long, or contains control characters other than line ends.
    pub fn seal_free_text(
        &self,
        author: Principal,
        wording: FreeText,
        text: &str,
    ) -> Result<Sealed, Refusal> {
        let author = author.user().ok_or_else(|| Rejection::NotAllowed {
            who: "signed-in users".into(),
        })?;
        let text = plain(wording.field(), text, wording.most())?;
        self.seal(author, wording.context(), &text)
    }

    /// Opens a sealed text; `None` if the author's key was destroyed.
    #[must_use]
    pub fn open_free_text(
        &self,
        author: Principal,
        wording: FreeText,
        sealed: &Sealed,
    ) -> Option<String> {
        self.open(author.user()?, wording.context(), sealed)
    }
}
