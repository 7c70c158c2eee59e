//! The section `server` of the configuration: the address to listen on, and every limit of the server.

use campusg_actors::runtime::normal_domain;
use campusg_domain::settings::{BrokenRule, Rules};
use documented::DocumentedFields;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Most of anything that is counted: connections, requests, uploads.
const MOST: usize = 1_000_000;
/// Largest body and buffer.
const LARGEST: usize = 1 << 26;

/// The address to listen on, and the limits of the server. Times are in milliseconds, sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, DocumentedFields)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Address under which people reach this server, as `https://campus.example`: pages of the payment gateway lead back
    /// to it. Unset: they lead back to paths only.
    pub public_url: Option<String>,
    /// Time for a request's head; also how long an idle connection is kept.
    pub header_timeout_ms: u64,
    /// Time for a request's body; every 64 KiB of it that arrive add a second.
    pub body_timeout_ms: u64,
    /// Time for a request once its body is there; past it the answer is 504 and the outcome unknown.
    pub request_timeout_ms: u64,
    /// How long an answer may wait for the other end to take any of it; then the connection is closed.
    pub write_timeout_ms: u64,
    /// Time for requests in flight when the server stops.
    pub drain_timeout_ms: u64,
    /// Most header lines of a request.
    pub max_headers: usize,
    /// Read buffer of a connection, which also bounds the head; at least 8192.
    pub buffer_bytes: usize,
    /// Largest body of a request, except for photos.
    pub body_bytes: usize,
    /// Largest photo.
    pub photo_bytes: usize,
    /// Most connections at once.
    pub connections: usize,
    /// Most connections at once from one address; IPv6 addresses count by their /64, here and below.
    pub connections_per_ip: usize,
    /// Most requests in flight at once, their bodies read; more are answered 503.
    pub requests_in_flight: usize,
    /// Most requests in flight at once from one address of people who are not signed in, their bodies read or not; more
    /// are answered 429.
    pub requests_in_flight_per_ip: usize,
    /// The same of one user who is signed in, whatever their address.
    pub requests_in_flight_per_user: usize,
    /// Most photos that are unpacked and stored at once, their bodies read; more wait.
    pub uploads: usize,
    /// Most photos on their way in at once from one user; more are answered 503. From a new account it is one: until it is a
    /// day old, or has completed an order as a runner.
    pub uploads_per_user: usize,
    /// Most bytes of photos on their way in at once. Where they do not suffice, the slowest upload is answered 503, those of
    /// new accounts first.
    pub uploads_bytes: usize,
    /// Live streams of one user that are open at once. A stream takes none of the places for requests.
    pub streams_per_user: usize,
    /// Requests per second of one user, or of one address where nobody is signed in; 0 switches the limit off.
    pub requests_per_second: u32,
    /// How many requests may come at once on top of the rate.
    pub request_burst: u32,
    /// Failed sign-ins to one account from one address, or with one device, in `failure_window_ms`, those under way
    /// included; more are refused until the window is over. 0 switches the limits of sign-ins off.
    pub failures_per_account: u32,
    /// Failed sign-ins from one address to accounts that do not know it: above it, sign-ins from there take turns. Also
    /// those to one account from all addresses that it does not know: above it, only these are refused.
    pub failures_per_ip: u32,
    /// The window in which failures and registrations are counted.
    pub failure_window_ms: u64,
    /// Registrations from one address that come at once, those that succeed included; the next ones come evenly, as many
    /// in `failure_window_ms`. 0 switches the limit off.
    pub registrations_per_ip: u32,
    /// Proxies whose `X-Forwarded-For` is believed, in either spelling of their address.
    pub trusted_proxies: Vec<IpAddr>,
    /// Origins, as `https://app.campus.example`, whose pages may use the API from a browser; none if empty.
    pub cors_origins: Vec<String>,
    /// Domains of the e-mail addresses that may register; every domain if empty.
    pub email_domains: Vec<String>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            public_url: None,
            header_timeout_ms: 10_000,
            body_timeout_ms: 5_000,
            request_timeout_ms: 30_000,
            write_timeout_ms: 20_000,
            drain_timeout_ms: 10_000,
            max_headers: 64,
            buffer_bytes: 32 * 1024,
            body_bytes: 64 * 1024,
            photo_bytes: 5 * 1024 * 1024,
            connections: 4_096,
            connections_per_ip: 1_024,
            requests_in_flight: 2_048,
            requests_in_flight_per_ip: 256,
            requests_in_flight_per_user: 64,
            uploads: 4,
            uploads_per_user: 2,
            uploads_bytes: 48 * 1024 * 1024,
            streams_per_user: 16,
            requests_per_second: 200,
            request_burst: 400,
            failures_per_account: 5,
            failures_per_ip: 50,
            failure_window_ms: 15 * 60 * 1_000,
            registrations_per_ip: 200,
            trusted_proxies: vec![],
            cors_origins: vec![],
            email_domains: vec![],
        }
    }
}

impl HttpConfig {
    /// Checks that every value is in its range.
    ///
    /// # Errors
    /// The first key, in the order of the struct, whose value breaks a rule.
    pub fn validate(&self) -> Result<(), BrokenRule> {
        let domain = |text: &String| normal_domain(text).is_some();
        Rules::new()
            .must(
                "public_url",
                self.public_url.as_deref().is_none_or(is_origin),
                "must be http:// or https:// and a host, with a port where it needs one",
            )
            .span("header_timeout_ms", self.header_timeout_ms, 1)
            .span("body_timeout_ms", self.body_timeout_ms, 1)
            .span("request_timeout_ms", self.request_timeout_ms, 1)
            .span("write_timeout_ms", self.write_timeout_ms, 1)
            .span("drain_timeout_ms", self.drain_timeout_ms, 0)
            .from_to("max_headers", self.max_headers, 1, 1_000)
            .from_to("buffer_bytes", self.buffer_bytes, 8_192, LARGEST)
            .from_to("body_bytes", self.body_bytes, 1_024, LARGEST)
            .from_to("photo_bytes", self.photo_bytes, 1_024, LARGEST)
            .from_to("connections", self.connections, 1, MOST)
            .from_to("connections_per_ip", self.connections_per_ip, 1, MOST)
            .at_most_key(
                "connections_per_ip",
                self.connections_per_ip,
                ("connections", self.connections),
            )
            .from_to("requests_in_flight", self.requests_in_flight, 1, MOST)
            .from_to("requests_in_flight_per_ip", self.requests_in_flight_per_ip, 1, MOST)
            .from_to("requests_in_flight_per_user", self.requests_in_flight_per_user, 1, MOST)
            .from_to("uploads", self.uploads, 1, MOST)
            .from_to("uploads_per_user", self.uploads_per_user, 1, MOST)
            .at_least_key(
                "uploads_bytes",
                self.uploads_bytes,
                ("photo_bytes", self.photo_bytes),
            )
            .at_most("uploads_bytes", self.uploads_bytes, 16 * LARGEST)
            .from_to("streams_per_user", self.streams_per_user, 1, MOST)
            .at_most("requests_per_second", self.requests_per_second, 1_000_000)
            .at_most("request_burst", self.request_burst, 1_000_000)
            .at_most("failures_per_account", self.failures_per_account, 1_000_000)
            .at_most("failures_per_ip", self.failures_per_ip, 1_000_000)
            .at_most("registrations_per_ip", self.registrations_per_ip, 1_000_000)
            .at_least_key(
                "failures_per_ip",
                self.failures_per_ip,
                ("failures_per_account", self.failures_per_account),
            )
            .span("failure_window_ms", self.failure_window_ms, 1)
            .must(
                "cors_origins",
                self.cors_origins
                    .iter()
                    .all(|origin| is_origin(origin) && !origin.ends_with('/')),
                "must be http:// or https:// and a host, with a port where it needs one, and nothing behind it",
            )
            .must(
                "email_domains",
                self.email_domains.iter().all(domain),
                "must be domains, as campus.edu",
            )
            .check()
    }
}

/// Whether a URL is `http://` or `https://` with a host and perhaps a port, and nothing behind it but a slash.
fn is_origin(url: &str) -> bool {
    let host = url.strip_prefix("https://").or(url.strip_prefix("http://"));
    let host = host.map(|host| host.strip_suffix('/').unwrap_or(host));
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(fits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_hold() {
        assert_eq!(HttpConfig::default().validate(), Ok(()));
    }

    #[test]
    fn a_fault_names_its_key() {
        let config = HttpConfig {
            email_domains: vec!["@campus.edu".into()],
            ..HttpConfig::default()
        };
        assert_eq!(
            config.validate().map_err(|fault| fault.key),
            Err("email_domains".into())
        );
        let config = HttpConfig {
            connections: 1,
            ..HttpConfig::default()
        };
        assert_eq!(
            config.validate().map_err(|fault| fault.to_string()),
            Err("connections_per_ip: must be at most connections".into())
        );
    }

    #[test]
    fn the_public_address_is_an_origin() {
        let checked = |url: &str| {
            let config = HttpConfig {
                public_url: Some(url.into()),
                ..HttpConfig::default()
            };
            config.validate().map_err(|fault| fault.key)
        };
        for url in [
            "https://campus.example",
            "http://127.0.0.1:8080/",
            "http://[::1]:8080",
        ] {
            assert_eq!(checked(url), Ok(()), "{url}");
        }
        for url in [
            "",
            "campus.example",
            "https://",
            "ftp://a",
            "https://a/b",
            "https://a@b",
        ] {
            assert_eq!(checked(url), Err("public_url".into()), "{url}");
        }
    }

    #[test]
    fn d8_origins_are_exact() {
        let checked = |origin: &str| {
            let config = HttpConfig {
                cors_origins: vec![origin.into()],
                ..HttpConfig::default()
            };
            config.validate().map_err(|fault| fault.key)
        };
        assert_eq!(checked("http://localhost:5173"), Ok(()));
        for wrong in [
            "*",
            "https://*.campus.example",
            "https://campus.example/",
            "campus.example",
            "null",
        ] {
            assert_eq!(checked(wrong), Err("cors_origins".into()), "{wrong}");
        }
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let read: Result<HttpConfig, _> = serde_json::from_str(r#"{"listne": "127.0.0.1:1"}"#);
        assert!(read.is_err_and(|fault| fault.to_string().contains("listne")));
    }
}
