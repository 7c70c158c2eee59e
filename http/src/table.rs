//! Builder of the router: a route cannot be registered without a policy and a contract.

use crate::{
    app_state::AppState,
    contract::{Contract, Operation, Row},
    flight::Load,
    gate::{Rules, enter},
    policy::{Route, RoutePolicy},
    problem::Code,
};
use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter, on},
};
use std::any::type_name;

/// Puts the gate of a public route before routes of other crates, which stand in no table.
pub(crate) fn open_to_all(app: &AppState, routes: Router) -> Router<AppState> {
    // axum puts nothing before no routes.
    if !routes.has_routes() {
        return Router::new();
    }
    let public = Rules {
        policy: RoutePolicy::Public,
        load: Load::Usual,
        reads_query: true,
        has_version: false,
    };
    routes
        .route_layer(from_fn_with_state((app.clone(), public), enter))
        .with_state(())
}

type Build = Box<dyn FnOnce(&AppState) -> MethodRouter<AppState>>;

/// Registered routes, before they become a router.
pub(crate) struct Table(Vec<(Row, Build)>);

impl Table {
    pub(crate) const fn new() -> Self {
        Self(vec![])
    }

    pub(crate) fn get<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::GET, Load::Usual, path, policy, to)
    }

    /// Registers a GET route whose handler reads the query string; all others refuse one.
    pub(crate) fn asks<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        let rules = Rules {
            reads_query: true,
            ..Rules::new(policy, Load::Usual)
        };
        self.add(Method::GET, path, rules, to)
    }

    pub(crate) fn post<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::POST, Load::Usual, path, policy, to)
    }

    /// Registers a POST route whose handler gives a command to an order, and compares `If-Match` with its version.
    pub(crate) fn command<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        let rules = Rules {
            has_version: true,
            ..Rules::new(policy, Load::Usual)
        };
        self.add(Method::POST, path, rules, to)
    }

    pub(crate) fn put<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::PUT, Load::Usual, path, policy, to)
    }

    pub(crate) fn patch<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::PATCH, Load::Usual, path, policy, to)
    }

    pub(crate) fn delete<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::DELETE, Load::Usual, path, policy, to)
    }

    /// Registers a GET route that is answered even when all places are taken.
    pub(crate) fn probe<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::GET, Load::Probe, path, policy, to)
    }

    /// Registers a POST route that takes a photo.
    pub(crate) fn upload<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::POST, Load::Photo, path, policy, to)
    }

    /// Registers a POST route that is open to all and hashes a password.
    pub(crate) fn password<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        path: &'static str,
        to: H,
    ) -> Self {
        self.route(Method::POST, Load::Password, path, RoutePolicy::Public, to)
    }

    fn route<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        self,
        method: Method,
        load: Load,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.add(method, path, Rules::new(policy, load), to)
    }

    fn add<H: Handler<T, AppState> + Contract<T>, T: 'static>(
        mut self,
        method: Method,
        path: &'static str,
        rules: Rules,
        to: H,
    ) -> Self {
        let filter = MethodFilter::try_from(method.clone()).expect("a known method has a filter");
        let build: Build = Box::new(move |app| {
            on(filter, to).route_layer(from_fn_with_state((app.clone(), rules), enter))
        });
        let policy = rules.policy;
        let row = Row {
            route: Route {
                method,
                path,
                policy,
            },
            rules,
            operation: Operation::of(type_name::<H>()),
            describe: H::describe,
            problems: &[],
        };
        self.0.push((row, build));
        self
    }

    /// Adds what the last route may be refused with beside what its rules and its types say.
    pub(crate) fn may(mut self, problems: &'static [Code]) -> Self {
        if let Some((row, _)) = self.0.last_mut() {
            row.problems = problems;
        }
        self
    }

    pub(crate) fn rows(self) -> Vec<Row> {
        self.0.into_iter().map(|(row, _)| row).collect()
    }

    pub(crate) fn routes(self) -> Vec<Route> {
        self.rows().into_iter().map(|row| row.route).collect()
    }

    pub(crate) fn build(self, app: &AppState) -> Router<AppState> {
        self.0
            .into_iter()
            .fold(Router::new(), |router, (row, build)| {
                router.route(row.route.path, build(app))
            })
    }
}
