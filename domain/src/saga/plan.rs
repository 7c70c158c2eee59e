//! The sagas as tables. Every row fills every column; "no undo" needs its reason.
//!
//! The code reads the tables: `unwind` in `order/marks.rs` takes back what a row says can be taken back, a decision about a
//! step that keeps failing does what its row says, and an operator is told a row's reason where there is no way back.

use serde::{Deserialize, Serialize};

/// Names a saga.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Saga {
    /// Places an order.
    Create,
    /// Binds a runner.
    Accept,
    /// Delivers, pays and ends.
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

/// What takes a step back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// It can be taken back, in the way that the text names.
    By(&'static str),
    /// Nothing takes it back; the text is the reason that operators read.
    Never(&'static str),
}

/// What follows when a step keeps failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// The command is refused; nothing was written.
    Reject,
    /// The steps before it are taken back.
    Unwind,
    /// It is tried again until a person helps; nothing is taken back.
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

    /// Whether its saga begins with it.
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
    /// What takes it back.
    pub undo: Undo,
    /// What follows when it keeps failing.
    pub failing: Failing,
}

/// Writes a saga's table: its steps as an enum, each with its row.
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
    /// From the customer's wish to an order on the board.
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
    /// From a runner's tap to a bound runner; unwound when the runner is unbound before buying.
    AcceptStep of Accept:
    //                  name                 what takes it back                            if it keeps failing
    VerifyAvailable     "verify-available"   Never("a look: nothing was written"),         Reject;
    BindRunner          "bind-runner"        By("free the slot"),                          Reject;
    MarkAccepted        "mark-accepted"      By("make available again"),                   Reject;
    StopTimer           "stop-timer"         By("arm the acceptance timer anew"),          Reject;
    NotifyCustomer      "notify-customer"    By("tell the customer"),                      Reject;
}

table! {
    /// From the store to the runner's wallet. Nothing here is taken back.
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
