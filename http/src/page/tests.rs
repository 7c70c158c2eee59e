//! Tests of cursors, limits and the pages of lists.

#![allow(clippy::unwrap_used, reason = "a test may end here")]
use super::*;

#[test]
fn cursors_come_back() {
    let order = OrderId::from_bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 255]);
    assert_eq!(OrderId::read(&order.write()), Some(order));
    let notice = NoticeId {
        seq: Seq(u64::MAX),
        index: 7,
    };
    assert_eq!(NoticeId::read(&notice.write()), Some(notice));
    for forged in [
        "",
        "x",
        "+1234567890123456789012345678901",
        &order.to_string(),
    ] {
        assert!(cursor::<OrderId>(Some(forged)).is_err());
    }
}

#[test]
fn a_limit_is_bounded() {
    assert_eq!(limit(None).ok(), Some(20));
    assert_eq!(limit(Some(100)).ok(), Some(100));
    assert!(limit(Some(0)).is_err());
    assert!(limit(Some(101)).is_err());
}

fn paging(query: &str) -> Result<Paging, Problem> {
    parsed(query)
}

#[test]
fn d5_a_cursor_never_points_to_nothing() {
    let page = |read: Vec<u64>| Page::of_one_more(read, 2, |one| Seq(*one), |one| *one);
    assert_eq!(page(vec![1, 2, 3]).items, [1, 2]);
    assert_eq!(page(vec![1, 2, 3]).next_cursor, Some(Seq(2).write()));
    assert_eq!(page(vec![1, 2]).next_cursor, None);
    assert_eq!(page(vec![]).next_cursor, None);
}

#[test]
fn d5_a_list_in_memory_is_read_in_pages_too() {
    let list: Vec<u16> = (0..5).collect();
    let place = |one: &u16| *one;
    for limit in 1..=6 {
        let (mut read, mut query) = (vec![], format!("limit={limit}"));
        let mut pages = 0;
        loop {
            let asked = paging(&query).unwrap();
            let page = asked.of(list.clone(), place, |one| *one).unwrap();
            assert!(!page.items.is_empty() && page.items.len() <= limit);
            read.extend(page.items);
            pages += 1;
            let Some(next) = page.next_cursor else { break };
            query = format!("limit={limit}&cursor={next}");
        }
        assert_eq!(
            (&read, pages),
            (&list, list.len().div_ceil(limit)),
            "{limit}"
        );
    }
    let whole = paging("")
        .unwrap()
        .of(vec![0; 500], place, |one| *one)
        .unwrap();
    assert_eq!((whole.items.len(), whole.next_cursor), (500, None));
    for wrong in ["cursor=n", "cursor=%2B1", "cursor=", "limit=0"] {
        let page = paging(wrong).unwrap().of(list.clone(), place, |one| *one);
        assert!(page.is_err(), "{wrong}");
    }
}

#[test]
fn d5_unknown_and_doubled_parameters_are_refused() {
    for wrong in [
        "page=1",
        "Limit=1",
        "limit=1&limit=2",
        "limit=x",
        "%6Cimi=1",
    ] {
        assert_eq!(
            paging(wrong).unwrap_err().code,
            Code::InvalidQuery,
            "{wrong}"
        );
    }
    assert!(parsed::<NoParameters>("").is_ok());
    let refused = parsed::<NoParameters>("x=1").err();
    assert_eq!(
        refused.map(|it| it.extra["field"].clone()),
        Some("x".into())
    );
}

/// The entries of a list that are read page by page, while it changes between the pages.
fn read_while<S: Copy, C: Cursor + Ord>(
    mut list: Vec<S>,
    place: impl Fn(&S) -> C + Copy,
    mut change: impl FnMut(&mut Vec<S>, &[S]),
) -> Vec<S> {
    let (mut read, mut query) = (vec![], "limit=2".to_owned());
    loop {
        let page = paging(&query).unwrap().of(list.clone(), place, |one| *one);
        let page = page.unwrap();
        change(&mut list, &page.items);
        read.extend(page.items);
        let Some(next) = page.next_cursor else {
            return read;
        };
        query = format!("limit=2&cursor={next}");
    }
}

#[test]
fn f31_what_is_taken_away_between_two_pages_skips_nothing() {
    let sessions: Vec<(At, SessionId)> = (0..9_u8)
        .map(|n| (At((n / 3).into()), SessionId::from_bytes([9 - n; 16])))
        .collect();
    let read = read_while(
        sessions.clone(),
        |one| *one,
        |list, page| list.retain(|one| !page.contains(one)),
    );
    let mut all = sessions;
    all.sort_unstable();
    assert_eq!(read, all);
}

#[test]
fn f32_what_is_added_between_two_pages_shows_nothing_twice() {
    let mut fresh = (0..40).rev();
    let read = read_while(
        (40..60_u16).collect(),
        |one| *one,
        |list, _| list.extend(fresh.next()),
    );
    assert_eq!(read, (40..60).collect::<Vec<_>>());
}

#[test]
fn f32_the_place_of_each_list_in_memory_comes_back() {
    fn same<C: Cursor + PartialEq + std::fmt::Debug>(places: impl IntoIterator<Item = C>) {
        for place in places {
            assert_eq!(C::read(&place.write()), Some(place));
        }
    }
    let (user, order) = (UserId::from_bytes([7; 16]), OrderId::from_bytes([8; 16]));
    same([
        Account::Gateway,
        Account::Receivable(user),
        Account::Escrow(order),
        Account::Payable(user),
        Account::Revenue,
        Account::Goodwill,
    ]);
    same([TimerKind::PaymentAction, TimerKind::NoShowWait]);
    same([(At(u64::MAX), SessionId::from_bytes([1; 16]))]);
    same([TransferId {
        seq: Seq(u64::MAX),
        place: u16::MAX,
    }]);
    same([StoreId::from_bytes([3; 16])]);
}

#[tokio::test]
async fn f34_the_name_of_a_parameter_may_be_percent_encoded() {
    let listed = async |query: &str| {
        let request = axum::http::Request::builder().uri(format!("/?{query}"));
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let listed = Listed::<NoParameters>::from_request_parts(&mut parts, &());
        listed.await.map(|listed| listed.paging.limit().unwrap())
    };
    for query in [
        "limit=5",
        "l%69mit=5",
        "%6c%69%6D%69%74=%35",
        "limit=5&c%75rsor=7",
    ] {
        assert_eq!(listed(query).await.ok(), Some(5), "{query}");
    }
    for query in ["limit=5&l%69mit=5", "l%2569mit=5", "l%69mit=x"] {
        assert!(listed(query).await.is_err(), "{query}");
    }
}
