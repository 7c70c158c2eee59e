//! Finds the address from which a request comes.
//!
//! Invariant: a forwarding header counts only if the connection comes from a configured proxy. The client is then the
//! rightmost address that is not such a proxy, since everything left of it is the client's own claim.

use axum::http::{Extensions, HeaderMap};
use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Once,
};

/// A proxy that writes what can't be read does so in every request, so it is logged for the first only.
static UNREADABLE: Once = Once::new();

/// The address of the other end, set by the accept loop; the gate replaces it by the address that the request counts
/// for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Returns the client's address, or the unspecified address if the request did not come over a connection.
pub(crate) fn address(extensions: &Extensions, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let peer = extensions
        .get::<Peer>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0)
        .to_canonical();
    let is_proxy = |address| proxies.iter().any(|proxy| proxy.to_canonical() == address);
    if !is_proxy(peer) {
        return peer;
    }
    let lines = headers.get_all("x-forwarded-for").iter().rev();
    let hops = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    for hop in hops.map(<[u8]>::trim_ascii).filter(|hop| !hop.is_empty()) {
        match parse(hop) {
            Some(hop) if is_proxy(hop) => {}
            Some(hop) => return hop,
            None => {
                UNREADABLE.call_once(|| {
                    let entry = String::from_utf8_lossy(hop);
                    tracing::warn!(
                        %peer, ?entry,
                        "an entry of X-Forwarded-For can't be read: whoever comes so counts as the proxy itself"
                    );
                });
                break;
            }
        }
    }
    peer
}

/// Parses an entry of `X-Forwarded-For`: an address, with its port or without, in brackets or quotes or without.
fn parse(hop: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(hop).ok()?;
    let quoted = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let text = quoted.unwrap_or(text).trim();
    let bracketed = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let address = match bracketed {
        Some(inside) => inside.parse().map(IpAddr::V6).ok(),
        None => text.parse().ok(),
    };
    let with_port = || text.parse().ok().map(|it: SocketAddr| it.ip());
    address.or_else(with_port).map(|it| it.to_canonical())
}

/// Returns the address under which a client is counted. For IPv6 that is its /64 network, since one host owns all of
/// it.
pub(crate) fn counted(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) >> 64 << 64).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end here")]
    use super::*;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let mut extensions = Extensions::new();
        extensions.insert(Peer(peer.parse().unwrap()));
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let proxies = ["10.0.0.1", "::ffff:10.0.0.2", "2001:db8::1"];
        let proxies: Vec<IpAddr> = proxies.iter().map(|it| it.parse().unwrap()).collect();
        address(&extensions, &headers, &proxies).to_string()
    }

    #[test]
    fn only_a_known_proxy_is_believed() {
        assert_eq!(seen("1.2.3.4", &["9.9.9.9"]), "1.2.3.4");
        assert_eq!(seen("10.0.0.1", &["9.9.9.9"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_rightmost_stranger_is_the_client() {
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, 9.9.9.9, 10.0.0.2"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6", "9.9.9.9"]), "9.9.9.9");
        assert_eq!(seen("10.0.0.1", &["6.6.6.6, nonsense"]), "10.0.0.1");
    }

    #[test]
    fn f27_an_entry_with_a_port_is_its_address() {
        for (entry, address) in [
            ("1.2.3.4:5000", "1.2.3.4"),
            ("\"1.2.3.4:5000\"", "1.2.3.4"),
            ("\"1.2.3.4\"", "1.2.3.4"),
            ("2001:db8::9", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
            ("[2001:db8::9]:5000", "2001:db8::9"),
            ("\"[2001:db8::9]:5000\"", "2001:db8::9"),
            ("[::ffff:1.2.3.4]:5000", "1.2.3.4"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("1.2.3.4:5000, 10.0.0.2:80, [2001:db8::1]:443, ", "1.2.3.4"),
            ("\u{e9}, 1.2.3.4:5000", "1.2.3.4"),
        ] {
            assert_eq!(seen("10.0.0.1", &[entry]), address, "{entry}");
        }
        for entry in [
            "unknown",
            "_hidden",
            "1.2.3.4:x",
            "1.2.3.4:99999",
            "[1.2.3.4]",
            "[2001:db8::9",
            "\"1.2.3.4",
            "9.9.9.9, \u{e9}",
        ] {
            assert_eq!(seen("10.0.0.1", &[entry]), "10.0.0.1", "{entry}");
        }
    }

    #[test]
    fn f29_a_proxy_is_known_in_both_spellings_of_its_address() {
        assert_eq!(seen("10.0.0.2", &["9.9.9.9"]), "9.9.9.9");
        assert_eq!(seen("::ffff:10.0.0.1", &["9.9.9.9"]), "9.9.9.9");
        assert_eq!(seen("::ffff:10.0.0.3", &["9.9.9.9"]), "10.0.0.3");
    }

    #[test]
    fn an_ipv6_host_is_counted_by_its_network() {
        let counted = |address: &str| counted(address.parse().unwrap()).to_string();
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(counted("2001:db8:1:2:ffff::"), counted("2001:db8:1:2::1"));
        assert_eq!(counted("::ffff:10.0.0.9"), "10.0.0.9");
        assert_eq!(counted("10.0.0.9"), "10.0.0.9");
    }
}
