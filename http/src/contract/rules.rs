//! What a route's rules add to its contract: the problems with which the gate refuses, and the headers that it reads.

use super::Described;
use crate::{
    flight::Load,
    gate::Rules,
    policy::{RoutePolicy, Who},
    problem::Code,
    wire,
};
use axum::http::Method;

/// Adds what every request to a route under these rules may be refused with.
pub(super) fn describe(rules: Rules, method: &Method, path: &str, described: &mut Described) {
    let problems = &mut described.problems;
    problems.extend([
        Code::InvalidHost,
        Code::RepeatedHeader,
        Code::UnknownTransferEncoding,
        Code::UnsupportedContentEncoding,
        Code::Internal,
        Code::Busy,
        Code::OutcomeUnknown,
        Code::Stopping,
        Code::BeingRestored,
        Code::TooManyRequests,
    ]);
    if rules.load != Load::Probe {
        problems.extend([Code::BodyTooLarge, Code::BodyTooSlow, Code::BodyIncomplete]);
    }
    if !rules.reads_query {
        problems.insert(Code::InvalidQuery);
    }
    if path.contains('{') {
        problems.insert(Code::NotFound);
    }
    if !method.is_safe() {
        problems.extend([Code::PreconditionNotLookedAt, Code::StorageFull]);
    }
    problems.extend(of_policy(rules.policy));
    if rules.has_version {
        problems.extend([Code::VersionChanged, Code::NeedsAttention]);
        let text = "The version that the caller has read, as in `ETag`: refused if the order has another one.";
        described.header::<wire::Tags>("If-Match", text, false);
    }
}

fn of_policy(policy: RoutePolicy) -> &'static [Code] {
    match policy {
        RoutePolicy::Public => &[],
        RoutePolicy::SignedIn => &[Code::NotSignedIn],
        RoutePolicy::ActiveRunner => &[Code::NotSignedIn, Code::Suspended, Code::NotARunner],
        RoutePolicy::Operator => &[Code::NotSignedIn, Code::NotAllowed],
        RoutePolicy::Gateway => &[Code::WrongSignature, Code::SignatureOutOfTime],
        RoutePolicy::SelfOrOperator => &[Code::NotSignedIn, Code::NotFound],
        RoutePolicy::ReadOrder(_) | RoutePolicy::CommandOrder(_) => &[
            Code::NotSignedIn,
            Code::NotAllowed,
            Code::NotFound,
            Code::NeedsAttention,
        ],
    }
}

/// Who may call a route, in words.
pub(super) fn callers(policy: RoutePolicy) -> &'static str {
    match policy {
        RoutePolicy::Public => "anybody",
        RoutePolicy::SignedIn => "any signed-in user",
        RoutePolicy::ActiveRunner => "active runners who are not suspended",
        RoutePolicy::Operator => "operators",
        RoutePolicy::Gateway => "the payment gateway, which signs its messages",
        RoutePolicy::SelfOrOperator => "the user named in the path, and operators",
        RoutePolicy::ReadOrder(who) | RoutePolicy::CommandOrder(who) => match who {
            Who::Involved => "the customer, the runner, former runners and operators",
            Who::Viewer => {
                "the customer, the runner, former runners and operators; active runners while it is on the board"
            }
            Who::Customer
            | Who::CustomerOrOperator
            | Who::Runner
            | Who::Party
            | Who::PartyOrOperator
            | Who::Operator => who.words(),
        },
    }
}
