//! What the gateway does with the first try of a payout: where a test account's script and the book's state meet.
//!
//! Must not: change the state (bar the count of silent tries) or write; it returns the fact that the book then folds.

use campusg_domain::{
    call::{Answer, Decline},
    time::At,
};

use super::Tuning;
use super::decide::{Decision, check_amount, check_name};
use super::fact::{Fact, Misuse};
use super::known::{Known, Sending};
use super::state::State;
use crate::card::{Payee, account_script};
use campusg_domain::gateway::{Payout, PayoutAnswer};

/// Decides a payout.
///
/// # Errors
/// The first that applies, in the order of [`Misuse`].
pub(super) fn pay_out(
    state: &mut State,
    payout: &Payout,
    now: At,
    tuning: &Tuning,
) -> Result<Decision<PayoutAnswer>, Misuse> {
    check_name(payout.key.as_str())?;
    check_name(&payout.account.0)?;
    check_amount(payout.cents)?;
    let script = account_script(&payout.account);
    let slow = script.is_some_and(|(_, slow)| slow);
    let known = |answer| Decision {
        fact: None,
        answer,
        slow,
    };
    match state.known.get(&payout.key) {
        Some(Known::Payout { cents, step, .. }) if *cents == payout.cents => {
            return Ok(known(repeated(payout, *step)));
        }
        Some(_) => return Err(Misuse::KeyReused),
        None => {}
    }
    let unknown = Payee::Refuses(Decline::AccountInvalid);
    let payee = script.map_or(unknown, |(payee, _)| payee);
    if let Payee::Down(times) = payee
        && state.is_silent(&payout.key, times)
    {
        return Ok(known(PayoutAnswer::Unavailable));
    }
    let (done, answer, due) = first_try(payout, payee, now, tuning);
    let fact = Some(Fact::PaidOut {
        payout: payout.clone(),
        answer: done,
        due,
    });
    Ok(Decision { fact, answer, slow })
}

/// What the book keeps, what the caller hears, and when something more is to happen.
fn first_try(
    payout: &Payout,
    payee: Payee,
    now: At,
    tuning: &Tuning,
) -> (PayoutAnswer, PayoutAnswer, Option<At>) {
    let (paid, unknown) = (paid(payout), PayoutAnswer::Unavailable);
    let late = Some(now.plus(tuning.late_ms));
    match payee {
        Payee::Takes | Payee::Down(_) => (paid, paid, None),
        Payee::Refuses(reason) => {
            let declined = PayoutAnswer::Declined { reason };
            (declined, declined, None)
        }
        Payee::TakesWithoutAnswer => (paid, unknown, None),
        Payee::TakesLate | Payee::RefusesLate => (unknown, unknown, late),
        Payee::SendsBack => (paid, paid, Some(now.plus(tuning.send_back_ms))),
    }
}

/// What came back was paid before: that is told by an event, and by nothing else.
const fn repeated(payout: &Payout, step: Sending) -> PayoutAnswer {
    match step {
        Sending::Declined(reason) => PayoutAnswer::Declined { reason },
        Sending::Late { .. } => PayoutAnswer::Unavailable,
        Sending::Done { .. } | Sending::SentBack => paid(payout),
    }
}

const fn paid(payout: &Payout) -> PayoutAnswer {
    PayoutAnswer::PaidOut {
        cents: payout.cents,
    }
}

/// What becomes of a payout when its time has come.
pub(super) fn settled(known: &Known) -> Option<Answer> {
    let Known::Payout {
        account,
        cents,
        step,
    } = known
    else {
        return None;
    };
    let refused = Answer::Declined {
        reason: Decline::AccountInvalid,
    };
    Some(match (step, account_script(account)) {
        (Sending::Done { .. }, _) => Answer::SentBack { cents: *cents },
        (_, Some((Payee::RefusesLate, _)) | None) => refused,
        _ => Answer::PaidOut { cents: *cents },
    })
}
