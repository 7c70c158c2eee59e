//! The configuration: one struct with a section per crate, loaded once, each value with its origin.
//!
//! Must not: know what a value is for; the rules of a section are defined with its type.
//! Invariants: a [`Config`] that was loaded keeps every section's rules. The order of the sources is defaults, file,
//! environment, flags; a later source overrides an earlier one, key by key.

mod effective;
mod fault;
mod load;
mod log;
mod nearest;
mod shape;
mod source;

pub use effective::{Effective, Setting};
pub use fault::{ConfigFault, ConfigRefused};
pub use load::load;
pub use log::{LogConfig, LogFormat};
pub use source::{ConfigFlags, Origin, process_environment};

use campusg_actors::{
    port::gateway::{BreakerConfig, GatewayConfig},
    runtime::RuntimeConfig,
};
use campusg_domain::{policy::Policy, settings::BrokenRule};
use campusg_http::HttpConfig;
use campusg_sandbox::{Faults, SandboxConfig, Tuning};
use campusg_storage::StorageConfig;
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// All settings; each struct field is a table of the file.
#[derive(Clone, Debug, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder of the journal, the snapshots, the vault and the photos.
    pub data: PathBuf,
    /// Address and limits of the HTTP server.
    pub server: HttpConfig,
    /// Sizes of the journal and the snapshots in memory and on disk.
    pub storage: StorageConfig,
    /// Limits on commands under way, and lifetimes.
    pub runtime: RuntimeConfig,
    /// How the payment gateway is called, and how its messages are authenticated.
    pub gateway: GatewayConfig,
    /// The built-in test payment gateway, which moves no real money.
    pub sandbox: SandboxConfig,
    /// Limits, fees and time-outs of an order.
    pub policy: Policy,
    /// Format and filter of the log.
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            server: HttpConfig::default(),
            storage: StorageConfig::default(),
            runtime: RuntimeConfig::default(),
            gateway: GatewayConfig::default(),
            sandbox: SandboxConfig::default(),
            policy: Policy::default(),
            log: LogConfig::default(),
        }
    }
}

impl Config {
    /// Returns the first broken rule of each section, with its full key.
    fn broken_rules(&self) -> Vec<BrokenRule> {
        // All fields are listed, so that a new section does not compile before its rules are checked.
        let Self {
            data: _,
            server,
            storage,
            runtime,
            gateway,
            sandbox,
            policy,
            log,
        } = self;
        let checked = [
            ("server", server.validate()),
            ("storage", storage.validate()),
            ("runtime", runtime.validate()),
            ("gateway", gateway.validate()),
            ("sandbox", sandbox.validate()),
            ("policy", policy.validate()),
            ("log", log.validate()),
        ];
        let broken = checked.into_iter();
        broken
            .filter_map(|(section, checked)| Some(checked.err()?.within(section)))
            .chain(self.broken_between())
            .collect()
    }

    /// Returns a broken rule that concerns several sections.
    fn broken_between(&self) -> Option<BrokenRule> {
        if self.sandbox.push_to.is_some() && self.gateway.signing_secret.is_none() {
            let rule = "must be unset while gateway.signing_secret is: messages are signed";
            return Some(BrokenRule::new("sandbox.push_to", rule));
        }
        let least = self.sandbox.tuning.least_charge_cents;
        (least > self.policy.gateway_minimum_cents).then(|| {
            let rule = "must be at most policy.gateway_minimum_cents, or the gateway refuses what is asked of it";
            BrokenRule::new("sandbox.tuning.least_charge_cents", rule)
        })
    }

    /// Returns the meaning of each key, by its full name: the doc comment of its field.
    fn meanings() -> BTreeMap<String, String> {
        [
            meanings_of::<Self>(""),
            meanings_of::<HttpConfig>("server."),
            meanings_of::<StorageConfig>("storage."),
            meanings_of::<RuntimeConfig>("runtime."),
            meanings_of::<GatewayConfig>("gateway."),
            meanings_of::<BreakerConfig>("gateway.breaker."),
            meanings_of::<SandboxConfig>("sandbox."),
            meanings_of::<Tuning>("sandbox.tuning."),
            meanings_of::<Faults>("sandbox.faults."),
            meanings_of::<Policy>("policy."),
            meanings_of::<LogConfig>("log."),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn meanings_of<T: DocumentedFields>(prefix: &str) -> Vec<(String, String)> {
    let fields = T::FIELD_NAMES.iter().zip(T::FIELD_DOCS);
    let meaning = |(name, comment): (&&str, &&str)| {
        let meaning = comment.replace('\n', " ").replace('`', "");
        (format!("{prefix}{name}"), meaning)
    };
    fields.map(meaning).collect()
}

#[cfg(test)]
mod tests;
