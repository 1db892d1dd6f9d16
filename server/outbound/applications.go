package outbound

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// ErrNobody is the refusal of an address at which no application is.
var ErrNobody = errors.New("no application has such an address: it is that of the link, of many, or of nobody")

// nobodys are addresses at which clouds keep the passwords of a machine, outside of those of the link.
var nobodys = []netip.Prefix{
	netip.MustParsePrefix("fd00:ec2::/32"),      // AWS
	netip.MustParsePrefix("fd20:ce::/32"),       // Google
	netip.MustParsePrefix("168.63.129.16/32"),   // Azure
	netip.MustParsePrefix("100.100.100.200/32"), // Alibaba
	netip.MustParsePrefix("192.0.0.192/32"),     // Oracle
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("255.255.255.255/32"),
}

// inside gives the IPv4 addresses that an IPv6 address may lead to, by the ways from one to the other.
func inside(a netip.Addr) []netip.Addr {
	if !a.Is6() {
		return nil
	}
	b := a.As16()
	at := func(i int) netip.Addr { return netip.AddrFrom4([4]byte(b[i : i+4])) }
	list := []netip.Addr{}
	for prefix, addresses := range map[string][]netip.Addr{
		"::/96":          {at(12)}, // as IPv4 (RFC 4291, 2.5.5.1)
		"64:ff9b::/96":   {at(12)}, // NAT64 (RFC 6052)
		"64:ff9b:1::/48": {at(12), netip.AddrFrom4([4]byte{b[6], b[7], b[9], b[10]}), netip.AddrFrom4([4]byte{b[7], b[9], b[10], b[11]}), at(9)},
		"2002::/16":      {at(2)},                                                           // 6to4 (RFC 3056)
		"2001::/32":      {at(4), netip.AddrFrom4([4]byte{^b[12], ^b[13], ^b[14], ^b[15]})}, // Teredo (RFC 4380)
	} {
		if netip.MustParsePrefix(prefix).Contains(a) && !a.IsLoopback() {
			list = append(list, addresses...)
		}
	}
	if b[10] == 0x5e && b[11] == 0xfe { // ISATAP (RFC 5214)
		list = append(list, at(12))
	}
	return list
}

// isNobodys reports an address at which no application is.
func isNobodys(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() ||
		slices.ContainsFunc(nobodys, func(p netip.Prefix) bool { return p.Contains(a) }) || slices.ContainsFunc(inside(a), isNobodys)
}

// OnlyApplications is a net.Dialer's Control: it sees the address that a name was resolved to, right before the connection is made.
func OnlyApplications(network, address string, _ syscall.RawConn) error {
	if strings.HasPrefix(network, "unix") {
		return nil
	}
	at, err := netip.ParseAddrPort(address)
	if err != nil || isNobodys(at.Addr()) {
		return ErrNobody
	}
	return nil
}
