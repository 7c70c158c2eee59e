//! One turn of an order: the pure parts of the shell's sequence.
//!
//! The sequence is: [key](crate::keys) claimed? → [`required_votes`](super::required_votes()) → votes → [`turn`] (decide,
//! fill) → check → commit → fold → reply. The key, the votes and the commit are the shell's; everything between them is
//! here, so that every shell does the same. Must not: hold state, or decide anything itself.

use super::{
    command::Command,
    decide::{Context, decide, verdict},
    event::{AfterEvent, EndEvent, Event, ProposalEvent},
    fill::{Filled, Header, fill},
    state::Order,
};
use crate::{
    id::{OrderId, Principal},
    rejection::Rejection,
};

/// The outcome of a command once the owners have voted.
#[derive(Clone, Debug)]
pub enum Turn {
    /// The order is already as the command wants it: nothing is written, and every reservation is given back.
    AlreadySo,
    /// The command changes the order: there is a record to check and commit.
    Commit {
        /// The record, and the order as it will be after it.
        filled: Box<Filled>,
        /// The refusal to reply with once the record is committed, if the record remembers a refusal (a wrong PIN).
        verdict: Option<Rejection>,
    },
}

/// Returns the HTTP-like status of the reply to a command: 201 placed; 202 begun and not done yet (a cancellation that
/// waits, a second authorisation, a later tip); 200 done; 422 refused, and the refusal is remembered.
#[must_use]
pub fn status(command: &Command, events: &[Event], verdict: Option<&Rejection>) -> u16 {
    let begun = |event: &Event| {
        matches!(
            event,
            Event::End(EndEvent::CancelWaiting(_))
                | Event::Proposal(ProposalEvent::RaiseAsked { .. })
                | Event::After(AfterEvent::TipGiven { .. })
        )
    };
    match (verdict, command) {
        (Some(_), _) => 422,
        (None, Command::Place(_)) => 201,
        (None, _) if events.iter().any(begun) => 202,
        (None, _) => 200,
    }
}

/// Decides a command and fills its record. The caller passes a `context.now` that is not before the order's last record.
///
/// # Errors
/// As [`decide`]; nothing is written, and the caller gives every reservation back.
pub fn turn(
    id: OrderId,
    before: Option<&Order>,
    command: &Command,
    context: &Context<'_>,
) -> Result<Turn, Rejection> {
    if before.is_some_and(|order| has_fired(order, context)) {
        return Ok(Turn::AlreadySo);
    }
    let events = decide(before, command, context)?;
    if events.is_empty() {
        return Ok(Turn::AlreadySo);
    }
    let verdict = verdict(&events, context.policy);
    let header = Header {
        at: context.now,
        meta: context.meta,
        status: status(command, &events, verdict.as_ref()),
    };
    Ok(match fill(id, before, events, header, context.policy) {
        Some(filled) => Turn::Commit {
            filled: Box::new(filled),
            verdict,
        },
        None => Turn::AlreadySo,
    })
}

/// Whether the system gives the order a command that it has carried out before.
fn has_fired(order: &Order, context: &Context<'_>) -> bool {
    context.meta.principal == Principal::System && order.fired.contains(&context.meta.id)
}
