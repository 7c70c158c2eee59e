//! The disputes of an order with all that was said about them, out of the order's records.
//!
//! Must not: know who may read what; that is the edge's business.

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

/// A dispute, and what was said about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeThread {
    /// Its number.
    pub n: Number,
    /// Who claims.
    pub by: Party,
    /// How much.
    pub claim: Cents,
    /// What is, or was until the judgement, frozen in the runner's wallet.
    pub frozen: Cents,
    /// When it was opened.
    pub opened_at: At,
    /// In the claimant's words; `None` where the key is gone.
    pub reason: Option<String>,
    /// What shows it.
    pub photos: Vec<PhotoId>,
    /// What both sides said after it.
    pub replies: Vec<DisputeReply>,
    /// How it ended; `None` while it is open.
    pub judgement: Option<Judgement>,
    /// Why an operator decided it so; `None` where nobody did, or the key is gone.
    pub decision: Option<String>,
}

/// What one side said about a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisputeReply {
    /// Who.
    pub by: Side,
    /// When.
    pub at: At,
    /// What; `None` where the key is gone.
    pub text: Option<String>,
    /// What shows it.
    pub photos: Vec<PhotoId>,
}

impl Runtime {
    /// Every dispute of an order, oldest first.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
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

/// Folds an order's records into its disputes.
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
            match (event, threads.last_mut()) {
                (Event::Dispute(DisputeEvent::Disputed { .. }), _) => {
                    threads.extend(opened(event, record.at, words(event)));
                }
                (event, Some(thread)) => thread.goes_on(event, record, words),
                (_, None) => {}
            }
        }
    }
    threads
}

fn opened(event: &Event, at: At, reason: Option<String>) -> Option<DisputeThread> {
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
        reason,
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

/// What of a record says why a dispute was decided.
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
