//! State shared by all handlers: the runtime, the policy of orders, and the server's own limits.

use crate::{
    attempt::Attempts,
    config::HttpConfig,
    flight::Flights,
    limit::Limits,
    problem::{Code, Problem},
    tally::{Place, Tally},
};
use campusg_actors::runtime::Runtime;
use campusg_domain::{id::UserId, policy::Policy, time::At};
use std::{fmt, sync::Arc};

/// How many whole histories one user may read at once: half of what the runtime reads at once for all.
const HISTORIES_PER_USER: usize = 4;

/// The state of the HTTP server. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    policy: Arc<Policy>,
    config: HttpConfig,
    limits: Limits,
    attempts: Attempts,
    flights: Flights,
    histories: Tally<UserId>,
    streams: Tally<UserId>,
}

impl AppState {
    /// `policy` must be the runtime's own, and `config` must have been validated.
    #[must_use]
    pub fn new(runtime: Runtime, policy: Policy, config: HttpConfig) -> Self {
        let (limits, attempts) = (Limits::new(&config), Attempts::new(&config));
        let flights = Flights::new(&config);
        Self(Arc::new(Inner {
            runtime,
            policy: Arc::new(policy),
            config,
            limits,
            attempts,
            flights,
            histories: Tally::default(),
            streams: Tally::default(),
        }))
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    pub(crate) fn policy(&self) -> &Arc<Policy> {
        &self.0.policy
    }

    pub(crate) fn currency(&self) -> &'static str {
        self.0.policy.currency.code()
    }

    pub(crate) fn now(&self) -> At {
        self.0.runtime.now()
    }

    pub(crate) fn config(&self) -> &HttpConfig {
        &self.0.config
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    pub(crate) fn attempts(&self) -> &Attempts {
        &self.0.attempts
    }

    pub(crate) fn flights(&self) -> &Flights {
        &self.0.flights
    }

    /// Takes one of the user's places for streams, until it is dropped. Refuses with 429 if all are taken.
    pub(crate) fn stream(&self, user: UserId) -> Result<Place<UserId>, Problem> {
        let most = self.0.config.streams_per_user;
        let place = self.0.streams.enter(user, most);
        place.ok_or_else(|| {
            let detail = format!("at most {most} of your streams may be open at once");
            Problem::new(Code::TooManyRequests, detail).retry_after_ms(1_000)
        })
    }

    /// Reserves one of the user's places for reading an order's whole history, until the place is dropped. Refuses
    /// with 429 if all are taken.
    pub(crate) fn history(&self, user: UserId) -> Result<Place<UserId>, Problem> {
        let place = self.0.histories.enter(user, HISTORIES_PER_USER);
        place.ok_or_else(|| {
            let detail = "too many histories are read at once";
            Problem::new(Code::TooManyRequests, detail).retry_after_ms(1_000)
        })
    }
}

impl fmt::Debug for AppState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}
