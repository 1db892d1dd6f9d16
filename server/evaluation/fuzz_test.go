package evaluation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
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
	o := newOrganisation(f)
	p := o.employ("Ann", "Lee", 0)

	c := newCompiler(o.shape)
	sc := scope{source: person}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4_000 {
			return
		}
		began := time.Now()
		prog, err := c.compile(sc, text, &trees{})
		if err == nil {
			_, _ = prog.text(&world{resources: o.res, vars: [3]*Resource{p.Resource}, now: day.Unix()})
		}
		require.Less(t, time.Since(began), 5*time.Second)
	})
}
