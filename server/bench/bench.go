package bench

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"slices"
	"time"

	"writ/server/errs"
	"writ/server/permit"
)

// Input says what to measure and where.
type Input struct {
	People      int           // size of the largest organisation; at least 100
	Seed        int64         // equal seeds give equal people
	Span        time.Duration // how long one measurement of requests takes; 0 = 3 s
	DatabaseURL string        // a server on which databases may be made; the database itself is left alone
	Out         io.Writer
	Assemble    Assemble
	Only        string // one part alone: requests, computations, grid, events, subscribers, shapes, row or plan; "": all
	Folder      string // where PostGraphile is installed, once; "": it is left out
	// Serve gives the command of a process of ours that serves a database; folder is its data folder.
	Serve func(addr, databaseURL, folder string) *exec.Cmd
	// Work is Serve with everything that a process does beside answering; nil: what needs it is left out.
	Work func(addr, databaseURL, folder string) *exec.Cmd
}

// listPeople is the size at which requests and drains are measured, unless the input is smaller.
const listPeople = 20_000

// sizes are the organisations to compute: the usual ones, and the one asked for.
func (in Input) sizes() []int {
	list := []int{in.People}
	for _, usual := range []int{10_000, 100_000} {
		if usual < in.People {
			list = append(list, usual)
		}
	}
	slices.Sort(list)
	return list
}

// Run measures and prints. It leaves nothing behind: its databases are dropped, also after an error or when ctx ends.
func Run(ctx context.Context, in Input) error {
	if in.People < 100 {
		return errs.Invalid("people", "A benchmark needs at least 100 people.")
	}
	if in.Span == 0 {
		in.Span = 3 * time.Second
	}
	ctx = permit.With(ctx, permit.System("bench"))
	s, err := openServer(ctx, in.DatabaseURL)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.describe(ctx, in); err != nil {
		return err
	}
	found := false
	for _, part := range []struct {
		name string
		run  func(context.Context, *server, Input) error
	}{{"requests", requests}, {"computations", computations}, {"grid", grid}, {"events", events}, {"subscribers", subscribers}, {"shapes", recomputations}, {"row", oneRow}, {"plan", plans}} {
		if in.Only != "" && in.Only != part.name {
			continue
		}
		found = true
		if err := part.run(ctx, s, in); err != nil {
			return err
		}
	}
	if !found {
		return errs.Invalid("only", "The parts are requests, computations, grid, events, subscribers, shapes, row and plan, not %s.", in.Only)
	}
	return nil
}

// describe prints what the numbers depend on.
func (s *server) describe(ctx context.Context, in Input) error {
	var v struct{ Version, Fsync, Synchronous, Buffers string }
	err := s.admin.NewRaw(`select current_setting('server_version') as version, current_setting('fsync') as fsync,
		current_setting('synchronous_commit') as synchronous, current_setting('shared_buffers') as buffers`).Scan(ctx, &v)
	if err != nil {
		return fmt.Errorf("ask the database about itself: %w", err)
	}
	fmt.Fprintf(in.Out, "%s, %d CPUs (load and database share them); PostgreSQL %s, fsync %s, synchronous_commit %s, shared_buffers %s; seed %d\n",
		runtime.Version(), runtime.NumCPU(), v.Version, v.Fsync, v.Synchronous, v.Buffers, in.Seed)
	return nil
}

// requests measures lists and drains on one organisation.
func requests(ctx context.Context, s *server, in Input) error {
	size := min(in.People, listPeople)
	o, err := s.organisation(ctx, in, size)
	if err != nil {
		return err
	}
	defer o.close()
	if _, err := o.compute(ctx, false); err != nil {
		return err
	}
	if err := lists(ctx, o, in); err != nil {
		return fmt.Errorf("lists: %w", err)
	}
	if err := drains(ctx, o, in); err != nil {
		return fmt.Errorf("drains: %w", err)
	}
	return nil
}
