//! What every handler is given: the runtime, the policy of orders, the time, and the edge's own counters.

use crate::{
    attempt::Attempts,
    config::HttpConfig,
    flight::Flights,
    limit::Limits,
    problem::Problem,
    tally::{Place, Tally},
};
use axum::http::StatusCode;
use campusg_actors::runtime::Runtime;
use campusg_domain::{id::UserId, policy::Policy, time::At};
use std::{fmt, sync::Arc};

/// Tells the time; the runtime's clock, virtual or not.
pub type Now = Arc<dyn Fn() -> At + Send + Sync>;

/// Whole histories that one user may read at once, half of what the runtime reads at once.
const HISTORIES_PER_USER: usize = 4;

/// The edge. Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    policy: Arc<Policy>,
    now: Now,
    config: HttpConfig,
    limits: Limits,
    attempts: Attempts,
    flights: Arc<Flights>,
    histories: Tally<UserId>,
}

impl AppState {
    /// An edge before `runtime`. `policy` and `now` are the runtime's own; `config` has been validated.
    #[must_use]
    pub fn new(runtime: Runtime, policy: Policy, now: Now, config: HttpConfig) -> Self {
        let (limits, attempts) = (Limits::new(&config), Attempts::new(&config));
        let flights = Arc::new(Flights::new(&config));
        Self(Arc::new(Inner {
            runtime,
            policy: Arc::new(policy),
            now,
            config,
            limits,
            attempts,
            flights,
            histories: Tally::default(),
        }))
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    pub(crate) fn policy(&self) -> &Arc<Policy> {
        &self.0.policy
    }

    pub(crate) fn currency(&self) -> &str {
        &self.0.policy.currency
    }

    pub(crate) fn now(&self) -> At {
        (self.0.now)()
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

    pub(crate) fn flights(&self) -> Arc<Flights> {
        Arc::clone(&self.0.flights)
    }

    /// Takes one of the user's places to read an order's whole history in.
    pub(crate) fn history(&self, user: UserId) -> Result<Place<UserId>, Problem> {
        let place = self.0.histories.enter(user, HISTORIES_PER_USER);
        place.ok_or_else(|| {
            let detail = "too many histories are read at once";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail)
                .retry_after_ms(1_000)
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
