//! Repeats of commands, for tests: every write that succeeds under a key is sent again under it, with the ids of its path in
//! each of their other spellings.
//!
//! Invariant: a repeat that is not answered as one is a [`Deviation`], which ends whatever the client is used for.

use super::{ApiRequest, Client, Deviation, Reply};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// Which requests a client repeats in other spellings, and which it has. Clones share what was repeated.
#[derive(Clone, Debug)]
pub struct Respelling {
    keyed_route: fn(&str, &str) -> Option<String>,
    met: Arc<Mutex<BTreeSet<String>>>,
}

impl Respelling {
    /// `keyed_route` names the route of a method and a path, or is `None` if that route keeps no key.
    #[must_use]
    pub fn new(keyed_route: fn(&str, &str) -> Option<String>) -> Self {
        Self {
            keyed_route,
            met: Arc::default(),
        }
    }

    /// The routes of which a request succeeded, and was repeated.
    #[must_use]
    pub fn met(&self) -> BTreeSet<String> {
        let met = self.met.lock();
        met.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The request under a key, and its route; `None` if that keeps no key.
    pub(crate) fn keyed(&self, ask: &ApiRequest, client: &Client) -> Option<(ApiRequest, String)> {
        let route = (self.keyed_route)(ask.method(), ask.path())?;
        Some((ask.clone().keyed_by(|| client.fresh()), route))
    }

    /// Sends a request again in every other spelling; where its path has no id, as it is.
    ///
    /// # Errors
    /// A [`Deviation`] if a repeat is neither answered as the first was nor refused as a path that leads to nothing.
    pub(crate) async fn repeat(
        &self,
        client: &Client,
        (ask, route): (&ApiRequest, String),
        first: &Reply,
    ) -> Result<(), Deviation> {
        if first.status >= 300 {
            return Ok(());
        }
        let met = self.met.lock();
        met.unwrap_or_else(PoisonError::into_inner)
            .insert(route.clone());
        for path in others(ask.path()) {
            let is_respelled = path != ask.path();
            let reply = client.send_once(&ask.clone().to(path)).await?;
            if is_respelled && reply.status == 404 {
                reply.refuses(404, "not_found")?;
            } else {
                is_repeat(&route, first, reply)?;
            }
        }
        Ok(())
    }
}

/// Checks that an answer is the first one again. An order that was placed, and a wallet whose calls were tried again, are shown
/// as they are now.
fn is_repeat(route: &str, first: &Reply, again: Reply) -> Result<(), Deviation> {
    let body = |reply: &Reply| match route {
        "POST /api/orders" => reply.body.0["id"].clone(),
        "POST /api/admin/wallets/{user_id}/retry" => reply.body.0["user_id"].clone(),
        _ => reply.body.0.clone(),
    };
    let is_said =
        first.header("etag").is_none() || again.header("idempotency-replayed") == Some("true");
    if again.status == first.status && body(&again) == body(first) && is_said {
        return Ok(());
    }
    let said = |reply: &Reply| {
        let replayed = reply.header("idempotency-replayed").unwrap_or("not");
        let text = String::from_utf8_lossy(&reply.bytes);
        format!("{} (replayed: {replayed}) {text}", reply.status)
    };
    Err(Deviation::new(
        format!("{} to repeat {}: {}", again.asked, first.asked, said(first)),
        said(&again),
    ))
}

/// The path in each spelling but its own; the path itself if it has no id.
fn others(path: &str) -> Vec<String> {
    let segments: Vec<Vec<String>> = path.split('/').map(spellings).collect();
    let most = segments.iter().map(Vec::len).max().unwrap_or_default();
    let spelled = |n: usize| {
        let segments = segments.iter().map(|of| of[n % of.len()].as_str());
        segments.collect::<Vec<_>>().join("/")
    };
    (most.min(2) - 1..most).map(spelled).collect()
}

/// The spellings of a part of a path, its own first: of a UUID, of a number, and of a notice's id, which is two numbers.
fn spellings(segment: &str) -> Vec<String> {
    let own = segment.to_owned();
    let is_hex = |text: &str| text.chars().all(|it| it == '-' || it.is_ascii_hexdigit());
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    if segment.len() == 36 && is_hex(segment) {
        return vec![
            own,
            segment.to_ascii_uppercase(),
            segment.replace('-', "%2D"),
            segment.replace('-', ""),
            format!("%7B{segment}%7D"),
            format!("urn:uuid:{segment}"),
            format!("%{:x}{}", segment.as_bytes()[0], &segment[1..]),
        ];
    }
    let numbers = segment.split_once('-').unwrap_or((segment, "0"));
    if is_number(numbers.0) && is_number(numbers.1) {
        return vec![
            own,
            format!("0{segment}"),
            format!("+{segment}"),
            format!("%2B{segment}"),
            segment.replace('-', "-0"),
            format!("%{:x}{}", segment.as_bytes()[0], &segment[1..]),
        ];
    }
    vec![own]
}

#[cfg(test)]
mod tests {
    use super::others;

    #[test]
    fn ids_and_numbers_are_respelled_and_nothing_else_is() {
        let id = "0192f0c1-2d3e-7a4b-8c5d-6e7f8091a2b3";
        let paths = others(&format!("/api/orders/{id}/proposals/7/approve"));
        assert_eq!(paths.len(), 6);
        assert!(paths.contains(&format!("/api/orders/urn:uuid:{id}/proposals/%37/approve")));
        assert!(paths.iter().all(|path| !path.contains(&format!("/{id}/"))));
        assert_eq!(
            others("/api/notifications/7-0/read")[3],
            "/api/notifications/7-00/read"
        );
        assert_eq!(others("/api/users/me/payouts"), ["/api/users/me/payouts"]);
    }
}
