//! Checks everything that is stored against the journal.
//!
//! Must not: change the journal, or repair anything; faults are only reported.
//!
//! Invariant: a report without faults means that the chain is complete from the first record, that every record can
//! be decoded and keeps I1–I13, and that the snapshots agree with the records.

use std::collections::BTreeMap;
use std::path::Path;

use campusg_domain::{
    id::{OrderId, Seq},
    invariant::{Audit, Broken, INVARIANTS, StateDigest},
    money::Account,
    order::Order,
    owner::{ledger::Balance, wallet::Wallet},
    record::Entry,
};

use crate::config::StorageConfig;
use crate::fault::StorageFault;
use crate::journal::{self, ChainHead, JournalReader, Verified};
use crate::read::Reads;
use crate::replay::decode;
use crate::snapshot::SnapshotFault;
use crate::store::{OpenOptions, OpenReport, Progress, Store};

/// The interval at which progress is reported, in records.
const REPORT_EVERY: u64 = 8192;
/// How many differences are described; further ones are only counted.
const NAMED: usize = 20;

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The name of the check, such as `I1` or `snapshots`.
    pub id: String,
    /// What must hold, in one sentence.
    pub says: String,
    /// How many things were checked.
    pub checked: u64,
    /// What does not hold; empty if the check passed.
    pub faults: Vec<String>,
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mark = if self.faults.is_empty() {
            "ok"
        } else {
            "BROKEN"
        };
        write!(
            f,
            "{:<10} {mark:<6} {:>9}  {}",
            self.id, self.checked, self.says
        )?;
        for fault in &self.faults {
            write!(f, "\n           - {fault}")?;
        }
        Ok(())
    }
}

/// The result of all checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// One line per invariant, then one for the snapshots.
    pub lines: Vec<Line>,
    /// The state of the snapshots when the folder was opened for the checks.
    pub opened: OpenReport,
    /// The size and the head of the journal.
    pub journal: Verified,
    /// The last record that was checked.
    pub last: Seq,
    /// The chain head after it.
    pub head: ChainHead,
}

impl Report {
    /// Whether every check passed.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.lines.iter().all(|line| line.faults.is_empty())
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        if let Some(cut) = &self.opened.cut {
            writeln!(
                f,
                "cut        {} bytes at offset {} of {}: a group that was not finished, of record {} on; if the disk is not \
                 to be trusted, compare with a backup",
                cut.bytes,
                cut.offset,
                cut.segment.display(),
                cut.sequence
            )?;
        }
        if let Some(why) = &self.opened.rebuilt {
            writeln!(
                f,
                "rebuilt    the snapshots were made anew from the journal first: {why}"
            )?;
        }
        write!(f, "head {} ", self.last)?;
        self.head
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Checks the whole journal of a stopped service, folds it from the beginning, and compares the snapshots with the
/// result. Memory grows with the number of orders.
///
/// # Errors
/// As [`Store::open`], which first folds the records since the last checkpoint. A broken chain is `Damaged`.
/// Everything else that does not hold is in the report.
pub fn verify(
    dir: &Path,
    config: &StorageConfig,
    options: OpenOptions,
    mut progress: impl FnMut(Progress),
) -> Result<Report, StorageFault> {
    let options = OpenOptions {
        whole: true,
        ..options
    };
    let opened = Store::open(dir, config, options)?;
    let reader = opened.store.journal();
    let verified = journal::verify(&reader, |_| {});
    let verified = verified.map_err(|fault| StorageFault::journal(&dir.join("journal"), fault))?;
    let in_folder = |fault| StorageFault::snapshot(dir, fault);
    let mut audit = fold(&reader, &mut progress).map_err(in_folder)?;
    let (snapshots, hash) = compare(&audit, opened.store.reads()).map_err(in_folder)?;
    // The snapshots were folded from the same journal while it was written, so they must have the same hash.
    audit.expect_hash(hash);
    let mut lines = judge(&audit);
    lines.push(snapshots);
    let report = Report {
        lines,
        opened: opened.report,
        last: Seq(verified.records),
        head: verified.head,
        journal: verified,
    };
    opened.store.close()?;
    Ok(report)
}

fn fold(
    reader: &JournalReader,
    progress: &mut impl FnMut(Progress),
) -> Result<Audit, SnapshotFault> {
    let last = Seq(reader.head().0);
    let mut audit = Audit::default();
    for stored in reader.read_from(1) {
        let stored = stored?;
        let (seq, record) = (Seq(stored.seq), decode(&stored)?);
        audit.fold(&Entry { seq, record });
        if stored.seq % REPORT_EVERY == 0 || seq == last {
            progress(Progress { folded: seq, last });
        }
    }
    Ok(audit)
}

/// Returns one line per invariant, with what was checked and what does not hold.
#[must_use]
pub fn judge(audit: &Audit) -> Vec<Line> {
    let broken = audit.verdict();
    let of = |row: &campusg_domain::invariant::Invariant| {
        let mine = |found: &&Broken| found.id == row.id;
        Line {
            id: row.id.to_string(),
            says: row.says.into(),
            checked: audit.checked(row.id),
            faults: broken.iter().filter(mine).map(|b| b.why.clone()).collect(),
        }
    };
    INVARIANTS.iter().map(of).collect()
}

/// Compares every order, wallet and account with the snapshots. Also returns the hash of what the snapshots contain.
fn compare(audit: &Audit, reads: &Reads) -> Result<(Line, [u8; 32]), SnapshotFault> {
    let mut found = Differences::default();
    for order in audit.orders() {
        found.order(order, reads)?;
    }
    for wallet in audit.wallets().iter() {
        found.wallet(wallet, reads)?;
    }
    let mut known: BTreeMap<Account, Balance> = reads.accounts()?.into_iter().collect();
    let hash = std::mem::take(&mut found.digest).accounts(known.clone());
    for (account, balance) in audit.ledger().accounts() {
        found.checked += 1;
        if known.remove(&account) != Some(balance) {
            found.add(format!("account {account} is not as its records say"));
        }
    }
    for account in known.keys() {
        found.add(format!(
            "account {account} is in the snapshots and in no record"
        ));
    }
    if found.count > NAMED {
        found
            .named
            .push(format!("and {} more", found.count - NAMED));
    }
    let line = Line {
        id: "snapshots".into(),
        says: "every order, wallet and account is as its records say".into(),
        checked: found.checked,
        faults: found.named,
    };
    Ok((line, hash))
}

#[derive(Default)]
struct Differences {
    checked: u64,
    count: usize,
    named: Vec<String>,
    digest: StateDigest,
}

impl Differences {
    fn order(&mut self, order: &Order, reads: &Reads) -> Result<(), SnapshotFault> {
        self.checked += 1;
        let id: OrderId = order.id;
        let known = reads.order(id)?;
        known.iter().for_each(|known| self.digest.order(known));
        match known {
            None => self.add(format!("order {id} is missing")),
            Some(known) if known.version != order.version => {
                let (has, should) = (known.version, order.version);
                self.add(format!("order {id} has version {has}, not {should}"));
            }
            Some(known) if *known != *order => {
                self.add(format!("order {id} is not as its records say"));
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn wallet(&mut self, wallet: &Wallet, reads: &Reads) -> Result<(), SnapshotFault> {
        self.checked += 1;
        let user = wallet.user;
        let known = reads.wallet_of(user)?;
        known.iter().for_each(|known| self.digest.wallet(known));
        match known {
            None => self.add(format!("the wallet of {user} is missing")),
            Some(known) if *known != *wallet => {
                self.add(format!("the wallet of {user} is not as its records say"));
            }
            Some(_) => {}
        }
        Ok(())
    }

    fn add(&mut self, difference: String) {
        self.count += 1;
        if self.count <= NAMED {
            self.named.push(difference);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::*;
    use campusg_domain::id::Stream;
    use campusg_domain::money::Cents;
    use campusg_domain::order::{Dropoff, Handover, Item, Placement, StoreRef, Substitution};
    use campusg_domain::policy::Policy;
    use campusg_simulation::{Behaviour, Simulation};

    /// Records of which the last ones place an order.
    fn placing() -> Vec<Entry> {
        let mut campus = Simulation::new(Policy::default(), 7);
        let customer = campus.register();
        campus.set_card(customer, Behaviour::Succeeds).unwrap();
        let wish = Placement {
            customer,
            store: StoreRef::Described {
                name: "Corner shop".into(),
                place: "Main street 1".into(),
            },
            items: vec![Item {
                name: "Soup".into(),
                quantity: 1,
                unit_price: Cents(500),
                substitution: Substitution::Ask,
            }],
            dropoff: Dropoff {
                building: "Library".into(),
                details: None,
                handover: Handover::Pin,
            },
            tip: Cents(0),
            deliver_after: None,
        };
        campus.place(customer, wish, 1).unwrap();
        campus.settle();
        campus.journal().to_vec()
    }

    #[test]
    fn snapshots_that_say_something_else_are_named() {
        let dir = tempfile::tempdir().unwrap();
        let entries = placing();
        let options = OpenOptions::new(|| 1_767_312_000_000);
        let opened = Store::open(dir.path(), &StorageConfig::default(), options).unwrap();
        let store = opened.store.start(vec![], |why| panic!("{why}")).unwrap();
        let (done, wait) = std::sync::mpsc::channel();
        for entry in &entries[..entries.len() - 1] {
            if let Stream::User(user) = entry.record.stream
                && !store.vault().has(user)
            {
                store.vault().create(user).unwrap();
            }
            let done = done.clone();
            store
                .queue()
                .submit(entry.record.clone(), move |_| done.send(()).unwrap());
        }
        drop(done);
        assert_eq!(wait.iter().count(), entries.len() - 1);
        assert!(store.projector().checkpoint());

        let mut audit = Audit::default();
        entries.iter().for_each(|entry| audit.fold(entry));
        let (line, _) = compare(&audit, store.reads()).unwrap();
        let order = audit.orders().next().unwrap().id;
        let named = line
            .faults
            .iter()
            .any(|fault| fault.contains(&order.to_string()));
        assert!(named, "{line}");
    }
}
