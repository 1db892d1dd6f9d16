package queue

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"writ/server/db"
)

// DefaultMaxConns is the size of River's pool: it fetches and completes jobs; the workers' own queries run on bun's pool.
const DefaultMaxConns = 6

// jobTimeout bounds a drain; a worker that takes longer says so by its own Timeout method. A job of a process that died is tried again
// after rescueAfter; nobody waits for that, because sweeps find the work earlier.
const (
	jobTimeout  = 15 * time.Minute
	rescueAfter = time.Hour
)

// Options says how a process works jobs off.
type Options struct {
	URL               string         // database
	MaxConns          int            // River's own pool; 0 = DefaultMaxConns
	Logger            *slog.Logger   // required
	Queues            map[string]int // queue -> how many jobs of it this process works at once; nil = {"default": 50}
	FetchCooldown     time.Duration  // shortest pause between two fetches of a queue; 0 = 10 ms (River's own default caps at 1,000 jobs/s)
	FetchPollInterval time.Duration  // fetches even without a notification; 0 = 1 s
	Pooled            bool           // URL leads through a pooler in transaction mode: nothing is prepared on a connection, no notifications
	Register          func(*river.Workers)
}

// Server works jobs off in this process. Any number of processes may have one; River elects the leader for its housekeeping.
type Server struct {
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	log    *slog.Logger
}

// New connects and prepares; nothing is worked before Start. Stop it even when it was never started.
func New(ctx context.Context, o Options) (*Server, error) {
	config, err := db.Pgx(o.URL)
	if err != nil {
		return nil, err
	}
	config.MaxConns = int32(orDefault(o.MaxConns, DefaultMaxConns))
	id := clientID()
	config.ConnConfig.RuntimeParams["application_name"] = id
	if !o.Pooled {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect the queue: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(pool), clientConfig(o, id))
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("prepare the queue: %w", err)
	}
	return &Server{pool: pool, client: client, log: o.Logger}, nil
}

// clientID names this process in river_job.attempted_by. Its connections have the same name, so that the database knows whether the
// process that works on a job still lives.
func clientID() string {
	raw := make([]byte, 4)
	_, _ = rand.Read(raw) // never fails
	return fmt.Sprintf("writ-%d-%s", os.Getpid(), hex.EncodeToString(raw))
}

func clientConfig(o Options, id string) *river.Config {
	queues := map[string]river.QueueConfig{}
	for name, workers := range o.Queues {
		queues[name] = river.QueueConfig{MaxWorkers: workers}
	}
	if o.Queues == nil {
		queues[river.QueueDefault] = river.QueueConfig{MaxWorkers: 50}
	}
	workers := river.NewWorkers()
	if o.Register != nil {
		o.Register(workers)
	}
	return &river.Config{
		ID: id, Logger: slog.New(quiet{o.Logger.Handler()}), Queues: queues, Workers: workers,
		FetchCooldown:     orDefault(o.FetchCooldown, 10*time.Millisecond),
		FetchPollInterval: orDefault(o.FetchPollInterval, time.Second),
		JobTimeout:        jobTimeout, RescueStuckJobsAfter: rescueAfter,
		PollOnly:    o.Pooled,
		MaxAttempts: MaxAttempts, RetryPolicy: retryPolicy{},
	}
}

func orDefault[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}

// Start begins to work. ctx carries values to the workers; its end stops them hard, so give it one that outlives the wish to stop.
func (s *Server) Start(ctx context.Context) error {
	if err := s.client.Start(ctx); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	return nil
}

// Stop lets the running jobs finish; when ctx ends first, their contexts are cancelled and they get five more seconds. Jobs that were cut off
// are tried again, here or elsewhere.
func (s *Server) Stop(ctx context.Context) error {
	defer s.pool.Close()
	err := s.client.Stop(ctx)
	if err == nil {
		return nil
	}
	s.log.WarnContext(ctx, "jobs did not finish in time and are cut off", "error", err)
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.client.StopAndCancel(last); err != nil {
		return fmt.Errorf("stop the queue: %w", err)
	}
	return nil
}

// Client is River's client, for its administration pages.
func (s *Server) Client() *river.Client[pgx.Tx] { return s.client }
