//! Requests in flight: how many there may be, and how long one may take.
//!
//! Invariant: a body is read before its request takes one of the places that all share, so that whoever sends slowly
//! holds nothing but a place of their own address; a photo's body is read under one of few places for photos.
//! Probes of the process's health need no place: they are answered while everything else is refused.

use crate::{body, client::Peer, config::HttpConfig, problem::Problem, tally::Tally};
use axum::{body::Body, extract::Request, http::StatusCode, response::Response};
use campusg_actors::runtime::{Authenticated, Refusal};
use campusg_domain::id::UserId;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::Semaphore, time::timeout};

/// What a route's requests weigh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Load {
    /// Asks whether the process is well.
    Probe,
    /// A body of JSON, or none.
    Usual,
    /// A photo.
    Photo,
}

/// The places of one server.
#[derive(Debug)]
pub(crate) struct Flights {
    all: Semaphore,
    addresses: Tally<IpAddr>,
    per_address: usize,
    photos: Semaphore,
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
            photos: Semaphore::new(config.uploads),
            uploaders: Tally::default(),
            per_uploader: config.uploads_per_user,
            body_bytes: config.body_bytes,
            photo_bytes: config.photo_bytes,
            body_time: Duration::from_millis(config.body_timeout_ms),
            longest: Duration::from_millis(config.request_timeout_ms),
        }
    }

    /// Carries a request to where it lands, or refuses it. Its address and who sent it were found out before.
    pub(crate) async fn carry<F: Future<Output = Response>>(
        &self,
        load: Load,
        request: Request,
        land: impl FnOnce(Request) -> F,
    ) -> Result<Response, Problem> {
        if load == Load::Probe {
            return self.answer(land(request)).await;
        }
        let address = address(&request);
        let _own = self
            .addresses
            .enter(address, self.per_address)
            .ok_or_else(too_many)?;
        if load == Load::Usual {
            let request = self.read(request, self.body_bytes).await?;
            return self.land(land(request)).await;
        }
        let _photo = self.photos.try_acquire().map_err(|_| busy())?;
        let _upload = match uploader(&request) {
            Some(user) => self.uploaders.enter(user, self.per_uploader),
            None => return Err(Problem::not_signed_in()),
        }
        .ok_or_else(busy)?;
        let request = self.read(request, self.photo_bytes).await?;
        self.land(land(request)).await
    }

    /// The request with its body in memory.
    async fn read(&self, request: Request, most: usize) -> Result<Request, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(body, most, self.body_time).await?;
        Ok(Request::from_parts(parts, Body::from(bytes)))
    }

    /// Refuses at once where too much is running.
    async fn land(&self, answer: impl Future<Output = Response>) -> Result<Response, Problem> {
        let _place = self.all.try_acquire().map_err(|_| busy())?;
        self.answer(answer).await
    }

    /// Gives up where an answer takes too long.
    async fn answer(&self, answer: impl Future<Output = Response>) -> Result<Response, Problem> {
        let answered = timeout(self.longest, answer).await;
        answered.map_err(|_| Refusal::Unknown.into())
    }
}

fn address(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<Peer>();
    peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
}

fn uploader(request: &Request) -> Option<UserId> {
    let me = request.extensions().get::<Arc<Authenticated>>()?;
    Some(me.user)
}

fn busy() -> Problem {
    let retry_after_ms = 1_000;
    Refusal::Busy { retry_after_ms }.into()
}

fn too_many() -> Problem {
    Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        "too many requests of this address are in flight",
    )
    .retry_after_ms(1_000)
}

#[cfg(test)]
mod tests;
