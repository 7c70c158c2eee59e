//! The audit line of what an operator does, written once it is done.

use campusg_actors::runtime::Caller;

/// Writes the line.
pub(crate) fn audit(caller: &Caller, reason: &str) {
    let operator = caller
        .principal
        .user()
        .map(|user| user.to_string())
        .unwrap_or_default();
    tracing::info!(target: "campusg::audit", operator, route = %caller.route, request.id = %caller.request, reason, "an operator acted");
}
