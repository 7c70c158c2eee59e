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
mod meaning;
mod nearest;
mod section;
mod shape;
mod source;

pub use effective::{Effective, Setting};
pub use fault::{ConfigFault, ConfigRefused};
pub use load::load;
pub use log::{LogConfig, LogFormat};
pub use section::{BrokenRule, Section};
pub use source::{ConfigFlags, Origin, process_environment};

use campusg_actors::port::gateway::GatewayConfig;
use campusg_actors::runtime::RuntimeConfig;
use campusg_domain::policy::Policy;
use campusg_http::HttpConfig;
use campusg_sandbox::SandboxConfig;
use campusg_storage::StorageConfig;
use meaning::Meanings;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What `data` means; the other keys are explained by the comments beside their types.
const DATA_MEANING: &str = "Folder of the journal, the snapshots, the vault and the photos.";

/// Writes the struct of all sections. Per section: its name, its type, the file whose comments explain the type, and
/// the same for each table within it.
macro_rules! sections {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident: $kind:ident in $source:literal $({ $($inner:ident: $inner_kind:ident in $inner_source:literal),+ $(,)? })?,
    )+) => {
        /// Everything that can be configured; a section per table of the file.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct Config {
            /// Folder of the journal, the snapshots, the vault and the photos.
            pub data: PathBuf,
            $($(#[doc = $doc])* pub $name: $kind,)+
        }

        impl Default for Config {
            fn default() -> Self {
                Self { data: PathBuf::from("data"), $($name: <$kind>::default(),)+ }
            }
        }

        impl Config {
            /// The first broken rule of each section, under its full key.
            fn broken_rules(&self) -> Vec<BrokenRule> {
                let checks = [$(self.$name.check().map_err(|broken| broken.within(stringify!($name))),)+];
                checks.into_iter().filter_map(Result::err).chain(self.broken_between()).collect()
            }

            /// What the comments beside each section's type say about its keys.
            fn meanings() -> Meanings {
                let mut meanings = Meanings::of_key("data", DATA_MEANING);
                $(
                    meanings.read(stringify!($name), stringify!($kind), include_str!($source));
                    $($(meanings.read(
                        concat!(stringify!($name), ".", stringify!($inner)),
                        stringify!($inner_kind),
                        include_str!($inner_source),
                    );)+)?
                )+
                meanings
            }
        }
    };
}

sections! {
    /// Where the HTTP edge listens, and what it lets in.
    server: HttpConfig in "../http/src/config.rs",
    /// What the journal and the snapshots may take.
    storage: StorageConfig in "../storage/src/config.rs",
    /// How much may be under way, and how long things last.
    runtime: RuntimeConfig in "../actors/src/runtime/config.rs",
    /// How the payment gateway is asked, and how its messages are known.
    gateway: GatewayConfig in "../actors/src/port/gateway/config.rs" {
        breaker: BreakerConfig in "../actors/src/port/gateway/breaker.rs",
    },
    /// The payment gateway that comes with it, which moves no real money.
    sandbox: SandboxConfig in "../rehearsal/sandbox/src/config.rs" {
        tuning: Tuning in "../rehearsal/sandbox/src/book.rs",
        faults: Faults in "../rehearsal/sandbox/src/feed.rs",
    },
    /// Limits, fees and windows of an order.
    policy: Policy in "../domain/src/policy.rs",
    /// What is logged, and how.
    log: LogConfig in "config/log.rs",
}

impl Config {
    /// A rule over more than one section.
    fn broken_between(&self) -> Option<BrokenRule> {
        let unsigned = self.sandbox.push_to.is_some() && self.gateway.signing_secret.is_none();
        unsigned.then(|| {
            let rule = "must be unset while gateway.signing_secret is: messages are signed";
            BrokenRule::new("sandbox.push_to", rule)
        })
    }
}

#[cfg(test)]
mod tests;
