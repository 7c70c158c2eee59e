//! Connects a command to a running server, and signs in as its operator.
//!
//! Must not: check anything else; the command finds what is wrong with a response.

use super::CliFault;
use campusg_client::{ApiRequest, Client, Person};

/// Parses the URL of a server, given as an argument.
pub(super) fn address(text: &str) -> Result<String, String> {
    match text.strip_prefix("http://") {
        Some(rest) if !rest.trim_matches('/').is_empty() => Ok(text.into()),
        _ => Err("give it as http://127.0.0.1:8080".into()),
    }
}

/// Returns a client for a server that responds.
///
/// # Errors
/// [`CliFault::NoServer`] if no server responds, [`CliFault::Deviation`] if no client can be created.
pub(super) async fn way_to(url: &str) -> Result<Client, CliFault> {
    let client = Client::new(url)?;
    let asked = client.send(&ApiRequest::get("/health/live")).await;
    match asked {
        Ok(_) => Ok(client),
        Err(_) => Err(CliFault::NoServer { url: url.into() }),
    }
}

/// Signs in as an operator.
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
    if person.profile().await?.operator {
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
