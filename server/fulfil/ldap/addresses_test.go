package ldap

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/fulfil"
	"writ/server/outbound"
)

// TestAddresses: those of the link, of many and of nobody are not connected to, whatever they are called.
func TestAddresses(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"169.254.169.254:80", "[::ffff:169.254.169.254]", "[fe80::1]", "0.0.0.0", "[::]", "224.0.0.1", "[fd00:ec2::254]", "168.63.129.16", "100.100.100.200", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]"} {
		for _, scheme := range []string{"ldap://", "ldaps://"} {
			opened, err := open(fulfil.Settings{}, nil, Setup{URL: scheme + host, Timeout: time.Second, ConnectTimeout: time.Second, MaxConnections: 1}, true)
			require.NoError(t, err)
			defer opened.Close()
			_, err = opened.Connector.(*Conn).dial(t.Context())
			require.ErrorIs(t, err, outbound.ErrNobody, host)
		}
	}
}
