package notification

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
)

var update = flag.Bool("update", false, "write the golden files")

// samples are what each template gets.
var samples = map[string]any{
	"PerformManualProvisioningSummary": OrderSummary{Name: "Otto", EntityType: "Person", Total: 22, More: 20, Link: "https://w/manual?of=P", Orders: []OrderLine{
		{Owner: "Ann <b>", ResourceType: "Badge card", Action: "create"}, {Owner: "Bob", ResourceType: "Badge card", Action: "delete"}}},
	"BlockedProvisioningInformations": OrderSummary{Name: "Rita", EntityType: "Person", Total: 1, Link: "https://w/review?of=P", Orders: []OrderLine{
		{Owner: "Ann", ResourceType: "Administrator", Action: "link"}}},
	"ProvisioningErrors": OrderSummary{Name: "Rita", EntityType: "Person", Total: 2, Link: "https://w/errors?of=P", Orders: []OrderLine{
		{Owner: "Ann", ResourceType: "Account", Action: "create", Error: "disk full"}, {Owner: "Bob", ResourceType: "Account", Action: "edit"}}},
	"ReconcileResourcesSummary": FoundSummary{Name: "Rita", EntityType: "Person", Total: 22, More: 20, Link: "https://w/reconcile/resources", Lines: []FoundLine{
		{Owner: "Ann <b>", What: "Badge card", Which: "Site"}, {Owner: "without owner", What: "Badge card", Which: "the account"}}},
	"ReconcileRolesSummary": FoundSummary{Name: "Rita", EntityType: "Person", Total: 1, Link: "https://w/reconcile/roles", Lines: []FoundLine{{Owner: "Ann", What: "Payments"}}},
	"RolePolicySummary":     FoundSummary{Name: "Rita", EntityType: "Person", Total: 1, Link: "https://w/risks/blocked", Lines: []FoundLine{{Owner: "Ann", What: "Payments", Which: "Pay and approve"}}},
	"ReviewRolesSummary":    FoundSummary{Name: "Rita", EntityType: "Person", Total: 2, More: 1, Link: "https://w/reconcile/prolonged", Lines: []FoundLine{{Owner: "Ann <b>", What: "Payments", Which: "2026-01-02 08:00 UTC"}}},
	"RequestReminder": RequestSummary{Name: "Rita", Total: 22, More: 20, Link: "https://w/approvals", Lines: []RequestLine{
		{Number: "RQ-1", What: "Payments <b>", Person: "Ann", Requester: "Mo", Since: "1 Jan 2026 02:00 UTC", Due: "6 Jan 2026 02:00 UTC"}, {Number: "RQ-2", What: "take away Payments", Person: "Bob"}}},
	"RequestEscalated":  RequestSummary{Name: "Rita", Total: 1, Link: "https://w/approvals/1", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Due: "6 Jan 2026 02:00 UTC"}}},
	"RequestStuck":      RequestSummary{Name: "Sue", Total: 1, Link: "https://w/approvals/1", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Text: "By the rule <Managers>."}}},
	"RequestQuestion":   RequestSummary{Name: "Mo", Total: 1, Link: "https://w/requests/1", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Text: "What <for>?"}}},
	"RequestDecided":    RequestSummary{Name: "Mo", Total: 1, Link: "https://w/requests/1", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Text: "Narrowed: until 6 January 2026 00:00 UTC instead of as long as it may be."}}},
	"StepAssigned":      RequestSummary{Name: "Nora", Total: 1, Link: "https://w/approvals/1", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Text: "nobody else is there"}}},
	"StepTaken":         RequestSummary{Name: "Ana", Total: 1, Link: "https://w/approvals", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Text: "Now: Nora. nobody else is there"}}},
	"StepReassigned":    RequestSummary{Name: "Hal", Total: 1, Link: "https://w/approvals/1", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Text: "on leave"}}},
	"AccessEnding":      RequestSummary{Name: "Mo", Total: 21, More: 19, Link: "https://w/team", Lines: []RequestLine{{What: "Payments <b>", Person: "Ann", Expires: "6 Jan 2026 00:00 UTC"}, {What: "CRM", Person: "Bob", Expires: "7 Jan 2026 00:00 UTC"}}},
	"RequestAnswer":     RequestSummary{Name: "Rita", Total: 2, Link: "https://w/approvals", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Text: "The quarter."}, {Number: "RQ-2", What: "Payments", Person: "Bob", Text: "The same."}}},
	"RequestExpiring":   RequestSummary{Name: "Mo", Total: 1, Link: "https://w/requests/1", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Expires: "6 Jan 2026 02:00 UTC"}}},
	"RequestExpired":    RequestSummary{Name: "Mo", Total: 1, Link: "https://w/requests/1", Lines: []RequestLine{{Number: "RQ-1", What: "Payments", Person: "Ann", Text: "nobody decided in time"}}},
	"PersonDepartedNow": DepartureSummary{Name: "Mo", Person: "Ann <b>", By: "boss", Accounts: 3, Tickets: 1, Link: "https://w/person/7"},
	"RunJobNotification": RunSummary{Name: "Ada", Job: "Complete job", RunID: 7, State: "Blocked", LaunchedBy: "the schedule", Started: "1 Jan 2026 02:00 UTC", Took: "2m0s", Link: "https://w/runs/7",
		Tasks: []RunTask{{Name: "Synchronize HR", State: "blocked", Error: "deleted: 401 is more than 50"}}},
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for id, data := range samples {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			m, err := (*Templates)(nil).render(id, data)
			require.NoError(t, err)
			golden := filepath.Join("testdata", id+".txt")
			got := "Subject: " + m.Subject + "\n\n" + m.Text + "\n--\n" + m.HTML + "\n"
			if *update {
				require.NoError(t, os.MkdirAll("testdata", 0o755))
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			require.Equal(t, string(want), got)
		})
	}
}

func TestOwnTemplates(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, content string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	id := "BlockedProvisioningInformations"
	ours, err := (*Templates)(nil).render(id, samples[id])
	require.NoError(t, err)

	put(id+".subject.tmpl", "Bitte prüfen:\n {{.Total}}\n")
	own, err := OpenTemplates(dir)
	require.NoError(t, err)
	m, err := own.render(id, samples[id])
	require.NoError(t, err)
	require.Equal(t, "Bitte prüfen: 1", m.Subject, "one line, whatever the file has")
	require.Equal(t, ours.Text, m.Text, "what is not replaced stays")

	put(id+".txt.tmpl", "Subject of the text\n\nHallo {{.Name}}")
	m, err = own.render(id, samples[id])
	require.NoError(t, err)
	require.Equal(t, "Hallo Rita", m.Text)
	require.Equal(t, "Bitte prüfen: 1", m.Subject)

	put("frame.html.tmpl", `{{define "frame"}}<p>Northwind</p>{{template "body" .Data}}{{end}}`)
	m, err = own.render("PerformManualProvisioningSummary", samples["PerformManualProvisioningSummary"])
	require.NoError(t, err)
	require.Contains(t, m.HTML, "<p>Northwind</p><h1")
	require.Contains(t, m.HTML, "Ann &lt;b&gt;", "values are escaped in our frame or in yours")

	for name, content := range map[string]string{"Unknown.txt.tmpl": "x", "ProvisioningErrors.txt.tmpl": "{{.Total"} {
		bad := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(bad, name), []byte(content), 0o600))
		_, err := OpenTemplates(bad)
		require.True(t, errs.Is(err, errs.Validation), "got %v", err)
		require.ErrorContains(t, err, name)
	}
	_, err = OpenTemplates(filepath.Join(dir, "nowhere"))
	require.True(t, errs.Is(err, errs.Validation))
	none, err := OpenTemplates("")
	require.NoError(t, err)
	_, err = none.render(id, samples[id])
	require.NoError(t, err)
}
