package apptest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/apptest"
)

// Scenario 6: more deletions than the threshold allows: nothing is generated, until a person says go on.
func TestProvisioningThreshold(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	admin := h.As(t, "admin")
	people := staffOf(t, h, time.Now())
	var leavers []string
	for i, key := range people.Active {
		if i%3 == 0 {
			leavers = append(leavers, key)
		}
	}
	leave(t, h, time.Now(), leavers...)
	deletions := apptest.Filter{ResourceTypes: []string{"Intranet_User"}, Kinds: []string{"DELETE"}}
	within(t, "the orders to delete accounts", func() bool { return len(admin.MustOrders(t, deletions)) == len(leavers) })
	h.MustWaitQuiescent(t)
	stillThere := func() {
		t.Helper()
		for _, o := range admin.MustOrders(t, deletions) {
			require.Equal(t, 1, o.StateCode, "order %s of %s", o.ID, o.Key())
			require.False(t, o.Did("GENERATE"))
			require.Zero(t, o.Attempt)
		}
		require.Len(t, accounts(t, h), len(people.Active))
	}
	stillThere() // the continuous chain guards itself

	run := h.MustRunJob(t, "complete", apptest.Blocked)
	generate := run.Task("generate")
	require.Equal(t, apptest.Blocked, generate.State)
	require.Contains(t, string(generate.Blocked), "Intranet_User")
	require.Contains(t, string(generate.Blocked), "DELETE")
	for _, later := range []string{"fulfil", "intranet-read-back", "verify"} {
		require.Nil(t, run.Task(later).StartedAt, "%s was not started", later)
	}
	stillThere()

	run = h.MustResume(t, run.ID, apptest.Completed)
	require.Equal(t, apptest.Completed, run.Task("verify").State, "the tasks that had not been started went on")
	require.Len(t, accounts(t, h), len(people.Active)-len(leavers))
	for _, o := range admin.MustOrders(t, deletions) {
		require.Equal(t, []int{1, 8, 4}, o.Path(o.Line("").ID), "order %s of %s", o.ID, o.Key())
	}
	h.MustWaitQuiescent(t)
	before := footprint(t, h)
	h.MustRunJob(t, "complete", apptest.Completed)
	require.Equal(t, before, footprint(t, h))
}

// Scenarios 7 and 20: an HR file that lost its lines is read, compared, and stopped: nothing is deleted. The incremental job leaves the
// blocked connector out; the corrected file and a complete run release it.
func TestEmptiedFile(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	before := footprint(t, h)
	whole := h.MustReadFile(t, apptest.People)
	header, _, _ := strings.Cut(whole, "\n")
	h.MustWriteFile(t, apptest.People, header+"\n")

	run := h.MustRunJob(t, "complete", apptest.Blocked)
	task := run.Task("hr-synchronize")
	require.Equal(t, apptest.Blocked, task.State)
	require.Contains(t, string(task.Blocked), "DELETED")
	require.Nil(t, run.Task("role-model").StartedAt)
	require.Equal(t, before, footprint(t, h), "nothing is deleted, nothing is ordered")

	incremental := h.MustRunJob(t, "incremental", apptest.Completed)
	require.Contains(t, []apptest.JobState{apptest.Skipped, apptest.CompletedNoOutput}, incremental.Task("hr").State, "the blocked connector is left out")
	require.Equal(t, before, footprint(t, h))

	h.MustWriteFile(t, apptest.People, whole)
	released := h.MustRunJob(t, "complete", apptest.Completed)
	require.Equal(t, apptest.Completed, released.Task("hr-synchronize").State)
	h.MustWaitQuiescent(t)
	require.Equal(t, before, footprint(t, h))
}

// Files with mistakes: the reading fails and says what, where and what now; nothing is half-written.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	h := apptest.MustStart(t, apptest.Options{Completed: true})
	before := footprint(t, h)
	whole := h.MustReadFile(t, apptest.People)
	header, rows, _ := strings.Cut(whole, "\n")
	first, _, _ := strings.Cut(rows, "\n")
	for _, c := range []struct {
		name, text string
		says       []string
	}{
		{"no byte", "", []string{"People.csv", "empty"}},
		{"an open quote", header + "\n" + `E10001,"Viktor,Moreau` + "\n" + rows, []string{"People.csv", "line"}},
		{"a mapped column missing", strings.Replace(whole, "LastName", "Surname", 1), []string{"LastName"}},
		{"two columns of one name", strings.Replace(whole, "LastName", "FirstName", 1), []string{"People", "Several columns", "FirstName"}},
		{"no text", "\xff\xfe\x00" + whole, []string{"People.csv"}},
	} {
		h.MustWriteFile(t, apptest.People, c.text)
		run := h.MustRunJob(t, "complete", apptest.Errored)
		var said string
		for _, task := range run.Tasks {
			if task.Error != nil {
				said += *task.Error + "\n"
			}
		}
		for _, text := range c.says {
			require.Contains(t, said, text, c.name)
		}
		require.NotContains(t, said, "internal", c.name)
		require.Nil(t, run.Task("role-model").StartedAt, c.name)
		require.Equal(t, before, footprint(t, h), c.name)
	}
	h.MustWriteFile(t, apptest.People, whole)
	h.MustRunJob(t, "complete", apptest.Completed)

	// one line that cannot be read is set aside, keeps its last good data, and holds nobody up
	h.MustWriteFile(t, apptest.People, header+"\n"+first+",what,is,this\n"+rows[len(first)+1:])
	h.MustRunJob(t, "complete", apptest.Completed)
	h.MustWaitQuiescent(t)
	require.Equal(t, before, footprint(t, h))
	var where string
	require.NoError(t, h.DB.NewRaw("select place || ' ' || line from row_to_mend").Scan(t.Context(), &where))
	require.Contains(t, where, "People.csv 2")
	h.MustWriteFile(t, apptest.People, whole)
	h.MustRunJob(t, "complete", apptest.Completed)

	// further rows of a key are set aside and counted
	h.MustWriteFile(t, apptest.People, whole+strings.Replace(first, "Viktor", "Somebody", 1)+"\n")
	run := h.MustRunJob(t, "complete", apptest.Completed)
	require.Contains(t, run.String()+logOf(run.Task("hr-prepare")), "E10001", "the duplicate is told")
	h.MustWaitQuiescent(t)
	require.Equal(t, before, footprint(t, h))
}

func logOf(task apptest.Task) string {
	var text strings.Builder
	for _, l := range task.Log {
		text.WriteString(l.Message + "\n")
	}
	return text.String()
}
