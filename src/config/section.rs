//! What the configuration asks of a section, and how each crate's own check answers it.

use campusg_actors::port::gateway::GatewayConfig;
use campusg_actors::runtime::RuntimeConfig;
use campusg_domain::policy::Policy;
use campusg_http::HttpConfig;
use campusg_sandbox::SandboxConfig;
use campusg_storage::StorageConfig;

/// A table of the configuration. Its default satisfies its rules.
pub trait Section {
    /// Checks the values against the section's rules.
    ///
    /// # Errors
    /// The first rule that is broken.
    fn check(&self) -> Result<(), BrokenRule>;
}

/// A rule that a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenRule {
    /// Name of the key, within its section when a section says it, else in full.
    pub key: String,
    /// The rule, worded to follow the key: "must be …".
    pub rule: String,
}

impl BrokenRule {
    /// Makes a broken rule of a key within its section.
    #[must_use]
    pub fn new(key: &str, rule: &str) -> Self {
        Self {
            key: key.into(),
            rule: rule.into(),
        }
    }

    pub(super) fn within(self, section: &str) -> Self {
        Self {
            key: format!("{section}.{}", self.key),
            ..self
        }
    }
}

impl Section for Policy {
    fn check(&self) -> Result<(), BrokenRule> {
        self.validate()
            .map_err(|fault| BrokenRule::new(fault.key, fault.rule))
    }
}

impl Section for StorageConfig {
    fn check(&self) -> Result<(), BrokenRule> {
        self.validate().map_err(|fault| {
            BrokenRule::new(
                fault.field,
                &format!("must be from {} to {}", fault.least, fault.most),
            )
        })
    }
}

impl Section for RuntimeConfig {
    fn check(&self) -> Result<(), BrokenRule> {
        self.validate()
            .map_err(|(key, rule)| BrokenRule::new(key, rule))
    }
}

impl Section for GatewayConfig {
    fn check(&self) -> Result<(), BrokenRule> {
        self.validate()
            .map_err(|fault| BrokenRule::new(fault.key, fault.reason))
    }
}

impl Section for SandboxConfig {
    fn check(&self) -> Result<(), BrokenRule> {
        self.validate()
            .map_err(|fault| BrokenRule::new(fault.key, fault.reason))
    }
}

impl Section for HttpConfig {
    fn check(&self) -> Result<(), BrokenRule> {
        self.validate()
            .map_err(|fault| BrokenRule::new(fault.key, fault.rule))
    }
}
