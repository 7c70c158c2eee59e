//! Keys by themselves: how long, how many, whose, and at what cost.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
use super::*;
use crate::id::Principal;

const INBOX: Stream = Stream::Inbox(UserId::from_bytes([9; 16]));
const NOON: At = At(1_767_225_600_000);

fn caller(n: u8) -> Principal {
    Principal::User(UserId::from_bytes([n; 16]))
}

fn given(who: Principal, key: u32, body: u64) -> Meta {
    Meta::keyed(
        who,
        "POST /api/orders",
        &key.to_string(),
        Fingerprint(body),
        "test",
    )
}

/// Carries a command out: claims its key and folds its record.
fn done(keys: &mut Keys, meta: &Meta, seq: u64, at: At) {
    assert_eq!(keys.claim(meta, at), Ok(Claim::New));
    folded(keys, meta, seq, at);
}

fn folded(keys: &mut Keys, meta: &Meta, seq: u64, at: At) {
    keys.pass(INBOX, at);
    keys.note(meta.principal.user(), meta.id, meta.fingerprint, Seq(seq));
}

#[test]
fn a2_a_key_is_known_after_thousands_of_others_and_until_its_day_is_over() {
    let (mut keys, first) = (Keys::default(), given(caller(1), 0, 7));
    done(&mut keys, &first, 1, NOON);
    for key in 1..5_000 {
        let at = NOON.plus(u64::from(key));
        done(&mut keys, &given(caller(1), key, 7), 1 + u64::from(key), at);
        let other = given(caller(2), key, 7);
        done(&mut keys, &other, 10_000 + u64::from(key), at);
    }
    let last = NOON.plus(KEPT_MS - 1);
    assert_eq!(keys.claim(&first, last), Ok(Claim::Done(Seq(1))));
    let other_body = given(caller(1), 0, 8);
    assert_eq!(keys.claim(&other_body, last), Err(Rejection::KeyReused));
    assert_eq!(keys.claim(&first, last.plus(1)), Ok(Claim::New));
    let second = given(caller(1), 1, 7);
    assert_eq!(keys.claim(&second, last.plus(1)), Ok(Claim::Done(Seq(2))));
}

#[test]
fn a_key_is_its_callers_alone() {
    let mut keys = Keys::default();
    let (mine, yours) = (given(caller(1), 1, 7), given(caller(2), 1, 8));
    // Two ids of 64 bits may be one.
    let yours = Meta {
        id: mine.id,
        ..yours
    };
    done(&mut keys, &mine, 1, NOON);
    done(&mut keys, &yours, 2, NOON);
    assert_eq!(keys.claim(&mine, NOON), Ok(Claim::Done(Seq(1))));
    assert_eq!(keys.claim(&yours, NOON), Ok(Claim::Done(Seq(2))));
}

#[test]
fn a_repeat_of_a_command_under_way_is_still_running_and_a_released_key_is_free() {
    let (mut keys, meta) = (Keys::default(), given(caller(1), 1, 7));
    assert_eq!(keys.claim(&meta, NOON), Ok(Claim::New));
    assert_eq!(keys.claim(&meta, NOON), Err(Rejection::StillRunning));
    assert_eq!(keys.look(&meta, NOON), Ok(None));
    keys.release(meta.principal.user(), meta.id);
    assert!(keys.is_empty());
    done(&mut keys, &meta, 1, NOON);
    assert!(!keys.is_empty());
    keys.release(meta.principal.user(), meta.id);
    assert_eq!(
        keys.claim(&meta, NOON),
        Ok(Claim::Done(Seq(1))),
        "a record is not given back"
    );
}

#[test]
fn at_the_limit_a_new_key_waits_for_the_oldest_a_known_one_is_answered_and_others_go_on() {
    let mut keys = Keys::default();
    for key in 0..MOST {
        let at = NOON.plus(u64::from(key));
        done(&mut keys, &given(caller(1), key, 7), 1 + u64::from(key), at);
    }
    let (now, next) = (NOON.plus(DAY_MS / 2), given(caller(1), MOST, 7));
    let full = |in_ms| Rejection::TooManyKeys { limit: MOST, in_ms };
    assert_eq!(keys.claim(&next, now), Err(full(DAY_MS / 2)));
    let known = given(caller(1), 0, 7);
    assert_eq!(keys.claim(&known, now), Ok(Claim::Done(Seq(1))));
    assert_eq!(keys.claim(&given(caller(2), MOST, 7), now), Ok(Claim::New));
    let wait = |now: At| now.plus(DAY_MS / 2 - 1);
    assert_eq!(keys.claim(&next, wait(now)), Err(full(1)));
    assert_eq!(keys.claim(&next, wait(now).plus(1)), Ok(Claim::New));
    let after = given(caller(1), MOST + 1, 7);
    assert_eq!(
        keys.claim(&after, wait(now).plus(1)),
        Err(full(1)),
        "a claim counts"
    );
}

#[test]
fn the_processs_own_keys_are_not_limited() {
    let mut keys = Keys::default();
    for key in 0..=MOST {
        let own = given(Principal::System, key, 7);
        done(&mut keys, &own, 1 + u64::from(key), NOON);
    }
    assert_eq!(keys.len(), MOST as usize + 1);
}

#[test]
fn what_is_over_takes_no_room() {
    let mut keys = Keys::default();
    for key in 0..MOST {
        done(&mut keys, &given(caller(1), key, 7), 1, NOON);
        done(&mut keys, &given(caller(2), key, 7), 1, NOON);
    }
    let later = NOON.plus(KEPT_MS);
    done(&mut keys, &given(caller(3), 1, 7), 1, later);
    assert_eq!(
        (keys.len(), keys.callers.len(), keys.by_age.len()),
        (1, 1, 1)
    );
    assert!(keys.by_age.capacity() <= 64);
}

/// Of a queue with room for so many: how many are in it, and how much room it has then.
#[test]
fn a_queue_gives_back_room_when_less_than_a_quarter_is_used() {
    let table = [
        (64, 0, 64),
        (65, 0, 0),
        (68, 16, 16),
        (68, 17, 68),
        (100, 24, 24),
        (100, 25, 100),
        (100, 99, 100),
    ];
    for (room, many, left) in table {
        let mut queue = VecDeque::with_capacity(room);
        queue.extend(0..many);
        let shrunk = shrink(&mut queue);
        assert_eq!(
            (queue.capacity(), shrunk),
            (left, left != room),
            "{many} of {room}"
        );
    }
}

#[test]
fn a_caller_who_gave_many_keys_has_no_room_for_them_once_they_are_over() {
    let mut keys = Keys::default();
    for key in 1..MOST {
        done(&mut keys, &given(caller(1), key, 7), 1, NOON);
    }
    let later = NOON.plus(KEPT_MS);
    done(&mut keys, &given(caller(1), MOST, 7), 2, later.minus(1));
    done(&mut keys, &given(caller(2), 1, 7), 3, later);
    let of_caller = &keys.callers[&caller(1).user()];
    assert_eq!(of_caller.used.len(), 1);
    assert!(of_caller.used.capacity() < 128 && of_caller.by_age.capacity() <= 64);
}

/// At most: a map has room for 16/7 of what it holds before it grows, a queue for twice as much.
#[test]
fn a_key_takes_few_bytes() {
    let slot = size_of::<(CommandId, Used)>() + 1;
    let queued = size_of::<(u64, CommandId)>() + size_of::<Caller>();
    let most = slot * 16 / 7 + 2 * queued;
    assert!(most <= 140, "{most} bytes");
}

/// As the service does after a start: folded from the records alone, keys are known as before.
#[test]
fn a_second_fold_of_the_same_records_changes_nothing() {
    let (mut keys, mut again) = (Keys::default(), Keys::default());
    for key in 0..100 {
        let (meta, at) = (given(caller(1), key, 7), NOON.plus(u64::from(key)));
        done(&mut keys, &meta, 1 + u64::from(key), at);
        folded(&mut again, &meta, 1 + u64::from(key), at);
        folded(&mut again, &meta, 1 + u64::from(key), at);
    }
    assert_eq!(keys, again);
}

/// The clock is wrong from one start to the next, or until a person accepts it: what lies between is no time.
#[test]
fn a2_no_clock_that_is_put_right_ages_a_key() {
    const YEAR: u64 = 365 * DAY_MS;
    let (first, second) = (given(caller(1), 1, 7), given(caller(1), 2, 7));
    for (ahead, wrong) in [
        (true, 2 * DAY_MS),
        (false, 2 * DAY_MS),
        (true, YEAR),
        (false, YEAR),
    ] {
        let jumped = if ahead {
            NOON.plus(wrong)
        } else {
            NOON.minus(wrong)
        };
        let mut keys = Keys::default();
        done(&mut keys, &first, 1, NOON);
        // At a start the jump is before this record, where it is accepted while the server runs behind it.
        keys.pass(Stream::System, if ahead { jumped } else { NOON });
        done(&mut keys, &second, 3, jumped.plus(1_000));
        assert_eq!(
            keys.claim(&first, jumped.plus(2_000)),
            Ok(Claim::Done(Seq(1)))
        );
        let right = NOON.plus(5_000);
        keys.pass(Stream::System, right);
        for (meta, seq) in [(&first, 1), (&second, 3)] {
            assert_eq!(keys.claim(meta, right), Ok(Claim::Done(Seq(seq))));
        }
        keys.pass(INBOX, right);
        let over = right.plus(KEPT_MS);
        for (meta, seq) in [(&first, 1), (&second, 3)] {
            assert_eq!(keys.claim(meta, over.minus(1)), Ok(Claim::Done(Seq(seq))));
        }
        for meta in [&first, &second] {
            assert_eq!(keys.claim(meta, over), Ok(Claim::New), "{jumped:?}");
        }
    }
}

#[test]
fn records_that_are_a_little_out_of_order_do_not_age_keys_faster() {
    let mut passed = Passed::default();
    for n in 0..1_000 {
        passed.record(INBOX, NOON.plus(n).minus(n % 5 * 100));
    }
    assert_eq!(passed.ms(), 995);
}
