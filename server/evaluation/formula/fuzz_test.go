package formula

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/evaluation"
)

// FuzzExpression: an expression is refused when it is saved, or ends soon with a value or an error.
func FuzzExpression(f *testing.F) {
	for _, text := range []string{
		"source.FirstName + '.' + source.LastName", "source.Manager.Manager.FirstName", "today", "iteration > 0 ? 'a' : 'b'", "[1,2].all(x, x > 0)", "'a'.matches('(a+)+$')",
		"[0].map(x, [x,x]).map(x, x.map(y, [y,y]))", "'a' * 100", "1/0", "-9223372036854775808/-1", "source.nothing", "has(source.FirstName)", "b'\\xff'", "'\\ud800'", "dyn(1) + dyn('a')",
		"timestamp('0001-01-01T00:00:00Z')", "duration('9999999999s')", "string(bytes(source.FirstName))", "((((((((((1))))))))))", "source.FirstName.split('')", "{'a': 1}.a", "type(source)",
	} {
		f.Add(text)
	}

	shape := newShape()
	p := &evaluation.Resource{ID: 1, EntityTypeID: aPerson, Key: "1", Scalars: map[string]string{"FirstName": "Ann", "LastName": "Lee"}}

	c := NewCompiler(shape)
	sc := Scope{Source: aPerson}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4_000 {
			return
		}
		began := time.Now()
		prog, err := c.compile(sc, text, &Trees{})
		if err == nil {
			_, _ = prog.text(&World{Resources: map[int64]*evaluation.Resource{1: p}, Vars: [3]*evaluation.Resource{p}, Now: began.UnixMicro(), Zone: time.UTC})
		}
		require.Less(t, time.Since(began), 5*time.Second)
	})
}
