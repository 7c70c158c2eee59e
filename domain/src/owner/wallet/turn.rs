//! One turn of a wallet: votes → decide → fill. What comes of it is checked and committed by the shell.

use super::{
    command::Command,
    decide::{Context, decide, required_votes},
    fill::{Filled, fill},
    state::Wallet,
};
use crate::{
    order::Header,
    policy::Policy,
    rejection::Rejection,
    stream::Meta,
    time::At,
    vote::{Vote, VoteRequest, Votes},
};

/// The outcome of a command to a wallet.
#[derive(Clone, Debug)]
pub enum Turn {
    /// The wallet is already as the command wants it: nothing is written, and every reservation is given back.
    AlreadySo,
    /// A record to check and commit.
    Commit(Box<Filled>),
}

/// Takes a command's whole turn. `vote` gives each vote that is required; what it reserves is to be given back unless a
/// record is committed. `now` is not before the wallet's last record.
///
/// # Errors
/// As [`decide`].
pub fn turn(
    before: &Wallet,
    command: &Command,
    meta: &Meta,
    now: At,
    policy: &Policy,
    mut vote: impl FnMut(&VoteRequest) -> Vote,
) -> Result<Turn, Rejection> {
    let none = Votes::default();
    let mut context = Context {
        meta,
        now,
        policy,
        votes: &none,
    };
    let required = required_votes(before, command, &context).into_iter();
    let votes = Votes::Cast(required.map(|ask| (ask, vote(&ask))).collect());
    context.votes = &votes;
    decide_and_fill(before, command, &context)
}

/// The part of a turn after the votes, for whoever asks for them at another time than it decides.
///
/// # Errors
/// As [`decide`]; nothing was written, and every reservation is to be given back.
pub fn decide_and_fill(
    before: &Wallet,
    command: &Command,
    context: &Context<'_>,
) -> Result<Turn, Rejection> {
    let events = decide(before, command, context)?;
    if events.is_empty() {
        return Ok(Turn::AlreadySo);
    }
    let status = match command {
        Command::RequestPayout { .. }
        | Command::PayDebt { .. }
        | Command::TopUp { .. }
        | Command::Withdraw { .. } => 201,
        Command::WriteOff { .. }
        | Command::Chargeback { .. }
        | Command::Retry { .. }
        | Command::Answered { .. }
        | Command::TimerDue { .. }
        | Command::SetClockBack { .. } => 200,
    };
    let header = Header {
        at: context.now,
        meta: context.meta,
        status,
    };
    let filled = fill(before, events, header, context.policy);
    Ok(Turn::Commit(Box::new(filled)))
}
