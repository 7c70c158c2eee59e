//! Transitions 13–18: at the store, where the runner proposes, the customer decides, and the food is bought.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "a stage that no transition names refuses the command"
)]

use super::{Decider, Decision};
use crate::{
    id::PhotoId,
    money::Cents,
    order::{
        Event, ProposalEvent, RunEvent, Stage, StoreRef,
        attachments::{Closing, Number, Offer, Proposal, ProposalKind},
        marks::{done, start},
        place,
        stage::StoreVisit,
        terms::Substitution,
    },
    rejection::Rejection,
    saga::CompleteStep,
    text::Sealed,
    vote::VoteRequest,
};

/// Maximum number of proposals of one order; far more than a visit to a store needs.
const PROPOSALS: Number = 50;

impl Decider<'_> {
    /// Decides that the runner has arrived at the store (transition 13).
    pub(super) fn arrive(&self) -> Decision {
        match &self.order.stage {
            Stage::Accepted(_) => Ok(vec![
                Event::Run(RunEvent::ArrivedOnSite),
                done(CompleteStep::ArriveOnSite),
            ]),
            Stage::OnSite(..) => Ok(vec![]),
            _ => self.misfit(),
        }
    }

    /// Decides whether the runner may open a proposal (transitions 14, 15).
    pub(super) fn propose(&self, offer: &Offer, note: Option<&Sealed>) -> Decision {
        let order = self.order;
        match &order.stage {
            Stage::OnSite(_, StoreVisit::Proposal(open)) if open.offer == *offer => {
                return Ok(vec![]);
            }
            Stage::OnSite(_, StoreVisit::Proposal(_)) => return Err(Rejection::ProposalOpen),
            Stage::OnSite(_, StoreVisit::Buying) if order.proposals >= PROPOSALS => {
                return Err(Rejection::TooManyProposals { limit: PROPOSALS });
            }
            Stage::OnSite(_, StoreVisit::Buying) => self.check_offer(offer)?,
            _ => return self.misfit(),
        }
        place::sealed("note", note)?;
        self.used_once(&[offer.photo])?;
        Ok(vec![Event::Proposal(ProposalEvent::Proposed {
            n: order.next_proposal(),
            offer: offer.clone(),
            note: note.cloned(),
        })])
    }

    /// Checks the items and the total of a proposal.
    fn check_offer(&self, offer: &Offer) -> Result<(), Rejection> {
        self.check_items(offer)?;
        let Some(total) = offer.total else {
            return match offer.kind.is_an_offer() {
                true => Err(Rejection::field("total_cents", "is needed")),
                false => Ok(()),
            };
        };
        if !offer.kind.is_an_offer() {
            let rule = "does not belong to this kind of proposal";
            return Err(Rejection::field("total_cents", rule));
        }
        let price = &self.order.terms.price;
        let most = self.context.policy.hold_limit_cents - price.charge(Cents::ZERO);
        if !(Cents(1)..=most).contains(&total) {
            let rule = format!("must be from 1 to {}", most.0);
            return Err(Rejection::field("total_cents", rule));
        }
        if total <= self.order.approved_total && !self.asks_first(offer) {
            let rule = "is within what was approved, and no item says ask: buy it";
            return Err(Rejection::field("total_cents", rule));
        }
        Ok(())
    }

    /// Checks that each entry of a proposal names an item that is still to be bought, once, and that what it offers instead
    /// is a valid item.
    fn check_items(&self, offer: &Offer) -> Result<(), Rejection> {
        let substitution = offer.kind == ProposalKind::Substitution;
        if substitution && offer.items.is_empty() {
            let rule = "must name at least one item";
            return Err(Rejection::field("items", rule));
        }
        let named: Vec<u16> = offer.items.iter().map(|line| line.item).collect();
        self.still_to_buy(&named, ".item")?;
        for (i, line) in offer.items.iter().enumerate() {
            let path = format!("items[{i}].offer");
            match &line.offer {
                Some(item) => drop(place::line(&path, item, self.context.policy)?),
                None if substitution => return Err(Rejection::field(path, "is needed")),
                None => {}
            }
        }
        Ok(())
    }

    /// Checks that each index is on the shopping list, not dropped, and named once; `member` is the path of the index in an
    /// entry of the request's `items`.
    fn still_to_buy(&self, items: &[u16], member: &str) -> Result<(), Rejection> {
        for (i, item) in items.iter().enumerate() {
            let listed = usize::from(*item) < self.order.terms.items.len();
            if !listed || self.order.dropped.contains(item) || items[..i].contains(item) {
                let rule = "must be an item that is still to be bought, named once";
                return Err(Rejection::field(format!("items[{i}]{member}"), rule));
            }
        }
        Ok(())
    }

    /// Returns whether the proposal names an item for which the customer wants to be asked.
    fn asks_first(&self, offer: &Offer) -> bool {
        let item = |line: u16| self.order.terms.items.get(usize::from(line));
        offer
            .items
            .iter()
            .filter_map(|line| item(line.item))
            .any(|item| item.substitution == Substitution::Ask)
    }

    /// Returns the open proposal, if `n` is its number and the command fits its kind: `Some(true)` wants an offer,
    /// `Some(false)` one that is none, `None` any kind.
    pub(super) fn open(&self, n: Number, an_offer: Option<bool>) -> Result<&Proposal, Rejection> {
        let fits = |open: &&Proposal| {
            open.n == n && an_offer.is_none_or(|wanted| open.offer.kind.is_an_offer() == wanted)
        };
        match self.order.stage.proposal().filter(fits) {
            Some(open) => Ok(open),
            None if n == 0 || n > self.order.proposals => Err(Rejection::NotFound {
                what: "proposal".into(),
            }),
            None => self.misfit(),
        }
    }

    /// Returns whether proposal `n` is the newest and was closed in this way, so that the command is a repeat.
    pub(super) fn closed_so(&self, n: Number, how: &Closing) -> bool {
        let order = self.order;
        order.proposals == n
            && order.stage.proposal().is_none()
            && order.closed.as_ref() == Some(how)
    }

    /// Decides that the customer leaves out some items (transition 16); at least one must be left.
    pub(super) fn drop_items(&self, n: Number, items: &[u16]) -> Decision {
        let how = Closing::Dropped {
            items: items.to_vec(),
        };
        if self.closed_so(n, &how) {
            return Ok(vec![]);
        }
        self.open(n, Some(true))?;
        self.still_to_buy(items, "")?;
        if items.is_empty() || items.len() >= self.order.items_left() {
            let rule = "must name at least one item and leave one";
            return Err(Rejection::field("items", rule));
        }
        Ok(vec![Event::Proposal(ProposalEvent::ProposalClosed {
            n,
            how,
        })])
    }

    /// Decides that the customer names another store (transition 16).
    pub(super) fn other_store(&self, n: Number, store: &StoreRef) -> Decision {
        let how = Closing::OtherStore {
            store: store.clone(),
        };
        if self.closed_so(n, &how) {
            return Ok(vec![]);
        }
        self.open(n, Some(false))?;
        place::store(store)?;
        if let Some(store) = store.known() {
            let at = self.context.now;
            self.context
                .votes
                .ask(VoteRequest::StoreOpen { store, at })?;
        }
        Ok(vec![Event::Proposal(ProposalEvent::ProposalClosed {
            n,
            how,
        })])
    }

    /// Decides the customer's rejection of a proposal (transition 17): the order is cancelled and the trip is paid.
    pub(super) fn reject(&self, n: Number) -> Decision {
        if self.order.is_terminal() && n == self.order.proposals && n > 0 {
            return match &self.order.stage {
                Stage::Cancelled(end) if end.reason.is_of_a_proposal() => Ok(vec![]),
                _ => self.misfit(),
            };
        }
        let open = self.open(n, None)?;
        self.not_held()?;
        let settlement = self.trip(self.trip_compensation());
        Ok(self.ended(
            open.offer.kind.reason(),
            self.context.meta.principal,
            settlement,
        ))
    }

    /// Decides that the runner withdraws a proposal (transition 16).
    pub(super) fn withdraw(&self, n: Number) -> Decision {
        let how = Closing::Withdrawn;
        if self.closed_so(n, &how) {
            return Ok(vec![]);
        }
        self.open(n, None)?;
        Ok(vec![Event::Proposal(ProposalEvent::ProposalClosed {
            n,
            how,
        })])
    }

    /// Decides that a proposal runs out (transition 17). The items of a substitution are dropped while others are left; any
    /// other proposal cancels the order.
    pub(super) fn proposal_expired(&self) -> Vec<Event> {
        let Some(open) = self.order.stage.proposal() else {
            return vec![];
        };
        let items: Vec<u16> = open.offer.items.iter().map(|line| line.item).collect();
        if open.offer.kind == ProposalKind::Substitution && items.len() < self.order.items_left() {
            return vec![Event::Proposal(ProposalEvent::ProposalClosed {
                n: open.n,
                how: Closing::Dropped { items },
            })];
        }
        let settlement = self.trip(self.trip_compensation());
        self.ended(
            open.offer.kind.reason(),
            self.context.meta.principal,
            settlement,
        )
    }

    /// Decides the purchase (transition 18): `total` is what the receipt says, in cents.
    pub(super) fn purchase(&self, total: Cents, photo: Option<PhotoId>) -> Decision {
        match &self.order.stage {
            Stage::OnSite(..) => {}
            Stage::Purchased(_, bought) if bought.food == total && bought.photo == photo => {
                return Ok(vec![]);
            }
            _ => return self.misfit(),
        }
        let least = self.order.terms.price.least_food();
        if !(least..=Cents::MAX_INPUT).contains(&total) {
            let rule = format!("must be from {} to {}", least.0, Cents::MAX_INPUT.0);
            return Err(Rejection::field("receipt.total_cents", rule));
        }
        if self.order.stage.proposal().is_some() {
            return Err(Rejection::ProposalOpen);
        }
        if total > self.order.approved_total {
            let approved = self.context.policy.currency.of(self.order.approved_total);
            return Err(Rejection::AboveApproved { approved });
        }
        if photo.is_none() && self.context.policy.receipt_photo_required {
            let field = "receipt.photo_id";
            return Err(Rejection::PhotoNeeded { field });
        }
        self.used_once(photo.as_slice())?;
        Ok(vec![
            Event::Run(RunEvent::Purchased { food: total, photo }),
            done(CompleteStep::BuyFood),
            start(CompleteStep::CapturePayment),
        ])
    }

    /// Asks for the vote that each photo serves no other order. The shell refuses it too if the caller has not uploaded the
    /// photo.
    pub(super) fn used_once(&self, photos: &[PhotoId]) -> Result<(), Rejection> {
        let order = self.order.id;
        photos.iter().try_for_each(|photo| {
            let used_once = VoteRequest::UsedOnce {
                photo: *photo,
                order,
            };
            self.context.votes.ask(used_once).map(drop)
        })
    }
}
