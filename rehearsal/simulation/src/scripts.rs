//! The test cards and test accounts of a simulation: which token stands for which behaviour.

use campusg_bank::{AccountScript, Behaviour as Does, CardScript, Payee, Scripts};
use campusg_domain::{
    call::{AccountToken, CardToken, Decline},
    gateway::CallKey,
};

/// The scripts of all tokens, for the bank.
pub(super) const SCRIPTS: Scripts = Scripts {
    card: |card| Some(Behaviour::of(card).script()),
    account: |account| Some(Bank::of(account).script()),
    confirmation,
};

/// How the gateway treats calls with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Every call succeeds.
    Succeeds,
    /// Authorisations, and charges without one, are declined for this reason.
    Declines(Decline),
    /// The bank asks the customer to confirm each authorisation; charges without one are declined.
    AsksCustomer,
    /// The first `n` tries of each call get no answer, and nothing is done.
    DownFor(u8),
    /// Each call is done at the first try, but the answers to the first `n` tries are lost.
    LosesAnswers(u8),
    /// Each call is done at the first try and answered twenty minutes later.
    AnswersLate,
    /// Authorisations block one cent less than asked for.
    BlocksLess,
    /// Captures, and charges without an authorisation, are declined.
    DeclinesCapture,
    /// Each capture or charge is done at the first try, but the answers to the first `n` tries are lost.
    LosesCharges(u8),
    /// Refunds are declined.
    DeclinesRefund,
    /// Every authorisation of an order except its first is declined.
    DeclinesRaise,
}

impl Behaviour {
    /// The token of every behaviour.
    pub const TOKENS: [(&'static str, Self); 13] = [
        ("success", Self::Succeeds),
        ("declined", Self::Declines(Decline::Declined)),
        (
            "insufficient_funds",
            Self::Declines(Decline::InsufficientFunds),
        ),
        ("action_required", Self::AsksCustomer),
        ("down_for_3", Self::DownFor(3)),
        ("down_for_20", Self::DownFor(20)),
        ("lost_answer", Self::LosesAnswers(2)),
        ("late", Self::AnswersLate),
        ("blocks_less", Self::BlocksLess),
        ("capture_declined", Self::DeclinesCapture),
        ("refund_declined", Self::DeclinesRefund),
        ("raise_declined", Self::DeclinesRaise),
        ("lost_charge", Self::LosesCharges(20)),
    ];

    /// The behaviour of a token; an unknown token is declined as an invalid card.
    #[must_use]
    pub fn of(card: &CardToken) -> Self {
        let known = Self::TOKENS.iter().find(|(token, _)| *token == card.0);
        known.map_or(Self::Declines(Decline::CardInvalid), |(_, behaviour)| {
            *behaviour
        })
    }

    /// The script for the bank. Answers that come late are delayed by the gateway, not by the bank.
    fn script(self) -> CardScript {
        const GOOD: CardScript = CardScript::GOOD;
        match self {
            Self::Succeeds | Self::AnswersLate => GOOD,
            Self::Declines(reason) => CardScript {
                authorize: Does::Decline(reason),
                charge: Does::Decline(reason),
                ..GOOD
            },
            Self::AsksCustomer => CardScript {
                authorize: Does::AskCustomer,
                charge: Does::Decline(Decline::NotConfirmed),
                ..GOOD
            },
            Self::DownFor(tries) => CardScript::all(Does::Down(Some(tries.into()))),
            Self::LosesAnswers(tries) => CardScript::all(Does::LoseAnswers(tries.into())),
            Self::BlocksLess => CardScript {
                authorize: Does::BlockLess,
                ..GOOD
            },
            Self::DeclinesCapture => CardScript {
                capture: Does::Decline(Decline::CardInvalid),
                charge: Does::Decline(Decline::CardInvalid),
                ..GOOD
            },
            Self::LosesCharges(tries) => CardScript {
                capture: Does::LoseAnswers(tries.into()),
                charge: Does::LoseAnswers(tries.into()),
                ..GOOD
            },
            Self::DeclinesRefund => CardScript {
                refund: Does::Decline(Decline::CardInvalid),
                ..GOOD
            },
            Self::DeclinesRaise => CardScript {
                authorize: Does::OnlyFirst,
                ..GOOD
            },
        }
    }
}

/// How the gateway treats payouts to a bank account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    /// Every payout is paid.
    Pays,
    /// Payouts are declined.
    Declines,
    /// The first `n` tries of each payout get no answer, and nothing is done.
    DownFor(u8),
    /// Each payout is paid at the first try, but the answers to the first `n` tries are lost.
    LosesAnswers(u8),
    /// Each payout is paid at the first try and answered twenty minutes later.
    AnswersLate,
    /// Each payout is paid and comes back two days later.
    SendsBack,
}

impl Bank {
    /// The token of every behaviour.
    pub const TOKENS: [(&'static str, Self); 7] = [
        ("pays", Self::Pays),
        ("declined", Self::Declines),
        ("down_for_3", Self::DownFor(3)),
        ("down_for_20", Self::DownFor(20)),
        ("lost_answer", Self::LosesAnswers(2)),
        ("late", Self::AnswersLate),
        ("sent_back", Self::SendsBack),
    ];

    /// The behaviour of a token; payouts to an unknown token are declined.
    #[must_use]
    pub fn of(account: &AccountToken) -> Self {
        let known = Self::TOKENS.iter().find(|(token, _)| *token == account.0);
        known.map_or(Self::Declines, |(_, behaviour)| *behaviour)
    }

    fn script(self) -> AccountScript {
        let payee = match self {
            Self::Pays | Self::AnswersLate => Payee::Takes,
            Self::Declines => Payee::Refuses(Decline::AccountInvalid),
            Self::DownFor(tries) => Payee::Down(Some(tries.into())),
            Self::LosesAnswers(tries) => Payee::LosesAnswers(tries.into()),
            Self::SendsBack => Payee::SendsBack,
        };
        AccountScript { payee, slow: false }
    }
}

/// As `https://bank.example/confirm/{order}/{call}`.
fn confirmation(key: &CallKey) -> String {
    let order = key.stream().trim_start_matches("order:");
    let call = key.as_str().rsplit('/').next().unwrap_or_default();
    format!("https://bank.example/confirm/{order}/{call}")
}
