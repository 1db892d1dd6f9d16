package app

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/cli"
	"writ/server/errs"
	"writ/server/fulfil/conformance"
)

// grades runs the command against a connection of a company and reads its grades.
func (s *small) grades(in cli.ConformanceInput) (map[string]conformance.Verdict, error) {
	s.t.Helper()
	var out bytes.Buffer
	session := s.session
	session.Out = &out
	in.JSON = true
	failed := Conformance(s.ctx, session, in)
	if out.Len() == 0 {
		return nil, failed
	}
	var r conformance.Report
	require.NoError(s.t, json.Unmarshal(out.Bytes(), &r), out.String())
	found := map[string]conformance.Verdict{}
	for _, g := range r.Grades {
		found[g.Behaviour] = g.Verdict
	}
	return found, failed
}

// TestConformance: a real database passes in rows of its own, a connection that only reads has nothing written through it, and what is not there is said.
func TestConformance(t *testing.T) {
	t.Parallel()
	s := mustSmall(t, smallOptions{})
	_, err := s.target.ExecContext(t.Context(), `insert into grp values ('crm'); insert into account (login, name) values ('admin', 'Not ours')`)
	require.NoError(t, err)
	found, err := s.grades(cli.ConformanceInput{Connection: "Target_Database", Table: "account", Key: "login", Value: "name", Links: "Groups", Groups: []string{"crm", "press", "staff"}})
	require.NoError(t, err, "%v", found)
	for _, name := range []string{conformance.Reading, conformance.Rename, conformance.Drift, conformance.Idempotence, conformance.Exists, conformance.Vanished, conformance.Clearing, conformance.Identity, conformance.Links, conformance.Refusals, conformance.Stopping} {
		require.Equal(t, conformance.Passed, found[name], name)
	}
	require.Equal(t, conformance.NotTried, found["throttling"])
	var left int
	require.NoError(t, s.target.QueryRowContext(t.Context(), `select count(*) from account`).Scan(&left))
	require.Equal(t, 1, left)

	found, err = s.grades(cli.ConformanceInput{Connection: "HR_Files", Table: "People", Key: "Id", Value: "First"})
	require.NoError(t, err)
	require.Equal(t, conformance.NotTried, found[conformance.Idempotence])

	_, err = s.grades(cli.ConformanceInput{Connection: "Nowhere", Table: "account", Key: "login", Value: "name"})
	require.True(t, errs.Is(err, errs.NotFound), "got %v", err)
	for _, in := range []cli.ConformanceInput{{Table: "account", Key: "login", Value: "shoes"}, {Table: "nowhere", Key: "login", Value: "name"}, {Table: "account", Key: "login", Value: "name", Links: "Groups"}} {
		in.Connection = "Target_Database"
		_, err = s.grades(in)
		require.True(t, errs.Is(err, errs.Validation), "got %v", err)
	}
	_, err = s.target.ExecContext(t.Context(), `create function keep() returns trigger language plpgsql as 'begin new.name := upper(new.name); return new; end'; create trigger keep before insert or update on account for each row execute function keep()`)
	require.NoError(t, err)
	found, err = s.grades(cli.ConformanceInput{Connection: "Target_Database", Table: "account", Key: "login", Value: "name"})
	require.True(t, errs.Is(err, errs.Conflict), "got %v", err)
	require.Equal(t, conformance.Failed, found[conformance.Identity], "a system that spells names in its own way is graded down")
	require.NoError(t, s.target.QueryRowContext(t.Context(), `select count(*) from account`).Scan(&left))
	require.Equal(t, 1, left)
}
