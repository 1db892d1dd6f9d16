package app

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/uptrace/bun"

	"writ/server/assignment"
	"writ/server/audit"
	"writ/server/backup"
	"writ/server/bench"
	"writ/server/cli"
	"writ/server/errs"
	"writ/server/event"
	"writ/server/job"
	"writ/server/manifest"
	"writ/server/page"
	"writ/server/permit"
	"writ/server/plan"
	"writ/server/rolemodel"
)

// House is what the commands of the command line call.
func House() cli.House {
	return cli.House{Open: Open, RunJob: RunJob, Plan: Plan, Apply: Apply, Test: Test, Export: Export, Explain: Explain, Verify: Verify, Conformance: Conformance, AuditHead: AuditHead, AuditKey: AuditKey, RotateKey: RotateKey, Sealed: Sealed, Restored: Restored, Bench: Bench}
}

// command makes a process that only answers one command, as the system.
func command(ctx context.Context, s cli.Session) (context.Context, *App, error) {
	a, err := New(ctx, s)
	return permit.With(ctx, permit.System("command")), a, err
}

// Plan prints what applying would change.
func Plan(ctx context.Context, s cli.Session, in cli.PlanInput) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	m, err := manifest.ReadFiles(in.Paths...)
	if err != nil {
		return err
	}
	p, err := a.Manifest.PlanManifest(ctx, m)
	if err != nil {
		return err
	}
	if err := printPlan(s, p, wouldChange); err != nil || in.ObjectsOnly || len(p.Changes) == 0 {
		return err
	}
	text, err := manifest.ReadTexts(in.Paths...)
	if err != nil {
		return err
	}
	made, err := a.Plans.Compute(ctx, plan.MakePlanInput{YAML: &text, Title: &in.Title})
	if err != nil {
		return err
	}
	return printPeople(ctx, s, a, made)
}

// Test runs tests of policies, and fails when one of them does.
func Test(ctx context.Context, s cli.Session, in cli.TestInput) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	tests, err := plan.ReadTests(in.Paths...)
	if err != nil {
		return err
	}
	m := &manifest.Manifest{}
	if len(in.Config) > 0 {
		if m, err = manifest.ReadFiles(in.Config...); err != nil {
			return err
		}
	}
	outcomes, err := a.Plans.Check(ctx, m, tests)
	if err != nil {
		return err
	}
	failed := 0
	for _, o := range outcomes {
		if len(o.Faults) == 0 {
			fmt.Fprintf(s.Out, "ok    %s\n", o.Name)
			continue
		}
		failed++
		fmt.Fprintf(s.Out, "FAIL  %s\n", o.Name)
		for _, f := range o.Faults {
			fmt.Fprintf(s.Out, "      %s\n", f)
		}
	}
	fmt.Fprintf(s.Out, "%d passed, %d failed\n", len(outcomes)-failed, failed)
	if failed > 0 {
		return errs.Invalid("", "%d of %d tests failed.", failed, len(outcomes))
	}
	return nil
}

// shownItems is how many differences a command prints; the pages show all.
const shownItems = 50

// printPeople prints what a plan would do to people: the numbers, then what is lost first.
func printPeople(ctx context.Context, s cli.Session, a *App, p *plan.Plan) error {
	sums, err := a.Plans.Summaries(ctx, []*plan.Plan{p})
	sum := sums[p]
	if err != nil || sum == nil {
		return err
	}
	fmt.Fprintf(s.Out, "\nPlan %d, of %d people in %.1f s:\n", p.ID, sum.Looked, sum.Seconds)
	fmt.Fprintf(s.Out, "  %d people: %d roles lost, %d gained, %d changed; %d accounts lost, %d gained, %d changed\n", sum.People,
		sum.RolesRemoved, sum.RolesAdded, sum.RolesChanged, sum.AccountsRemoved, sum.AccountsAdded, sum.AccountsChanged)
	fmt.Fprintf(s.Out, "  orders: %d create, %d change, %d delete, %d link; %d wait for a review, %d become tickets; %d differences\n", sum.Creations, sum.Updates, sum.Deletions,
		sum.Associations, sum.Reviews, sum.Tickets, sum.Differences)
	for _, l := range sum.Limits {
		fmt.Fprintf(s.Out, "  LIMIT: %s\n", l.Message)
	}
	for _, m := range sum.Mails {
		fmt.Fprintf(s.Out, "  mail: %d get %s\n", m.Recipients, m.Template)
	}
	if sum.Failures > 0 {
		fmt.Fprintf(s.Out, "  %d people could not be computed\n", sum.Failures)
	}
	first := shownItems
	items, err := a.Plans.Items(ctx, p.ID, page.Of(&first, nil), nil)
	if err != nil {
		return err
	}
	sign := map[plan.Effect]string{plan.Removed: "-", plan.Added: "+", plan.Changed: "~"}
	for _, i := range items.Nodes() {
		fmt.Fprintf(s.Out, "%s %s %s: %s\n", sign[i.Effect], i.Owner().DisplayName, i.Owner().Key, inWords(i))
	}
	if more := items.TotalCount - len(items.Nodes()); more > 0 {
		fmt.Fprintf(s.Out, "... and %d more.\n", more)
	}
	fmt.Fprintf(s.Out, "The page /plans/%d shows all of it, in groups.\n", p.ID)
	fmt.Fprintf(s.Out, "To apply exactly this, or nothing if the world moved: writ apply --plan %d\n", p.ID)
	return nil
}

// inWords is a difference in words.
func inWords(i *plan.Item) string {
	what := strings.ToLower(string(i.Kind)) + " " + i.ObjectName
	if i.PropertyName != nil {
		what += " " + *i.PropertyName
	}
	if i.Kind == plan.Line {
		what = fmt.Sprintf("%s %s", i.ObjectName, strings.ToLower(word(i.Action)))
		if i.PropertyName != nil {
			what += " " + *i.PropertyName
		}
	}
	switch {
	case i.Before != nil && i.After != nil:
		what += ": " + *i.Before + " -> " + *i.After
	case i.After != nil:
		what += ": " + *i.After
	case i.Before != nil:
		what += ": " + *i.Before
	}
	switch {
	case i.IsReview:
		what += " (waits for a review)"
	case i.IsManual:
		what += " (a ticket)"
	}
	return what
}

func word[T ~string](w *T) string {
	if w == nil {
		return ""
	}
	return string(*w)
}

// Apply writes a configuration.
func Apply(ctx context.Context, s cli.Session, in cli.ApplyInput) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	if number, err := strconv.ParseInt(in.Plan, 10, 64); err == nil && len(in.Paths) == 0 {
		p, err := a.Plans.CarryOut(ctx, plan.ApplyPlanInput{ID: number})
		if err != nil {
			return err
		}
		fmt.Fprintf(s.Out, "Plan %d is applied.\n", p.ID)
		return nil
	}
	if len(in.Paths) == 0 {
		return errs.Invalid("path", "Name the files to apply, or the number of a plan with --plan.")
	}
	m, err := manifest.ReadFiles(in.Paths...)
	if err != nil {
		return err
	}
	p, err := a.Manifest.ApplyPlanned(ctx, m, in.Plan)
	if err != nil {
		return err
	}
	return printPlan(s, p, "changed")
}

const wouldChange = "would change"

func printPlan(s cli.Session, p *manifest.PlanPayload, verb string) error {
	sign := map[manifest.Action]string{manifest.Create: "+", manifest.Update: "~", manifest.Delete: "-"}
	for _, c := range p.Changes {
		fmt.Fprintf(s.Out, "%s %s %s\n", sign[c.Action], c.Kind, c.Identifier)
		if c.Action != manifest.Update {
			continue
		}
		for _, f := range c.Fields {
			fmt.Fprintf(s.Out, "    %s: %s -> %s\n", f.Path, shown(f.Before), shown(f.After))
		}
	}
	failed := 0
	for _, w := range p.Problems {
		fmt.Fprintf(s.Out, "%s: %s %s %s: %s\n", w.Severity, w.Kind, w.Identifier, w.Field, w.Message)
		if w.Severity == rolemodel.SeverityError {
			failed++
		}
	}
	fmt.Fprintf(s.Out, "%d objects %s.\n", len(p.Changes), verb)
	if failed > 0 {
		return errs.Invalid("", "%d errors: this configuration would be refused.", failed)
	}
	if len(p.Changes) > 0 && verb == wouldChange {
		fmt.Fprintf(s.Out, "To apply exactly this: writ apply --plan %s ...\n", p.Fingerprint)
	}
	return nil
}

func shown(v *string) string {
	if v == nil {
		return "(nothing)"
	}
	return *v
}

// Export writes the configuration in force, without secrets.
func Export(ctx context.Context, s cli.Session, dir string) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	m, err := manifest.Export(ctx, a.DB, a.Manifest.Keyring)
	if err != nil {
		return err
	}
	content, err := yaml.Marshal(m.WithoutSecrets())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, "writ.yaml")
	if err := writeWhole(path, content); err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "Written: %s\n", path)
	return nil
}

// writeWhole gives a file its name when all of it is written, so that a full disk leaves the old one, or none.
func writeWhole(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

// RunJob launches a job; a running server does the work. With Wait it follows the instance to its end.
func RunJob(ctx context.Context, s cli.Session, in cli.RunJobInput) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	given := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	p, err := a.Jobs.RunJob(ctx, job.RunJobInput{Job: in.Identifier, FromStep: given(in.From), ToStep: given(in.To), Step: given(in.Step),
		TaskType: (*job.TaskType)(given(in.TaskType)), IdentifierContains: given(in.Contains), Force: in.Force})
	if err != nil {
		return err
	}
	id := p.JobInstance.ID
	fmt.Fprintf(s.Out, "Instance %d of %s is launched.\n", id, in.Identifier)
	for in.Wait {
		i, err := a.Jobs.GetInstance(ctx, id)
		if err != nil {
			return err
		}
		if i.EndedAt != nil || i.State == job.Blocked {
			fmt.Fprintf(s.Out, "%s\n", i.State)
			if i.State != job.Completed {
				return errs.New(errs.Conflict, "The job %s ended %s.", in.Identifier, i.State)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(300 * time.Millisecond):
		}
	}
	return nil
}

// Explain prints why somebody has what they have, and why not.
func Explain(ctx context.Context, s cli.Session, in cli.ExplainInput) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	var ids []int64
	if err := a.DB.NewRaw(`select r.id from resource r join entity_type t on t.id = r.entity_type_id where t.identifier = ? and r.key = ? order by r.valid_to desc limit 1`,
		in.EntityType, in.Key).Scan(ctx, &ids); err != nil {
		return err
	}
	if len(ids) == 0 {
		return errs.Missing("There is no %s %s.", in.EntityType, in.Key)
	}
	if in.WhyNot {
		return printWhyNot(ctx, s, a, assignment.WhyNotInput{OwnerID: ids[0], Role: in.Role, ResourceType: in.ResourceType, Property: in.Property, Value: in.Value, At: in.At, KnownAt: in.KnownAt})
	}
	e, err := a.Assignments.Explain(ctx, assignment.ExplainInput{OwnerID: ids[0], Role: in.Role, ResourceType: in.ResourceType, Property: in.Property, At: in.At, KnownAt: in.KnownAt})
	if err != nil {
		return err
	}
	for _, step := range e.Steps {
		mark := "no "
		if step.Matched {
			mark = "yes"
		}
		fmt.Fprintf(s.Out, "%s  %s\n", mark, step.Text)
	}
	return nil
}

// printWhyNot prints what stands against something, and what would give it.
func printWhyNot(ctx context.Context, s cli.Session, a *App, in assignment.WhyNotInput) error {
	p, err := a.Assignments.WhyNot(ctx, in)
	if err != nil {
		return err
	}
	if p.IsGiven {
		fmt.Fprintln(s.Out, "The rules give it.")
	}
	for _, r := range p.Reasons {
		fmt.Fprintf(s.Out, "no   %s\n", r.Text)
	}
	for i, w := range p.Ways {
		fmt.Fprintf(s.Out, "Way %d:\n", i+1)
		for _, c := range w.Changes {
			fmt.Fprintf(s.Out, "  -  %s\n", c.Text)
		}
	}
	if !p.IsGiven && len(p.Ways) == 0 {
		fmt.Fprintln(s.Out, "No small change of the data gives it.")
	}
	return nil
}

// Verify recomputes the hash chain of the event log and compares it with checkpoints.
func Verify(ctx context.Context, s cli.Session, in cli.VerifyInput) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	var given []*audit.Checkpoint
	for _, text := range in.Checkpoints {
		c, err := audit.ParseCheckpoint(text)
		if err != nil {
			return err
		}
		given = append(given, c)
	}
	var trusted []ed25519.PublicKey
	for _, text := range in.PublicKeys {
		key, err := audit.ParsePublicKey(text)
		if err != nil {
			return err
		}
		trusted = append(trusted, key)
	}
	v, err := a.Audit.Verify(ctx, given, trusted...)
	if err != nil {
		return err
	}
	if v.BrokenPosition != 0 {
		return errs.New(errs.Conflict, "The event log was changed: the chain breaks at position %d (%s).", v.BrokenPosition, v.Reason)
	}
	fmt.Fprintf(s.Out, "%d events, the chain is whole, %d checkpoints fit.\n", v.Count, v.Checkpoints)
	if v.Untrusted > 0 {
		fmt.Fprintf(s.Out, "%d further checkpoints fit; they are signed with keys that are not known here (--public-key).\n", v.Untrusted)
	}
	if v.Waiting > 0 {
		fmt.Fprintf(s.Out, "%d newer events have no position yet: a running server gives it to them.\n", v.Waiting)
	}
	if in.Departure == 0 && in.Seal == "" {
		return nil
	}
	return a.verifySeal(ctx, s, in)
}

// verifySeal checks the seal of a proof of departure against the log, as far as that had come when the proof was shown.
func (a *App) verifySeal(ctx context.Context, s cli.Session, in cli.VerifyInput) error {
	if in.Departure == 0 || in.Seal == "" {
		return errs.Invalid("departure", "Give both --departure and --seal.")
	}
	after, err := a.Departures.FirstEvent(ctx, in.Departure)
	if err != nil {
		return err
	}
	seal, err := audit.FindSeal(ctx, a.DB, in.Departure, after, in.Seal)
	if err != nil {
		return err
	}
	if seal == nil {
		return errs.New(errs.Conflict, "The seal is not that of the log: the proof was changed, or it is about somebody else.")
	}
	fmt.Fprintf(s.Out, "The seal fits: %d events, positions %d to %d.\n", seal.Events, seal.From, seal.To)
	return nil
}

// AuditHead signs the head of the event log and prints the checkpoint.
func AuditHead(ctx context.Context, s cli.Session) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	appender := event.NewAppender(a.DB) // in case no server runs
	_, err = appender.Append(ctx)
	if err := errors.Join(err, appender.Release(ctx)); err != nil {
		return err
	}
	c, err := a.Audit.Sign(ctx, true)
	if err != nil {
		return err
	}
	if c == nil {
		return errs.Missing("There are no events yet.")
	}
	return json.NewEncoder(s.Out).Encode(c)
}

// AuditKey prints the public key of the checkpoints.
func AuditKey(ctx context.Context, s cli.Session) error {
	_, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	fmt.Fprintln(s.Out, base64.StdEncoding.EncodeToString(a.Audit.Key.Public().(ed25519.PublicKey)))
	return nil
}

// Restored verifies the event log of a backup that was just restored, and records the restore.
func Restored(ctx context.Context, s cli.Session, c *backup.Contents) error {
	ctx, a, err := command(ctx, s)
	if err != nil {
		return err
	}
	if err := a.Audit.SetAside(c.Position); err != nil {
		return err
	}
	v, err := a.Audit.Verify(ctx, nil)
	if err != nil {
		return err
	}
	if v.BrokenPosition != 0 {
		return errs.New(errs.Conflict, "The event log of the backup was changed: the chain breaks at position %d (%s).", v.BrokenPosition, v.Reason)
	}
	if v.Count != c.Position || v.Head != c.Hash {
		return errs.New(errs.Conflict, "The event log is not that of the backup: it ends at position %d, the backup at %d.", v.Count, c.Position)
	}
	err = event.Publish(ctx, a.DB, a.Clock.Now(), event.Event{Kind: EventRestored, SubjectType: "backup",
		Data: map[string]any{"madeAt": c.At.UTC(), "position": c.Position, "hash": c.Hash}})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.Out, "%d events, the chain is whole, %d checkpoints fit.\nThe fence is up: nothing leaves for systems, webhooks or mail. Start the server, look at "+
		"/fence what would be sent, and lift it there.\n", v.Count, v.Checkpoints)
	return nil
}

// served is a process of ours with settings of its own. What is secret comes through the environment: everybody sees arguments.
func served(program, only, addr, databaseURL, folder string, keys [][]byte) *exec.Cmd {
	cmd := exec.Command(program, "serve", "--only", only, "--addr", addr, "--data-dir", folder)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "WRIT_") && !strings.HasPrefix(v, "WRIT_SECRET_BENCH_")
	})
	cmd.Env = append(cmd.Env, "WRIT_DATABASE_URL="+databaseURL, "WRIT_SECRET_KEY="+hex.EncodeToString(keys[0]))
	return cmd
}

// Bench measures, side by side with what the parts can do at best. It makes databases of its own and drops them.
func Bench(ctx context.Context, s cli.Session, in cli.BenchInput) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	keys, err := s.Config.Secret.Keys(s.Config.Database.DataDir)
	if err != nil {
		return err
	}
	return bench.Run(ctx, bench.Input{People: in.People, Seed: in.Seed, Only: in.Only, DatabaseURL: s.DatabaseURL, Out: s.Out, Folder: filepath.Join(s.Config.Database.DataDir, "bench"),
		Serve: func(addr, databaseURL, folder string) *exec.Cmd {
			return served(program, "api", addr, databaseURL, folder, keys)
		},
		Work: func(addr, databaseURL, folder string) *exec.Cmd {
			return served(program, "all", addr, databaseURL, folder, keys)
		},
		Assemble: func(ctx context.Context, db *bun.DB, url string) (*bench.System, error) {
			own := s
			own.DB, own.DatabaseURL = db, url
			a, err := New(ctx, own)
			if err != nil {
				return nil, err
			}
			return &bench.System{Clock: a.Clock, Shapes: a.Shapes, Writes: a.Directory.Writes, Manifest: a.Manifest, Assignments: a.Assignments,
				Orders: a.Orders, Plans: a.Plans, Close: a.Systems.Close}, nil
		}})
}
