//! Queries of wallets: the balance, its movements, statements by order, payouts and receipts.

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

/// A user's balance and debt, with the latest movements.
#[derive(Clone, Debug)]
pub struct Wallet {
    /// The available balance, reserved amounts, and the debt.
    pub wallet_balance: WalletBalance,
    /// The movements, newest first.
    pub lines: Vec<WalletLine>,
}

/// A movement of a wallet.
#[derive(Clone, Debug)]
pub struct WalletLine {
    /// The record that contains the transfer.
    pub seq: Seq,
    /// When it was recorded.
    pub at: At,
    /// The order that caused it, if any.
    pub order: Option<OrderId>,
    /// The transfer as it is booked in the ledger.
    pub transfer: Transfer,
    /// The order's price, from which the delivery fee is shown; `None` without an order.
    pub price: Option<Price>,
}

/// The movements of a user's money that one order caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderStatement {
    /// The order that caused them.
    pub order: OrderId,
    /// The user's role in the order.
    pub side: Side,
    /// Oldest first; empty if nothing has moved yet.
    pub lines: Vec<Line>,
}

/// A page of statements of a user's orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementPage {
    /// Newest order first, by the time at which the user became a party.
    pub orders: Vec<OrderStatement>,
    /// Cursor of the next page; `None` if there is none.
    pub next: Option<Seq>,
}

impl Runtime {
    /// Returns a person's balance and debt. The only query that goes to the escrow owner, since only the ledger in
    /// memory can tell the kinds of pending transfers apart.
    ///
    /// # Errors
    /// `Stopping` if the owner is gone.
    pub async fn wallet_balance(&self, user: UserId) -> Result<WalletBalance, Refusal> {
        let wallet_balance = self.owners().balances.send(OpenWalletBalance(user));
        wallet_balance.await.map_err(|_| Refusal::Stopping)
    }

    /// Returns a person's wallet with movements from at most `limit` records, newest first.
    ///
    /// # Errors
    /// A [`Refusal`] if it can't be read now.
    pub async fn wallet(&self, user: UserId, limit: usize) -> Result<Wallet, Refusal> {
        let wallet_balance = self.wallet_balance(user).await?;
        let read = self.read(move |reads| {
            let mut lines = vec![];
            for line in reads.wallet_lines(user, None, limit)?.lines {
                let order = line.entry.record.stream.order();
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

    /// Returns a person's payouts, debt payments and chargebacks, with their states.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
    pub async fn payouts(&self, user: UserId) -> Result<Arc<wallet::Wallet>, Refusal> {
        let known = self.read(move |reads| reads.wallet_of(user)).await?;
        Ok(known.unwrap_or_else(|| Arc::new(wallet::Wallet::new(user))))
    }

    /// Returns wallets with a call that has failed at least `tries` times and is still open, sorted by id.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
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

    /// Returns a page of statements of a user's orders before a cursor, newest order first; `limit` is 1 to 100.
    ///
    /// # Errors
    /// A [`Refusal`] if they can't be read now.
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

    /// Returns a party's receipt of an order.
    ///
    /// # Errors
    /// A [`Refusal`] if it can't be read now.
    pub async fn receipt(&self, user: UserId, order: OrderId) -> Result<wallet::Receipt, Refusal> {
        let read = self.read_history(move |reads| {
            let entries: Vec<Entry> = reads.stream_entries(order)?;
            Ok(wallet::receipt(user, order, &entries))
        });
        read.await
    }
}
