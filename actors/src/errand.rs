//! A command to a wallet on its way to the escrow owner, with what the directory says to it.
//!
//! Invariant: what the directory holds for the command is given back when its answer is known, or its caller is gone.

use crate::{
    desk::{self, Errand},
    runtime::Refusal,
    vote::Owners,
};
use campusg_domain::{
    id::{CommandId, Fingerprint, Principal, Seq, Stream, UserId},
    invariant::fingerprint,
    owner::wallet::Command,
    vote::{Vote, VoteRequest},
};
use std::sync::Arc;

/// A command to one wallet.
#[derive(Clone, Debug)]
pub(crate) struct WalletErrand {
    pub(crate) user: UserId,
    pub(crate) command: Command,
    pub(crate) principal: Principal,
    pub(crate) fingerprint: Fingerprint,
    /// What the directory said.
    pub(crate) said: Vec<(VoteRequest, Vote)>,
}

impl WalletErrand {
    /// A command of the runtime itself.
    pub(crate) fn own(user: UserId, command: Command, principal: Principal) -> Self {
        let fingerprint = fingerprint(&command);
        Self {
            user,
            command,
            principal,
            fingerprint,
            said: vec![],
        }
    }
}

impl Errand for WalletErrand {
    fn stream(&self) -> Stream {
        Stream::Wallet(self.user)
    }

    fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }
}

/// Asks the directory what the wallet needs from it, then gives the escrow owner the errand and waits until it is
/// durable and folded: the record's sequence, none where nothing was written.
pub(crate) async fn run(
    owners: &Arc<Owners>,
    id: CommandId,
    mut errand: WalletErrand,
) -> Result<Seq, Refusal> {
    let user = errand.user;
    let ask = match errand.command {
        Command::RequestPayout { .. } => Some(VoteRequest::PayoutMethod { user }),
        Command::PayDebt { .. } => Some(VoteRequest::Card { user }),
        Command::WriteOff { .. }
        | Command::Chargeback { .. }
        | Command::TopUp { .. }
        | Command::Withdraw { .. }
        | Command::Retry { .. }
        | Command::Answered { .. }
        | Command::TimerDue { .. } => None,
    };
    let (votes, reservation) = owners.poll(id, ask.into_iter().collect()).await;
    errand.said = votes.0;
    let answer = desk::run(&owners.escrow, id, errand).await;
    drop(reservation);
    answer
}
