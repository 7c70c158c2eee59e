//! Who may call a route.

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
