//! Asks the gateway to describe a token, and returns what is stored of it.

use super::{PaymentGateway, TokenFault};
use crate::refusal::Refusal;
use campusg_domain::{
    call::{AccountToken, CardToken},
    owner::directory::{Card, PayoutMethod},
    rejection::Rejection,
};

/// Asks the gateway about a card token.
pub(crate) async fn card(gateway: &dyn PaymentGateway, token: CardToken) -> Result<Card, Refusal> {
    let face = gateway.describe_card(token.clone()).await;
    let face = face.map_err(undescribed)?;
    Ok(Card {
        token,
        brand: face.brand,
        last4: face.last4,
        exp_month: face.exp_month,
        exp_year: face.exp_year,
    })
}

/// Asks the gateway about a bank account token.
pub(crate) async fn account(
    gateway: &dyn PaymentGateway,
    token: AccountToken,
) -> Result<PayoutMethod, Refusal> {
    let face = gateway.describe_account(token.clone()).await;
    let face = face.map_err(undescribed)?;
    Ok(PayoutMethod {
        token,
        bank: face.bank,
        last4: face.last4,
    })
}

fn undescribed(fault: TokenFault) -> Refusal {
    match fault {
        TokenFault::Unknown => Refusal::rule(Rejection::field(
            "token",
            "is not known to the payment gateway",
        )),
        TokenFault::Unavailable => Refusal::GatewayAway,
    }
}
