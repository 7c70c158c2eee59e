//! Which command a random wish is, for an order where it stands.

use super::{
    common::words,
    moves::What,
    run::{KINDS, Run},
};
use campusg_domain::{
    id::{OrderId, PhotoId, UserId},
    money::Cents,
    order::{
        Command, Ending, Fault, Handover, Item, Offer, Order, Problem, ProposalKind, ProposedItem,
        Shown, StoreRef, Substitution,
    },
};

impl Run {
    pub fn command(&mut self, id: OrderId, user: UserId, what: What) -> Command {
        let photo = self.campus.photo();
        let state = self.campus.order(id).unwrap().clone();
        let pin = self.campus.pin(id);
        match what {
            What::Accept => Command::Accept { runner: user },
            What::CancelAcceptance => Command::CancelAcceptance,
            What::Reassign => Command::Reassign { reason: words() },
            What::Cancel(much) => Command::Cancel {
                accept_charge: Cents(i64::from(much) * 1000),
            },
            What::Arrive => Command::ArriveOnSite,
            What::Purchase(much) => Command::Purchase {
                total: [
                    Cents(0),
                    state.approved_total + Cents(1),
                    state.approved_total,
                ][usize::from(much)],
                photo: Some(photo),
            },
            What::Collect => Command::Collect,
            What::Depart => Command::Depart,
            What::Deliver(true) => Command::Deliver {
                shown: Shown::Photo(photo),
            },
            What::Deliver(false) => Command::Deliver {
                shown: Shown::Pin((pin + 1) % 10_000),
            },
            What::Confirm => Command::Confirm,
            What::Rate(stars) => Command::Rate { stars },
            What::Scheduled(kind) => Command::ScheduledDue {
                kind: KINDS[usize::from(kind)],
            },
            What::Onward => onward(&state, user, pin, photo),
            other => over(&state, other, photo),
        }
    }
}

/// What the bound runner would do next.
fn onward(state: &Order, user: UserId, pin: u16, photo: PhotoId) -> Command {
    let door = state.terms.dropoff.handover == Handover::Door;
    match state.status().as_str() {
        "pending" => Command::Accept { runner: user },
        "accepted" => Command::ArriveOnSite,
        "on-site" => Command::Purchase {
            total: state.approved_total.min(Cents(2700)),
            photo: Some(photo),
        },
        "purchased" => Command::Collect,
        "collected" => Command::Depart,
        "on-the-way" if door => Command::Deliver {
            shown: Shown::Photo(photo),
        },
        _ => Command::Deliver {
            shown: Shown::Pin(pin),
        },
    }
}

fn propose(kind: u8, total: u8, photo: PhotoId) -> Command {
    let kinds = [
        ProposalKind::Price,
        ProposalKind::Substitution,
        ProposalKind::StoreClosed,
        ProposalKind::SoldOut,
    ];
    let kind = kinds[usize::from(kind)];
    let totals = [1500, 2301, 2310, 2500, 2700, 40_000].map(Cents);
    let other = Item {
        name: "Noodles".into(),
        quantity: 1,
        unit_price: Cents(900),
        substitution: Substitution::Drop,
    };
    let line = ProposedItem {
        item: 0,
        offer: Some(other),
    };
    let substitution = kind == ProposalKind::Substitution;
    let offer = Offer {
        kind,
        total: kind.is_an_offer().then_some(totals[usize::from(total)]),
        items: substitution.then_some(line).into_iter().collect(),
        photo,
    };
    let note = substitution.then(words);
    Command::Propose { offer, note }
}

fn answer(state: &Order, how: u8) -> Command {
    let proposal = state.proposals;
    match how {
        0 | 1 => Command::Approve { proposal },
        2 => Command::DropItems {
            proposal,
            items: vec![0],
        },
        3 => Command::OtherStore {
            proposal,
            store: StoreRef::Described {
                name: "Other".into(),
                place: "There".into(),
            },
        },
        4 => Command::Reject { proposal },
        _ => Command::Withdraw { proposal },
    }
}

fn over(state: &Order, what: What, photo: PhotoId) -> Command {
    let reason = words();
    match what {
        What::Propose(kind, total) => propose(kind, total, photo),
        What::Answer(how) => answer(state, how),
        What::Message(_) => Command::Message { text: reason },
        What::Report(kind) => Command::ReportProblem {
            kind: [
                Problem::CustomerUnreachable,
                Problem::Returned,
                Problem::Other,
            ][usize::from(kind)],
            photo: Some(photo),
            note: None,
        },
        What::AnswerNoShow => Command::AnswerNoShow,
        What::Operate(0) => Command::Abandon { reason },
        What::Operate(1 | 2) => Command::Hold { reason },
        What::Operate(3..=5) => Command::Unhold { reason },
        What::Operate(6) => Command::RetryStalled { reason },
        What::Operate(7) => Command::SkipStalled { reason },
        What::Operate(_) => Command::CompensateStalled { reason },
        What::Settle(much, fault) => Command::Settle {
            ending: ending(state, much, fault),
            reason,
        },
        What::Dispute(_, much) => Command::Dispute {
            claim: [None, Some(Cents(1)), Some(Cents(1000)), Some(Cents(2000))][usize::from(much)],
            reason,
            photos: vec![photo],
        },
        What::Reply(_) => Command::Reply {
            dispute: state.disputes,
            text: reason,
            photos: vec![],
        },
        What::Resolve(much, fault) => Command::Resolve {
            dispute: state.disputes,
            refund: much_of(state, much),
            at_fault: FAULTS[usize::from(fault)],
            reason,
        },
        What::Tip(much) => Command::Tip {
            cents: Cents([49, 50, 300, 3000][usize::from(much)]),
        },
        What::Refund(much) => Command::Refund {
            cents: much_of(state, much),
            reason,
        },
        other => panic!("{other:?} lies over nothing"),
    }
}

const FAULTS: [Fault; 4] = [
    Fault::Runner,
    Fault::Customer,
    Fault::Store,
    Fault::Platform,
];

fn ending(state: &Order, much: u8, fault: u8) -> Ending {
    if state.stage.bought().is_some() {
        return Ending::Divide {
            refund: much_of(state, much),
            at_fault: FAULTS[usize::from(fault)],
        };
    }
    let to_runner = Cents([0, 0, 49, 199, 399][usize::from(much)]);
    Ending::Trip { to_runner }
}

/// Nothing, one cent, a thousand, all, too much.
fn much_of(state: &Order, much: u8) -> Cents {
    let claim = state.open_dispute().map(|open| open.claim);
    let all = claim.unwrap_or_else(|| state.refundable());
    [Cents(0), Cents(1), Cents(1000), all, all + Cents(1)][usize::from(much)]
}
