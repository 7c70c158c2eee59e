//! Tells operators that a snapshot store was found damaged, and that both are whole again: once for each incident, also
//! for one that began before a restart, or is over before anybody looked.

use super::{Refusal, system_stream::SystemStream};
use campusg_domain::{notice::NoticeKind, record::SystemEvent};
use campusg_storage::{
    Reads,
    read::Condition,
    store::{Distrust, OpenReport},
};
use std::sync::Arc;

pub(super) struct SnapshotKeeper {
    reads: Reads,
    stream: Arc<SystemStream>,
    /// Whether operators know of damage, and not yet that it is mended.
    told: bool,
    /// The rebuilds that operators know of; `None` if not even of the one at the start.
    rebuilds: Option<u64>,
}

impl SnapshotKeeper {
    pub(super) fn new(
        reads: Reads,
        stream: Arc<SystemStream>,
        boot: Option<&SystemEvent>,
        report: &OpenReport,
    ) -> Self {
        let rebuilt = matches!(report.rebuilt, Some(Distrust::Damaged(_)));
        Self {
            reads,
            stream,
            told: matches!(boot, Some(SystemEvent::SnapshotsDamaged { .. })),
            rebuilds: (!rebuilt).then_some(0),
        }
    }

    /// Records what has changed since the last look.
    pub(super) async fn look(&mut self) -> Result<(), Refusal> {
        let (archive, rebuilds) = match self.reads.condition() {
            Condition::Opening => return Ok(()),
            Condition::Rebuilding { .. } if self.told => return Ok(()),
            Condition::Rebuilding { archive, .. } => (archive, None),
            Condition::Whole { rebuilds } if !self.told && self.rebuilds == Some(rebuilds) => {
                return Ok(());
            }
            // What is over before it was told began at the start, where only hot is compared, or a moment ago.
            Condition::Whole { rebuilds } => (self.rebuilds.is_some(), Some(rebuilds)),
        };
        let begins = (!self.told).then_some((
            SystemEvent::SnapshotsDamaged { archive },
            NoticeKind::SnapshotsDamaged { archive },
        ));
        let ends = rebuilds.map(|_| (SystemEvent::SnapshotsWhole, NoticeKind::SnapshotsWhole));
        let (events, alarms): (Vec<_>, Vec<_>) = begins.into_iter().chain(ends).unzip();
        self.stream.note("snapshots", events, alarms).await?;
        self.told = rebuilds.is_none();
        self.rebuilds = rebuilds.or(self.rebuilds);
        Ok(())
    }
}
