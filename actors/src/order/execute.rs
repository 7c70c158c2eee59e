//! The sequence of one command, from the known id to the reply.

use super::message::{Done, ToActor};
use crate::{commit::commit, env::Env, runtime::Refusal, vote::CheckTransfers};
use campusg_domain::{
    id::{OrderId, PhotoId, Seq},
    invariant::{Broken, broken_by, check_order},
    order::{self, Command, Context, Event, Executed, Filled, Order, Rejection, Turn, verdict},
    record::{Events, Record},
    saga::Mark,
    time::At,
    vote::{VoteRequest, Votes},
};
use campusg_storage::read::Reads;
use std::sync::Arc;

/// Carries out one command on committed state: the order after it, and the answer.
pub(super) async fn execute(
    env: &Env,
    id: OrderId,
    before: Option<Arc<Order>>,
    message: ToActor,
) -> (Option<Arc<Order>>, Result<Done, Refusal>) {
    match order::known(before.as_deref(), message.id, message.fingerprint) {
        Some(Ok(executed)) => {
            let answer = repeated(env, id, before.as_ref(), executed).await;
            return (before, answer);
        }
        Some(Err(rejection)) => return (before, Err(Refusal::of_order(id, rejection))),
        None => {}
    }
    let began_ms = env.clock.monotonic_ms();
    match decide_and_commit(env, id, before.as_ref(), &message).await {
        Ok(Some(Committed {
            after,
            events,
            verdict,
        })) => {
            let took_ms = env.clock.monotonic_ms().saturating_sub(began_ms);
            log_steps(&after, &events, &message, took_ms);
            let answer = match verdict {
                Some(rejection) => Err(Refusal::of_order(id, rejection)),
                None => Ok(Done {
                    order: Arc::clone(&after),
                    repeated: false,
                }),
            };
            (Some(after), answer)
        }
        Ok(None) => {
            let already = before.clone().map(|order| Done {
                order,
                repeated: false,
            });
            (before, already.ok_or_else(|| Refusal::not_found("order")))
        }
        Err(refusal) => (before, Err(refusal)),
    }
}

/// Answers a command that took effect before as the first time.
async fn repeated(
    env: &Env,
    id: OrderId,
    before: Option<&Arc<Order>>,
    executed: Executed,
) -> Result<Done, Refusal> {
    if executed.status >= 400
        && let Some(entry) = env.read(move |reads| reads.entry(executed.seq)).await?
        && let Events::Order(events) = &entry.record.events
        && let Some(rejection) = verdict(events, &env.policy)
    {
        return Err(Refusal::of_order(id, rejection));
    }
    let order = match before {
        Some(order) if order.last_seq == executed.seq => Some(Arc::clone(order)),
        Some(_) => {
            env.read(move |reads| reads.order_as_of(id, executed.seq))
                .await?
        }
        None => None,
    };
    let order = order.ok_or_else(|| Refusal::not_found("order"))?;
    Ok(Done {
        order,
        repeated: true,
    })
}

struct Committed {
    after: Arc<Order>,
    events: Vec<Event>,
    verdict: Option<Rejection>,
}

/// `None` where it is already so.
async fn decide_and_commit(
    env: &Env,
    id: OrderId,
    before: Option<&Arc<Order>>,
    message: &ToActor,
) -> Result<Option<Committed>, Refusal> {
    let no = |rejection| Refusal::of_order(id, rejection);
    let order = before.map(Arc::as_ref);
    let now = env
        .clock
        .now()
        .max(order.map_or(At(0), |order| order.last_at));
    let none = Votes::default();
    let required_votes = order::required_votes(
        id,
        order,
        &message.command,
        &context(env, id, message, now, &none),
    )
    .map_err(no)?;
    let (mut votes, reservation) = env.owners.poll(message.id, required_votes).await;
    look_up_used_once(env, message, &mut votes).await?;
    let turn = order::turn(
        id,
        order,
        &message.command,
        &context(env, id, message, now, &votes),
    )
    .map_err(no)?;
    let Turn::Commit { filled, verdict } = turn else {
        return Ok(None);
    };
    let Filled { record, after } = *filled;
    check_order(order, &after, &record).map_err(|broken| not_written(&after, order, &broken))?;
    let record = check(env, order, &after, record).await?;
    let events = match &record.events {
        Events::Order(events) => events.clone(),
        Events::System(_)
        | Events::User(_)
        | Events::Store(_)
        | Events::Inbox(_)
        | Events::Schedule(_)
        | Events::Wallet(_) => vec![],
    };
    let ack = commit(&env.queue, record, Some(reservation)).await?;
    Ok(Some(Committed {
        after: Arc::new(after.numbered(Seq(ack.seq))),
        events,
        verdict,
    }))
}

fn context<'a>(
    env: &'a Env,
    id: OrderId,
    message: &ToActor,
    now: At,
    votes: &'a Votes,
) -> Context<'a> {
    Context {
        principal: message.principal,
        command: message.id,
        fingerprint: message.fingerprint,
        keyed: message.keyed,
        now,
        policy: &env.policy,
        votes,
        pin: env.pin(id),
    }
}

/// Used-once things: reserved by the vote, then looked up at the head, then committed. A photo proves something only in
/// the hands of whoever took it.
async fn look_up_used_once(env: &Env, message: &ToActor, votes: &mut Votes) -> Result<(), Refusal> {
    for (ask, vote) in &mut votes.0 {
        if let VoteRequest::UsedOnce { photo, order } = *ask
            && vote.is_ok()
        {
            // Who used it before may be durable, and so not reserved any more, but not folded yet.
            env.reads
                .wait_folded(env.reads.head().0)
                .await
                .map_err(|_| Refusal::Stopping)?;
            let photos = env.photos.clone();
            let look = move |reads: &Reads| Ok((photos.uploader(photo), reads.photo_order(photo)?));
            let (uploader, serves) = env.read(look).await?;
            let uploader = uploader.map_err(|fault| {
                tracing::error!(%fault, "a photo can't be looked up");
                Refusal::Fault
            })?;
            if uploader.is_none() || uploader != message.principal.user() {
                *vote = Err(Rejection::field(
                    photo_field(&message.command, photo),
                    "is not a photo of yours",
                ));
            } else if serves.is_some_and(|other| other != order) {
                *vote = Err(Rejection::PhotoUsed);
            }
        }
    }
    Ok(())
}

/// Path of the photo in the request, as the caller wrote it.
fn photo_field(command: &Command, photo: PhotoId) -> String {
    match command {
        Command::Purchase { .. } => "receipt.photo_id".into(),
        Command::Deliver { .. } => "proof.photo_id".into(),
        Command::Dispute { photos, .. } | Command::Reply { photos, .. } => {
            let place = photos.iter().position(|shown| *shown == photo);
            format!("photo_ids[{}]", place.unwrap_or_default())
        }
        Command::Place(_)
        | Command::Answered { .. }
        | Command::TimerDue { .. }
        | Command::ScheduledDue { .. }
        | Command::Accept { .. }
        | Command::CancelAcceptance
        | Command::Reassign { .. }
        | Command::Cancel { .. }
        | Command::ArriveOnSite
        | Command::Collect
        | Command::Depart
        | Command::Confirm
        | Command::Rate { .. }
        | Command::Propose { .. }
        | Command::Approve { .. }
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
        | Command::Settle { .. }
        | Command::Resolve { .. }
        | Command::Tip { .. }
        | Command::Refund { .. }
        | Command::RetryStalled { .. }
        | Command::SkipStalled { .. }
        | Command::CompensateStalled { .. } => "photo_id".into(),
    }
}

/// Checks the record's transfers against every account before it is queued; one that breaks a bound is never written.
async fn check(
    env: &Env,
    before: Option<&Order>,
    after: &Order,
    record: Record,
) -> Result<Record, Refusal> {
    if record.money.is_empty() {
        return Ok(record);
    }
    let record = Arc::new(record);
    let checked = env
        .owners
        .escrow
        .send(CheckTransfers(Arc::clone(&record)))
        .await;
    checked
        .map_err(|_| Refusal::Stopping)?
        .map_err(|fault| not_written(after, before, &broken_by(&fault)))?;
    Ok(Arc::try_unwrap(record).unwrap_or_else(|shared| shared.as_ref().clone()))
}

fn not_written(after: &Order, before: Option<&Order>, broken: &Broken) -> Refusal {
    let from = before.map(Order::status);
    tracing::error!(order.id = %after.id, %broken, ?from, "an invariant would break: not written");
    Refusal::Fault
}

/// One line for each saga step and each undo.
fn log_steps(order: &Order, events: &[Event], message: &ToActor, duration_ms: u64) {
    for event in events {
        let Event::Step { saga, step, mark } = event else {
            continue;
        };
        let plan = saga.plan();
        let name = plan
            .steps
            .get(usize::from(*step))
            .map_or("unknown", |step| step.name);
        let attempt = 1 + order
            .calls
            .values()
            .map(|call| call.failures)
            .max()
            .unwrap_or(0)
            .max(order.release_failures);
        let done = match mark {
            Mark::Started => "started",
            Mark::Done => "done",
            Mark::Failed => "failed",
            Mark::Undone => "undone",
            Mark::Stalled => "stuck",
        };
        let (saga, request) = (plan.name, &*message.request);
        if matches!(mark, Mark::Stalled | Mark::Failed) {
            tracing::warn!(order.id = %order.id, saga, saga.step = name, attempt, duration_ms, request, "step {done}");
        } else {
            tracing::info!(order.id = %order.id, saga, saga.step = name, attempt, duration_ms, request, "step {done}");
        }
    }
    if events
        .iter()
        .all(|event| !matches!(event, Event::Step { .. }))
    {
        let command = Command::name(&message.command);
        tracing::info!(order.id = %order.id, command, duration_ms, request = &*message.request, "command done");
    }
}
