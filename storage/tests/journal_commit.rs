//! The committer: what is told to whom, in which order, and what is told to nobody.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod journal_common;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use campusg_storage::disk::faulty::FaultyDisk;
use campusg_storage::journal::{
    Ack, Batch, CommitFault, Committer, CommitterOptions, Fatal, Fold, Journal, Payload, RecordTag,
};
use journal_common::{SMALL, all, assert_all_right, open, open_with, payload_of, tag_of};

/// A record of so many bytes, named by whoever submitted it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Note {
    name: u64,
    bytes: usize,
}

impl Payload for Note {
    fn encode(&self, seq: u64, out: &mut Vec<u8>) -> RecordTag {
        out.extend(payload_of(seq, self.bytes));
        tag_of(seq)
    }
}

fn note(name: u64) -> Note {
    Note { name, bytes: 60 }
}

/// What the hooks of one committer saw.
#[derive(Clone, Default)]
struct Seen {
    fatal: Arc<AtomicBool>,
    folded: Arc<AtomicU64>,
    batches: Arc<Mutex<Vec<Arc<Batch<Note>>>>>,
}

fn start(journal: Journal, seen: &Seen, more: Vec<Fold<Note>>) -> Committer<Note> {
    let watch = seen.clone();
    let mut folds: Vec<Fold<Note>> = vec![Box::new(move |batch| {
        watch.batches.lock().unwrap().push(Arc::clone(batch));
    })];
    folds.extend(more);
    let watch = seen.clone();
    folds.push(Box::new(move |batch| {
        watch.folded.store(batch.last_seq(), Ordering::SeqCst)
    }));
    let fatal = Arc::clone(&seen.fatal);
    let mut now = 0;
    let options = CommitterOptions {
        folds,
        now_ms: Box::new(move || {
            now += 1;
            now
        }),
        on_fatal: Box::new(move |_: &Fatal| fatal.store(true, Ordering::SeqCst)),
    };
    Committer::start(journal, options).unwrap()
}

type Answer = Result<Ack, CommitFault>;

fn submit(committer: &Committer<Note>, note: Note) -> mpsc::Receiver<Answer> {
    let (answer, answered) = mpsc::channel();
    committer
        .queue()
        .submit(note, move |result| answer.send(result).unwrap());
    answered
}

#[test]
fn every_acknowledgement_comes_after_every_fold() {
    let disk = FaultyDisk::new();
    let seen = Seen::default();
    let committer = start(
        open_with(&disk, 1 << 16).unwrap().journal,
        &seen,
        Vec::new(),
    );
    let acks = Arc::new(Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (queue, seen, acks) = (committer.queue(), seen.clone(), Arc::clone(&acks));
            scope.spawn(move || {
                for i in 0..500 {
                    let (folded, acks, name) = (
                        Arc::clone(&seen.folded),
                        Arc::clone(&acks),
                        thread * 500 + i,
                    );
                    queue.submit(note(name), move |result| {
                        let seq = result.unwrap().seq;
                        assert!(
                            folded.load(Ordering::SeqCst) >= seq,
                            "acknowledged before folded"
                        );
                        acks.lock().unwrap().push((seq, name));
                    });
                }
            });
        }
    });
    let stats = committer.queue();
    let journal = committer.shutdown().unwrap();
    let acks = acks.lock().unwrap();
    assert!(
        acks.iter().map(|(seq, _)| *seq).eq(1..=2000),
        "in order, none left out"
    );

    let batches = seen.batches.lock().unwrap();
    let folded: Vec<(u64, u64)> = batches
        .iter()
        .flat_map(|batch| batch.numbered().map(|(seq, note)| (seq, note.name)))
        .collect();
    assert_eq!(folded, *acks);
    assert!(batches.is_sorted_by_key(|batch| batch.written_ms));
    assert_eq!(batches.last().unwrap().head, journal.reader().head().1);
    assert_eq!(assert_all_right(&journal.reader()), 2000);

    let stats = stats.stats();
    assert_eq!((stats.groups, stats.records), (batches.len() as u64, 2000));
    assert_eq!(
        (stats.last_seq, stats.depth, stats.refused_full),
        (2000, 0, 0)
    );
    assert_eq!(stats.bytes, stats.groups * 64 + 2000 * 72);
    assert!(!seen.fatal.load(Ordering::SeqCst));
}

/// A fold that holds the journal's thread until it is let go, so that a queue builds up.
fn gate() -> (Fold<Note>, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (reached, at_gate) = mpsc::channel();
    let (open, opened) = mpsc::channel();
    let mut first = true;
    let fold: Fold<Note> = Box::new(move |_| {
        if std::mem::take(&mut first) {
            reached.send(()).unwrap();
            opened.recv().unwrap();
        }
    });
    (fold, at_gate, open)
}

#[test]
fn what_waits_becomes_one_group_up_to_512_records_and_1_mib() {
    let disk = FaultyDisk::new();
    let seen = Seen::default();
    let (fold, at_gate, gate) = gate();
    let committer = start(
        open_with(&disk, 4 << 20).unwrap().journal,
        &seen,
        vec![fold],
    );
    let mut answers = vec![submit(&committer, note(0))];
    at_gate.recv().unwrap();
    answers.extend((1..=700).map(|name| submit(&committer, note(name))));
    answers.extend((0..5).map(|name| {
        submit(
            &committer,
            Note {
                name,
                bytes: 300_000,
            },
        )
    }));
    assert_eq!(committer.queue().depth(), 706);
    gate.send(()).unwrap();
    for (seq, answer) in (1..).zip(answers) {
        assert_eq!(answer.recv().unwrap().unwrap().seq, seq);
    }
    drop(committer);
    let sizes: Vec<usize> = seen
        .batches
        .lock()
        .unwrap()
        .iter()
        .map(|batch| batch.records.len())
        .collect();
    assert_eq!(sizes, [1, 512, 188 + 3, 2]);
}

#[test]
fn a_barrier_waits_for_what_was_queued_before_it() {
    let disk = FaultyDisk::new();
    let seen = Seen::default();
    let (fold, at_gate, gate) = gate();
    let committer = start(open(&disk).journal, &seen, vec![fold]);
    let (done, barrier) = mpsc::channel();
    committer
        .queue()
        .barrier(move |result| done.send(result).unwrap());
    assert_eq!(barrier.recv().unwrap(), Ok(0));

    let first = submit(&committer, note(1));
    at_gate.recv().unwrap();
    let second = submit(&committer, note(2));
    let (done, barrier) = mpsc::channel();
    committer
        .queue()
        .barrier(move |result| done.send((result, second.try_recv())).unwrap());
    gate.send(()).unwrap();
    assert_eq!(first.recv().unwrap().unwrap().seq, 1);
    let (last_seq, decided) = barrier.recv().unwrap();
    assert_eq!((last_seq, decided.unwrap().unwrap().seq), (Ok(2), 2));
}

#[test]
fn a_full_disk_is_an_answer_and_passes() {
    let disk = FaultyDisk::new();
    disk.set_capacity(Some(2 * SMALL + 4000));
    let seen = Seen::default();
    let committer = start(open(&disk).journal, &seen, Vec::new());
    let mut acked = 0;
    let refused = loop {
        match submit(&committer, note(acked)).recv().unwrap() {
            Ok(ack) => {
                acked += 1;
                assert_eq!(ack.seq, acked);
            }
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused, CommitFault::StorageFull);
    let (done, barrier) = mpsc::channel();
    committer
        .queue()
        .barrier(move |result| done.send(result).unwrap());
    assert_eq!(barrier.recv().unwrap(), Ok(acked));
    assert_eq!(committer.queue().stats().refused_full, 1);
    assert!(committer.queue().is_full(0));
    disk.set_capacity(None);
    assert_eq!(
        submit(&committer, note(0)).recv().unwrap().unwrap().seq,
        acked + 1
    );
    assert!(!committer.queue().is_full(0));
    assert!(!seen.fatal.load(Ordering::SeqCst));
    let journal = committer.shutdown().unwrap();
    assert_eq!(assert_all_right(&journal.reader()), acked + 1);
}

#[test]
fn a_record_too_large_for_any_group_is_refused_alone() {
    let disk = FaultyDisk::new();
    let seen = Seen::default();
    let (fold, at_gate, gate) = gate();
    let committer = start(open(&disk).journal, &seen, vec![fold]);
    let first = submit(&committer, note(0));
    at_gate.recv().unwrap();
    let before = submit(&committer, note(1));
    let large = submit(
        &committer,
        Note {
            name: 2,
            bytes: 5000,
        },
    );
    let after = submit(&committer, note(3));
    gate.send(()).unwrap();
    assert_eq!(first.recv().unwrap().unwrap().seq, 1);
    assert_eq!(before.recv().unwrap().unwrap().seq, 2);
    assert_eq!(large.recv().unwrap(), Err(CommitFault::TooLarge));
    assert_eq!(after.recv().unwrap().unwrap().seq, 3);
    let queue = committer.queue();
    assert_eq!(assert_all_right(&committer.shutdown().unwrap().reader()), 3);
    assert_eq!(queue.depth(), 0);
}

#[test]
fn after_a_failed_sync_nobody_is_acknowledged_and_the_hook_is_called() {
    for nth in 1..=20 {
        let disk = FaultyDisk::new();
        let seen = Seen::default();
        let committer = start(open(&disk).journal, &seen, Vec::new());
        disk.fail_sync(".seg", nth);
        let mut acked = 0;
        while let Ok(Ok(ack)) = submit(&committer, note(0)).recv() {
            acked = ack.seq;
        }
        assert_eq!(acked, nth - 1);
        assert_eq!(
            seen.folded.load(Ordering::SeqCst),
            acked,
            "the failed group is not folded"
        );
        assert!(committer.shutdown().is_none());
        assert!(seen.fatal.load(Ordering::SeqCst));
        disk.power_loss(nth);
        assert_eq!(assert_all_right(&open(&disk).journal.reader()), acked);
    }
}

#[test]
fn what_waits_behind_a_failed_sync_is_dropped_and_what_comes_later_refused() {
    let disk = FaultyDisk::new();
    let seen = Seen::default();
    let (fold, at_gate, gate) = gate();
    let committer = start(open(&disk).journal, &seen, vec![fold]);
    let first = submit(&committer, note(0));
    at_gate.recv().unwrap();
    disk.fail_sync(".seg", 1);
    let waiting: Vec<_> = (0..600)
        .map(|name| submit(&committer, note(name)))
        .collect();
    gate.send(()).unwrap();
    assert_eq!(first.recv().unwrap().unwrap().seq, 1);
    for answer in waiting {
        answer.recv().expect_err("dropped without an answer");
    }
    assert_eq!(
        submit(&committer, note(0)).recv().unwrap(),
        Err(CommitFault::Closed)
    );
    assert!(seen.fatal.load(Ordering::SeqCst));
}

#[test]
fn a_panicking_fold_is_fatal_and_nobody_is_acknowledged() {
    let disk = FaultyDisk::new();
    let seen = Seen::default();
    let fold: Fold<Note> =
        Box::new(|batch| assert!(batch.last_seq() < 3, "this fold panics at three"));
    let committer = start(open(&disk).journal, &seen, vec![fold]);
    assert_eq!(submit(&committer, note(0)).recv().unwrap().unwrap().seq, 1);
    assert_eq!(submit(&committer, note(0)).recv().unwrap().unwrap().seq, 2);
    submit(&committer, note(0))
        .recv()
        .expect_err("dropped without an answer");
    assert!(committer.shutdown().is_none());
    assert!(seen.fatal.load(Ordering::SeqCst));
    assert_eq!(
        all(&open(&disk).journal.reader()).len(),
        3,
        "it is durable all the same"
    );
}

#[test]
fn shutdown_writes_what_is_queued_and_refuses_the_rest() {
    let disk = FaultyDisk::new();
    let seen = Seen::default();
    let (fold, at_gate, gate) = gate();
    let committer = start(
        open_with(&disk, 1 << 16).unwrap().journal,
        &seen,
        vec![fold],
    );
    let queue = committer.queue();
    let mut answers = vec![submit(&committer, note(0))];
    at_gate.recv().unwrap();
    answers.extend((1..1000).map(|name| submit(&committer, note(name))));
    gate.send(()).unwrap();
    let journal = committer.shutdown().unwrap();
    let acked: BTreeSet<u64> = answers
        .iter()
        .map(|answer| answer.recv().unwrap().unwrap().seq)
        .collect();
    assert!(acked.into_iter().eq(1..=1000));
    let (refused, answer) = mpsc::channel();
    queue.submit(note(0), move |result| refused.send(result).unwrap());
    assert_eq!(answer.recv().unwrap(), Err(CommitFault::Closed));
    let (refused, answer) = mpsc::channel();
    queue.barrier(move |result| refused.send(result).unwrap());
    assert_eq!(answer.recv().unwrap(), Err(CommitFault::Closed));
    assert_eq!(journal.next_seq(), 1001);
}

#[test]
fn every_acknowledged_record_survives_power_losses() {
    for seed in 0..200 {
        let disk = FaultyDisk::new();
        let seen = Seen::default();
        let committer = start(open(&disk).journal, &seen, Vec::new());
        disk.cut_power_after(seed % 67);
        let answers: Vec<_> = (0..200)
            .map(|name| submit(&committer, note(name)))
            .collect();
        let acked = answers
            .iter()
            .map_while(|answer| answer.recv().ok()?.ok())
            .count() as u64;
        let folded = seen.folded.load(Ordering::SeqCst);
        assert_eq!(acked, folded);
        drop(committer);
        disk.power_loss(seed);
        let there = assert_all_right(&open(&disk).journal.reader());
        assert!(
            there >= acked,
            "seed {seed}: {acked} acknowledged, {there} there"
        );
    }
}
