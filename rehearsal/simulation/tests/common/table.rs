//! Transfers and balances as text.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use super::Scene;
use campusg_domain::owner::ledger::Balance;
use std::fmt::Write;

/// The transfers since record `from`, then what every account holds.
pub fn table(scene: &Scene, from: usize) -> String {
    let mut text = scene.transfers_from(from);
    let mut accounts: Vec<(String, Balance)> = scene
        .campus
        .ledger()
        .accounts()
        .map(|(account, balance)| (scene.name(account), balance))
        .collect();
    accounts.sort_by(|a, b| a.0.cmp(&b.0));
    for (
        name,
        Balance {
            posted,
            pending_in,
            pending_out,
            ..
        },
    ) in accounts
    {
        writeln!(
            text,
            "= {name:<9}{:>6}  in {:<5} out {}",
            posted.0, pending_in.0, pending_out.0
        )
        .unwrap();
    }
    text
}
