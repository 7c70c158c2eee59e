//! The test tokens: each card and each account, and how the bank treats it.
//!
//! Must not: keep state; the bank counts tries and remembers.

use campusg_bank::{AccountScript, Behaviour, CardScript, Issuer, Payee, Scripts};
use campusg_domain::{
    call::{AccountToken, CardToken, Decline},
    gateway::{AccountFace, CardFace},
};

const GOOD: CardScript = CardScript::GOOD;

/// A test token and its behaviour, as help and pages list it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TestToken {
    /// The token as it is sent to the API; `N` stands for a number from 1 to 99.
    pub token: &'static str,
    /// What happens with it, in one line.
    pub does: &'static str,
}

const fn token(token: &'static str, does: &'static str) -> TestToken {
    TestToken { token, does }
}

/// Every test card.
pub const TEST_CARDS: &[TestToken] = &[
    token("tok_visa", "everything succeeds"),
    token("tok_declined", "the authorisation is declined"),
    token(
        "tok_insufficient_funds",
        "the authorisation is declined: not enough money",
    ),
    token(
        "tok_slow",
        "everything succeeds, every answer takes `slow_ms`",
    ),
    token(
        "tok_timeout_then_succeeds",
        "every authorisation, capture and refund is done, but its first answer is lost",
    ),
    token(
        "tok_down",
        "authorisations are never answered, nothing is done",
    ),
    token(
        "tok_down_N",
        "an authorisation is not answered N times, then succeeds",
    ),
    token(
        "tok_action_required",
        "the bank asks the customer to confirm; the answer comes as an event",
    ),
    token(
        "tok_second_declined",
        "the first authorisation of an order succeeds; a second one, or a later tip, is declined",
    ),
    token("tok_capture_fails", "authorises; the capture is declined"),
    token(
        "tok_capture_down",
        "authorises; captures are never answered, nothing is done",
    ),
    token(
        "tok_capture_down_N",
        "authorises; a capture is not answered N times, then succeeds",
    ),
    token(
        "tok_capture_late",
        "authorises; the capture is not answered, succeeds after `late_ms`, reported by an event",
    ),
    token(
        "tok_refund_fails",
        "authorises and captures; the refund is declined",
    ),
    token(
        "tok_refund_down_N",
        "a refund is not answered N times, then succeeds",
    ),
    token(
        "tok_late",
        "the authorisation is not answered, succeeds after `late_ms`, reported by an event",
    ),
    token(
        "tok_lapses",
        "authorises; the bank lets it go after `late_ms`, reported by an event",
    ),
    token(
        "tok_chargeback",
        "the bank takes each charge back after `chargeback_ms`, for `chargeback_fee_cents`, and never decides",
    ),
    token(
        "tok_chargeback_won",
        "as `tok_chargeback`; `verdict_ms` later the bank gives the charge again",
    ),
    token(
        "tok_chargeback_lost",
        "as `tok_chargeback`; `verdict_ms` later the bank keeps the charge",
    ),
];

/// Every test bank account.
pub const TEST_ACCOUNTS: &[TestToken] = &[
    token("acct_bank", "the payout succeeds"),
    token("acct_closed", "the payout is declined"),
    token(
        "acct_slow",
        "the payout succeeds, its answer takes `slow_ms`",
    ),
    token(
        "acct_timeout_then_succeeds",
        "the payout is done, but its first answer is lost",
    ),
    token("acct_down", "payouts are never answered, nothing is done"),
    token(
        "acct_down_N",
        "a payout is not answered N times, then succeeds",
    ),
    token(
        "acct_late",
        "the payout is not answered, is paid after `late_ms`, reported by an event",
    ),
    token(
        "acct_fails_late",
        "the payout is not answered, is declined after `late_ms`, reported by an event",
    ),
    token(
        "acct_sends_back",
        "the payout succeeds, and comes back after `send_back_ms`, reported by an event",
    ),
];

/// The scripts of all test tokens; customers confirm payments on a page of CampusG's server.
pub(super) const SCRIPTS: Scripts = Scripts {
    card: card_script,
    account: account_script,
    confirmation: |key| format!("/sandbox/confirm/{key}"),
};

/// The script of a card; `None` if the token is unknown.
fn card_script(card: &CardToken) -> Option<CardScript> {
    use Behaviour::{AskCustomer, Decline as No, Down, Lapse, Late, LoseAnswers, OnlyFirst};
    let refund = |refund| CardScript { refund, ..GOOD };
    let objects = |verdict| CardScript {
        issuer: Issuer::Objects(verdict),
        ..GOOD
    };
    Some(match card.0.as_str() {
        "tok_visa" => GOOD,
        "tok_declined" => authorize(No(Decline::Declined)),
        "tok_insufficient_funds" => authorize(No(Decline::InsufficientFunds)),
        "tok_slow" => CardScript { slow: true, ..GOOD },
        "tok_timeout_then_succeeds" => CardScript {
            void: Behaviour::Succeed,
            ..CardScript::all(LoseAnswers(1))
        },
        "tok_action_required" => authorize(AskCustomer),
        "tok_late" => authorize(Late),
        "tok_second_declined" => authorize(OnlyFirst),
        "tok_lapses" => authorize(Lapse),
        "tok_chargeback" => objects(None),
        "tok_chargeback_won" => objects(Some(true)),
        "tok_chargeback_lost" => objects(Some(false)),
        "tok_capture_fails" => capture(No(Decline::Declined)),
        "tok_capture_late" => capture(Late),
        "tok_refund_fails" => refund(No(Decline::CardInvalid)),
        other => {
            return down(other, "tok_down")
                .map(|times| authorize(Down(times)))
                .or_else(|| down(other, "tok_capture_down").map(|times| capture(Down(times))))
                .or_else(|| down(other, "tok_refund_down").map(|times| refund(Down(times))));
        }
    })
}

/// A card whose authorisations, and charges without one, behave like this. Such a charge is simpler: nobody can confirm it,
/// it is never the first call of an order, and instead of coming late its first answer is lost.
const fn authorize(authorize: Behaviour) -> CardScript {
    let charge = match authorize {
        Behaviour::OnlyFirst => Behaviour::Decline(Decline::InsufficientFunds),
        Behaviour::AskCustomer => Behaviour::Decline(Decline::NotConfirmed),
        Behaviour::Late => Behaviour::LoseAnswers(1),
        Behaviour::Lapse => Behaviour::Succeed,
        other => other,
    };
    CardScript {
        authorize,
        charge,
        ..GOOD
    }
}

/// A card whose captures behave like this, and its charges without an authorisation accordingly.
const fn capture(capture: Behaviour) -> CardScript {
    let charge = match capture {
        Behaviour::Late => Behaviour::LoseAnswers(1),
        other => other,
    };
    CardScript {
        capture,
        charge,
        ..GOOD
    }
}

/// The script of an account; `None` if the token is unknown.
fn account_script(account: &AccountToken) -> Option<AccountScript> {
    let payee = match account.0.as_str() {
        "acct_bank" | "acct_slow" => Payee::Takes,
        "acct_closed" => Payee::Refuses(Decline::AccountInvalid),
        "acct_timeout_then_succeeds" => Payee::LosesAnswers(1),
        "acct_late" => Payee::TakesLate,
        "acct_fails_late" => Payee::RefusesLate,
        "acct_sends_back" => Payee::SendsBack,
        other => Payee::Down(down(other, "acct_down")?),
    };
    let slow = account.0 == "acct_slow";
    Some(AccountScript { payee, slow })
}

/// Brand and last digits of a test card; `None` if the token is unknown.
pub(super) fn card_face(card: &CardToken) -> Option<CardFace> {
    card_script(card).map(|_| CardFace {
        brand: "visa".to_owned(),
        last4: "4242".to_owned(),
        exp_month: 12,
        exp_year: 2039,
    })
}

/// Bank and last digits of a test account; `None` if the token is unknown.
pub(super) fn account_face(account: &AccountToken) -> Option<AccountFace> {
    account_script(account).map(|_| AccountFace {
        bank: "Sandbox Bank".to_owned(),
        last4: "6789".to_owned(),
    })
}

/// Reads `{name}` as "for ever" and `{name}_N`, N from 1 to 99, as N times; `None` for any other token.
fn down(token: &str, name: &str) -> Option<Option<u32>> {
    let rest = token.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(None);
    }
    let times: u32 = rest.strip_prefix('_')?.parse().ok()?;
    (1..=99).contains(&times).then_some(Some(times))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_listed_token_is_known_and_stands_in_the_documentation() {
        let documentation = include_str!("lib.rs");
        for listed in TEST_CARDS {
            let card = CardToken(listed.token.replace("_N", "_3"));
            assert!(card_face(&card).is_some(), "{}", listed.token);
            assert!(
                documentation.contains(&format!("`{}`", listed.token)),
                "{}",
                listed.token
            );
        }
        for listed in TEST_ACCOUNTS {
            let account = AccountToken(listed.token.replace("_N", "_3"));
            assert!(account_face(&account).is_some(), "{}", listed.token);
            assert!(
                documentation.contains(&format!("`{}`", listed.token)),
                "{}",
                listed.token
            );
        }
    }

    #[test]
    fn an_unknown_token_has_no_face() {
        for text in [
            "",
            "tok_",
            "tok_visa2",
            "tok_down_0",
            "tok_down_100",
            "tok_down_x",
            "tok_downer",
        ] {
            assert_eq!(card_face(&CardToken(text.to_owned())), None, "{text}");
        }
        assert_eq!(account_face(&AccountToken("tok_visa".to_owned())), None);
    }
}
