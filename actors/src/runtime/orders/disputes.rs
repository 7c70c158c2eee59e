//! Queries of an order's disputes, with all their statements, from the order's records.
//!
//! Must not: know who may read what; the HTTP layer decides that.

use crate::runtime::{FreeText, Refusal, Runtime};
use campusg_domain::{
    id::{OrderId, PhotoId, Principal},
    money::Cents,
    order::{DisputeEvent, Event, Judgement, Number, OperatorAction, OperatorEvent, Party},
    people::Side,
    record::{Entry, Events, Record},
    text::Sealed,
    time::At,
};

/// A dispute with all statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeThread {
    /// 1 for the order's first dispute, and so on.
    pub n: Number,
    /// The party that opened it.
    pub by: Party,
    /// The amount that is claimed.
    pub claim: Cents,
    /// The amount that is frozen in the runner's wallet, or was until the judgement.
    pub frozen: Cents,
    /// The time of the record that opened it.
    pub opened_at: At,
    /// The claimant's text; `None` if their key was destroyed.
    pub reason: Option<String>,
    /// The photos that support the claim.
    pub photos: Vec<PhotoId>,
    /// The later statements of both parties, oldest first.
    pub replies: Vec<DisputeReply>,
    /// `None` while the dispute is open.
    pub judgement: Option<Judgement>,
    /// The operator's reason; `None` if no operator decided, or if their key was destroyed.
    pub decision: Option<String>,
}

/// A statement in a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeReply {
    /// The party that made it.
    pub by: Side,
    /// The time of its record.
    pub at: At,
    /// `None` if the author's key was destroyed.
    pub text: Option<String>,
    /// The photos that support it.
    pub photos: Vec<PhotoId>,
}

impl Runtime {
    /// Returns every dispute of an order, oldest first.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
    pub async fn disputes(&self, order: OrderId) -> Result<Vec<DisputeThread>, Refusal> {
        let known = self.order(order).await?;
        if known.is_none_or(|order| order.disputes == 0) {
            return Ok(vec![]);
        }
        let entries = self
            .read_history(move |reads| reads.stream_entries(order))
            .await?;
        let open = |author: Principal, wording: FreeText, sealed: &Sealed| {
            self.open_free_text(author, wording, sealed)
        };
        Ok(threads(&entries, open))
    }
}

/// Builds the disputes from an order's records.
fn threads(
    entries: &[Entry],
    open: impl Fn(Principal, FreeText, &Sealed) -> Option<String>,
) -> Vec<DisputeThread> {
    let mut threads: Vec<DisputeThread> = vec![];
    for Entry { record, .. } in entries {
        let Events::Order(events) = &record.events else {
            continue;
        };
        let words = |event: &Event| {
            let (wording, sealed) = FreeText::of(event)?;
            open(record.principal, wording, sealed)
        };
        for event in events {
            if let Some(thread) = opened(event, record.at, words) {
                threads.push(thread);
            } else if let Some(thread) = threads.last_mut() {
                thread.goes_on(event, record, words);
            }
        }
    }
    threads
}

fn opened(
    event: &Event,
    at: At,
    words: impl Fn(&Event) -> Option<String>,
) -> Option<DisputeThread> {
    let Event::Dispute(DisputeEvent::Disputed {
        n,
        by,
        claim,
        photos,
        ..
    }) = event
    else {
        return None;
    };
    Some(DisputeThread {
        n: *n,
        by: *by,
        claim: *claim,
        frozen: Cents::ZERO,
        opened_at: at,
        reason: words(event),
        photos: photos.clone(),
        replies: vec![],
        judgement: None,
        decision: None,
    })
}

impl DisputeThread {
    fn goes_on(
        &mut self,
        event: &Event,
        record: &Record,
        words: impl Fn(&Event) -> Option<String>,
    ) {
        let Event::Dispute(of_dispute) = event else {
            return;
        };
        match of_dispute {
            DisputeEvent::Frozen { cents, .. } => self.frozen = *cents,
            DisputeEvent::DisputeReplied { by, photos, .. } => self.replies.push(DisputeReply {
                by: *by,
                at: record.at,
                text: words(event),
                photos: photos.clone(),
            }),
            DisputeEvent::DisputeResolved {
                refund, at_fault, ..
            } => {
                self.judgement = Some(Judgement {
                    refund: *refund,
                    at_fault: *at_fault,
                    at: record.at,
                });
                self.decision = decided(record).and_then(words);
            }
            DisputeEvent::Disputed { .. }
            | DisputeEvent::ClaimPaid { .. }
            | DisputeEvent::GoodwillPaid { .. }
            | DisputeEvent::RunnerMadeGood { .. }
            | DisputeEvent::CustomerSetOff { .. } => {}
        }
    }
}

/// Returns the event that contains an operator's reason for a judgement.
fn decided(record: &Record) -> Option<&Event> {
    let Events::Order(events) = &record.events else {
        return None;
    };
    events.iter().find(|event| {
        matches!(
            event,
            Event::Operator(OperatorEvent::OperatorActed {
                action: OperatorAction::Resolve | OperatorAction::Settle,
                ..
            })
        )
    })
}
