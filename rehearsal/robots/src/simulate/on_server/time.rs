//! The clock by which robots live on a server: the server's virtual clock, which they move on, or the wall clock, which
//! they see pass faster than it does.
//!
//! Invariant: it never goes back.

use campusg_client::answer::Clock;
use campusg_client::{Body, Client, Deviation, Person, operation::desk};
use campusg_domain::time::At;
use chrono::{DateTime, SecondsFormat};
use std::{sync::Arc, time::Duration};

/// Reads the wall clock.
pub type WallClock = Arc<dyn Fn() -> At + Send + Sync>;

/// Longest sleep of [`Pace::pass_to`], in milliseconds of the wall clock.
const PAUSE_MS: u64 = 100;

/// The clock by which the robots live.
pub(super) enum Pace {
    /// The server's virtual clock, which the operator moves on.
    Moved {
        /// Its time after it was last moved.
        now: At,
    },
    /// The wall clock, sped up.
    Outrun {
        /// The wall clock's time when the robots came; both clocks agree there.
        since: At,
        /// Seconds of the robots' time per second of the wall clock.
        speed: u64,
        clock: WallClock,
    },
}

impl Pace {
    /// Chooses the clock: the server's if an operator is given and it is virtual, else the wall clock, sped up.
    pub(super) async fn of(
        client: &Client,
        operator: Option<&Person>,
        speed: u32,
        clock: WallClock,
    ) -> Result<Self, Deviation> {
        client.send(&desk::ready()).await?.is(200)?;
        let outrun = Self::Outrun {
            since: clock(),
            speed: u64::from(speed),
            clock,
        };
        let Some(operator) = operator else {
            return Ok(outrun);
        };
        let reply = operator.move_clock(0).await?;
        match reply.status {
            404 => Ok(outrun),
            _ => Ok(Self::Moved {
                now: shown(&reply.is(200)?)?,
            }),
        }
    }

    pub(super) const fn moves_the_clock(&self) -> bool {
        matches!(self, Self::Moved { .. })
    }

    pub(super) fn now(&self) -> At {
        match self {
            Self::Moved { now } => *now,
            Self::Outrun {
                since,
                speed,
                clock,
            } => since.plus(clock().since(*since).saturating_mul(*speed)),
        }
    }

    /// Lets time pass until `to`; by the wall clock, sleeps for [`PAUSE_MS`] at most, so `to` may not be reached.
    pub(super) async fn pass_to(
        &mut self,
        to: At,
        operator: Option<&Person>,
    ) -> Result<(), Deviation> {
        let span_ms = to.since(self.now());
        match (self, operator) {
            (_, _) if span_ms == 0 => Ok(()),
            (Self::Moved { now }, Some(operator)) => {
                let ask = desk::move_clock(span_ms);
                let moved = super::patience::send(operator, ask).await?.is(200)?;
                *now = shown(&moved)?.max(*now);
                Ok(())
            }
            (Self::Moved { .. }, None) => {
                Err(Deviation::new("an operator, to move the clock", "none"))
            }
            (Self::Outrun { speed, .. }, _) => {
                let wait_ms = (span_ms / *speed).clamp(1, PAUSE_MS);
                tokio::time::sleep(Duration::from_millis(wait_ms)).await;
                Ok(())
            }
        }
    }
}

/// The server's time in an answer to moving its clock.
fn shown(moved: &Body) -> Result<At, Deviation> {
    let text = moved.read::<Clock>()?.now;
    read(&text).ok_or_else(|| Deviation::new("a time as specified", text))
}

/// Parses a time as the API writes it; `None` if it is none.
pub(super) fn read(text: &str) -> Option<At> {
    let time = DateTime::parse_from_rfc3339(text).ok()?;
    u64::try_from(time.timestamp_millis()).ok().map(At)
}

/// A time in RFC 3339, as the API reads it.
pub(super) fn written(at: At) -> String {
    let ms = i64::try_from(at.0).unwrap_or(i64::MAX);
    let time = DateTime::from_timestamp_millis(ms).unwrap_or_default();
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_are_read_as_they_are_written() {
        let at = At(1_772_368_200_123);
        assert_eq!(written(at), "2026-03-01T12:30:00.123Z");
        let body = |now: String| Body(json!({"now": now}));
        assert_eq!(shown(&body(written(at))), Ok(at));
        assert!(shown(&body("soon".into())).is_err());
    }
}
