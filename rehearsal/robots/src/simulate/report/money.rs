//! The report's sections on money: the balances of the accounts, and the transfers between them.

use campusg_domain::{
    money::{Account, Cents, Currency, Phase},
    owner::ledger::Balance,
};
use campusg_simulation::Simulation;
use std::collections::BTreeMap;

/// Kinds of accounts, in the order of the report.
const KINDS: [&str; 6] = [
    "gateway",
    "receivable",
    "escrow",
    "payable",
    "revenue",
    "goodwill",
];

const fn kind(account: Account) -> usize {
    match account {
        Account::Gateway => 0,
        Account::Receivable(_) => 1,
        Account::Escrow(_) => 2,
        Account::Payable(_) => 3,
        Account::Revenue => 4,
        Account::Goodwill => 5,
    }
}

/// What a transfer from one kind of account to another means; both are indices in [`KINDS`].
const fn says(from: usize, to: usize) -> &'static str {
    match (from, to) {
        (0, 1) => "charged to cards",
        (0, 3) => "tips and late charges, payouts sent back",
        (0, 5) => "losses made good",
        (1, 0) => "taken back by banks",
        (1, 2) => "into escrow",
        (1, 3) => "owed by runners for claims",
        (2, 3) => "to runners, and back to customers",
        (2, 4) => "fees",
        (3, 0) => "paid out, and sent back to cards",
        (3, 1) => "set off against debts",
        (3, 3) => "claims paid by runners",
        (4, 0) => "fees taken out",
        (5, 0) => "fees of banks",
        (5, 1) => "debts written off",
        (5, 3) => "goodwill",
        _ => "",
    }
}

pub(super) fn accounts(simulation: &Simulation) -> String {
    let mut sums = [(Balance::default(), 0_u64); KINDS.len()];
    for (account, balance) in simulation.ledger().accounts() {
        let (sum, accounts) = &mut sums[kind(account)];
        sum.posted += balance.posted;
        sum.pending_in += balance.pending_in;
        sum.pending_out += balance.pending_out;
        *accounts += 1;
    }
    let mut text = format!(
        "{:<24}{:>9}{:>16}{:>14}{:>14}\n",
        "MONEY AT THE END", "accounts", "posted", "promised in", "out"
    );
    let mut total = (Balance::default(), 0);
    let currency = simulation.policy().currency;
    for (name, (sum, accounts)) in KINDS.iter().zip(sums) {
        text.push_str(&row(name, accounts, sum, currency));
        total.0.posted += sum.posted;
        total.0.pending_in += sum.pending_in;
        total.0.pending_out += sum.pending_out;
        total.1 += accounts;
    }
    text.push_str(&row("sum", total.1, total.0, currency));
    text
}

fn row(name: &str, accounts: u64, sum: Balance, currency: Currency) -> String {
    let [posted, promised_in, out] =
        [sum.posted, sum.pending_in, sum.pending_out].map(|cents| currency.figures(cents));
    format!("  {name:<22}{accounts:>9}{posted:>16}{promised_in:>14}{out:>14}\n")
}

/// The section with the sums posted from each kind of account to each other.
pub(super) fn flows(simulation: &Simulation) -> String {
    let mut flows: BTreeMap<(usize, usize), Cents> = BTreeMap::new();
    let records = simulation.journal().iter().map(|entry| &entry.record);
    for transfer in records.flat_map(|record| &record.money) {
        if matches!(transfer.phase, Phase::Posted | Phase::Post { .. }) {
            let way = (kind(transfer.debit), kind(transfer.credit));
            *flows.entry(way).or_default() += transfer.cents;
        }
    }
    let mut text = String::from("MONEY THAT MOVED\n");
    for ((from, to), cents) in flows {
        let way = format!("{} → {}", KINDS[from], KINDS[to]);
        let (says, cents) = (says(from, to), simulation.policy().currency.figures(cents));
        text.push_str(&format!("  {way:<24}{cents:>14}  {says}\n"));
    }
    text
}
