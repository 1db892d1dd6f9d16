package app

import (
	"context"
	"encoding/base64"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/uptrace/bun"

	"writ/server/access"
	"writ/server/assignment"
	"writ/server/config"
	"writ/server/directory"
	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/fulfil"
	"writ/server/job"
	"writ/server/order"
	"writ/server/permit"
	"writ/server/queue"
	"writ/server/synchronization"
)

// The rooms are made one after the other, and each needs its hooks when it is made: these are methods, so that they find the rooms that come
// later when they are called.

// paused: a job is at work and does the continuous chain's part itself.
func (a *App) paused(ctx context.Context, db bun.IDB) (bool, error) { return a.Jobs.Running(ctx, db) }

// planned: what an evaluation wants of orders.
func (a *App) planned(ctx context.Context, tx bun.Tx, now time.Time, list []assignment.PlannedOrder) error {
	return a.Orders.Policy(ctx, tx, now, list)
}

// ordered: what open orders have claimed already.
func (a *App) ordered(ctx context.Context, db bun.IDB, claims []evaluation.Claim) ([]evaluation.Claim, error) {
	return a.Orders.Ordered(ctx, db, claims)
}

// decided: what an automation rule decides, goes the way of a reviewer's decision.
func (a *App) decided(ctx context.Context, tx bun.Tx, m *assignment.Model, d assignment.Automatic) ([]int64, error) {
	return a.Reconciliation.DecideByRule(ctx, tx, m, d)
}

// requested: what is asked for owners goes on with what was computed of them.
func (a *App) requested(ctx context.Context, tx bun.Tx, m *assignment.Model, now time.Time, owners []int64) error {
	return a.Requests.Settle(ctx, tx, m, now, owners)
}

// actor: an account with the rights of now, for what goes on without its session.
func (a *App) actor(ctx context.Context, userID int64) (*permit.Actor, error) {
	return access.ActorOf(ctx, a.DB, userID, a.Config.Serve.Demo, a.Clock.Now())
}

// executed: what was written is read back.
func (a *App) executed(ctx context.Context, tx bun.Tx, list []order.Executed) error {
	written := make([]synchronization.Written, len(list))
	for i, x := range list {
		written[i] = synchronization.Written(x)
	}
	return a.Synchronization.EnqueueReadBack(ctx, tx, written)
}

// activated: what waited for a connector goes on.
func (a *App) activated(ctx context.Context, tx bun.Tx, connectorID int64) error {
	return a.Orders.Wake(ctx, tx, connectorID)
}

// resourcesChanged: whoever wrote resources makes the evaluation look.
func (a *App) resourcesChanged(ctx context.Context, tx bun.Tx) error {
	if err := queue.Insert(ctx, tx, assignment.EvaluateArgs{}, nil); err != nil {
		return err
	}
	return a.Orders.Look(ctx, tx, 0) // an owner may have now what an order waited for
}

// writeComputed writes what was computed from resources into them; where they come from stays as it is.
func (a *App) writeComputed(ctx context.Context, tx bun.Tx, now time.Time, shape *directory.Shape, changes []directory.Change) (directory.Counts, error) {
	opts := a.Directory.Writes
	opts.Origin = directory.Manual
	return directory.Write(ctx, tx, now, shape, opts, changes)
}

// configurationChanged: what follows from the metadata is derived again, and with another model everybody is looked at again.
func (a *App) configurationChanged(ctx context.Context, tx bun.Tx) error {
	shape, err := directory.LoadShape(ctx, tx)
	if err != nil {
		return err
	}
	if _, err := directory.Refresh(ctx, tx, a.Clock.Now(), shape, a.Directory.Writes); err != nil {
		return err
	}
	if err := a.Assignments.DirtyAll(ctx, tx, "configuration changed"); err != nil {
		return err
	}
	if err := a.Orders.LookAgain(ctx, tx); err != nil {
		return err
	}
	if err := a.Orders.Wake(ctx, tx, 0); err != nil { // limits, connections, modes
		return err
	}
	return queue.Insert(ctx, tx, assignment.EvaluateArgs{}, nil)
}

// synchronized: owners of whose orders of this connector a line waits to be verified, or whose own work waits to be seen gone, are looked at
// again, whatever waits beside it, and local users find their person.
func (a *App) synchronized(ctx context.Context, tx bun.Tx, connectorID int64, began time.Time) error {
	if err := access.FindPeople(ctx, tx); err != nil {
		return err
	}
	if err := a.Orders.Look(ctx, tx, 0); err != nil { // owners and targets may be there now that orders waited for
		return err
	}
	if err := assignment.MarkRead(ctx, tx, connectorID, began); err != nil {
		return err
	}
	return assignment.MarkDirtyWhere(ctx, tx, "synchronized", `id in (select owner_id from provisioning_order
		where connector_id = ? and states && '{`+evaluation.SQLTransmitted+`,`+evaluation.SQLExecuted+`}' and closed_at is null)`, connectorID)
}

// jobEnded: the continuous chain kept still while the job was at work; now it looks for what is left.
func (a *App) jobEnded(ctx context.Context, tx bun.Tx, _ *job.JobInstance) error {
	if err := queue.Insert(ctx, tx, assignment.EvaluateArgs{}, nil); err != nil {
		return err
	}
	return a.Orders.Look(ctx, tx, 0)
}

// jobGivenUp: what the blocked tasks had prepared is dropped with them.
func (a *App) jobGivenUp(ctx context.Context, tx bun.Tx, tasks []*job.TaskInstance) error {
	ids := make([]int64, len(tasks))
	for i, t := range tasks {
		ids[i] = t.ID
	}
	return a.Synchronization.DropOfTasks(ctx, tx, ids...)
}

// visible refuses a resource outside the caller's scope.
func (a *App) visible(ctx context.Context, resourceID int64) error {
	r, err := a.Directory.Get(ctx, resourceID, nil)
	if err == nil && r == nil {
		err = errs.Missing("There is no resource %d, or it is not in your scope.", resourceID).Of(resourceID)
	}
	return err
}

// fenceLifted: orders that were held back are looked at at once; webhooks and mails follow with their sweeps.
func (a *App) fenceLifted(ctx context.Context, tx bun.Tx) error {
	if _, err := tx.ExecContext(ctx, "update river_job set state = 'available', scheduled_at = now() where kind = 'send_mail' and state = 'scheduled'"); err != nil {
		return err
	}
	return queue.Insert(ctx, tx, order.GenerateArgs{}, nil)
}

// catchUp asks the whole continuous chain to look: after the test clock moved, and now and then as a safety net.
func (a *App) catchUp(ctx context.Context) error {
	if _, err := a.Assignments.MarkDue(ctx); err != nil {
		return err
	}
	if err := a.Orders.Sweep(ctx); err != nil {
		return err
	}
	if _, err := a.Orders.Tick(ctx); err != nil {
		return err
	}
	for _, args := range []river.JobArgs{assignment.EvaluateArgs{}, order.GenerateArgs{}} {
		if err := queue.Insert(ctx, a.DB, args, nil); err != nil {
			return err
		}
	}
	return nil
}

// sealer gives auth the keyring for single values. They are any bytes, and the keyring holds texts.
type sealer struct{ ring *fulfil.Keyring }

func (s sealer) Seal(of string, plain []byte) ([]byte, error) {
	return s.ring.Seal(of, map[string]string{"value": base64.StdEncoding.EncodeToString(plain)})
}

func (s sealer) Open(of string, sealed []byte) ([]byte, error) {
	plain, err := s.ring.Unseal(of, sealed)
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(plain["value"])
}

// raw gives rooms that keep secrets the keyring without resolving references: they belong to the process that uses them.
type raw struct{ *fulfil.Keyring }

func (r raw) Open(of string, sealed []byte) (map[string]string, error) {
	return r.Unseal(of, sealed)
}

// keyringOf gives the keys of this process. Keys in the data folder are read again when the file changes: a rotation needs no restart.
func keyringOf(c config.Config) (*fulfil.Keyring, error) {
	text, stamp, err := keysOf(c)
	if err != nil {
		return nil, err
	}
	ring, err := fulfil.ParseKeyring(text, filepath.Join(c.Database.DataDir, "secrets"))
	if err != nil || c.Secret.Key != "" {
		return ring, err
	}
	var mu sync.Mutex
	ring.Follow(func() (string, bool, error) {
		mu.Lock()
		defer mu.Unlock()
		now, err := c.Secret.Stamp(c.Database.DataDir)
		if err != nil || now == stamp {
			return "", false, err
		}
		text, now, err := keysOf(c)
		if err == nil {
			stamp = now
		}
		return text, err == nil, err
	})
	return ring, nil
}

// keysOf gives the keys as the keyring reads them, and what changes with their file.
func keysOf(c config.Config) (text, stamp string, err error) {
	keys, err := c.Secret.Keys(c.Database.DataDir)
	if err != nil {
		return "", "", err
	}
	var list []string
	for _, key := range keys {
		list = append(list, fulfil.KeyID(key)+":"+base64.StdEncoding.EncodeToString(key))
	}
	stamp, err = c.Secret.Stamp(c.Database.DataDir)
	return strings.Join(list, ","), stamp, err
}

func mailDir(c config.Config) string { return filepath.Join(c.Database.DataDir, "mail") }
