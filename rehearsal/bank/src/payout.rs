//! Decides what the bank does with the first try of a payout, from the test account's script and the bank's state.
//!
//! Must not: change the state, except the count of lost answers; it returns the fact that the bank then folds.

use campusg_domain::{
    call::{AccountToken, Answer, Decline},
    time::At,
};

use super::decide::{Decision, check_amount, check_name};
use super::fact::{Fact, Misuse};
use super::known::{Known, Sending};
use super::script::{AccountScript, Payee};
use super::state::State;
use super::tuning::Tuning;
use campusg_domain::gateway::{Payout, PayoutAnswer};

/// Decides one try of a payout.
///
/// # Errors
/// The first of [`Misuse`] that applies, in its order.
pub(super) fn pay_out(
    state: &mut State,
    payout: &Payout,
    now: At,
    tuning: &Tuning,
) -> Result<Decision<PayoutAnswer>, Misuse> {
    check_name(payout.key.as_str())?;
    check_name(&payout.account.0)?;
    check_amount(payout.cents)?;
    let script = (state.scripts.account)(&payout.account);
    let slow = script.is_some_and(|script| script.slow);
    let known = |answer| Decision {
        fact: None,
        answer,
        slow,
    };
    let unknown = Payee::Refuses(Decline::AccountInvalid);
    let payee = script.map_or(unknown, |script| script.payee);
    let repeated = match state.known.get(&payout.key) {
        Some(Known::Payout { cents, step, .. }) if *cents == payout.cents => {
            Some(repeated(payout, *step))
        }
        Some(_) => return Err(Misuse::KeyReused),
        None => None,
    };
    let unheard = match payee {
        Payee::LosesAnswers(tries) => state.is_unheard(&payout.key, Some(tries)),
        Payee::Down(tries) if repeated.is_none() => state.is_unheard(&payout.key, tries),
        _ => false,
    };
    let heard = |answer| {
        if unheard {
            PayoutAnswer::Unavailable
        } else {
            answer
        }
    };
    if let Some(answer) = repeated {
        return Ok(known(heard(answer)));
    }
    if unheard && matches!(payee, Payee::Down(_)) {
        return Ok(known(PayoutAnswer::Unavailable));
    }
    let (done, due) = first_try(payout, payee, now, tuning);
    let answer = heard(done);
    let fact = Some(Fact::PaidOut {
        payout: payout.clone(),
        answer: done,
        due,
    });
    Ok(Decision { fact, answer, slow })
}

/// What the bank does with the first try, and when something follows.
fn first_try(
    payout: &Payout,
    payee: Payee,
    now: At,
    tuning: &Tuning,
) -> (PayoutAnswer, Option<At>) {
    let paid = paid(payout);
    let late = Some(now.plus(tuning.late_ms));
    match payee {
        Payee::Takes | Payee::LosesAnswers(_) | Payee::Down(_) => (paid, None),
        Payee::Refuses(reason) => (PayoutAnswer::Declined { reason }, None),
        Payee::TakesLate | Payee::RefusesLate => (PayoutAnswer::Unavailable, late),
        Payee::SendsBack => (paid, Some(now.plus(tuning.send_back_ms))),
    }
}

/// The answer to a repeated try. A payout that came back still counts as paid here: only an event says that it came back.
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

/// What happens to a payout when its date has come: a late one is paid or refused, a paid one comes back.
pub(super) fn settled(
    known: &Known,
    script: fn(&AccountToken) -> Option<AccountScript>,
) -> Option<Answer> {
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
    Some(match (step, script(account).map(|script| script.payee)) {
        (Sending::Done { .. }, _) => Answer::SentBack { cents: *cents },
        (_, Some(Payee::RefusesLate) | None) => refused,
        _ => Answer::PaidOut { cents: *cents },
    })
}
