//! The section `storage` of the configuration, with the range of each value.
//!
//! Must not: read files or the environment; the values are passed in.

use campusg_domain::settings::{BrokenRule, Rules};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};

/// Sizes in memory and on disk, and how often snapshots are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct StorageConfig {
    /// Largest size of a journal segment in MiB, 1–1024; the first has 1 MiB, each next one twice as much as the one before.
    pub segment_mib: u64,
    /// Cache of each snapshot store in MiB, 1–4096; resident memory can be several times that.
    pub cache_mib: u64,
    /// Milliseconds between two checkpoints of the snapshots, 10–60,000.
    pub checkpoint_ms: u64,
    /// Changed keys after which a checkpoint is made at once, 64–1,000,000.
    pub dirty_keys: usize,
    /// Free space in MiB below which no photo is taken, so that it is left to orders, 0–1,048,576.
    pub reserve_mib: u64,
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            segment_mib: 64,
            cache_mib: 64,
            checkpoint_ms: 1_000,
            dirty_keys: 32 * 1024,
            reserve_mib: 256,
        }
    }
}

impl StorageConfig {
    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// The first field that is out of its range, in the order of the fields.
    pub fn validate(&self) -> Result<(), BrokenRule> {
        Rules::new()
            .from_to("segment_mib", self.segment_mib, 1, 1024)
            .from_to("cache_mib", self.cache_mib, 1, 4096)
            .from_to("checkpoint_ms", self.checkpoint_ms, 10, 60_000)
            .from_to("dirty_keys", self.dirty_keys, 64, 1_000_000)
            .from_to("reserve_mib", self.reserve_mib, 0, 1 << 20)
            .check()
    }

    pub(crate) const fn cache_bytes(&self) -> u64 {
        self.cache_mib << 20
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_zero_is_not() {
        assert_eq!(StorageConfig::default().validate(), Ok(()));
        let config = StorageConfig {
            dirty_keys: 0,
            ..StorageConfig::default()
        };
        let fault = config.validate().map_err(|fault| fault.to_string());
        let said = "dirty_keys: must be from 64 to 1000000";
        assert_eq!(fault, Err(said.to_owned()));
    }
}
