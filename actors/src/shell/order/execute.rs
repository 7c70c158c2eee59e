//! The steps of one command, from the check for a repeat to the reply.

use super::message::Done;
use crate::{
    keys::{Claimed, KeyClaim},
    message::CheckTransfers,
    refusal::Refusal,
    services::Services,
    shell::commit::{Committed, Held, commit},
};
use campusg_domain::{
    id::{PhotoId, Principal, Seq, Stream},
    invariant::{Broken, broken_by, check_order},
    order::{self, Command, Event, Filled, Order, Turn, verdict},
    record::{Events, Record},
    rejection::Rejection,
    saga::Mark,
    stream::{Envelope, own_command},
    time::At,
    vote::{Vote, VoteRequest, Votes},
};
use campusg_storage::read::Reads;
use std::sync::Arc;

/// Carries out one command on committed state. Returns the order afterwards, and the answer.
pub(super) async fn execute(
    services: &Services,
    before: Option<Arc<Order>>,
    envelope: &Envelope<Command>,
    committed: &Committed,
) -> (Option<Arc<Order>>, Result<Done, Refusal>) {
    let id = envelope.target;
    let key = match claim(services, envelope, committed) {
        Ok(Claimed::New(key)) => key,
        Ok(Claimed::Done(seq)) => {
            let answer = repeated(services, before.as_ref(), seq).await;
            return (before, answer);
        }
        Err(rejection) => return (before, Err(Refusal::of_order(id, rejection))),
    };
    let before = match set_back(services, before, envelope).await {
        Ok(before) => before,
        Err((before, refusal)) => return (before, Err(refusal)),
    };
    let began_ms = services.clock.monotonic_ms();
    match decide_and_commit(services, before.as_ref(), envelope, (key, committed)).await {
        Ok(Some(Taken {
            after,
            events,
            verdict,
        })) => {
            let took_ms = services.clock.monotonic_ms().saturating_sub(began_ms);
            log_steps(&after, &events, envelope, took_ms);
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

/// Claims the command's key, if it has one. A command without a key is known only where an earlier try of it was committed.
fn claim(
    services: &Services,
    envelope: &Envelope<Command>,
    committed: &Committed,
) -> Result<Claimed, Rejection> {
    match committed.get() {
        Some(seq) => Ok(Claimed::Done(*seq)),
        None => services.keys.claim(&envelope.meta, services.clock.now()),
    }
}

/// Tells an order that lies ahead of a clock which was set back, before it gets another command.
async fn set_back(
    services: &Services,
    before: Option<Arc<Order>>,
    envelope: &Envelope<Command>,
) -> Result<Option<Arc<Order>>, (Option<Arc<Order>>, Refusal)> {
    let ahead_ms = before
        .as_ref()
        .map_or(0, |order| order.last_at.since(services.clock.now()));
    let told = matches!(envelope.command, Command::SetClockBack { .. });
    if services.set_back_ms == 0 || ahead_ms == 0 || told {
        return Ok(before);
    }
    let (order, ms) = (envelope.target, ahead_ms.max(services.set_back_ms));
    let version = before.as_ref().map_or(0, |order| order.version);
    let id = own_command(Stream::Order(order), "set clock back", version.into());
    let command = Command::SetClockBack { ms };
    let first = Envelope::own(Principal::System, id, order, command);
    let own = Committed::default();
    match decide_and_commit(services, before.as_ref(), &first, (None, &own)).await {
        Ok(taken) => Ok(taken.map(|taken| taken.after).or(before)),
        Err(refusal) => Err((before, refusal)),
    }
}

/// Answers a repeated command as the first time. A placement is the record of another order than the one whose actor is
/// asked.
async fn repeated(
    services: &Services,
    before: Option<&Arc<Order>>,
    seq: Seq,
) -> Result<Done, Refusal> {
    let entry = services.read(move |reads| reads.entry(seq)).await?;
    let record = entry.ok_or(Refusal::Fault)?.record;
    let (Stream::Order(id), Events::Order(events)) = (record.stream, &record.events) else {
        return Err(Refusal::Fault);
    };
    if record.status >= 400
        && let Some(rejection) = verdict(events, &services.policy)
    {
        return Err(Refusal::of_order(id, rejection));
    }
    let order = match before {
        Some(order) if order.last_seq == seq => Some(Arc::clone(order)),
        _ => {
            services
                .read(move |reads| reads.order_as_of(id, seq))
                .await?
        }
    };
    let order = order.ok_or_else(|| Refusal::not_found("order"))?;
    Ok(Done {
        order,
        repeated: true,
    })
}

struct Taken {
    after: Arc<Order>,
    events: Vec<Event>,
    verdict: Option<Rejection>,
}

/// `None` if the command changes nothing.
async fn decide_and_commit(
    services: &Services,
    before: Option<&Arc<Order>>,
    envelope: &Envelope<Command>,
    (key, committed): (Option<KeyClaim>, &Committed),
) -> Result<Option<Taken>, Refusal> {
    let (id, command) = (envelope.target, &envelope.command);
    let no = |rejection| Refusal::of_order(id, rejection);
    let order = before.map(Arc::as_ref);
    let last = order.filter(|_| !matches!(command, Command::SetClockBack { .. }));
    let now = services
        .clock
        .now()
        .max(last.map_or(At(0), |order| order.last_at));
    let none = Votes::default();
    let mut context = order::Context {
        meta: &envelope.meta,
        now,
        policy: &services.policy,
        votes: &none,
        pin: services.pin(id),
    };
    let required_votes = order::required_votes(order, command, &context);
    let (mut votes, reservation) = services.owners.poll(envelope.meta.id, required_votes).await;
    look_up_used_once(services, envelope, &mut votes).await?;
    let votes = Votes::Cast(votes);
    context.votes = &votes;
    let turn = order::turn(id, order, command, &context).map_err(no)?;
    let Turn::Commit { filled, verdict } = turn else {
        return Ok(None);
    };
    let Filled { record, after } = *filled;
    check_order(order, &after, &record).map_err(|broken| not_written(&after, order, &broken))?;
    let record = check(services, order, &after, record).await?;
    let events = match &record.events {
        Events::Order(events) => events.clone(),
        Events::System(_)
        | Events::User(_)
        | Events::Store(_)
        | Events::Inbox(_)
        | Events::Schedule(_)
        | Events::Wallet(_) => vec![],
    };
    let held = Held {
        reservation: Some(reservation),
        key,
    };
    let ack = commit(&services.queue, record, held, Arc::clone(committed)).await?;
    Ok(Some(Taken {
        after: Arc::new(after.numbered(Seq(ack.seq))),
        events,
        verdict,
    }))
}

/// Looks up single-use photos: reserved by the vote, then searched in all durable records, before the commit. A photo
/// counts as proof only if the person who gives the command has uploaded it, and its picture serves no other order, as
/// whoever's photo.
async fn look_up_used_once(
    services: &Services,
    envelope: &Envelope<Command>,
    votes: &mut [(VoteRequest, Vote)],
) -> Result<(), Refusal> {
    for (ask, vote) in votes {
        if let VoteRequest::UsedOnce { photo, order } = *ask
            && vote.is_ok()
        {
            // An earlier use may be durable, and so no longer reserved, but not folded yet.
            services
                .reads
                .wait_folded(services.reads.head().0)
                .await
                .map_err(|_| Refusal::Stopping)?;
            let photos = services.photos.clone();
            let look = move |reads: &Reads| {
                Ok((
                    photos.uploader(photo),
                    reads.picture_order(photo.picture())?,
                ))
            };
            let (uploader, serves) = services.read(look).await?;
            let uploader = uploader.map_err(|fault| {
                tracing::error!(%fault, "a photo can't be looked up");
                Refusal::Fault
            })?;
            if uploader.is_none() || uploader != envelope.meta.principal.user() {
                *vote = Err(Rejection::field(
                    photo_field(&envelope.command, photo),
                    "is not a photo of yours",
                ));
            } else if serves.is_some_and(|other| other != order) {
                *vote = Err(Rejection::PhotoUsed);
            }
        }
    }
    Ok(())
}

/// Returns the path of the photo's field in the request.
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
        | Command::SetClockBack { .. }
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

/// Checks a record's transfers against all accounts before it is queued. A record that would break an account's bound
/// is never written.
async fn check(
    services: &Services,
    before: Option<&Order>,
    after: &Order,
    record: Record,
) -> Result<Record, Refusal> {
    if record.money.is_empty() {
        return Ok(record);
    }
    let record = Arc::new(record);
    let checked = services
        .owners
        .transfers
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

/// Logs each step of a saga and each compensation.
fn log_steps(order: &Order, events: &[Event], envelope: &Envelope<Command>, duration_ms: u64) {
    for event in events {
        let Event::Step { step, mark } = event else {
            continue;
        };
        let name = step.name();
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
            Mark::Stalled => "stalled",
        };
        let (saga, request) = (step.saga().name(), &*envelope.meta.request);
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
        let command = Command::name(&envelope.command);
        tracing::info!(order.id = %order.id, command, duration_ms, request = &*envelope.meta.request, "command done");
    }
}
