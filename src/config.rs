//! The configuration: every crate's typed section in one struct, loaded once, each value with its origin.
//!
//! Owns: which sections there are, the sources and their order, the refusal of what cannot be used.
//! Must not: know what a value is for; the rules of a section stand with its type.
//! Invariants: a [`Config`] that was loaded satisfies every section's rules. Defaults, file, environment, flags: the
//! later source overrules the earlier one, key by key.

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

/// Everything that can be configured; a section per table of the file.
#[derive(Clone, Debug, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder of the journal, the snapshots, the vault and the photos.
    pub data: PathBuf,
    /// Where the HTTP edge listens, and what it lets in.
    pub server: HttpConfig,
    /// What the journal and the snapshots may take.
    pub storage: StorageConfig,
    /// How much may be under way, and how long things last.
    pub runtime: RuntimeConfig,
    /// How the payment gateway is asked, and how its messages are known.
    pub gateway: GatewayConfig,
    /// The payment gateway that comes with it, which moves no real money.
    pub sandbox: SandboxConfig,
    /// Limits, fees and windows of an order.
    pub policy: Policy,
    /// What is logged, and how.
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
    /// The first broken rule of each section, under its full key.
    fn broken_rules(&self) -> Vec<BrokenRule> {
        // In full, so that a new section does not compile before its rules are checked.
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

    /// A rule over more than one section.
    fn broken_between(&self) -> Option<BrokenRule> {
        let unsigned = self.sandbox.push_to.is_some() && self.gateway.signing_secret.is_none();
        unsigned.then(|| {
            let rule = "must be unset while gateway.signing_secret is: messages are signed";
            BrokenRule::new("sandbox.push_to", rule)
        })
    }

    /// What each key means, by its full name: the comment of its field.
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
