//! Who may give a command to a wallet, and which fields are valid: checked before any owner is asked.

use super::{
    command::Command,
    state::{PLATFORM, Wallet},
};
use crate::{id::Principal, money::Cents, policy::Policy, rejection::Rejection};

/// Checks who gives the command, then its fields.
pub(super) fn admit(
    wallet: &Wallet,
    command: &Command,
    principal: Principal,
    policy: &Policy,
) -> Result<(), Rejection> {
    let operator = matches!(principal, Principal::Operator(_) | Principal::System);
    let owner = principal.user() == Some(wallet.user);
    let (allowed, who) = match command {
        Command::RequestPayout { .. } => (owner, "the wallet's owner"),
        Command::PayDebt { .. } => (owner || operator, "the wallet's owner"),
        Command::WriteOff { .. }
        | Command::TopUp { .. }
        | Command::Withdraw { .. }
        | Command::Retry { .. } => (operator, "operators"),
        Command::Chargeback { .. } | Command::Answered { .. } => {
            (principal == Principal::Gateway, "the payment gateway")
        }
        Command::TimerDue { .. } | Command::SetClockBack { .. } => {
            (principal == Principal::System, "the system")
        }
    };
    let platforms = matches!(command, Command::TopUp { .. } | Command::Withdraw { .. });
    if platforms && wallet.user != PLATFORM {
        return Err(Rejection::NotFound {
            what: "wallet of the platform".into(),
        });
    }
    if !allowed {
        return Err(Rejection::NotAllowed { who: who.into() });
    }
    fields(command, policy.gateway_minimum_cents)
}

fn fields(command: &Command, minimum: Cents) -> Result<(), Rejection> {
    const FIELD: &str = "amount_cents";
    let cents = match command {
        Command::RequestPayout { cents }
        | Command::Chargeback { cents, .. }
        | Command::TopUp { cents, .. }
        | Command::Withdraw { cents, .. } => Some(*cents),
        Command::PayDebt { cents } | Command::WriteOff { cents, .. } => *cents,
        Command::Retry { .. }
        | Command::Answered { .. }
        | Command::TimerDue { .. }
        | Command::SetClockBack { .. } => None,
    };
    if cents.is_some_and(|cents| !cents.is_positive() || cents > Cents::MAX_INPUT) {
        let rule = format!("must be from 1 to {}", Cents::MAX_INPUT.0);
        return Err(Rejection::field(FIELD, rule));
    }
    let below = cents.is_some_and(|cents| cents < minimum);
    match command {
        Command::RequestPayout { .. } if below => Err(Rejection::field(
            FIELD,
            format!("must be at least {}", minimum.0),
        )),
        Command::PayDebt { .. } if below => Err(Rejection::field(
            FIELD,
            format!("must be at least {}, or left out to pay all", minimum.0),
        )),
        Command::WriteOff { reason, .. }
        | Command::TopUp { reason, .. }
        | Command::Withdraw { reason, .. }
        | Command::Retry { reason }
            if reason.0.is_empty() =>
        {
            Err(Rejection::field("reason", "is needed"))
        }
        Command::Chargeback { id, .. } if id.0.is_empty() => {
            Err(Rejection::field("id", "is needed"))
        }
        Command::Chargeback { fee, .. } if !(Cents::ZERO..=Cents::MAX_INPUT).contains(fee) => {
            let rule = format!("must be from 0 to {}", Cents::MAX_INPUT.0);
            Err(Rejection::field("fee_cents", rule))
        }
        Command::RequestPayout { .. }
        | Command::PayDebt { .. }
        | Command::WriteOff { .. }
        | Command::Chargeback { .. }
        | Command::TopUp { .. }
        | Command::Withdraw { .. }
        | Command::Retry { .. }
        | Command::Answered { .. }
        | Command::TimerDue { .. }
        | Command::SetClockBack { .. } => Ok(()),
    }
}
