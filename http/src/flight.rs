//! Limits requests in flight: how many there may be, and how long one may take.
//!
//! Invariants: a body is read before its request takes one of the places that all requests share, so a slow sender
//! occupies only places of its own user or address. A photo takes one of the few places for photos, too, only once its body
//! is there, and waits for it. Health probes need no place: they are answered even while everything else is refused.

use crate::{
    body,
    client::Peer,
    config::HttpConfig,
    problem::{Code, Problem},
    room::{Room, Standing},
    tally::{Place, Tally},
};
use axum::{body::Body, extract::Request, response::Response};
use campusg_actors::runtime::{Authenticated, Refusal};
use campusg_domain::id::UserId;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout},
};

/// Photos on their way in at once from a new account.
const NEW_UPLOADS: usize = 1;

/// How much a route's requests cost the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// A health probe: needs no place.
    Probe,
    /// A small JSON body, or none.
    Usual,
    /// As usual, and a password is hashed: the limits of attempts take the place of the address's rate.
    Password,
    /// A photo: its body needs room, and then one of the few places for photos.
    Photo,
}

/// A place that is counted for one user or one address.
#[allow(dead_code, reason = "the place is given back when it is dropped")]
enum Own {
    User(Place<UserId>),
    Address(Place<IpAddr>),
}

#[derive(Debug)]
pub(crate) struct Flights {
    all: Semaphore,
    addresses: Tally<IpAddr>,
    per_address: usize,
    users: Tally<UserId>,
    per_user: usize,
    photos: Semaphore,
    room: Room,
    uploaders: Tally<UserId>,
    per_uploader: usize,
    body_bytes: usize,
    photo_bytes: usize,
    body_time: Duration,
    longest: Duration,
}

impl Flights {
    pub(crate) fn new(config: &HttpConfig) -> Self {
        Self {
            all: Semaphore::new(config.requests_in_flight),
            addresses: Tally::default(),
            per_address: config.requests_in_flight_per_ip,
            users: Tally::default(),
            per_user: config.requests_in_flight_per_user,
            photos: Semaphore::new(config.uploads),
            room: Room::new(
                config.uploads_bytes,
                Duration::from_millis(config.body_timeout_ms),
            ),
            uploaders: Tally::default(),
            per_uploader: config.uploads_per_user,
            body_bytes: config.body_bytes,
            photo_bytes: config.photo_bytes,
            body_time: Duration::from_millis(config.body_timeout_ms),
            longest: Duration::from_millis(config.request_timeout_ms),
        }
    }

    /// Reads the request's body and handles the request, or refuses it.
    pub(crate) async fn admit<A: Future<Output = Result<Response, Problem>>>(
        &self,
        load: Load,
        request: Request,
        handle: impl FnOnce(Request) -> A,
    ) -> Result<Response, Problem> {
        if load == Load::Probe {
            return self.run(handle(request)).await;
        }
        let _own = self.own_place(&request).ok_or_else(too_many)?;
        if load != Load::Photo {
            let request = self.read(request).await?;
            return self.run_in_place(handle(request)).await;
        }
        let user = user(&request).ok_or_else(Problem::not_signed_in)?;
        let standing = request.extensions().get().copied().unwrap_or_default();
        let most = match standing {
            Standing::New => NEW_UPLOADS.min(self.per_uploader),
            Standing::Known => self.per_uploader,
        };
        let _upload = self.uploaders.enter(user, most).ok_or_else(busy)?;
        let held = self.room.enter(standing, Instant::now());
        let (parts, body) = request.into_parts();
        let bytes = body::read_photo(body, self.photo_bytes, self.body_time, &held).await?;
        let request = Request::from_parts(parts, Body::from(bytes));
        let place = timeout(self.longest, self.photos.acquire()).await;
        let Ok(Ok(_photo)) = place else {
            return Err(busy());
        };
        self.run_in_place(handle(request)).await
    }

    /// A place among the user's own, so that nobody else behind the same address can take it; among the address's if nobody
    /// is signed in.
    fn own_place(&self, request: &Request) -> Option<Own> {
        match user(request) {
            Some(user) => self.users.enter(user, self.per_user).map(Own::User),
            None => {
                let address = address(request);
                let place = self.addresses.enter(address, self.per_address);
                place.map(Own::Address)
            }
        }
    }

    /// Reads the request's body into memory.
    async fn read(&self, request: Request) -> Result<Request, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(body, self.body_bytes, self.body_time).await?;
        Ok(Request::from_parts(parts, Body::from(bytes)))
    }

    /// Runs the handler under one of the places that all requests share; refuses with 503 if none is free.
    async fn run_in_place(
        &self,
        handled: impl Future<Output = Result<Response, Problem>>,
    ) -> Result<Response, Problem> {
        let _place = self.all.try_acquire().map_err(|_| busy())?;
        self.run(handled).await
    }

    /// Runs the handler; answers 504 if it takes too long. The outcome is then unknown.
    async fn run(
        &self,
        handled: impl Future<Output = Result<Response, Problem>>,
    ) -> Result<Response, Problem> {
        let answered = timeout(self.longest, handled).await;
        answered.unwrap_or_else(|_| Err(Refusal::Unknown.into()))
    }
}

fn address(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<Peer>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
}

fn user(request: &Request) -> Option<UserId> {
    let me = request.extensions().get::<Arc<Authenticated>>()?;
    Some(me.user)
}

fn busy() -> Problem {
    let retry_after_ms = 1_000;
    Refusal::Busy { retry_after_ms }.into()
}

fn too_many() -> Problem {
    Problem::new(
        Code::TooManyRequests,
        "too many of your requests are in flight",
    )
    .retry_after_ms(1_000)
}

#[cfg(test)]
mod tests;
