//! Reads from outside what a server has used and written, between two measurements.

use crate::{
    Fault, account,
    client::{Connection, Head},
    server::{Server, System},
    usage,
};
use campusg_domain::id::Stream;
use campusg_storage::{
    codec::decode_record,
    disk::RealDisk,
    journal::{Journal, JournalOptions},
};
use serde_json::Value;
use std::{net::SocketAddr, path::Path, time::Duration};

/// What the product has written since it was started.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    /// Groups of the journal; each is one `fdatasync`.
    pub groups: u64,
    /// Journal records.
    pub records: u64,
    /// Journal bytes, including headers.
    pub bytes: u64,
    /// Inserts and removals in the snapshot stores.
    pub snapshots: u64,
    /// Written records that are not folded yet.
    pub lag: u64,
}

impl Written {
    /// Returns what was written since `before`; the lag is the present one.
    pub const fn since(self, before: Self) -> Self {
        Self {
            groups: self.groups - before.groups,
            records: self.records - before.records,
            bytes: self.bytes - before.bytes,
            snapshots: self.snapshots - before.snapshots,
            lag: self.lag,
        }
    }
}

/// Queries a server for what it has used and written.
#[derive(Debug)]
pub struct Probe {
    /// The server's address and the operator's token; `None` for a reference server, which can't be queried.
    operator: Option<(SocketAddr, String)>,
    process: u32,
}

impl Probe {
    /// Signs in as the operator, if the server is the product.
    ///
    /// # Errors
    /// If signing in fails.
    pub async fn new(server: &Server) -> Result<Self, Fault> {
        let operator = match server.system {
            System::Campusg | System::Other => {
                let mut connection = Connection::open(server.address).await?;
                let token = account::operator(&mut connection).await?;
                Some((server.address, token))
            }
            System::Echo | System::Append => None,
        };
        Ok(Self {
            operator,
            process: server.process(),
        })
    }

    /// Returns the CPU time of the process so far.
    ///
    /// # Errors
    /// If the process has ended.
    pub fn cpu(&self) -> Result<Duration, Fault> {
        Ok(usage::cpu(self.process)?)
    }

    /// Returns the resident memory in KiB.
    ///
    /// # Errors
    /// If the process has ended.
    pub fn resident_kib(&self) -> Result<u64, Fault> {
        Ok(usage::resident_kib(self.process)?)
    }

    /// Returns what was written so far; zeros for a reference server.
    ///
    /// # Errors
    /// If the response is not as expected.
    pub async fn written(&self) -> Result<Written, Fault> {
        let Some((address, token)) = &self.operator else {
            return Ok(Written::default());
        };
        // A new connection each time: the server closes one that is idle between two measurements.
        let mut connection = Connection::open(*address).await?;
        let head = Head {
            method: "GET",
            path: "/api/admin/actors",
            token: Some(token),
            key: None,
        };
        connection.ask(head, "").await?;
        let said: Value = serde_json::from_slice(connection.body())?;
        let count = |value: &Value| {
            value
                .as_u64()
                .ok_or_else(|| format!("a count is missing in {said}"))
        };
        Ok(Written {
            groups: count(&said["journal"]["groups"])?,
            records: count(&said["journal"]["records"])?,
            bytes: count(&said["journal"]["bytes"])?,
            snapshots: count(&said["snapshot_writes"])?,
            lag: count(&said["written_seq"])?.saturating_sub(count(&said["folded_seq"])?),
        })
    }

    /// Waits until nothing more is written. The last changes reach the snapshots with the checkpoint after the last
    /// command.
    ///
    /// # Errors
    /// As [`written`](Self::written).
    pub async fn settled(&self) -> Result<Written, Fault> {
        const LOOK_EVERY: Duration = Duration::from_millis(200);
        const QUIET_LOOKS: u32 = 7;
        const MOST_LOOKS: u32 = 60;
        let (mut last, mut quiet) = (self.written().await?, 0);
        for _ in 0..MOST_LOOKS {
            if quiet >= QUIET_LOOKS || self.operator.is_none() {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let now = self.written().await?;
            quiet = if (now.records, now.snapshots) == (last.records, last.snapshots) {
                quiet + 1
            } else {
                0
            };
            last = now;
        }
        Ok(last)
    }
}

/// Returns the payloads of the first order's records in the journal of a server that has ended.
///
/// # Errors
/// If the journal can't be read.
pub fn payloads_of_an_order(data: &Path) -> Result<Vec<Vec<u8>>, Fault> {
    let folder = data.join("journal");
    let opened = Journal::open(RealDisk::shared(), &folder, JournalOptions::default())?;
    let mut first: Option<Stream> = None;
    let mut payloads = vec![];
    for stored in opened.journal.reader().read_from(1) {
        let stored = stored?;
        let stream = decode_record(stored.tag, &stored.payload)?.stream;
        if matches!(stream, Stream::Order(_)) && *first.get_or_insert(stream) == stream {
            payloads.push(stored.payload);
        }
    }
    Ok(payloads)
}
