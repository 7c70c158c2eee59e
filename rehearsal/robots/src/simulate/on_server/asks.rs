//! Turns the robots' commands into requests of the API. Must not: send them.

use super::time;
use campusg_client::{
    ApiRequest, Wish,
    operation::{account, desk, order},
    request::{
        self, Claim, DeskAction, ProblemReport, Progress, Proof, Proposal, ProposalAnswer, Receipt,
        Replacement,
    },
};
use campusg_domain::{
    id::{OrderId, PhotoId, UserId},
    order::{Command, Ending, Offer, Placement, ProposedItem, Shown, StoreRef},
    owner::wallet,
    text::Sealed,
};
use campusg_simulation::{Bank, Behaviour};

/// A behaviour of a card or bank account, as a test token of the sandbox gateway.
pub(super) trait Token {
    /// The sandbox's test token whose behaviour comes nearest.
    fn token(&self) -> &'static str;
}

impl Token for Behaviour {
    fn token(&self) -> &'static str {
        use campusg_domain::call::Decline;
        match self {
            Self::Succeeds | Self::BlocksLess | Self::DeclinesRaise => "tok_visa",
            Self::Declines(Decline::InsufficientFunds) => "tok_insufficient_funds",
            Self::Declines(_) => "tok_declined",
            Self::AsksCustomer => "tok_action_required",
            Self::DownFor(tries) if *tries < 8 => "tok_down_3",
            Self::DownFor(_) => "tok_down",
            Self::LosesAnswers(_) | Self::LosesCharges(_) => "tok_timeout_then_succeeds",
            Self::AnswersLate => "tok_late",
            Self::DeclinesCapture => "tok_capture_fails",
            Self::DeclinesRefund => "tok_refund_fails",
        }
    }
}

impl Token for Bank {
    fn token(&self) -> &'static str {
        match self {
            Self::Pays | Self::SendsBack => "acct_bank",
            Self::Declines => "acct_closed",
            Self::DownFor(_) | Self::AnswersLate => "acct_down_3",
            Self::LosesAnswers(_) => "acct_timeout_then_succeeds",
        }
    }
}

/// The body of an order; the time of delivery is left out unless the robots live by the server's own clock (`same_time`).
pub(super) fn placement(wish: &Placement, same_time: bool) -> Wish {
    let items = wish.items.iter().map(|item| request::Item {
        name: item.name.clone(),
        quantity: item.quantity,
        unit_price_cents: item.unit_price.0,
        substitution: item.substitution,
    });
    Wish {
        store: store(&wish.store),
        items: items.collect(),
        dropoff: request::Dropoff {
            building: wish.dropoff.building.clone(),
            level: None,
            room: Some("101".into()),
            meeting_point: None,
            handover: wish.dropoff.handover,
            notes: None,
        },
        tip_cents: wish.tip.0,
        deliver_after: wish.deliver_after.filter(|_| same_time).map(time::written),
    }
}

fn store(store: &StoreRef) -> request::Store {
    match store {
        StoreRef::Known(id) => request::Store::Known { id: id.to_string() },
        StoreRef::Described { name, place } => request::Store::described(name, place),
    }
}

/// The request for a command to an order; `None` for what only the system says, for placing, and for an operator's retry,
/// skip and compensate.
pub(super) fn of_order(id: OrderId, command: &Command) -> Option<ApiRequest> {
    let act = |action, reason: &Sealed| desk::act(id, action, &text(reason));
    Some(match command {
        Command::Accept { .. } => order::accept(id),
        Command::CancelAcceptance => order::give_back(id),
        Command::ArriveOnSite => order::progress(id, &Progress::OnSite),
        Command::Purchase { total, photo } => {
            let receipt = Receipt {
                total_cents: total.0,
                photo_id: photo.map(|photo| photo.to_string()),
            };
            order::progress(id, &Progress::Purchased(receipt))
        }
        Command::Collect => order::progress(id, &Progress::Collected),
        Command::Depart => order::progress(id, &Progress::OnTheWay),
        Command::Deliver { shown } => order::progress(id, &Progress::Delivered(proof(*shown))),
        Command::Confirm => order::confirm(id),
        Command::Cancel { accept_charge } => order::cancel(id, accept_charge.0, None),
        Command::Rate { stars } => order::rate(id, *stars),
        Command::Message { text: said } => order::write(id, &text(said)),
        Command::AnswerNoShow => order::is_there(id),
        Command::Tip { cents } => order::tip(id, cents.0),
        Command::Reassign { reason } => act(DeskAction::Reassign, reason),
        Command::Hold { reason } => act(DeskAction::Hold, reason),
        Command::Unhold { reason } => act(DeskAction::Unhold, reason),
        Command::Abandon { reason } => act(DeskAction::Abandon, reason),
        Command::Settle { ending, reason } => settle(id, ending, &text(reason)),
        Command::Refund { cents, reason } => desk::refund(id, cents.0, &text(reason)),
        other => return of_attachment(id, other),
    })
}

/// The request for a command about proposals, problems or disputes; `None` for all other commands.
fn of_attachment(id: OrderId, command: &Command) -> Option<ApiRequest> {
    let answer = |n: &u16, answer| order::answer(id, n, &answer);
    let photos = |photos: &[PhotoId]| photos.iter().map(ToString::to_string).collect::<Vec<_>>();
    Some(match command {
        Command::Propose { offer, note } => order::propose(id, &proposal(offer, note.as_ref())),
        Command::Approve { proposal } => answer(proposal, ProposalAnswer::Approve),
        Command::Reject { proposal } => answer(proposal, ProposalAnswer::Reject),
        Command::Withdraw { proposal } => order::withdraw(id, proposal),
        Command::DropItems { proposal, items } => {
            answer(proposal, ProposalAnswer::DropItems(items.clone()))
        }
        Command::OtherStore {
            proposal,
            store: other,
        } => answer(proposal, ProposalAnswer::OtherStore(store(other))),
        Command::ReportProblem { kind, photo, note } => {
            let problem = ProblemReport {
                kind: *kind,
                photo_id: photo.map(|photo| photo.to_string()),
                note: note.as_ref().map(text),
            };
            order::report_problem(id, &problem)
        }
        Command::Dispute {
            claim,
            reason,
            photos: shown,
        } => {
            let claim = Claim {
                reason: text(reason),
                claim_cents: claim.map(|claim| claim.0),
                photo_ids: photos(shown),
            };
            order::dispute(id, &claim)
        }
        Command::Reply {
            dispute,
            text: said,
            photos: shown,
        } => order::reply(id, dispute, &text(said), &photos(shown)),
        Command::Resolve {
            dispute,
            refund,
            at_fault,
            reason,
        } => desk::resolve(id, dispute, refund.0, *at_fault, &text(reason)),
        _ => return None,
    })
}

/// The request for a command to a wallet; `None` for what only the gateway or a timer says.
pub(super) fn of_wallet(of: UserId, command: &wallet::Command) -> Option<ApiRequest> {
    use wallet::Command as To;
    Some(match command {
        To::RequestPayout { cents } => account::pay_out(cents.0),
        To::PayDebt { cents } => account::pay_debt(cents.map(|cents| cents.0)),
        To::WriteOff { cents, reason } => {
            desk::write_off(of, cents.map(|cents| cents.0), &text(reason))
        }
        To::TopUp { cents, reason } => desk::top_up(cents.0, &text(reason)),
        To::Withdraw { cents, reason } => desk::take_fees(cents.0, &text(reason)),
        To::Retry { reason } => desk::retry_wallet(of, &text(reason)),
        To::Chargeback { .. }
        | To::Answered { .. }
        | To::TimerDue { .. }
        | To::SetClockBack { .. } => return None,
    })
}

fn proof(shown: Shown) -> Proof {
    match shown {
        Shown::Pin(pin) => Proof::Pin(format!("{pin:04}")),
        Shown::Photo(photo) => Proof::PhotoId(photo.to_string()),
    }
}

fn settle(id: OrderId, ending: &Ending, reason: &str) -> ApiRequest {
    let ending = match ending {
        Ending::ToRunner => return desk::release(id, reason),
        Ending::ToCustomer => return desk::refund_all(id, reason),
        Ending::Trip { to_runner } => request::Ending::Trip {
            to_runner_cents: to_runner.0,
        },
        Ending::Divide { refund, at_fault } => request::Ending::Divide {
            refund_cents: refund.0,
            at_fault: *at_fault,
        },
    };
    desk::settle(id, ending, reason)
}

fn proposal(offer: &Offer, note: Option<&Sealed>) -> Proposal {
    Proposal {
        kind: offer.kind,
        total_cents: offer.total.map(|total| total.0),
        items: offer.items.iter().map(line).collect(),
        photo_id: Some(offer.photo.to_string()),
        note: note.map(text),
    }
}

fn line(line: &ProposedItem) -> request::ProposedItem {
    let offer = line.offer.as_ref().map(|item| Replacement {
        name: item.name.clone(),
        quantity: item.quantity,
        unit_price_cents: item.unit_price.0,
    });
    request::ProposedItem {
        item: line.item,
        offer,
    }
}

/// The text of a message or reason. Robots have no keys, so a `Sealed` of theirs is plain text.
fn text(said: &Sealed) -> String {
    String::from_utf8_lossy(&said.0).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use campusg_domain::{
        money::Cents,
        order::{Fault, Problem, ProposalKind},
    };

    fn asked(command: &Command) -> String {
        let order = OrderId::from_bytes([1; 16]);
        let Some(request) = of_order(order, command) else {
            return "nothing".into();
        };
        let path = request.path().replace(&order.to_string(), "ID");
        // As a value, so that its members stand in the order of their names.
        let body: Option<serde_json::Value> = serde_json::from_slice(request.payload()).ok();
        format!("{path} {}", body.unwrap_or_default())
    }

    #[test]
    fn commands_become_the_documented_requests() {
        let (photo, reason) = (PhotoId::from_bytes([2; 16]), Sealed(b"why".to_vec()));
        let offer = Offer {
            kind: ProposalKind::Price,
            total: Some(Cents(900)),
            items: vec![],
            photo,
        };
        let table = [
            (Command::ArriveOnSite, r#"/api/orders/ID/status {"status":"on-site"}"#.into()),
            (
                Command::Purchase { total: Cents(5), photo: None },
                r#"/api/orders/ID/status {"receipt":{"total_cents":5},"status":"purchased"}"#.into(),
            ),
            (
                Command::Deliver { shown: Shown::Pin(7) },
                r#"/api/orders/ID/status {"proof":{"pin":"0007"},"status":"delivered"}"#.into(),
            ),
            (
                Command::Propose { offer, note: None },
                format!(r#"/api/orders/ID/proposals {{"kind":"price","photo_id":"{photo}","total_cents":900}}"#),
            ),
            (Command::Approve { proposal: 2 }, "/api/orders/ID/proposals/2/approve {}".into()),
            (
                Command::ReportProblem { kind: Problem::CustomerUnreachable, photo: None, note: None },
                r#"/api/orders/ID/problems {"kind":"customer_unreachable"}"#.into(),
            ),
            (
                Command::Settle {
                    ending: Ending::Divide { refund: Cents(3), at_fault: Fault::Store },
                    reason: reason.clone(),
                },
                r#"/api/admin/orders/ID/settle {"at_fault":"store","reason":"why","refund_cents":3}"#.into(),
            ),
            (
                Command::Dispute { claim: None, reason, photos: vec![] },
                r#"/api/orders/ID/disputes {"photo_ids":[],"reason":"why"}"#.into(),
            ),
            (
                Command::TimerDue { kind: campusg_domain::timer::TimerKind::BoardOpen, generation: 1 },
                "nothing".to_owned(),
            ),
        ];
        for (command, expected) in table {
            assert_eq!(asked(&command), expected);
        }
    }
}
