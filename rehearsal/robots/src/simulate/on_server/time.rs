//! Whose time robots live by on a server: its virtual clock, which is moved, or the clock on the wall, which is
//! outrun.
//!
//! Invariant: never goes back.

use campusg_client::answer::Clock;
use campusg_client::{Body, Client, Deviation, Person, operation::desk};
use campusg_domain::time::At;
use chrono::{DateTime, SecondsFormat};
use std::{sync::Arc, time::Duration};

/// Where the clock on the wall is read.
pub type WallClock = Arc<dyn Fn() -> At + Send + Sync>;

/// Longest wait between two looks, on the wall.
const PAUSE_MS: u64 = 100;

/// The robots' time.
pub(super) enum Pace {
    /// The server's virtual clock, as it was moved last.
    Moved {
        /// What it shows.
        now: At,
    },
    /// The clock on the wall, so many times as fast.
    Outrun {
        /// When the robots came.
        since: At,
        /// How many times.
        speed: u64,
        clock: WallClock,
    },
}

impl Pace {
    /// Looks whether the server's clock can be moved.
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

    /// Lets time pass until `to`; on the wall, for one pause at most.
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

/// What the server's clock shows.
fn shown(moved: &Body) -> Result<At, Deviation> {
    let text = moved.read::<Clock>()?.now;
    let read = DateTime::parse_from_rfc3339(&text).ok();
    let ms = read.and_then(|time| u64::try_from(time.timestamp_millis()).ok());
    let ms = ms.ok_or_else(|| Deviation::new("a time as specified", text))?;
    Ok(At(ms))
}

/// A time as the API reads it.
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
