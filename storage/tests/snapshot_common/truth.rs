//! What a store says while one of its snapshots may be damaged: what the records say, or that it can't be read now.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;

use campusg_domain::notice::Audience;
use campusg_domain::owner::inbox::NoticeId;
use campusg_domain::people::Side;
use campusg_domain::record::Entry;
use campusg_domain::time::At;
use campusg_simulation::Folds;
use campusg_storage::Reads;
use campusg_storage::snapshot::SnapshotFault;

/// How many reads were answered, and how many could not be answered yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    pub right: u64,
    pub passing: u64,
}

impl Asked {
    /// Compares an answer, if there is one; anything else must be a fault that passes.
    fn is<T: PartialEq + std::fmt::Debug>(&mut self, read: Result<T, SnapshotFault>, expected: &T) {
        match read {
            Ok(found) => {
                assert_eq!(found, *expected, "a wrong answer");
                self.right += 1;
            }
            Err(fault) => {
                assert!(fault.is_passing(), "{fault:?}");
                self.passing += 1;
            }
        }
    }
}

/// Asks for everything. A read may fail for a while; it may not say anything else than the records.
pub fn ask_everything(reads: &Reads, folds: &Folds, entries: &[Entry]) -> Asked {
    let mut asked = Asked::default();
    for order in folds.orders.values() {
        asked.is(reads.order(order.id), &Some(order.clone()));
    }
    for wallet in folds.wallets.iter() {
        asked.is(reads.wallet_of(wallet.user), &Some(wallet.clone()));
    }
    let accounts: BTreeMap<_, _> = folds.ledger.accounts().collect();
    asked.is(
        reads.accounts().map(|found| found.into_iter().collect()),
        &accounts,
    );
    for (user, person) in folds.directory.people() {
        asked.is(reads.person(user), &Some(person.clone()));
    }
    let stores: Vec<_> = folds.directory.stores().collect();
    asked.is(reads.stores().map(|found| found.len()), &stores.len());
    for (id, store) in stores {
        asked.is(reads.store(id), &Some(store.clone()));
    }
    for (photo, order) in &folds.photos {
        asked.is(reads.photo_order(*photo), &Some(*order));
        asked.is(reads.picture_order(photo.picture()), &Some(*order));
    }
    let timers = |reads: &Reads| {
        let found = reads.timers_between(At(0), At(u64::MAX), usize::MAX)?;
        Ok(found.len())
    };
    asked.is(
        timers(reads),
        &folds.timetable.due(At(u64::MAX), usize::MAX).count(),
    );
    asked.is(
        reads.open_calls().map(|found| found.len()),
        &folds.calls.len(),
    );
    asked.is(
        reads
            .scheduled_list(None, usize::MAX)
            .map(|found| found.len()),
        &6,
    );
    feeds(reads, folds, entries, &mut asked);
    asked
}

fn feeds(reads: &Reads, folds: &Folds, entries: &[Entry], asked: &mut Asked) {
    let mut notices = BTreeMap::<Audience, Vec<NoticeId>>::new();
    for Entry { seq, record } in entries {
        for (index, notice) in (0..).zip(&record.notices) {
            let id = NoticeId { seq: *seq, index };
            notices.entry(notice.to).or_default().push(id);
        }
    }
    for (audience, ids) in notices {
        for id in ids.iter().step_by(7) {
            asked.is(
                reads.notice(audience, *id).map(|found| found.is_some()),
                &true,
            );
        }
        let Audience::User(user) = audience else {
            continue;
        };
        let theirs = folds
            .orders
            .values()
            .filter(|order| order.terms.customer == user);
        let page = reads.my_orders(user, Side::Customer, None, None, usize::MAX);
        asked.is(page.map(|page| page.orders.len()), &theirs.count());
    }
}
