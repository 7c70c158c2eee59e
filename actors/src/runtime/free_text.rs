//! What people say in their own words: taken as plain text, sealed under the author's key before it is recorded, and
//! opened again for whoever may read it.
//!
//! One mechanism for proposals' notes, messages, problems, disputes, replies and operators' reasons: [`Runtime::seal_free_text`]
//! makes of a text what a command carries, [`Runtime::open_free_text`] of what an event holds a text again. The author of an event's words is
//! the principal of its record.
//! Must not: know who may read; that is the edge's business.

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

/// What a text is: how long it may be, what it is sealed as, and how callers name its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FreeText {
    /// From one party of an order to the other.
    Message,
    /// A runner's, beside a proposal or a problem.
    Note,
    /// Why an operator does something.
    Reason,
    /// Why somebody claims something.
    Claim,
    /// More about a dispute.
    Reply,
}

impl FreeText {
    /// The words that an order's event holds.
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
                | TimerEvent::TimerNoted { .. },
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

    /// The field in which callers give it.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Self::Message | Self::Reply => "text",
            Self::Note => "note",
            Self::Reason | Self::Claim => "reason",
        }
    }

    /// Most characters. What is sealed of so many fits into what the domain takes, whatever letters they are.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Message | Self::Claim | Self::Reply => 1_000,
            Self::Note | Self::Reason => 500,
        }
    }

    /// What it is sealed as: its words open as nothing else.
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

/// Sealed words, and what is needed to open them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFreeText {
    /// Who wrote them; words without a person behind them open never.
    pub author: Principal,
    /// What they are.
    pub wording: FreeText,
    /// As the event or the order has them.
    pub sealed: Sealed,
}

impl SealedFreeText {
    /// The words of an event that this author's record holds.
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
    /// Checks somebody's text and seals it under their key, so that a command can carry it. Blanks around it are left
    /// out.
    ///
    /// # Errors
    /// `NotAllowed` where the author is no person; `InvalidField` under [`FreeText::field`] where the text is empty, too
    /// long, has control characters other than line ends, or shows nothing.
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

    /// The text again; `None` where its author's key is gone.
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
