//! Putting a card on file: what it pays of a debt is promised in the same record, and answered from it.
//!
//! Must not: tell the wallet. The payment owner keeps the promise, from the folded record, also after a crash.

use super::{Caller, Command, GetWalletBalance, NewCard, Refusal, Runtime, SetCard};
use crate::payment;
use campusg_domain::{
    id::{CommandId, Seq, UserId},
    money::Cents,
    owner::directory::{UserCommand, UserEvent},
    record::{Entry, Events},
};

impl Command for SetCard {
    type Reply = NewCard;

    async fn carry_out(self, runtime: &Runtime, caller: Caller) -> Result<NewCard, Refusal> {
        let user = caller.user()?;
        let card = payment::card(runtime.gateway(), self.0).await?;
        let wallet_balance = runtime.query(GetWalletBalance(user)).await?;
        let pays = wallet_balance.new_card_pays(runtime.0.env.policy.gateway_minimum_cents);
        let id = caller.command_id(|| runtime.entropy().command());
        let command = UserCommand::SetCard { card, pays };
        let seq = runtime.change_as(id, user, command, &caller).await?;
        let done = runtime.done(user, id, seq).await?;
        new_card(&done).ok_or(Refusal::Unknown)
    }
}

impl Runtime {
    /// The record that a command made of an account: `seq`, or, where it was repeated, the one of the account's last
    /// records that carries its id.
    async fn done(&self, user: UserId, id: CommandId, seq: Seq) -> Result<Entry, Refusal> {
        let found = self.read(move |reads| {
            let last = reads
                .person(user)?
                .map_or(Seq::NONE, |known| known.last_seq);
            let mut at = if seq == Seq::NONE { last } else { seq };
            while at != Seq::NONE {
                match reads.entry(at)? {
                    Some(entry) if entry.record.command == id => return Ok(Some(entry)),
                    Some(entry) => at = entry.record.prev,
                    None => break,
                }
            }
            Ok(None)
        });
        found.await?.ok_or(Refusal::Unknown)
    }
}

fn new_card(done: &Entry) -> Option<NewCard> {
    let Events::User(events) = &done.record.events else {
        return None;
    };
    let card = events.iter().find_map(|event| match event {
        UserEvent::CardSet(card) => Some(card.clone()),
        _ => None,
    })?;
    let pays = events.iter().find_map(|event| match event {
        UserEvent::DebtPromised { cents } => Some(*cents),
        _ => None,
    });
    Some(NewCard {
        card,
        pays: pays.unwrap_or(Cents::ZERO),
    })
}
