//! The fold of a clock that was set back: every time of the order that lies ahead of it is as much earlier.
//!
//! Times that the gateway set (until when it can capture) are of its clock, and stay.

use crate::{
    order::{
        attachments::{CancelWait, Contact, Dispute, Judgement, NoShow, Proposal},
        stage::{Approach, Assignment, Bought, Cancellation, Delivery, Stage, StoreVisit},
        state::Order,
        terms::Terms,
    },
    time::At,
};
use std::sync::Arc;

impl Order {
    /// Sets back by `ms` what is later than `now`.
    pub(super) fn set_back(&mut self, ms: u64, now: At) {
        let mut earlier = |time: &mut At| {
            if *time > now {
                *time = time.minus(ms);
            }
        };
        let Terms {
            placed_at,
            deliver_after,
            ..
        } = Arc::make_mut(&mut self.terms);
        earlier(placed_at);
        deliver_after.iter_mut().for_each(&mut earlier);
        self.ended_at.iter_mut().for_each(&mut earlier);
        if let Some(Dispute {
            opened_at,
            judgement,
            ..
        }) = &mut self.dispute
        {
            earlier(opened_at);
            let judged = judgement.iter_mut();
            judged.for_each(|Judgement { at, .. }| earlier(at));
        }
        stage(&mut self.stage, &mut earlier);
    }
}

fn stage(stage: &mut Stage, earlier: &mut impl FnMut(&mut At)) {
    let assigned = |Assignment { accepted_at, .. }: &mut Assignment,
                    earlier: &mut dyn FnMut(&mut At)| {
        earlier(accepted_at);
    };
    match stage {
        Stage::Authorizing | Stage::Holding | Stage::Scheduling => {}
        Stage::Waiting { opens_at } => earlier(opens_at),
        Stage::Available { accept_by } => earlier(accept_by),
        Stage::Accepted(assignment) => assigned(assignment, earlier),
        Stage::OnSite(assignment, visit) => {
            assigned(assignment, earlier);
            match visit {
                StoreVisit::Buying => {}
                StoreVisit::Proposal(Proposal { opened_at, .. }) => earlier(opened_at),
                StoreVisit::CancelWait(CancelWait { at, .. }) => earlier(at),
            }
        }
        Stage::Purchased(assignment, Bought { at, .. })
        | Stage::Collected(assignment, Bought { at, .. }) => {
            assigned(assignment, earlier);
            earlier(at);
        }
        Stage::OnTheWay(assignment, Bought { at, .. }, approach) => {
            assigned(assignment, earlier);
            earlier(at);
            let Approach {
                contact: Contact { last_at, .. },
                no_show,
                ..
            } = approach;
            last_at.iter_mut().for_each(&mut *earlier);
            no_show
                .iter_mut()
                .for_each(|NoShow { since, .. }| earlier(since));
        }
        Stage::Delivered(assignment, bought, delivery)
        | Stage::Completed(assignment, bought, delivery) => {
            assigned(assignment, earlier);
            let (Bought { at: bought_at, .. }, Delivery { at, .. }) = (bought, delivery);
            earlier(bought_at);
            earlier(at);
        }
        Stage::Cancelled(Cancellation {
            assignment,
            bought,
            at,
            ..
        }) => {
            assignment.iter_mut().for_each(|one| assigned(one, earlier));
            bought.iter_mut().for_each(|Bought { at, .. }| earlier(at));
            earlier(at);
        }
    }
}
