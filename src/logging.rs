//! Logging: one subscriber for the process, in the form and with the filter that the configuration names.

use crate::{
    config::{LogConfig, LogFormat},
    output,
};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging to standard error, in colours at a terminal alone. A second start does nothing.
pub fn start(config: &LogConfig) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(output::log_stream().is_terminal())
        .with_writer(output::log_stream);
    // An error says that a subscriber is there already.
    let _ = match config.format {
        LogFormat::Human => builder.with_target(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
