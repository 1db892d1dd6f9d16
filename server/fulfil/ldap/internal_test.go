package ldap

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// A server may send as much as one answer may have, and no more, before the next request.
func TestMeasured(t *testing.T) {
	t.Parallel()
	ours, theirs := net.Pipe()
	defer ours.Close()
	go func() { _, _ = theirs.Write(make([]byte, 100)); _ = theirs.Close() }()
	m := &measured{Conn: ours}
	m.left.Store(30)
	b := make([]byte, 20)
	for range 2 {
		n, err := m.Read(b)
		require.NoError(t, err)
		require.Equal(t, 20, n)
	}
	_, err := m.Read(b)
	require.ErrorIs(t, err, errFlood)
	m.left.Store(100)
	n, err := m.Read(b)
	require.NoError(t, err)
	require.Equal(t, 20, n)
}

// A rule that is not told compares texts without regard to case, and nothing else.
func TestRuleNotTold(t *testing.T) {
	t.Parallel()
	s := parseSubschema([]string{"( 1.1 NAME 'text' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )", "( 1.2 NAME 'bytes' SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )",
		"( 1.3 NAME 'exact' EQUALITY caseExactMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )", "( 1.4 NAME 'odd' EQUALITY vendorMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.26 )"}, nil)
	for name, same := range map[string]bool{"text": true, "odd": true, "bytes": false, "exact": false} {
		a := s.attribute(name)
		require.Equal(t, same, s.normal(a, "A  b") == s.normal(a, "a b "), name)
	}
}

// The name above is the text behind the first name, as it stands there.
func TestAbove(t *testing.T) {
	t.Parallel()
	for dn, want := range map[string]string{
		"": "", "dc=test": "", "uid=a,ou=x": "ou=x", `uid=a\,b+cn=c\+d=e, OU = Sales\, EMEA,dc=x`: `OU = Sales\, EMEA,dc=x`, `1.2=#04+cn=x,ou=\C3\A4`: `ou=\C3\A4`, `cn=a\\,cn=b`: "cn=b",
	} {
		got, ok := above(dn)
		require.True(t, ok, dn)
		require.Equal(t, want, got)
	}
	_, ok := above(`cn="a",dc=x`)
	require.False(t, ok)
}
