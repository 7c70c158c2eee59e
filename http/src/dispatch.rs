//! Gives a command to an order: checks the expected version, sends the command, and answers with the order.

use crate::{
    answer::{self, Commanded, is_party},
    app_state::AppState,
    auth::Me,
    call::Call,
    dto::admin::ReasonIn,
    free_text::sealed,
    gate::see,
    policy::Who,
    problem::{Code, Problem},
    tag,
};
use campusg_actors::runtime::{FreeText, OrderReply, Refusal};
use campusg_domain::{
    call::CallState,
    id::OrderId,
    order::{self, Command, Order, Role, allowed},
    rejection::Rejection,
    text::Sealed,
};

/// Gives a command to the order `id` and answers with the order; with 202 instead of 200 if the command has only begun.
pub(crate) async fn dispatch<T>(
    app: &AppState,
    call: Call<T>,
    id: OrderId,
    command: Command,
) -> Result<Commanded, Problem> {
    let (me, begins) = (call.me.clone(), begins(&command));
    let reply = dispatch_to(app, call, id, command).await?;
    answer::commanded(app, &me, &reply, begins(&reply.order)).await
}

/// Gives a command to the order `id` and returns the order after it.
///
/// # Errors
/// 412 if `If-Match` names another version; otherwise the order's refusal, with the commands that this caller may
/// give.
pub(crate) async fn dispatch_to<T>(
    app: &AppState,
    call: Call<T>,
    id: OrderId,
    command: Command,
) -> Result<OrderReply, Problem> {
    let Call {
        me, meta, headers, ..
    } = call;
    if tag::asks_for_match(&headers)
        && let Some(order) = app.runtime().order(id).await?
        && see(&order, &me, Who::Viewer).is_ok()
        // A repeat gets the first answer again, whatever has changed since.
        && !app.runtime().is_repeat(&meta)
    {
        tag::check(&headers, order.version)?;
    }
    let decided = app.runtime().order_command(meta, id, command);
    match decided.await {
        Ok(reply) => Ok(reply),
        Err(refusal) => Err(refused(app, &me, id, refusal).await),
    }
}

/// Returns a test for whether the command has only begun: a cancellation waits for the runner at the store
/// (transition 35), a proposal waits for a second authorisation (transition 16), or a tip's charge is not decided
/// (transition 32a).
fn begins(command: &Command) -> fn(&Order) -> bool {
    match command {
        Command::Cancel { .. } | Command::Settle { .. } => {
            |order| order.stage.cancel_wait().is_some()
        }
        Command::Approve { .. } => |order| {
            let open = order.stage.proposal();
            open.is_some_and(|open| open.raise.is_some())
        },
        Command::Tip { .. } => |order| {
            let asked = |n| order.calls.get(n);
            let open = |call: &order::Call| call.state != CallState::Closed;
            order.tips.keys().filter_map(asked).any(open)
        },
        Command::Place(_)
        | Command::Answered { .. }
        | Command::TimerDue { .. }
        | Command::ScheduledDue { .. }
        | Command::SetClockBack { .. }
        | Command::Accept { .. }
        | Command::CancelAcceptance
        | Command::Reassign { .. }
        | Command::ArriveOnSite
        | Command::Purchase { .. }
        | Command::Collect
        | Command::Depart
        | Command::Deliver { .. }
        | Command::Confirm
        | Command::Rate { .. }
        | Command::Propose { .. }
        | Command::DropItems { .. }
        | Command::OtherStore { .. }
        | Command::Reject { .. }
        | Command::Withdraw { .. }
        | Command::Message { .. }
        | Command::ReportProblem { .. }
        | Command::AnswerNoShow
        | Command::Abandon { .. }
        | Command::Hold { .. }
        | Command::Unhold { .. }
        | Command::Dispute { .. }
        | Command::Reply { .. }
        | Command::Resolve { .. }
        | Command::Refund { .. }
        | Command::RetryStalled { .. }
        | Command::SkipStalled { .. }
        | Command::CompensateStalled { .. } => |_| false,
    }
}

/// Gives an order an operator's command, with the operator's reason.
pub(crate) async fn with_reason(
    app: &AppState,
    call: Call<ReasonIn>,
    id: OrderId,
    command: impl FnOnce(Sealed) -> Command,
) -> Result<Commanded, Problem> {
    let (call, body) = call.split();
    let reason = sealed(app, &call, FreeText::Reason, &body.reason)?;
    dispatch(app, call, id, command(reason)).await
}

/// Builds the problem for a refused command, with the order's status and the commands that this caller may give.
/// Strangers and former runners learn neither.
pub(crate) async fn refused(app: &AppState, me: &Me, id: OrderId, refusal: Refusal) -> Problem {
    match &refusal {
        Refusal::Rejected { rejection, .. } if !matches!(rejection, Rejection::NotFound { .. }) => {
            let order = app.runtime().order(id).await.ok().flatten();
            let role = order
                .as_ref()
                .map_or(Role::Stranger, |order| order.role(me.principal));
            let fits = |order: &Order| allowed(order, role, app.policy(), app.now());
            let fits = order.as_deref().map(fits).unwrap_or_default();
            explained(refusal.into(), role, order.as_deref(), &fits)
        }
        Refusal::Rejected { .. }
        | Refusal::WrongCredentials
        | Refusal::Busy { .. }
        | Refusal::GatewayAway
        | Refusal::BeingRestored
        | Refusal::StorageFull
        | Refusal::NeedsAttention
        | Refusal::Unknown
        | Refusal::Stopping
        | Refusal::Fault => refusal.into(),
    }
}

fn explained(mut problem: Problem, role: Role, order: Option<&Order>, fits: &[&str]) -> Problem {
    let Some(order) = order else { return problem };
    if is_party(role) {
        return problem.about(order.id, order.status(), fits);
    }
    problem.extra.remove("order_status");
    if problem.code == Code::NotInThisStage {
        problem.detail = "this order can't be taken now".into();
    }
    problem
        .with("order_id", order.id.to_string())
        .with("allowed_transitions", Vec::<String>::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use campusg_domain::{
        id::{Principal, UserId},
        order::Stage,
    };

    #[test]
    fn only_parties_learn_where_an_order_stands() {
        let [customer, former, stranger] =
            [0xc0, 0xf0, 0x57].map(|byte| UserId::from_bytes([byte; 16]));
        let order = crate::view::tests::order(Stage::Holding);
        let refusal = || {
            let status = order.status();
            Refusal::of_order(
                order.id,
                Rejection::NotInThisStage {
                    status,
                    allowed: vec!["cancel".into()],
                },
            )
        };
        let said = |user: UserId| {
            let role = order.role(Principal::User(user));
            let problem = explained(refusal().into(), role, Some(&order), &["cancel"]);
            (
                role,
                problem.extra.get("order_status").cloned(),
                problem.extra["allowed_transitions"].to_string(),
                problem.detail,
            )
        };
        let hidden = "this order can't be taken now".to_owned();
        let shown = "an order that is pending can't do this".to_owned();
        assert_eq!(
            said(customer),
            (
                Role::Customer,
                Some("pending".into()),
                r#"["cancel"]"#.into(),
                shown
            )
        );
        assert_eq!(
            said(former),
            (Role::FormerRunner, None, "[]".into(), hidden.clone())
        );
        assert_eq!(said(stranger), (Role::Stranger, None, "[]".into(), hidden));
    }
}
