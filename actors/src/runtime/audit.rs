//! The audit log: every record that an operator caused as an operator, with the name of the action and its reason.
//!
//! It is derived from the journal, so nobody can add to it or remove from it.
//! Must not: know who may read it; the HTTP layer decides that.

use super::{FreeText, Refusal, Runtime};
use campusg_domain::{
    id::{Seq, Stream, UserId},
    notice::Audience,
    operator_action,
    order::Order,
    owner::{directory::UserEvent, wallet},
    record::{Entry, Events, Record, SystemEvent},
    text::Sealed,
};
use campusg_storage::{read::Reads, snapshot::SnapshotFault};
use std::sync::Arc;

/// A page of the audit log.
#[derive(Clone, Debug, Default)]
pub struct AuditPage {
    /// Newest first.
    pub acts: Vec<Act>,
    /// Cursor of the next page; `None` if there is none.
    pub next: Option<Seq>,
}

/// An action of an operator.
#[derive(Clone, Debug)]
pub struct Act {
    /// The operator who acted.
    pub operator: UserId,
    /// The name of the action, in lower snake case.
    pub name: &'static str,
    /// The operator's reason; `None` if the action takes none, or if the operator's key was destroyed.
    pub reason: Option<String>,
    /// The record of the action.
    pub entry: Entry,
    /// The order as it is now; `None` if the record is not an order's.
    pub order: Option<Arc<Order>>,
}

/// Returns the present order, if the record is an order's and a person caused it.
fn order_of(reads: &Reads, record: &Record) -> Result<Option<Arc<Order>>, SnapshotFault> {
    match record.stream {
        Stream::Order(order) if record.principal.user().is_some() => reads.order(order),
        Stream::System
        | Stream::Order(_)
        | Stream::User(_)
        | Stream::Store(_)
        | Stream::Wallet(_)
        | Stream::Inbox(_)
        | Stream::Schedule(_) => Ok(None),
    }
}

impl Runtime {
    /// Returns operators' actions before a cursor, newest first; `limit` is 1 to 100.
    ///
    /// # Errors
    /// A [`Refusal`] if the log can't be read now.
    pub async fn audit(&self, before: Option<Seq>, limit: usize) -> Result<AuditPage, Refusal> {
        let read = move |reads: &Reads| {
            let mut named = vec![];
            let page = reads.records_before(Audience::Operators, before, limit, |entry| {
                let order = order_of(reads, &entry.record)?;
                let name = operator_action::name(&entry.record, order.as_deref());
                named.extend(name.map(|name| (name, order)));
                Ok(name.is_some())
            })?;
            Ok((page, named))
        };
        let (page, named) = self.read(read).await?;
        let acts = page.entries.into_iter().zip(named);
        let acts = acts.filter_map(|(entry, (name, order))| self.act(entry, name, order));
        Ok(AuditPage {
            acts: acts.collect(),
            next: page.next,
        })
    }

    fn act(&self, entry: Entry, name: &'static str, order: Option<Arc<Order>>) -> Option<Act> {
        let author = entry.record.principal;
        let operator = author.user()?;
        let words = free_text(&entry.record);
        Some(Act {
            operator,
            name,
            reason: words
                .and_then(|(wording, sealed)| self.open_free_text(author, wording, sealed)),
            entry,
            order,
        })
    }
}

/// Returns the sealed free text of an operator's record, and its kind.
fn free_text(record: &Record) -> Option<(FreeText, &Sealed)> {
    let reason = |reason| Some((FreeText::Reason, reason));
    match &record.events {
        Events::Order(events) => events.iter().find_map(FreeText::of),
        Events::User(events) => events.iter().find_map(|event| match event {
            UserEvent::OperatorActed { reason: why } => reason(why),
            UserEvent::Registered { .. }
            | UserEvent::ProfileChanged { .. }
            | UserEvent::SessionOpened(_)
            | UserEvent::SessionClosed { .. }
            | UserEvent::CardSet(_)
            | UserEvent::CardRemoved
            | UserEvent::RunnerSet(_)
            | UserEvent::Suspended
            | UserEvent::Reinstated
            | UserEvent::PayoutMethodSet(_)
            | UserEvent::PayoutMethodRemoved
            | UserEvent::SetupBegun { .. }
            | UserEvent::DebtPromised { .. } => None,
        }),
        Events::Wallet(events) => events.iter().find_map(|event| match event {
            wallet::Event::WrittenOff { reason: why, .. }
            | wallet::Event::ToppedUp { reason: why, .. }
            | wallet::Event::Withdrawn { reason: why, .. }
            | wallet::Event::OperatorRetried { reason: why } => reason(why),
            wallet::Event::SetOff { .. }
            | wallet::Event::ChargeVoided { .. }
            | wallet::Event::PayoutRequested { .. }
            | wallet::Event::PayoutPaid { .. }
            | wallet::Event::PayoutFailed { .. }
            | wallet::Event::PayoutSentBack { .. }
            | wallet::Event::PayoutLate { .. }
            | wallet::Event::DebtPaymentRequested { .. }
            | wallet::Event::DebtPaid { .. }
            | wallet::Event::DebtPaymentFailed { .. }
            | wallet::Event::LateCharge { .. }
            | wallet::Event::ChargedBack { .. }
            | wallet::Event::ChargebackWon { .. }
            | wallet::Event::ChargebackLost { .. }
            | wallet::Event::CashShort { .. }
            | wallet::Event::CallDeferred { .. }
            | wallet::Event::CallRetried { .. }
            | wallet::Event::TimerFired { .. }
            | wallet::Event::ClockSetBack { .. } => None,
        }),
        Events::System(events) => events.iter().find_map(|event| match event {
            SystemEvent::ClockAccepted { reason: why, .. } => why.as_ref().and_then(reason),
            SystemEvent::Booted { .. }
            | SystemEvent::ClockStepped { .. }
            | SystemEvent::ClockSettled
            | SystemEvent::SnapshotsDamaged { .. }
            | SystemEvent::SnapshotsWhole => None,
        }),
        Events::Store(_) | Events::Inbox(_) | Events::Schedule(_) => None,
    }
}
