//! What is asked of wallets: the purse, what moved, what each order did to it, and what is on its way.

use crate::message::OpenWalletBalance;
use crate::runtime::{Refusal, Runtime};
use campusg_domain::{
    id::{OrderId, Seq, Stream, UserId},
    money::Transfer,
    order::Price,
    owner::{
        ledger::WalletBalance,
        wallet::{self, Line},
    },
    people::Side,
    record::Entry,
    time::At,
};
use std::{collections::BTreeSet, sync::Arc};

/// A wallet: the user's payable and receivable.
#[derive(Clone, Debug)]
pub struct Wallet {
    /// What is there, and owed.
    pub wallet_balance: WalletBalance,
    /// What moved, newest first.
    pub lines: Vec<WalletLine>,
}

/// One movement of a wallet.
#[derive(Clone, Debug)]
pub struct WalletLine {
    /// The record it stands in.
    pub seq: Seq,
    /// When.
    pub at: At,
    /// The order it came from, if it came from one.
    pub order: Option<OrderId>,
    /// What moved.
    pub transfer: Transfer,
    /// The order's money, for the statement's columns.
    pub price: Option<Price>,
}

/// What one order did to a user's money.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderStatement {
    /// Which order.
    pub order: OrderId,
    /// On which side of it the user is.
    pub side: Side,
    /// Line by line, oldest first; none where nothing moved yet.
    pub lines: Vec<Line>,
}

/// A page of statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementPage {
    /// Newest order first, by when the user became a party.
    pub orders: Vec<OrderStatement>,
    /// Where to go on, if more may follow.
    pub next: Option<Seq>,
}

impl Runtime {
    /// What a person has and owes. The one question that goes to the escrow owner: only the ledger's memory tells
    /// promises apart.
    ///
    /// # Errors
    /// `Stopping`.
    pub async fn wallet_balance(&self, user: UserId) -> Result<WalletBalance, Refusal> {
        let wallet_balance = self.owners().balances.send(OpenWalletBalance(user));
        wallet_balance.await.map_err(|_| Refusal::Stopping)
    }

    /// A person's wallet, with at most `limit` records of what moved, newest first.
    ///
    /// # Errors
    /// A [`Refusal`] where it can't be read now.
    pub async fn wallet(&self, user: UserId, limit: usize) -> Result<Wallet, Refusal> {
        let wallet_balance = self.wallet_balance(user).await?;
        let read = self.read(move |reads| {
            let mut lines = vec![];
            for line in reads.wallet_lines(user, None, limit)?.lines {
                let order = match line.entry.record.stream {
                    Stream::Order(order) => Some(order),
                    Stream::System
                    | Stream::User(_)
                    | Stream::Store(_)
                    | Stream::Wallet(_)
                    | Stream::Inbox(_)
                    | Stream::Schedule(_) => None,
                };
                let known = order.map(|order| reads.order(order)).transpose()?;
                let price = known.flatten().map(|order| order.terms.price);
                let (seq, at) = (line.entry.seq, line.entry.record.at);
                lines.extend(line.transfers.into_iter().map(|transfer| WalletLine {
                    seq,
                    at,
                    order,
                    transfer,
                    price,
                }));
            }
            Ok(lines)
        });
        let lines = read.await?;
        Ok(Wallet {
            wallet_balance,
            lines,
        })
    }

    /// What is on its way to or from a person's wallet, and what became of it.
    ///
    /// # Errors
    /// A [`Refusal`] where it can't be read now.
    pub async fn payouts(&self, user: UserId) -> Result<Arc<wallet::Wallet>, Refusal> {
        let known = self.read(move |reads| reads.wallet_of(user)).await?;
        Ok(known.unwrap_or_else(|| Arc::new(wallet::Wallet::new(user))))
    }

    /// Wallets with a payout, or a card that pays a debt, that has failed so many times and keeps failing; by id.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
    pub async fn stalled_wallets(&self, tries: u16) -> Result<Vec<Arc<wallet::Wallet>>, Refusal> {
        let read = self.read(move |reads| {
            let open = reads.open_calls()?.into_iter();
            let users: BTreeSet<UserId> = open
                .filter_map(|(stream, ..)| match stream {
                    Stream::Wallet(user) => Some(user),
                    Stream::System
                    | Stream::Order(_)
                    | Stream::User(_)
                    | Stream::Store(_)
                    | Stream::Inbox(_)
                    | Stream::Schedule(_) => None,
                })
                .collect();
            let mut stalled = vec![];
            for user in users {
                let known = reads.wallet_of(user)?;
                stalled.extend(known.filter(|known| known.failing(tries).next().is_some()));
            }
            Ok(stalled)
        });
        read.await
    }

    /// What a user's orders did to their money, line by line: newest order first, before a cursor, 1–100 at once.
    ///
    /// # Errors
    /// A [`Refusal`] where they can't be read now.
    pub async fn statements(
        &self,
        user: UserId,
        before: Option<Seq>,
        limit: usize,
    ) -> Result<StatementPage, Refusal> {
        let read = self.read_history(move |reads| {
            let page = reads.party_to(user, before, limit)?;
            let mut orders = vec![];
            for (order, side) in page.orders {
                let entries: Vec<Entry> = reads.stream_entries(order)?;
                let lines = wallet::statement(user, order, &entries);
                orders.push(OrderStatement { order, side, lines });
            }
            Ok(StatementPage {
                orders,
                next: page.next,
            })
        });
        read.await
    }

    /// One side's receipt of an order.
    ///
    /// # Errors
    /// A [`Refusal`] where it can't be read now.
    pub async fn receipt(&self, user: UserId, order: OrderId) -> Result<wallet::Receipt, Refusal> {
        let read = self.read_history(move |reads| {
            let entries: Vec<Entry> = reads.stream_entries(order)?;
            Ok(wallet::receipt(user, order, &entries))
        });
        read.await
    }
}
