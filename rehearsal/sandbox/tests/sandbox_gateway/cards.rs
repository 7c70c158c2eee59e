//! Every test card and account, try by try.

use super::*;
use campusg_domain::gateway::{PaymentGateway, PayoutAnswer, Subject, TokenFault, Unanswered};
use campusg_sandbox::{Faults, SandboxGateway, TEST_ACCOUNTS, TEST_CARDS};

/// Per card: the answers to two tries of authorise, two of capture, two of refund; `-` ends the life.
const LIVES: &str = "
tok_visa                   | authorized  authorized  | captured    captured    | refunded    refunded
tok_slow                   | authorized  authorized  | captured    captured    | refunded    refunded
tok_timeout_then_succeeds  | unavailable authorized  | unavailable captured    | unavailable refunded
tok_declined               | declined    declined    | -           -           | -           -
tok_insufficient_funds     | insufficient_funds insufficient_funds | -       - | -           -
tok_nobody                 | card_invalid card_invalid | -         -           | -           -
tok_down                   | unavailable unavailable | -           -           | -           -
tok_down_1                 | unavailable authorized  | captured    captured    | refunded    refunded
tok_action_required        | action      action      | -           -           | -           -
tok_late                   | unavailable unavailable | -           -           | -           -
tok_second_declined        | authorized  authorized  | captured    captured    | refunded    refunded
tok_capture_fails          | authorized  authorized  | declined    declined    | -           -
tok_capture_down           | authorized  authorized  | unavailable unavailable | -           -
tok_capture_down_1         | authorized  authorized  | unavailable captured    | refunded    refunded
tok_capture_late           | authorized  authorized  | unavailable unavailable | -           -
tok_refund_fails           | authorized  authorized  | captured    captured    | card_invalid card_invalid
tok_refund_down_1          | authorized  authorized  | captured    captured    | unavailable refunded
";

fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Authorized { .. } => "authorized",
        Answer::ActionRequired { .. } => "action",
        Answer::Captured { .. } => "captured",
        Answer::Voided => "voided",
        Answer::Refunded { .. } => "refunded",
        Answer::Declined { reason } => reason.code(),
        Answer::Unavailable => "unavailable",
        Answer::PaidOut { .. } => "paid_out",
        Answer::SentBack { .. } => "sent_back",
    }
}

#[test]
fn every_card_lives_as_the_table_says() {
    for line in LIVES.lines().filter(|line| !line.is_empty()) {
        let bench = Bench::new();
        let cells: Vec<&str> = line
            .split(['|', ' '])
            .filter(|cell| !cell.is_empty())
            .collect();
        let (token, expected) = cells.split_first().unwrap();
        let life = [
            authorize("order:1/authorize/1", token, 1_000),
            capture("order:1/capture/2", "order:1/authorize/1", 800),
            refund("order:1/refund/3", "order:1/capture/2", 300),
        ];
        for (request, tries) in life
            .iter()
            .zip(expected.chunks(2))
            .filter(|(_, tries)| tries[0] != "-")
        {
            for expected in tries {
                assert_eq!(
                    word(&bench.call(request).unwrap()),
                    *expected,
                    "{token} {}",
                    request.key
                );
            }
        }
    }
}

#[test]
fn a_card_that_gives_once_gives_once_per_order() {
    let bench = Bench::new();
    let ask = |key: &str| bench.call(&authorize(key, "tok_second_declined", 500));
    let declined = Answer::Declined {
        reason: Decline::InsufficientFunds,
    };
    assert_eq!(ask("order:1/authorize/1"), Ok(authorized(500, NOW)));
    assert_eq!(ask("order:1/authorize/2"), Ok(declined.clone()));
    assert_eq!(ask("order:1/authorize/2"), Ok(declined));
    assert_eq!(ask("order:2/authorize/1"), Ok(authorized(500, NOW)));
}

#[test]
fn a_card_that_is_down_n_times_succeeds_at_the_next() {
    let bench = Bench::new();
    let request = authorize("a", "tok_down_3", 500);
    for _ in 0..3 {
        assert_eq!(bench.call(&request), Ok(Answer::Unavailable));
        assert_eq!(bench.totals(), Totals::default());
    }
    assert_eq!(bench.call(&request), Ok(authorized(500, NOW)));
}

#[test]
fn a_lost_answer_was_done_all_the_same() {
    let bench = Bench::new();
    assert_eq!(
        bench.call(&authorize("a", "tok_timeout_then_succeeds", 500)),
        Ok(Answer::Unavailable)
    );
    assert_eq!(bench.totals().blocked, Cents(500));
    let bench = bench.reopen();
    assert_eq!(
        bench.call(&authorize("a", "tok_timeout_then_succeeds", 500)),
        Ok(authorized(500, NOW))
    );
    assert_eq!(bench.totals().open_authorizations, 1);
}

#[test]
fn only_the_slow_card_and_account_take_their_time() {
    let bench = Bench::new();
    let delay = |request: &Request| bench.book.call(request, NOW).unwrap().delay_ms;
    assert_eq!(delay(&authorize("v", "tok_visa", 500)), 0);
    assert_eq!(delay(&authorize("s", "tok_slow", 500)), TUNING.slow_ms);
    assert_eq!(delay(&capture("sc", "s", 500)), TUNING.slow_ms);
    assert_eq!(delay(&refund("sr", "sc", 500)), TUNING.slow_ms);
    assert_eq!(
        bench
            .book
            .pay_out(&payout("p", "acct_slow", 500), NOW)
            .unwrap()
            .delay_ms,
        TUNING.slow_ms
    );
    assert_eq!(
        bench
            .book
            .pay_out(&payout("q", "acct_bank", 500), NOW)
            .unwrap()
            .delay_ms,
        0
    );
}

#[test]
fn every_account_pays_out_as_told() {
    let paid = PayoutAnswer::PaidOut { cents: Cents(500) };
    let declined = |reason| PayoutAnswer::Declined { reason };
    let table = [
        ("acct_bank", [paid; 2]),
        ("acct_slow", [paid; 2]),
        ("acct_closed", [declined(Decline::AccountInvalid); 2]),
        ("acct_nobody", [declined(Decline::AccountInvalid); 2]),
        (
            "acct_timeout_then_succeeds",
            [PayoutAnswer::Unavailable, paid],
        ),
        ("acct_down", [PayoutAnswer::Unavailable; 2]),
        ("acct_down_1", [PayoutAnswer::Unavailable, paid]),
        ("acct_late", [PayoutAnswer::Unavailable; 2]),
        ("acct_fails_late", [PayoutAnswer::Unavailable; 2]),
        ("acct_sends_back", [paid; 2]),
    ];
    for (token, expected) in table {
        let bench = Bench::new();
        for expected in expected {
            let answer = bench
                .book
                .pay_out(&payout("p", token, 500), NOW)
                .unwrap()
                .outcome;
            assert_eq!(answer, Ok(expected), "{token}");
        }
        let sum = if expected[1] == paid {
            Cents(500)
        } else {
            Cents::ZERO
        };
        assert_eq!(bench.totals().paid_out, sum, "{token}");
        assert_eq!(bench.reopen().totals().paid_out, sum, "{token}");
    }
}

#[tokio::test]
async fn the_port_describes_listed_tokens_and_no_others() {
    let Bench {
        dir: _dir, book, ..
    } = Bench::new();
    let gateway = SandboxGateway::new(
        Arc::new(book),
        Faults::default(),
        5_000,
        StandingClock::new().now(),
    );
    for listed in TEST_CARDS {
        let face = gateway
            .describe_card(card(&listed.token.replace("_N", "_2")))
            .await
            .unwrap();
        assert_eq!((face.brand.as_str(), face.last4.as_str()), ("visa", "4242"));
    }
    for listed in TEST_ACCOUNTS {
        let account = AccountToken(listed.token.replace("_N", "_2"));
        assert_eq!(
            gateway.describe_account(account).await.unwrap().last4,
            "6789"
        );
    }
    assert_eq!(
        gateway.describe_card(card("tok_nobody")).await,
        Err(TokenFault::Unknown)
    );
    let nobody = AccountToken("acct_nobody".to_owned());
    assert_eq!(
        gateway.describe_account(nobody).await,
        Err(TokenFault::Unknown)
    );
}

#[tokio::test]
async fn a_slow_answer_past_the_time_out_is_unknown_and_done_once() {
    let dir = TempDir::new().unwrap();
    let never = Tuning {
        slow_ms: 3_600_000,
        ..TUNING
    };
    let book = Arc::new(Book::open(&dir.path().join("book.jsonl"), never).unwrap());
    let clock = StandingClock::new();
    let gateway = SandboxGateway::new(Arc::clone(&book), Faults::default(), 20, clock.now());
    let request = authorize("a", "tok_slow", 500);
    let silence = Err(Unanswered(Subject::Unknown));
    assert_eq!(gateway.call(request.clone()).await, silence);
    let again = book.call(&request, NOW).unwrap().outcome;
    assert_eq!(again, Ok(authorized(500, NOW)));
    assert_eq!(book.totals(None, NOW).unwrap().open_authorizations, 1);
}
