//! What a test looks at after a command: who was told, what is armed, why it was refused.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::{Scene, words};
use campusg_domain::{
    money::Cents,
    notice::{Audience, NoticeKind},
    order::{Command, Ending, EscrowStatus, Fault, PaymentStatus},
    rejection::Rejection,
};

pub fn told(scene: &Scene, to: Audience) -> Vec<NoticeKind> {
    let all = scene
        .campus
        .journal()
        .iter()
        .flat_map(|entry| entry.record.notices.iter());
    all.filter(|notice| notice.to == to)
        .map(|notice| notice.kind)
        .collect()
}

pub fn told_customer(scene: &Scene) -> Vec<NoticeKind> {
    told(scene, Audience::User(scene.customer))
}

pub fn told_runner(scene: &Scene) -> Vec<NoticeKind> {
    told(scene, Audience::User(scene.runner))
}

pub fn told_operators(scene: &Scene) -> Vec<NoticeKind> {
    told(scene, Audience::Operators)
}

pub fn armed(scene: &Scene) -> Vec<&'static str> {
    let order = scene.order();
    order
        .timers
        .keys()
        .filter(|kind| order.armed(**kind).is_some())
        .map(|kind| kind.as_str())
        .collect()
}

pub fn code<T: std::fmt::Debug>(refused: Result<T, Rejection>) -> &'static str {
    refused.unwrap_err().code()
}

pub fn statuses(scene: &Scene) -> (EscrowStatus, PaymentStatus) {
    (scene.order().escrow, scene.order().payment)
}

pub fn cancel(accept: i64) -> Command {
    Command::Cancel {
        accept_charge: Cents(accept),
    }
}

pub fn hold() -> Command {
    Command::Hold { reason: words() }
}

pub fn unhold() -> Command {
    Command::Unhold { reason: words() }
}

pub fn reassign() -> Command {
    Command::Reassign { reason: words() }
}

pub fn dispute(claim: Option<i64>) -> Command {
    Command::Dispute {
        claim: claim.map(Cents),
        reason: words(),
        photos: vec![],
    }
}

pub fn resolve(n: u16, refund: i64, at_fault: Fault) -> Command {
    Command::Resolve {
        dispute: n,
        refund: Cents(refund),
        at_fault,
        reason: words(),
    }
}

pub fn trip(to_runner: i64) -> Command {
    let to_runner = Cents(to_runner);
    Command::Settle {
        ending: Ending::Trip { to_runner },
        reason: words(),
    }
}

pub fn divide(refund: i64, at_fault: Fault) -> Command {
    let refund = Cents(refund);
    Command::Settle {
        ending: Ending::Divide { refund, at_fault },
        reason: words(),
    }
}
