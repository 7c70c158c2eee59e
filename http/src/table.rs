//! The builder of the router: a route can't be registered without its policy.

use crate::{
    app_state::AppState,
    flight::{Load, fly},
    gate::{identify, judge},
};
use axum::{
    Router,
    handler::Handler,
    http::Method,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter, on},
};
use campusg_domain::order::Role;

/// Who of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// C.
    Customer,
    /// C and A.
    CustomerOrOperator,
    /// R; a former runner is known to the order and told so.
    Runner,
    /// C and R.
    Party,
    /// C, R and A.
    PartyOrOperator,
    /// C, R, A and former runners.
    Involved,
    /// C, R, A, former runners, and active runners while the order is on the board.
    Viewer,
    /// A.
    Operator,
}

impl Who {
    /// The roles it means.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        match self {
            Self::Customer => &[Role::Customer],
            Self::CustomerOrOperator => &[Role::Customer, Role::Operator],
            Self::Runner => &[Role::Runner],
            Self::Party => &[Role::Customer, Role::Runner],
            Self::PartyOrOperator => &[Role::Customer, Role::Runner, Role::Operator],
            Self::Involved | Self::Viewer => &[
                Role::Customer,
                Role::Runner,
                Role::Operator,
                Role::FormerRunner,
            ],
            Self::Operator => &[Role::Operator],
        }
    }

    /// As the end of "only … may do this".
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Customer => "the customer",
            Self::CustomerOrOperator => "the customer or an operator",
            Self::Runner => "the runner",
            Self::Party => "the customer and the runner",
            Self::PartyOrOperator | Self::Involved | Self::Viewer => {
                "the customer, the runner or an operator"
            }
            Self::Operator => "operators",
        }
    }
}

/// Who may call a route. Enforced before the handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutePolicy {
    /// Nobody need be signed in.
    Public,
    /// Anybody signed in.
    SignedIn,
    /// Anybody signed in who runs and is not suspended.
    ActiveRunner,
    /// Those who operate the platform.
    Operator,
    /// The payment gateway: whoever signs the message with its key.
    Gateway,
    /// The user named by `{user_id}` in the path, and operators; to others it is not there.
    SelfOrOperator,
    /// Reads the order named by `{id}` or `{order_id}` in the path; to everybody else it is not there. It is loaded for the handler.
    Sees(Who),
    /// Commands the order named by `{id}` in the path. Signed in is checked here; who one is to the order is the first
    /// rule of the order's own decision, so that it can't have changed in between.
    Tells(Who),
}

/// A registered route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub policy: RoutePolicy,
}

/// Routes that stand in no table, with what lies around one that anybody may call.
pub(crate) fn open_to_all(app: &AppState, routes: Router) -> Router<AppState> {
    let public = (app.clone(), RoutePolicy::Public);
    routes
        .route_layer(from_fn_with_state((app.flights(), Load::Usual), fly))
        .route_layer(from_fn_with_state(public, identify))
        .with_state(())
}

type Build = Box<dyn FnOnce(&AppState) -> MethodRouter<AppState>>;

/// Routes on their way into a router.
pub(crate) struct Table(Vec<(Route, Build)>);

impl Table {
    pub(crate) const fn new() -> Self {
        Self(vec![])
    }

    pub(crate) fn get<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::GET, Load::Usual, path, policy, to)
    }

    pub(crate) fn post<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::POST, Load::Usual, path, policy, to)
    }

    pub(crate) fn put<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::PUT, Load::Usual, path, policy, to)
    }

    pub(crate) fn patch<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::PATCH, Load::Usual, path, policy, to)
    }

    pub(crate) fn delete<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::DELETE, Load::Usual, path, policy, to)
    }

    /// Reads how the process is, whatever else is going on.
    pub(crate) fn probe<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::GET, Load::Probe, path, policy, to)
    }

    /// Takes a photo.
    pub(crate) fn upload<H: Handler<T, AppState>, T: 'static>(
        self,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        self.route(Method::POST, Load::Photo, path, policy, to)
    }

    fn route<H: Handler<T, AppState>, T: 'static>(
        mut self,
        method: Method,
        load: Load,
        path: &'static str,
        policy: RoutePolicy,
        to: H,
    ) -> Self {
        let filter = MethodFilter::try_from(method.clone()).expect("a known method has a filter");
        // The last layer is the first that a request comes to.
        let build: Build = Box::new(move |app| {
            on(filter, to)
                .route_layer(from_fn_with_state((app.clone(), policy), judge))
                .route_layer(from_fn_with_state((app.flights(), load), fly))
                .route_layer(from_fn_with_state((app.clone(), policy), identify))
        });
        self.0.push((
            Route {
                method,
                path,
                policy,
            },
            build,
        ));
        self
    }

    pub(crate) fn routes(self) -> Vec<Route> {
        self.0.into_iter().map(|(route, _)| route).collect()
    }

    pub(crate) fn build(self, app: &AppState) -> Router<AppState> {
        self.0
            .into_iter()
            .fold(Router::new(), |router, (route, build)| {
                router.route(route.path, build(app))
            })
    }
}
