//! How the gateway treats the cards and the bank accounts of a campus, as their tokens say.

use campusg_bank::{AccountScript, Behaviour as Does, CardScript, Payee, Scripts};
use campusg_domain::{
    call::{AccountToken, CardToken, Decline},
    gateway::CallKey,
};

/// What the bank is told of them.
pub(super) const SCRIPTS: Scripts = Scripts {
    card: |card| Some(Behaviour::of(card).script()),
    account: |account| Some(Bank::of(account).script()),
    confirmation,
};

/// How the gateway treats a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// Everything works.
    Succeeds,
    /// Authorisations are refused.
    Declines(Decline),
    /// The bank wants the customer to confirm each authorisation.
    AsksCustomer,
    /// The first `n` tries of each call find nobody, and do nothing.
    DownFor(u8),
    /// The first `n` answers of each call are lost after it was done.
    LosesAnswers(u8),
    /// Each call is done at once and answered twenty minutes later.
    AnswersLate,
    /// Authorisations block one cent less than asked.
    BlocksLess,
    /// Captures are refused.
    DeclinesCapture,
    /// The first `n` answers of each charge, and of each capture, are lost after it was done.
    LosesCharges(u8),
    /// Refunds are refused.
    DeclinesRefund,
    /// Every authorisation of an order but its first is refused.
    DeclinesRaise,
}

impl Behaviour {
    /// Every behaviour, with the token that asks for it.
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

    /// The behaviour that a token asks for; a token nobody knows is an invalid card.
    #[must_use]
    pub fn of(card: &CardToken) -> Self {
        let known = Self::TOKENS.iter().find(|(token, _)| *token == card.0);
        known.map_or(Self::Declines(Decline::CardInvalid), |(_, behaviour)| {
            *behaviour
        })
    }

    /// What the bank does with each call. That answers come late is the gateway's matter, not the bank's.
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

/// How the gateway treats a bank account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    /// Everything is paid.
    Pays,
    /// Payouts are refused.
    Declines,
    /// The first `n` tries of each payout find nobody, and do nothing.
    DownFor(u8),
    /// The first `n` answers of each payout are lost after it was paid.
    LosesAnswers(u8),
    /// Each payout is paid at once and answered twenty minutes later.
    AnswersLate,
    /// Each payout is paid, and sent back two days later.
    SendsBack,
}

impl Bank {
    /// Every behaviour, with the token that asks for it.
    pub const TOKENS: [(&'static str, Self); 7] = [
        ("pays", Self::Pays),
        ("declined", Self::Declines),
        ("down_for_3", Self::DownFor(3)),
        ("down_for_20", Self::DownFor(20)),
        ("lost_answer", Self::LosesAnswers(2)),
        ("late", Self::AnswersLate),
        ("sent_back", Self::SendsBack),
    ];

    /// The behaviour that a token asks for; a token nobody knows is refused.
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
