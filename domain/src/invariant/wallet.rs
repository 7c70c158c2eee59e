//! What must hold of one record of a wallet: I1, I3, I4, I7, I9 and I10, as for an order.

use super::{Broken, Holds, Id, broken_by};
use crate::{
    id::{Seq, Stream},
    money::{Cents, Phase},
    owner::{ledger::Ledger, wallet::Wallet},
    record::Record,
};
use std::collections::BTreeMap;

/// Checks a record of a wallet before it is queued. Call it with the wallet and the ledger as of the last record.
///
/// # Errors
/// The first invariant, by id, that the record would break.
pub fn check_wallet(
    ledger: &Ledger,
    before: &Wallet,
    after: &Wallet,
    record: &Record,
) -> Result<(), Broken> {
    let fault = ledger.check(record).map_err(|fault| broken_by(&fault));
    let of_ledger = |id: u8| match &fault {
        Err(broken) if broken.id == Id(id) => Err(broken.why.clone()),
        _ => Ok(()),
    };
    let transitions: [(u8, Holds); 6] = [
        (1, of_ledger(1)),
        (
            3,
            of_ledger(3).and_then(|()| resolved_once(before, after, record)),
        ),
        (4, of_ledger(4)),
        (7, wakes(after)),
        (9, chained(before, record)),
        (10, replays(before, after, record)),
    ];
    let broken = transitions.into_iter().find_map(|(id, holds)| {
        let why = holds.err()?;
        Some(Broken { id: Id(id), why })
    });
    broken.map_or(Ok(()), Err)
}

fn resolved_once(before: &Wallet, after: &Wallet, record: &Record) -> Holds {
    let mut promises: BTreeMap<u16, Cents> = before.promises.clone();
    for transfer in &record.money {
        let fits = match transfer.phase {
            Phase::Posted => true,
            Phase::Pending { n } => promises.insert(n, transfer.cents).is_none(),
            Phase::Post { n, promised } => {
                promises.remove(&n) == Some(promised) && transfer.cents <= promised
            }
            Phase::Void { n } | Phase::Expire { n } => promises.remove(&n) == Some(transfer.cents),
        };
        if !fits {
            return Err(format!(
                "{transfer:?} settles no promise of {}",
                record.stream
            ));
        }
    }
    if promises != after.promises {
        return Err(format!("promises of {} went astray", record.stream));
    }
    Ok(())
}

/// A payout or payment on its way has a call or a timer that will end it.
pub(super) fn wakes(wallet: &Wallet) -> Holds {
    if wallet.is_stalled() {
        return Err(format!("nothing wakes {}", Stream::Wallet(wallet.user)));
    }
    Ok(())
}

/// The ledger knows every promise of this wallet.
pub(super) fn agrees(wallet: &Wallet, ledger: &Ledger) -> Holds {
    let stream = Stream::Wallet(wallet.user);
    let mut promises = wallet.promised();
    match promises.find(|(n, promised)| ledger.promise(stream, *n) != Some(*promised)) {
        Some((n, _)) => Err(format!("promise {n} of {stream} is not in the ledger")),
        None => Ok(()),
    }
}

fn chained(before: &Wallet, record: &Record) -> Holds {
    let follows = record.stream == Stream::Wallet(before.user)
        && record.prev == before.last_seq
        && (before.last_at <= record.at || record.events.set_clock_back());
    if !follows {
        return Err(format!(
            "{}: does not follow record {}",
            record.stream, before.last_seq
        ));
    }
    Ok(())
}

fn replays(before: &Wallet, after: &Wallet, record: &Record) -> Holds {
    let mut folded = before.clone();
    folded.fold(Seq(u64::MAX), record);
    if folded != after.clone().numbered(Seq(u64::MAX)) {
        return Err(format!(
            "{}: its fold is not what was decided",
            record.stream
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
