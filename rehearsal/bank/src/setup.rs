//! Setups: people pick a test card or a test account on the bank's own page, by the behaviour that they want to see.
//!
//! Must not: change the state; it returns the fact that the bank then folds.

use super::decide::Decision;
use super::fact::{Fact, Misuse, Setup};
use super::script::Scripts;
use super::state::State;
use campusg_domain::{
    call::{AccountToken, CardToken},
    gateway::{Method, MethodKind},
};

/// Longest return address, in bytes.
const MAX_ADDRESS_BYTES: usize = 500;

/// Begins a setup; `id` must be unguessable.
///
/// # Errors
/// [`Misuse::MalformedAddress`] if the return address is too long or not visible ASCII.
pub(super) fn begin(id: String, setup: Setup) -> Result<Decision<()>, Misuse> {
    let address = &setup.return_url;
    let fits = (1..=MAX_ADDRESS_BYTES).contains(&address.len());
    if !fits || !address.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Misuse::MalformedAddress);
    }
    let fact = Some(Fact::SetupBegun { id, setup });
    Ok(Decision {
        fact,
        answer: (),
        slow: false,
    })
}

/// Records the card or bank account that a person picked; picking the same one again changes nothing.
///
/// # Errors
/// [`Misuse::NothingToEnter`] if there is no such setup or token, or another one was picked before.
pub(super) fn enter(state: &State, id: &str, token: &str) -> Result<Decision<Setup>, Misuse> {
    let setup = state.setups.get(id).ok_or(Misuse::NothingToEnter)?;
    let method = known(&state.scripts, setup.kind, token).ok_or(Misuse::NothingToEnter)?;
    let fact = match &setup.entered {
        None => Some(Fact::Entered {
            id: id.to_owned(),
            method: method.clone(),
        }),
        Some(entered) if *entered == method => None,
        Some(_) => return Err(Misuse::NothingToEnter),
    };
    let answer = Setup {
        entered: Some(method),
        ..setup.clone()
    };
    Ok(Decision {
        fact,
        answer,
        slow: false,
    })
}

fn known(scripts: &Scripts, kind: MethodKind, token: &str) -> Option<Method> {
    match kind {
        MethodKind::Card => {
            let card = CardToken(token.to_owned());
            (scripts.card)(&card).map(|_| Method::Card(card))
        }
        MethodKind::BankAccount => {
            let account = AccountToken(token.to_owned());
            (scripts.account)(&account).map(|_| Method::BankAccount(account))
        }
    }
}
