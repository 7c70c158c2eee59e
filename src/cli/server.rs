//! The running server that a command is pointed at: whether one is there, and its operator.
//!
//! Must not: ask for more than that; what is wrong with an answer is the command's to find.

use super::CliFault;
use campusg_client::{ApiRequest, Client, Person};

/// The address of a server, as an argument.
pub(super) fn address(text: &str) -> Result<String, String> {
    match text.strip_prefix("http://") {
        Some(rest) if !rest.trim_matches('/').is_empty() => Ok(text.into()),
        _ => Err("give it as http://127.0.0.1:8080".into()),
    }
}

/// The way to a server that answers.
///
/// # Errors
/// [`CliFault::NoServer`] where nobody answers, [`CliFault::Deviation`] where no client can be made.
pub(super) async fn way_to(url: &str) -> Result<Client, CliFault> {
    let client = Client::new(url)?;
    let asked = client.send(&ApiRequest::get("/health/live")).await;
    match asked {
        Ok(_) => Ok(client),
        Err(_) => Err(CliFault::NoServer { url: url.into() }),
    }
}

/// The operator, signed in.
///
/// # Errors
/// [`CliFault::SignIn`], [`CliFault::NoOperator`], [`CliFault::Deviation`].
pub(super) async fn operator(
    client: &Client,
    email: &str,
    password: &str,
) -> Result<Person, CliFault> {
    let signed_in = Person::sign_in(client, email, password).await;
    let person = signed_in.map_err(|refused| CliFault::SignIn {
        email: email.into(),
        answer: refused.found,
    })?;
    if person.profile().await?.0["operator"] == true {
        Ok(person)
    } else {
        Err(CliFault::NoOperator {
            email: email.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn a_server_is_named_with_its_scheme() {
        assert!(address("http://127.0.0.1:8080/").is_ok());
        for text in ["127.0.0.1:8080", "https://127.0.0.1:8080", "http://", ""] {
            let refused = address(text);
            assert!(
                refused.is_err_and(|why| why.contains("http://127.0.0.1:8080")),
                "{text}"
            );
        }
    }
}
