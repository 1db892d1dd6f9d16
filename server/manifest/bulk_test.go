package manifest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/db"
)

// A large role model costs as many statements as a small one.
func TestStatementsDoNotGrow(t *testing.T) {
	t.Parallel()
	b := mustHouse(t)
	roles := func(prefix string, n int) *Manifest {
		var y strings.Builder
		y.WriteString("singleRoles:\n")
		for i := range n {
			fmt.Fprintf(&y, "  - { identifier: %s%d, entityType: Person, rules: [{ dimensions: { Department: { key: D%d, inherit: true } } }, { priority: 1 }] }\n", prefix, i, i)
		}
		fmt.Fprintf(&y, "resourceTypes:\n  - identifier: %s\n    sourceEntityType: Person\n    targetEntityType: Account\n    connection: Database\n    typeRules: [{}]\n    correlationRules: [{ sourceBinding: Number, targetBinding: Login, confidence: 100 }]\n    scalarRules:\n      - { property: Login, binding: Number }\n", prefix)
		for i := range n {
			fmt.Fprintf(&y, "      - { property: Phone, binding: Phone, singleRole: %s%d }\n", prefix, i)
		}
		m, err := Parse("roles.yaml", []byte(y.String()))
		require.NoError(t, err)
		return m
	}
	count := func(m *Manifest) int {
		began := time.Now()
		ctx, counted := db.CountQueries(b.ctx)
		_, err := b.Apply(ctx, m)
		require.NoError(t, err)
		t.Logf("%d roles: %d statements, %s", len(m.SingleRoles), counted.N(), time.Since(began))
		return counted.N()
	}
	few := count(roles("A", 2))
	many := count(roles("B", 1000))
	require.Equal(t, few, many)
	require.Equal(t, 1+4+2000, b.count(t, "role_rule"))
}
