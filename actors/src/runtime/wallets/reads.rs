//! What is asked of wallets: the purse, what moved, what each order did to it, and what is on its way.

use super::super::{Query, Refusal, Runtime};
use crate::message::OpenWalletBalance;
use campusg_domain::{
    id::{OrderId, Seq, Stream, UserId},
    money::Transfer,
    order::{Price, Side},
    owner::{
        ledger::WalletBalance,
        wallet::{self, Line},
    },
    record::Entry,
    time::At,
};
use std::{collections::BTreeSet, sync::Arc};

/// What a person has and owes.
#[derive(Clone, Copy, Debug)]
pub struct GetWalletBalance(pub UserId);

/// A person's wallet.
#[derive(Clone, Copy, Debug)]
pub struct GetWallet {
    /// Whose.
    pub user: UserId,
    /// Most records of what moved, newest first.
    pub limit: usize,
}

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

/// What is on its way to or from a wallet, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct GetPayouts {
    /// Whose wallet.
    pub user: UserId,
}

/// Wallets with a payout, or a card that pays a debt, that keeps failing, by id.
#[derive(Clone, Copy, Debug)]
pub struct GetStalledWallets {
    /// Tries after which a call counts as one that keeps failing.
    pub tries: u16,
}

/// What a user's orders did to their money, line by line, newest order first. Answers a [`StatementPage`].
#[derive(Clone, Copy, Debug)]
pub struct GetStatements {
    /// Whose money.
    pub user: UserId,
    /// `next` of the page before.
    pub before: Option<Seq>,
    /// Most orders, 1–100.
    pub limit: usize,
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

/// One side's receipt of an order. Answers a [`wallet::Receipt`].
#[derive(Clone, Copy, Debug)]
pub struct GetReceipt {
    /// Whose money.
    pub user: UserId,
    /// Which order.
    pub order: OrderId,
}

/// A page of statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementPage {
    /// Newest order first, by when the user became a party.
    pub orders: Vec<OrderStatement>,
    /// Where to go on, if more may follow.
    pub next: Option<Seq>,
}

impl Query for GetWalletBalance {
    type Answer = WalletBalance;

    /// The one question that goes to the escrow owner: only the ledger's memory tells promises apart.
    async fn answer(self, runtime: &Runtime) -> Result<WalletBalance, Refusal> {
        let wallet_balance = runtime.owners().balances.send(OpenWalletBalance(self.0));
        wallet_balance.await.map_err(|_| Refusal::Stopping)
    }
}

impl Query for GetWallet {
    type Answer = Wallet;

    async fn answer(self, runtime: &Runtime) -> Result<Wallet, Refusal> {
        let Self { user, limit } = self;
        let wallet_balance = runtime.query(GetWalletBalance(user)).await?;
        let read = runtime.read(move |reads| {
            let mut lines = vec![];
            for line in reads.wallet_lines(user, None, limit)?.lines {
                let order = match line.entry.record.stream {
                    Stream::Order(order) => Some(order),
                    _ => None,
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
}

impl Query for GetPayouts {
    type Answer = Arc<wallet::Wallet>;

    async fn answer(self, runtime: &Runtime) -> Result<Arc<wallet::Wallet>, Refusal> {
        let user = self.user;
        let known = runtime.read(move |reads| reads.wallet_of(user)).await?;
        Ok(known.unwrap_or_else(|| Arc::new(wallet::Wallet::new(user))))
    }
}

impl Query for GetStalledWallets {
    type Answer = Vec<Arc<wallet::Wallet>>;

    async fn answer(self, runtime: &Runtime) -> Result<Self::Answer, Refusal> {
        let read = runtime.read(move |reads| {
            let open = reads.open_calls()?.into_iter();
            let users: BTreeSet<UserId> = open
                .filter_map(|(stream, ..)| match stream {
                    Stream::Wallet(user) => Some(user),
                    _ => None,
                })
                .collect();
            let mut stalled = vec![];
            for user in users {
                let known = reads.wallet_of(user)?;
                stalled.extend(known.filter(|known| known.failing(self.tries).next().is_some()));
            }
            Ok(stalled)
        });
        read.await
    }
}

impl Query for GetStatements {
    type Answer = StatementPage;

    async fn answer(self, runtime: &Runtime) -> Result<StatementPage, Refusal> {
        let Self {
            user,
            before,
            limit,
        } = self;
        let read = runtime.read_history(move |reads| {
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
}

impl Query for GetReceipt {
    type Answer = wallet::Receipt;

    async fn answer(self, runtime: &Runtime) -> Result<wallet::Receipt, Refusal> {
        let Self { user, order } = self;
        let read = runtime.read_history(move |reads| {
            let entries: Vec<Entry> = reads.stream_entries(order)?;
            Ok(wallet::receipt(user, order, &entries))
        });
        read.await
    }
}
