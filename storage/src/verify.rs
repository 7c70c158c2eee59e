//! Checking everything that is remembered against the journal.
//!
//! Owns the walk and the comparison with the snapshots. Must not change the journal, and repairs
//! nothing: what it finds is reported.
//!
//! Invariant: a report without faults means that the chain is whole from the first record, that
//! every record decodes and keeps I1–I12, and that the snapshots say what the records say.

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

/// How often progress is told, in records.
const TELL_EVERY: u64 = 8192;
/// Differences named before they are only counted.
const NAMED: usize = 20;

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What, as `I1` or `snapshots`.
    pub id: String,
    /// What must hold, in one sentence.
    pub says: String,
    /// How many things were looked at.
    pub checked: u64,
    /// What does not hold; empty when all is well.
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

/// What was checked and found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// One line per invariant, then one for the snapshots.
    pub lines: Vec<Line>,
    /// How the snapshots were found when the folder was opened for this.
    pub opened: OpenReport,
    /// Groups and bytes walked.
    pub journal: Verified,
    /// The last record.
    pub last: Seq,
    /// The chain's head after it.
    pub head: ChainHead,
}

impl Report {
    /// Whether everything holds.
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
        write!(f, "head {} ", self.last)?;
        self.head
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Walks the whole journal of a stopped service, folds everything from nothing, and compares the
/// snapshots with it. Memory grows with the number of orders.
///
/// # Errors
/// As [`Store::open`], which reads every record since the last checkpoint first; a chain that is
/// broken is `Damaged`. What does not hold otherwise is in the report.
pub fn verify(
    dir: &Path,
    config: &StorageConfig,
    options: OpenOptions,
    mut progress: impl FnMut(Progress),
) -> Result<Report, StorageFault> {
    let opened = Store::open(dir, config, options)?;
    let reader = opened.store.journal();
    let verified = journal::verify(&reader, |_| {});
    let verified = verified.map_err(|fault| StorageFault::journal(&dir.join("journal"), fault))?;
    let in_folder = |fault| StorageFault::snapshot(dir, fault);
    let mut audit = fold(&reader, &mut progress).map_err(in_folder)?;
    let (snapshots, hash) = compare(&audit, opened.store.reads()).map_err(in_folder)?;
    // What the snapshots remember is another fold of the same journal, made as it was written.
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
        if stored.seq % TELL_EVERY == 0 || seq == last {
            progress(Progress { folded: seq, last });
        }
    }
    Ok(audit)
}

/// One line per invariant, with what was looked at and what does not hold.
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

/// Compares every order, every wallet and every account with what the snapshots say; answers the hash of what they say.
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
