//! Which addresses are public: anybody's to ask, and nobody's secret.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is public. What is not known to be is not (IANA's registries of special-purpose addresses).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// What is not public in IPv4: the beginning of each range, and how many of its bits are fixed.
const OURS_OR_NOBODYS: [([u8; 4], u32); 17] = [
    // This network, private networks, loopback, link-local.
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([127, 0, 0, 0], 8),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    ([169, 254, 0, 0], 16),
    // Carriers' own, protocol assignments, relays of 6to4.
    ([100, 64, 0, 0], 10),
    ([192, 0, 0, 0], 24),
    ([192, 88, 99, 0], 24),
    // Documentation and benchmarking.
    ([192, 0, 2, 0], 24),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([198, 18, 0, 0], 15),
    // Multicast, reserved, broadcast.
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
    ([255, 255, 255, 255], 32),
    // What a cloud tells its machines.
    ([168, 63, 129, 16], 32),
];

/// What is not public within the global unicast of IPv6: protocol assignments, with Teredo and benchmarking;
/// documentation, twice; 6to4.
const WITHIN_GLOBAL: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |&(range, bits): &([u8; 4], u32)| (u32::from(address) ^ u32::from_be_bytes(range)) >> (32 - bits) == 0;
    !OURS_OR_NOBODYS.iter().any(within)
}

/// Of IPv6 only global unicast (`2000::/3`) is public: mapped, compatible and translated addresses, private, local and
/// multicast ones are all outside of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let within = |&(range, bits): &(Ipv6Addr, u32)| (u128::from(address) ^ u128::from(range)) >> (128 - bits) == 0;
    u128::from(address) >> 125 == 1 && !WITHIN_GLOBAL.iter().any(within)
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn what_is_ours_or_nobodys_is_not_public() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
            "64:ff9b:1::7f00:1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:20::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_is_anybodys_is_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "126.0.0.1",
            "128.0.0.1",
            "169.253.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "192.167.0.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.1",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a01:e0a::1",
            "2001:200::1",
            "2003::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
