package app

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/riverqueue/river"
	"github.com/uptrace/bun"
	"golang.org/x/sync/errgroup"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/audit"
	"writ/server/auth"
	"writ/server/bulk"
	"writ/server/cli"
	"writ/server/clock"
	"writ/server/config"
	"writ/server/db"
	"writ/server/delegation"
	"writ/server/departure"
	"writ/server/directory"
	"writ/server/event"
	"writ/server/fence"
	"writ/server/job"
	"writ/server/manifest"
	"writ/server/mining"
	"writ/server/notification"
	"writ/server/order"
	"writ/server/plan"
	"writ/server/queue"
	"writ/server/reconciliation"
	"writ/server/redundancy"
	"writ/server/request"
	"writ/server/risk"
	"writ/server/synchronization"
	"writ/server/system"
	"writ/server/webhook"
)

// App is one process: its services, wired.
type App struct {
	Config      config.Config
	Log         *slog.Logger
	DB          *bun.DB
	Clock       *clock.Clock
	Hub         *event.Hub
	databaseURL string
	Queue       *queue.Server

	Shapes          *directory.Shapes
	Directory       *directory.Service
	Systems         *system.Service
	Assignments     *assignment.Service
	Orders          *order.Service
	Reconciliation  *reconciliation.Service
	Redundancy      *redundancy.Service
	Bulk            *bulk.Service
	Delegations     *delegation.Service
	Departures      *departure.Service
	Mining          *mining.Service
	Risks           *risk.Service
	Requests        *request.Service
	Synchronization *synchronization.Service
	Jobs            *job.Service
	Auth            *auth.Service
	Manifest        *manifest.Service
	Plans           *plan.Service
	Notifications   *notification.Service
	Webhooks        *webhook.Service
	Audit           *audit.Service
	Access          *access.Service
	Fence           *fence.Service

	metrics *prometheus.Registry
	started chan struct{} // closed when the queue runs
	ending  context.Context
	end     context.CancelFunc // ends it: the process was asked to stop
}

// New makes every service and fills in the hooks between them. Nothing runs yet.
func New(ctx context.Context, s cli.Session) (*App, error) {
	a := &App{Config: s.Config, Log: s.Log, DB: s.DB, databaseURL: s.DatabaseURL, Clock: clock.New(), Shapes: &directory.Shapes{}, metrics: prometheus.NewRegistry(), started: make(chan struct{})}
	if a.Config.Serve.TestHooks {
		if err := loadOffset(ctx, a.DB, a.Clock); err != nil {
			return nil, fmt.Errorf("read the test clock: %w", err)
		}
	}
	a.ending, a.end = context.WithCancel(context.WithoutCancel(ctx))
	keyring, err := keyringOf(s.Config)
	if err != nil {
		return nil, err
	}
	known := packages(s.Config.Serve.TestHooks, s.Config.Database.Roots(), s.Config.Database.Programs)
	a.Systems = system.New(system.Options{DB: a.DB, Clock: a.Clock, Packages: known, Keyring: keyring, FilesDir: s.Config.Database.FilesDir(), Activated: a.activated})
	a.Hub = event.NewHub(a.DB, cmp.Or(s.DirectURL, s.DatabaseURL), a.Log)

	a.Directory = directory.New(a.DB, a.Clock, a.Shapes, directory.Hooks{Changed: a.resourcesChanged, Passed: assignment.Passed})
	a.Assignments = assignment.New(a.DB, a.Clock, a.Log, a.Shapes, assignment.Hooks{Orders: a.planned, Ordered: a.ordered, Paused: a.paused, Decide: a.decided, Requested: a.requested, Visible: a.visible, Write: a.writeComputed})
	a.Directory.Computed = a.Assignments.Computed
	a.Assignments.DisableIndirect = s.Config.Work.DisableIndirectPermissions
	a.Orders = order.New(a.DB, a.Clock, a.Log, a.Shapes, order.Hooks{Open: a.Systems.Open, IsManual: a.Systems.IsManual, MarkDirty: assignment.MarkDirty,
		AfterExecuted: a.executed, Paused: a.paused, Backlog: a.Assignments.Backlog})
	a.Reconciliation = reconciliation.New(a.DB, a.Clock, a.Log, a.Assignments, reconciliation.Hooks{
		Begin: func(ctx context.Context, asked reconciliation.Asked) (int64, error) { return a.Bulk.Begin(ctx, asked) }})
	a.Redundancy = &redundancy.Service{DB: a.DB, Clock: a.Clock, Log: a.Log, Assignments: a.Assignments}
	a.Synchronization = synchronization.New(a.DB, a.Clock, a.Shapes, a.Directory.Writes, synchronization.Hooks{Open: a.Systems.Open, Applied: a.synchronized, Paused: a.paused})
	a.Jobs = job.New(a.DB, a.Clock, a.Log, a.tasks(), job.Hooks{Follow: a.Hub.Subscribe, Ended: a.jobEnded, GivenUp: a.jobGivenUp})
	a.Auth = auth.New(a.DB, a.Clock, sealer{keyring}, auth.Config{Demo: s.Config.Serve.Demo, DemoPassword: demoPassword, TestHooks: s.Config.Serve.TestHooks, Issuer: s.Config.Serve.PublicURL,
		PublicURL: s.Config.Serve.URL(), Secrets: keyring, PrivateProviders: s.Config.Serve.AllowPrivateIdentityProviders || s.Config.Serve.Demo}, a.Log)
	a.Manifest = manifest.New(manifest.Rooms{DB: a.DB, Clock: a.Clock, Keyring: raw{keyring}, Jobs: a.Jobs, Packages: slices.Sorted(maps.Keys(known))},
		manifest.Hooks{Problems: assignment.Check, CheckPassword: auth.CheckPassword, HashPassword: auth.HashPassword, SamePassword: auth.SamePassword,
			CheckConnection: a.Systems.CheckSettings, Changed: a.configurationChanged})
	a.Risks = &risk.Service{DB: a.DB, Assignments: a.Assignments}
	a.Delegations = delegation.New(delegation.Rooms{DB: a.DB, Clock: a.Clock, Shapes: a.Shapes}, delegation.Settings{MaxDays: s.Config.Requests.MaxDelegationDays, Demo: s.Config.Serve.Demo})
	a.Requests = request.New(request.Rooms{DB: a.DB, Clock: a.Clock, Log: a.Log, Assignments: a.Assignments, Risks: a.Risks, Delegations: a.Delegations,
		Days: &request.Days{Question: s.Config.Requests.QuestionDays, Working: s.Config.Requests.WorkingDays, Holidays: s.Config.Requests.Days(), Ending: s.Config.Requests.Endings()}, Post: a.postRequests})
	a.Bulk = bulk.New(bulk.Rooms{DB: a.DB, Clock: a.Clock, Log: a.Log, Reconciliation: a.Reconciliation, Redundancy: a.Redundancy, Orders: a.Orders,
		Directory: a.Directory, Requests: a.Requests}, bulk.Hooks{Actor: a.actor})
	a.Departures = departure.New(departure.Rooms{DB: a.DB, Clock: a.Clock, Log: a.Log, Assignments: a.Assignments, Orders: a.Orders, Auth: a.Auth, Post: a.postDeparture}, s.Config.Requests.DepartureBudgetPerHour)
	a.Mining = &mining.Service{DB: a.DB, Clock: a.Clock, Log: a.Log, Assignments: a.Assignments, Manifest: a.Manifest}
	a.Plans = plan.New(plan.Rooms{DB: a.DB, Clock: a.Clock, Log: a.Log, Shapes: a.Shapes, Directory: a.Directory, Manifest: a.Manifest, Assignments: a.Assignments, Orders: a.Orders}, plan.Hooks{Actor: a.actor})
	mail := s.Config.Mail
	transport, err := notification.NewTransport(notification.TransportOptions{SMTPURL: mail.SMTPURL, Security: notification.Security(mail.Security),
		PickupDir: cmp.Or(mail.PickupDir, mailDir(s.Config))})
	if err != nil {
		return nil, err
	}
	templates, err := notification.OpenTemplates(mail.Templates)
	if err != nil {
		return nil, err
	}
	a.Notifications = &notification.Service{DB: a.DB, Clock: a.Clock, Log: a.Log, Shapes: a.Shapes, PublicURL: s.Config.Serve.URL(), Transport: transport,
		Rules:     notification.Rules{Off: !mail.Enabled, AllowedDomains: mail.Domains(), CatchAll: mail.CatchAll, CatchAllCC: mail.CatchAllCC},
		Templates: templates, ProvisioningErrors: mail.ProvisioningErrors}
	a.Webhooks = &webhook.Service{DB: a.DB, Clock: a.Clock, Log: a.Log, Keyring: raw{keyring}, Orders: a.Orders, Reconciliation: a.Reconciliation,
		AllowPrivate: s.Config.Serve.AllowPrivateWebhooks || s.Config.Serve.Demo, Demo: s.Config.Serve.Demo}
	signer, err := s.Config.Audit.Signer(s.Config.Database.DataDir)
	if err != nil {
		return nil, err
	}
	a.Audit = &audit.Service{DB: a.DB, Clock: a.Clock, Key: signer, HeadFile: filepath.Join(s.Config.Database.DataDir, "audit.head")}
	a.Access = &access.Service{DB: a.DB}
	a.Fence = fence.New(a.DB, a.Clock, fence.Hooks{Lifted: a.fenceLifted, Rooms: func() []fence.Work {
		return []fence.Work{order.Fenced(), webhook.Fenced(), notification.Fenced()}
	}})
	return a, nil
}

// Open makes a process for `writ serve`: everything, or the parts named by --only.
func Open(ctx context.Context, s cli.Session) (*cli.Application, error) {
	a, err := New(ctx, s)
	if err != nil {
		return nil, err
	}
	pooled, err := a.lookForPooler(ctx, s)
	if err != nil {
		return nil, err
	}
	if a.Queue, err = queue.New(ctx, queue.Options{URL: cmp.Or(s.DirectURL, s.DatabaseURL), Pooled: pooled, Logger: a.Log, Queues: a.queues(), Register: a.register}); err != nil {
		return nil, err
	}
	if err := a.settleZone(ctx); err != nil {
		return nil, err
	}
	greeting := ""
	if s.Config.Serve.Demo {
		if greeting, err = a.loadDemo(ctx); err != nil {
			return nil, fmt.Errorf("load the demo organisation: %w", err)
		}
	}
	handler, metrics, err := a.handler(ctx)
	if err != nil {
		return nil, err
	}
	return &cli.Application{Handler: handler, Metrics: metrics, Run: a.Run, Close: a.Systems.Close, Greeting: greeting, Started: a.started}, nil
}

// lookForPooler reports whether even the direct way to the database leads through a pooler in transaction mode, and says what that means.
func (a *App) lookForPooler(ctx context.Context, s cli.Session) (bool, error) {
	pooled, err := db.Pooled(ctx, s.DatabaseURL)
	if err != nil || !pooled {
		if err == nil {
			db.Prepare(a.DB)
		}
		return false, err
	}
	if s.DirectURL != "" && s.DirectURL != s.DatabaseURL {
		pooled, err = db.Pooled(ctx, s.DirectURL)
		if err != nil {
			return false, fmt.Errorf("the direct way to the database (--database-direct-url): %w", err)
		}
	}
	if pooled {
		a.Log.WarnContext(ctx, "the database is behind a pooler in transaction mode, which passes no notifications on: changes are looked for once a second. "+
			"Name the way past it in WRIT_DATABASE_DIRECT_URL to be told at once")
	} else {
		a.Log.InfoContext(ctx, "the database is behind a pooler in transaction mode; notifications and the job queue go past it")
	}
	return pooled, nil
}

// settleZone keeps the time zone of the installation. Where days begin somewhere else now, everybody is looked at again.
func (a *App) settleZone(ctx context.Context) error {
	return db.InTx(ctx, a.DB, func(ctx context.Context, tx bun.Tx) error {
		zone, changed, err := directory.SetZone(ctx, tx, a.Config.Serve.TimeZone, config.MachineZone())
		if err != nil {
			return err
		}
		a.Log.InfoContext(ctx, "days begin and end in this time zone", "zone", zone.String())
		if !changed {
			return nil
		}
		if err := a.Assignments.DirtyAll(ctx, tx, "time zone changed"); err != nil {
			return err
		}
		return queue.Insert(ctx, tx, assignment.EvaluateArgs{}, nil)
	})
}

// stopLimit is how long a graceful stop waits for running jobs; what is cut off then goes on in another process by its lease.
const stopLimit = 20 * time.Second

// queues: a process that serves only the API inserts jobs and works none.
func (a *App) queues() map[string]int {
	if !a.Config.Serve.Runs(config.Workers) {
		return map[string]int{}
	}
	return map[string]int{"default": a.Config.Work.RiverWorkers, job.TaskQueue: a.Config.Work.RiverWorkers, bulk.Queue: a.Config.Work.RiverWorkers}
}

// register is the list of River workers.
func (a *App) register(w *river.Workers) {
	river.AddWorker(w, &assignment.EvaluateWorker{Assignments: a.Assignments})
	river.AddWorker(w, &bulk.RunWorker{Service: a.Bulk})
	river.AddWorker(w, &departure.EndWorker{Service: a.Departures})
	river.AddWorker(w, &redundancy.AnalyseWorker{Service: a.Redundancy})
	river.AddWorker(w, &mining.MineWorker{Service: a.Mining})
	river.AddWorker(w, &plan.RunWorker{Service: a.Plans})
	river.AddWorker(w, &order.GenerateWorker{Service: a.Orders})
	river.AddWorker(w, &order.DispatchWorker{Service: a.Orders})
	river.AddWorker(w, &synchronization.SynchronizeWorker{Service: a.Synchronization})
	river.AddWorker(w, &notification.SendWorker{Mails: a.Notifications, From: a.Config.Mail.From})
	river.AddWorker(w, &webhook.DeliverWorker{Webhooks: a.Webhooks})
	a.Jobs.Register(w)
}

// Run works until ctx ends, then finishes what is held.
func (a *App) Run(ctx context.Context) error {
	defer context.AfterFunc(ctx, a.end)()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return a.Hub.Run(ctx) })
	group.Go(func() error { a.bindSealed(ctx); return nil })
	group.Go(func() error { return a.watchSchema(ctx) })
	if a.Config.Serve.Runs(config.Workers) {
		group.Go(func() error {
			// the end of ctx must not cut running jobs off: Stop lets them finish
			if err := a.Queue.Start(context.WithoutCancel(ctx)); err != nil {
				return err
			}
			close(a.started)
			<-ctx.Done()
			stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
			defer cancel()
			return a.Queue.Stop(stopping)
		})
		a.sweeps(ctx, group)
	}
	if !a.Config.Serve.Runs(config.Workers) {
		close(a.started)
	}
	if a.Config.Serve.TestHooks {
		group.Go(func() error { a.followClock(ctx); return nil })
	}
	return group.Wait()
}
