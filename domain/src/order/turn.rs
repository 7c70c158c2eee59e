//! One turn of an order: the pure parts of the shell's sequence.
//!
//! The sequence is: [`known`] id? → [`required_votes`](super::required_votes()) → votes → [`turn`] (decide, fill) → check → commit → fold →
//! reply. The votes and the commit are the shell's; everything between them is here, so that every shell
//! does the same. Must not: hold state, or decide anything itself.

use super::{
    command::Command,
    decide::{Context, decide, verdict},
    event::{AfterEvent, EndEvent, Event, ProposalEvent},
    fill::{Filled, Header, fill},
    state::{Executed, Order},
};
use crate::{
    id::{CommandId, Fingerprint, OrderId},
    rejection::Rejection,
};

/// What a command comes to once the votes are in.
#[derive(Clone, Debug)]
pub enum Turn {
    /// It is already so: nothing is written, every reservation is given back.
    AlreadySo,
    /// A record to check and commit.
    Commit {
        /// The record, and the order after it.
        filled: Box<Filled>,
        /// The refusal to reply with once it is committed, if the command was refused and that is remembered.
        verdict: Option<Rejection>,
    },
}

/// Whether a command took effect before, so that it is answered and not executed.
///
/// `Some(Ok)` names the record it became; an `executed` status of 400 or more stands for a remembered refusal, which
/// [`verdict`] finds again in that record's events.
#[must_use]
pub fn known(
    order: Option<&Order>,
    command: CommandId,
    fingerprint: Fingerprint,
) -> Option<Result<Executed, Rejection>> {
    let executed = order?
        .executed
        .iter()
        .find(|executed| executed.command == command)?;
    Some(if executed.fingerprint == fingerprint {
        Ok(*executed)
    } else {
        Err(Rejection::KeyReused)
    })
}

/// The HTTP-like status that a record is answered with: 201 placed, 202 begun and not done yet (a cancellation that
/// waits, a second authorisation), 200 done, 422 refused and remembered.
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

/// Decides a command and fills its record. The caller passes `context.now` not before the order's last record.
///
/// # Errors
/// As [`decide`]; nothing was written, and every reservation is to be given back.
pub fn turn(
    id: OrderId,
    before: Option<&Order>,
    command: &Command,
    context: &Context<'_>,
) -> Result<Turn, Rejection> {
    let events = decide(id, before, command, context)?;
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
