package ldap_test

import (
	"fmt"
	"testing"

	lib "github.com/go-ldap/ldap/v3"

	"writ/server/fulfil"
	"writ/server/fulfil/fulfiltest"
)

// BenchmarkAdd and BenchmarkModify compare the connector with a bare loop over the library, one request after another on the same server; the share is how much
// of its speed is left to who looks before he writes.
func BenchmarkAdd(b *testing.B) {
	s := fulfiltest.MustSlapd(b)
	bare := mustBare(b, s)
	c := mustOpened(b, tables(s, s.SettingsPlain()))
	compare(b, func(i int) error {
		return bare.Add(fulfiltest.LDAPEntry(fmt.Sprintf("uid=bare%d,%s", i, s.People), "objectClass", "inetOrgPerson", "uid", fmt.Sprintf("bare%d", i), "cn", "x", "sn", "x"))
	}, func(i int) fulfil.Receipt {
		return c.Applier.Apply(b.Context(), fulfil.Change{Type: fulfil.Added, Table: "people", KeyColumn: "uid", Changes: values("uid", fmt.Sprintf("ours%d", i), "cn", "x", "sn", "x")})
	})
}

func BenchmarkModify(b *testing.B) {
	s := fulfiltest.MustSlapd(b)
	bare := mustBare(b, s)
	c := mustOpened(b, tables(s, s.SettingsPlain()))
	for _, uid := range []string{"bare", "ours"} {
		if err := bare.Add(fulfiltest.LDAPEntry("uid="+uid+","+s.People, "objectClass", "inetOrgPerson", "uid", uid, "cn", "x", "sn", "x")); err != nil {
			b.Fatal(err)
		}
	}
	compare(b, func(i int) error {
		return bare.Modify(fulfiltest.LDAPChange("uid=bare,"+s.People, "sn", fmt.Sprint(i)))
	}, func(i int) fulfil.Receipt {
		return c.Applier.Apply(b.Context(), fulfil.Change{Type: fulfil.Modified, Table: "people", KeyColumn: "uid", Key: "ours", Changes: values("sn", fmt.Sprint(i))})
	})
}

func mustBare(b *testing.B, s *fulfiltest.Slapd) *lib.Conn {
	b.Helper()
	c, err := lib.DialURL("ldap://" + s.Addr)
	if err == nil {
		err = c.Bind(s.User, fulfiltest.SlapdPassword)
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// compare does both in turn, so that whatever else the machine does is shared.
func compare(b *testing.B, bare func(i int) error, ours func(i int) fulfil.Receipt) {
	b.Helper()
	var took [2]float64
	i := 0
	for b.Loop() {
		i++
		begin := b.Elapsed()
		if err := bare(i); err != nil {
			b.Fatal(err)
		}
		middle := b.Elapsed()
		if r := ours(i); r.Outcome != fulfil.Done {
			b.Fatalf("%+v", r)
		}
		took[0], took[1] = took[0]+(middle-begin).Seconds(), took[1]+(b.Elapsed()-middle).Seconds()
	}
	b.ReportMetric(float64(i)/took[0], "bare/s")
	b.ReportMetric(float64(i)/took[1], "ours/s")
	b.ReportMetric(100*took[0]/took[1], "%")
}
