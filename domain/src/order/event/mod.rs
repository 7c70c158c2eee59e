//! What happened to an order, by theme. Past tense; variants are only ever appended, since their order is the format.

mod after;
mod call;
mod contact;
mod dispute;
mod end;
mod operator;
mod placing;
mod proposal;
mod run;
mod timer;

pub use after::AfterEvent;
pub use call::CallEvent;
pub use contact::{ContactEvent, Problem};
pub use dispute::DisputeEvent;
pub use end::EndEvent;
pub use operator::{OperatorAction, OperatorEvent};
pub use placing::PlacingEvent;
pub use proposal::{ProposalEvent, RaiseFailure};
pub use run::{RunEvent, Unbinding};
pub use timer::TimerEvent;

use crate::saga::{Mark, Step};
use serde::{Deserialize, Serialize};

/// A fact about one order, by theme: a place that answers events answers each of them, so that a new one does not compile
/// until every such place says what it means there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// From the customer's wish to an order on the board.
    Placing(PlacingEvent),
    /// What a runner does, from taking the order to handing it over.
    Run(RunEvent),
    /// How the order ends, and where its money goes.
    End(EndEvent),
    /// What became of a call to the payment gateway.
    Call(CallEvent),
    /// What a timer did.
    Timer(TimerEvent),
    /// What a runner at the store asks, and what comes of it.
    Proposal(ProposalEvent),
    /// What the parties tell each other, and a customer who can't be reached.
    Contact(ContactEvent),
    /// What an operator does with the order.
    Operator(OperatorEvent),
    /// A claim about the order, and how it is decided.
    Dispute(DisputeEvent),
    /// Tips and ratings after the end.
    After(AfterEvent),
    /// A saga's step moved on; one log line each.
    Step {
        /// The saga's step.
        step: Step,
        /// Whether the step was begun, done, failed, undone or stalled.
        mark: Mark,
    },
}
