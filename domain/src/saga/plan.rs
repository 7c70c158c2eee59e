//! The sagas as tables. Each step has a line that fills every column; a step that can't be undone needs its reason.
//!
//! The code reads the tables: `unwind` in `order/marks.rs` marks as undone what its table says can be undone, a decision
//! about a step that keeps failing does what its table says, and operators are shown the reason why a step can't be undone.

use serde::{Deserialize, Serialize};

/// Names a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saga {
    /// The saga of placing an order, up to the board.
    Create,
    /// The saga of binding a runner.
    Accept,
    /// The saga of buying, delivering and paying the runner, up to `completed`.
    Complete,
}

impl Saga {
    /// Every saga, in the order in which an order goes through them.
    pub const ALL: [Self; 3] = [Self::Create, Self::Accept, Self::Complete];

    /// Its name, lower case with hyphens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create-order",
            Self::Accept => "accept-order",
            Self::Complete => "complete-order",
        }
    }

    /// Its steps, first to last.
    #[must_use]
    pub const fn steps(self) -> &'static [Step] {
        match self {
            Self::Create => &CreateStep::STEPS,
            Self::Accept => &AcceptStep::STEPS,
            Self::Complete => &CompleteStep::STEPS,
        }
    }
}

/// Whether and how a step is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// The step can be undone, in the way that the text names.
    By(&'static str),
    /// The step is never undone; the text is the reason that operators read.
    Never(&'static str),
}

/// What follows when a step keeps failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// The command is refused, and nothing is written.
    Reject,
    /// The steps before it are undone.
    Unwind,
    /// The step is tried again, and operators are alarmed after the last try of `STEP_RETRY`; nothing is undone.
    RetryThenAlert,
}

/// A step of a saga. Steps of one saga are ordered as they are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Step {
    /// A step of placing an order.
    Create(CreateStep),
    /// A step of binding a runner.
    Accept(AcceptStep),
    /// A step of delivering and paying.
    Complete(CompleteStep),
}

impl Step {
    /// The saga it is a step of.
    #[must_use]
    pub const fn saga(self) -> Saga {
        match self {
            Self::Create(_) => Saga::Create,
            Self::Accept(_) => Saga::Accept,
            Self::Complete(_) => Saga::Complete,
        }
    }

    /// Returns what the table says of this step.
    #[must_use]
    pub const fn row(self) -> Row {
        match self {
            Self::Create(step) => step.row(),
            Self::Accept(step) => step.row(),
            Self::Complete(step) => step.row(),
        }
    }

    /// Its name, imperative, lower case with hyphens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// Whether the step is the first of its saga.
    #[must_use]
    pub fn is_first(self) -> bool {
        self.saga().steps().first() == Some(&self)
    }
}

/// What a saga's table says of one step.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The step's name: imperative, lower case with hyphens.
    pub name: &'static str,
    /// Whether and how the step is undone.
    pub undo: Undo,
    /// What follows when it keeps failing.
    pub failing: Failing,
}

/// Defines the steps of a saga as an enum, from a table with a line per step.
macro_rules! table {
    ($(#[$doc:meta])* $kind:ident of $saga:ident: $($(#[$about:meta])* $step:ident $name:literal $undo:expr, $failing:expr;)+) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $kind {
            $($(#[$about])* #[doc = concat!("`", $name, "`.")] $step,)+
        }

        impl $kind {
            /// Every step, first to last.
            pub const STEPS: [Step; [$(Self::$step),+].len()] = [$(Step::$saga(Self::$step)),+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$step => Row { name: $name, undo: $undo, failing: $failing },)+
                }
            }
        }

        impl From<$kind> for Step {
            fn from(step: $kind) -> Self {
                Self::$saga(step)
            }
        }
    };
}

use Failing::{Reject, RetryThenAlert, Unwind};
use Undo::{By, Never};

table! {
    /// The steps from a customer's placement to an order on the board.
    CreateStep of Create:
    //                  name                 what takes it back                            if it keeps failing
    CheckCustomer       "check-customer"     Never("a vote: nothing was written"),         Reject;
    RecordOrder         "record-order"       By("cancel"),                                 Reject;
    AuthorizePayment    "authorize-payment"  By("void the authorization"),                 Unwind;
    HoldFunds           "hold-funds"         By("void the hold"),                          Unwind;
    ArmTimer            "arm-timer"          By("disarm"),                                 Unwind;
    MakeAvailable       "make-available"     Never("last step: a later end is a command"), RetryThenAlert;
}

table! {
    /// The steps from a runner's acceptance to a bound runner; unwound when the runner is unbound before buying.
    AcceptStep of Accept:
    //                  name                 what takes it back                            if it keeps failing
    VerifyAvailable     "verify-available"   Never("a look: nothing was written"),         Reject;
    BindRunner          "bind-runner"        By("free the slot"),                          Reject;
    MarkAccepted        "mark-accepted"      By("make available again"),                   Reject;
    StopTimer           "stop-timer"         By("arm the acceptance timer anew"),          Reject;
    NotifyCustomer      "notify-customer"    By("tell the customer"),                      Reject;
}

table! {
    /// The steps from the arrival at the store to the money in the runner's wallet. None of them is ever undone.
    CompleteStep of Complete:
    //                  name                 what takes it back                            if it keeps failing
    ArriveOnSite        "arrive-on-site"     Never("the saga before it unwinds: the runner is unbound"), Reject;
    BuyFood             "buy-food"           Never("the food is bought"),                  Reject;
    CapturePayment      "capture-payment"    Never("pivot: the customer owes what fails"), RetryThenAlert;
    CollectFood         "collect-food"       Never("the food is bought"),                  Reject;
    Depart              "depart"             Never("the food is bought"),                  Reject;
    MarkDelivered       "mark-delivered"     Never("the food has moved"),                  Reject;
    ReleaseEscrow       "release-escrow"     Never("a delivery is never undone"),          RetryThenAlert;
    MarkCompleted       "mark-completed"     Never("the money has moved"),                 RetryThenAlert;
}
