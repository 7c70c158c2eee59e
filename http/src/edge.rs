//! What every handler is given: the runtime, the policy of orders, the time, and the edge's own counters.

use crate::{config::HttpConfig, limit::Limits};
use campusg_actors::runtime::Runtime;
use campusg_domain::{policy::Policy, time::At};
use std::{fmt, sync::Arc};

/// Tells the time; the runtime's clock, virtual or not.
pub type Now = Arc<dyn Fn() -> At + Send + Sync>;

/// The edge. Cheap to clone.
#[derive(Clone)]
pub struct Edge(Arc<Inner>);

struct Inner {
    runtime: Runtime,
    policy: Policy,
    now: Now,
    config: HttpConfig,
    limits: Limits,
}

impl Edge {
    /// An edge before `runtime`. `policy` and `now` are the runtime's own; `config` has been validated.
    #[must_use]
    pub fn new(runtime: Runtime, policy: Policy, now: Now, config: HttpConfig) -> Self {
        let limits = Limits::new(&config);
        Self(Arc::new(Inner {
            runtime,
            policy,
            now,
            config,
            limits,
        }))
    }

    pub(crate) fn runtime(&self) -> &Runtime {
        &self.0.runtime
    }

    pub(crate) fn policy(&self) -> &Policy {
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
}

impl fmt::Debug for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edge")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}
