//! Who may call a route.

use axum::http::Method;
use campusg_domain::order::Role;

/// The roles in an order that a route is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Only the customer.
    Customer,
    /// The customer and operators.
    CustomerOrOperator,
    /// The bound runner. Former runners get 403 instead of 404, as the order is known to them.
    Runner,
    /// The customer and the bound runner.
    Party,
    /// The customer, the bound runner and operators.
    PartyOrOperator,
    /// The customer, the bound runner, operators and former runners.
    Involved,
    /// As [`Involved`](Self::Involved), and active runners while the order is on the board.
    Viewer,
    /// Only operators.
    Operator,
}

impl Who {
    /// The roles that are let in. A [`Viewer`](Self::Viewer) on the board is decided by the gate, not by role.
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

    /// The text that completes "only … may do this".
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

/// Who may call a route. Checked before the handler runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoutePolicy {
    /// Anybody, signed in or not.
    Public,
    /// Any signed-in caller.
    SignedIn,
    /// A signed-in runner who is not suspended. The gate only checks that the caller is signed in: the handler asks for the
    /// runner once it knows that the command is no repeat, which is answered whatever has become of its sender since.
    ActiveRunner,
    /// Operators of the platform.
    Operator,
    /// The payment gateway, which signs each message with its key.
    Gateway,
    /// The user named by `{user_id}` in the path, and operators; everybody else gets 404.
    SelfOrOperator,
    /// Reads the order named by `{id}` or `{order_id}` in the path; a stranger to it gets 404. The gate loads the
    /// order and hands it to the handler.
    ReadOrder(Who),
    /// Gives a command to the order named by `{id}` in the path. The gate only checks that the caller is signed in.
    /// The role is checked by the order when it decides, so it cannot change in between.
    CommandOrder(Who),
}

/// A registered route of the product, without its handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// GET, POST, PUT, PATCH or DELETE.
    pub method: Method,
    /// The path, with parameters in braces.
    pub path: &'static str,
    /// Checked by the gate before the handler runs.
    pub policy: RoutePolicy,
}
