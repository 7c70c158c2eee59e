//! Streams of what is new for a reader, as server-sent events.
//!
//! A stream keeps the last record that its reader has, and nothing else: woken by a change it reads what follows and shows it by
//! the reader's rights of that moment. So a slow reader costs a connection and no memory, and a reader who comes back with
//! the id of the last event goes on exactly there. Source: the HTML standard, "Server-sent events".
//!
//! Invariants: one event for each record, whose id is the record's sequence number, so that none is missed and none comes twice;
//! an event without an id (`board`, `hello`) can be missed; a stream ends once its reader's session, or their right to the
//! order, has ended.

use crate::{
    app_state::AppState,
    auth::{Me, bearer},
    gate,
    policy::Who,
    problem::{Code, Problem},
    serve::Stopping,
    tally::Place,
    view::{Viewer, change::ChangeView},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, request::Parts},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use campusg_actors::runtime::{Change, Changes, Secret, Watch, Watched};
use campusg_domain::{
    id::{OrderId, Seq, UserId},
    notice::Audience,
};
use futures_util::stream;
use serde_json::json;
use std::{collections::VecDeque, convert::Infallible, future::pending, time::Duration};
use tokio::time::{Instant, sleep_until};

pub(crate) const LAST_EVENT_ID: &str = "last-event-id";

/// Records that are read at once.
const AT_ONCE: usize = 50;
/// How often a stream that is silent says so, and asks whether its reader is still signed in.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Shortest time between two `board` events of a stream.
const BOARD_EVERY: Duration = Duration::from_secs(1);

/// What a stream is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About {
    /// All that concerns its reader.
    Reader,
    /// One order.
    Order(OrderId),
}

/// How a request for a stream wants to listen.
#[derive(Debug)]
pub(crate) struct Listening {
    token: Secret,
    /// The record that the reader has last; `None` if they want what comes from now on.
    last: Option<Seq>,
    stopping: Option<Stopping>,
}

impl<S: Sync> FromRequestParts<S> for Listening {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self {
            token: bearer(&parts.headers).ok_or_else(Problem::not_signed_in)?,
            last: last_event(&parts.headers)?,
            stopping: parts.extensions.get().cloned(),
        })
    }
}

/// An answer that goes on as long as there is something new.
pub(crate) struct LiveStream(Response);

impl IntoResponse for LiveStream {
    fn into_response(self) -> Response {
        self.0
    }
}

/// A stream as long as its reader listens.
pub(crate) struct Live {
    app: AppState,
    token: Secret,
    about: About,
    /// The last record that the reader has, or may not see.
    last: Seq,
    /// Whether there may be more that was not read yet.
    behind: bool,
    ready: VecDeque<Event>,
    feed: Watch,
    operators: Option<Watch>,
    board: Option<Watch>,
    board_next: Instant,
    ask_again: Instant,
    stopping: Option<Stopping>,
    _place: Place<UserId>,
}

/// The record that the reader has last.
fn last_event(headers: &HeaderMap) -> Result<Option<Seq>, Problem> {
    let Some(id) = headers.get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let id = id.to_str().ok().and_then(|id| id.trim().parse().ok());
    let detail = "a Last-Event-ID is the id of an event of this stream";
    id.map(|id| Some(Seq(id)))
        .ok_or_else(|| Problem::new(Code::InvalidLastEventId, detail))
}

impl Live {
    /// Answers with a stream that begins after the record that the reader has last, or with what comes from now on.
    ///
    /// # Errors
    /// 429 if the reader has as many streams as may be.
    pub(crate) fn begin(
        app: AppState,
        me: &Me,
        about: About,
        listening: Listening,
    ) -> Result<LiveStream, Problem> {
        let place = app.stream(me.user)?;
        // Subscribed before anything is read, so that what changes meanwhile is read too.
        let watch = |what| app.runtime().watch_for(what);
        let (feed, operators, board) = match about {
            About::Order(order) => (watch(Watched::Order(order)), None, None),
            About::Reader => (
                watch(Watched::Feed(Audience::User(me.user))),
                me.is_operator()
                    .then(|| watch(Watched::Feed(Audience::Operators))),
                sees_board(me).then(|| watch(Watched::Board)),
            ),
        };
        let newest = app.runtime().newest();
        let mut ready = VecDeque::new();
        let last = match listening.last {
            Some(known) if known <= newest => known,
            known => {
                let event = Event::default().id(newest.to_string()).data("{}");
                let name = known.map_or("hello", |_| "reset");
                ready.push_back(event.event(name));
                newest
            }
        };
        let now = Instant::now();
        let live = Self {
            app,
            token: listening.token,
            about,
            last,
            behind: true,
            ready,
            feed,
            operators,
            board,
            board_next: now,
            ask_again: now + HEARTBEAT,
            stopping: listening.stopping,
            _place: place,
        };
        let events = stream::unfold(live, |mut live| async {
            let event = live.next().await?;
            Some((Ok::<_, Infallible>(event), live))
        });
        let beats = KeepAlive::new().interval(HEARTBEAT);
        let mut response = Sse::new(events).keep_alive(beats).into_response();
        // A proxy that collects an answer before it passes it on would hold back every event.
        let buffering = HeaderName::from_static("x-accel-buffering");
        response
            .headers_mut()
            .insert(buffering, HeaderValue::from_static("no"));
        Ok(LiveStream(response))
    }

    /// The next event; `None` once the stream is over.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if !self.behind && !self.wait().await {
                return None;
            }
            let me = self.reader()?;
            if self.behind {
                self.read(&me).await.ok()?;
            }
        }
    }

    /// The reader with their rights of now; `None` if they are not signed in any more, or have become somebody for whom
    /// another stream is meant.
    fn reader(&self) -> Option<Me> {
        let me = Me::new(self.app.runtime().authenticate(&self.token)?);
        let same = match self.about {
            About::Order(_) => true,
            About::Reader => {
                self.operators.is_some() == me.is_operator()
                    && self.board.is_some() == sees_board(&me)
            }
        };
        same.then_some(me)
    }

    /// Waits for something to do; false if the server stops.
    async fn wait(&mut self) -> bool {
        let Self {
            feed,
            operators,
            board,
            stopping,
            ..
        } = self;
        let (board_next, ask_again) = (self.board_next, self.ask_again);
        let stop = async {
            match stopping {
                Some(stopping) => stopping.begins().await,
                None => pending().await,
            }
        };
        let of_operators = async {
            match operators {
                Some(feed) => feed.changed().await,
                None => pending().await,
            }
        };
        let of_board = async {
            sleep_until(board_next).await;
            match board {
                Some(board) => board.changed().await,
                None => pending().await,
            }
        };
        tokio::select! {
            () = stop => return false,
            _ = feed.changed() => self.behind = true,
            _ = of_operators => self.behind = true,
            version = of_board => {
                let data = json!({"version": version.0}).to_string();
                self.ready.push_back(Event::default().event("board").data(data));
                self.board_next = Instant::now() + BOARD_EVERY;
            }
            () = sleep_until(ask_again) => {}
        }
        self.ask_again = Instant::now() + HEARTBEAT;
        true
    }

    /// Reads what is new and turns it into events.
    async fn read(&mut self, me: &Me) -> Result<(), Problem> {
        let runtime = self.app.runtime();
        let Changes { changes, more } = match self.about {
            About::Reader => {
                runtime
                    .changes_for(me.user, me.is_operator(), self.last, AT_ONCE)
                    .await?
            }
            About::Order(order) => {
                gate::load(&self.app, me, order, Who::Involved).await?;
                runtime.changes_of(order, self.last, AT_ONCE).await?
            }
        };
        for change in changes {
            let seq = change.entry.seq;
            if let Some(view) = shown(&self.app, me, change).await? {
                let data = serde_json::to_string(&view).map_err(|_| Problem::fault())?;
                let event = Event::default().event("change").id(seq.to_string());
                self.ready.push_back(event.data(data));
            }
            self.last = seq;
        }
        self.behind = more;
        Ok(())
    }
}

/// Whether the reader may see the board.
fn sees_board(me: &Me) -> bool {
    me.is_operator() || gate::runs(me).is_ok()
}

/// What the reader may see of a record now; `None` if that is nothing.
async fn shown(app: &AppState, me: &Me, change: Change) -> Result<Option<ChangeView>, Problem> {
    let mut order = None;
    if let Some((id, _)) = change.order
        && let Some(found) = app.runtime().order(id).await?
    {
        let role = found.role(me.principal);
        let involved = Who::Involved.roles().contains(&role);
        order = involved.then(|| (Viewer::new(app, me, &found, role), found));
    }
    Ok(ChangeView::of(app, change, order))
}
