package exec

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"writ/server/errs"
	"writ/server/fulfil"
)

// mostProcesses is how many programs of all connections run at the same time.
const mostProcesses = 64

// mostOfOne is how many of those one connection has: those of a sick system must not take the places of the others.
const mostOfOne = 16

// Package is the technology "exec".
type Package struct {
	folder string
	places chan struct{}
}

// New gives the package for the programs of a folder, an absolute path; "": this server runs none.
func New(folder string) Package {
	return Package{folder: folder, places: make(chan struct{}, mostProcesses)}
}

// Conn is one connection. It holds nothing open between calls. Safe for concurrent use.
type Conn struct {
	program program
	set     config
	env     []string
	secrets []string // longest first: to be cleaned out of what the program says
	places  chan struct{}
	own     chan struct{} // of these places

	alive context.Context // ends with Close
	kill  context.CancelFunc
	runs  sync.WaitGroup

	describing chan struct{} // one describes, others wait as long as they have time
	checking   chan struct{} // the same of checks
	mu         sync.Mutex
	closed     bool
	known      *description
	queue      []*call
	workers    int
	fault      string // what the program did against the protocol when it was last asked to change something: as it was logged
}

var (
	_ fulfil.Package  = Package{}
	_ fulfil.Exporter = (*Conn)(nil)
	_ fulfil.Applier  = (*Conn)(nil)
	_ fulfil.Reader   = (*Conn)(nil)
)

type config struct {
	Program       string            `setting:"program" required:"true" example:"crm/connector" help:"A program in the folder that the server's administrators named with --programs, by its path in there."`
	Args          []string          `setting:"args" help:"Arguments before the verb. No shell sees them."`
	Options       map[string]string `setting:"option." help:"option.<name>: what the program gets as the variable WRIT_OPTION_<NAME>."`
	ReadBack      bool              `setting:"readBack" default:"false" help:"The program can look for one target (verb read). Otherwise a change without an answer is a question to a person, and never sent again by itself."`
	Batch         int               `setting:"batch" default:"100" min:"1" max:"10000" help:"Changes that one process gets at most. They are those that are due at the same time: see limit.concurrency."`
	Processes     int               `setting:"processes" default:"1" min:"1" max:"64" help:"Processes that change something at the same time. More only for programs that can stand it."`
	Timeout       time.Duration     `setting:"timeout" default:"25" min:"1" max:"3600" help:"Seconds that a process may take for one batch, look or check; then it is ended with all that it started. limit.callTimeout has to be more than twice that: a change waits for a process, and then has one of its own."`
	ExportTimeout time.Duration     `setting:"exportTimeout" default:"3600" min:"1" max:"86400" help:"Seconds that a process may take to write a table."`
	Memory        int               `setting:"memoryMegabytes" default:"1024" max:"1048576" help:"Memory of each process (Linux). 0: not limited."`
	CPU           int               `setting:"cpuSeconds" default:"3600" max:"864000" help:"Processor time of each process (Linux). 0: not limited."`
	File          int               `setting:"fileMegabytes" default:"1024" max:"1048576" help:"Size of each file that a process writes (Linux). 0: not limited."`
	Line          int               `setting:"lineKilobytes" default:"1024" min:"1" max:"65536" help:"Longest line that the program may write."`
	Output        int               `setting:"outputMegabytes" default:"4096" min:"1" max:"1048576" help:"All that it may write in one run."`
	Rows          int               `setting:"maximumRows" default:"1000000" min:"1" max:"100000000" help:"A table with more rows is taken for one without end."`
	Password      string            `setting:"password" secret:"true" help:"What the program gets as the variable WRIT_SECRET_PASSWORD."`
	Token         string            `setting:"token" secret:"true" help:"WRIT_SECRET_TOKEN."`
	Key           string            `setting:"key" secret:"true" help:"WRIT_SECRET_KEY."`
}

// form is what a connection is configured with.
type form = fulfil.Form[config]

// Capability says: export with a schema, fulfil, three secrets.
func (Package) Capability() fulfil.Capability {
	return fulfil.Capability{
		Identifier: "exec", DisplayName: "Script/Program", CanExport: true, CanFulfil: true, HasSchema: true,
		Settings: form{}.Schema(), Secrets: form{}.Secrets(), Example: form{}.Example("exec"),
	}
}

// Open checks the settings. The program need not be there yet, but must lie below the folder for programs.
func (p Package) Open(_ context.Context, s fulfil.Settings) (*fulfil.Opened, error) {
	set, err := form{}.Read(s)
	if err != nil {
		return nil, err
	}
	limits, err := fulfil.LimitsOf(s)
	if err != nil {
		return nil, err
	}
	if limits.CallTimeout <= 0 {
		limits.CallTimeout = time.Minute
	}
	if limits.CallTimeout <= 2*set.Timeout {
		return nil, errs.Invalid("timeout", "Setting limit.callTimeout (%s) has to be more than twice timeout (%s): a change waits for a process that is at work, and then has one of its own.", limits.CallTimeout, set.Timeout)
	}
	c := &Conn{set: set, places: p.places, own: make(chan struct{}, mostOfOne), describing: make(chan struct{}, 1), checking: make(chan struct{}, 1)}
	if c.program, err = programOf(p.folder, set.Program); err != nil {
		return nil, err
	}
	if c.env, err = environmentOf(set); err != nil {
		return nil, err
	}
	for _, secret := range []string{set.Password, set.Token, set.Key} {
		c.secrets = append(c.secrets, spellings(secret)...)
	}
	slices.SortFunc(c.secrets, func(a, b string) int { return len(b) - len(a) })
	c.alive, c.kill = context.WithCancel(context.Background())
	o := &fulfil.Opened{Connector: c, Exporter: c, Applier: c, IsBlind: !set.ReadBack}
	if set.ReadBack {
		o.Reader = c
	}
	return o, nil
}

var optionName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,63}$`)

// mostEnvironment is how many bytes of options, secrets and arguments a program gets: below what systems take.
const mostEnvironment = 64 << 10

// environmentOf is what all processes of a connection find in their environment, besides what tells of the run.
func environmentOf(set config) ([]string, error) {
	env := []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", "WRIT_PROTOCOL=1"}
	size, names := 0, map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(set.Options)) {
		setting, value := "option."+name, set.Options[name]
		if !optionName.MatchString(name) {
			return nil, errs.Invalid(setting, "The name of setting %s must begin with a letter and have at most 64 letters, digits, underscores, dots and dashes.", setting)
		}
		variable := "WRIT_OPTION_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(name))
		if names[variable] {
			return nil, errs.Invalid(setting, "Two options would be the variable %s.", variable)
		}
		names[variable] = true
		if strings.ContainsRune(value, 0) {
			return nil, errs.Invalid(setting, "Setting %s holds a character 0, which no variable can.", setting)
		}
		env = append(env, variable+"="+value)
		size += len(variable) + len(value)
	}
	for name, value := range map[string]string{"password": set.Password, "token": set.Token, "key": set.Key} {
		if value == "" {
			continue
		}
		if strings.ContainsRune(value, 0) {
			return nil, errs.Invalid(name, "Setting %s holds a character 0, which no variable can.", name)
		}
		env = append(env, "WRIT_SECRET_"+strings.ToUpper(name)+"="+value)
		size += len(value)
	}
	for _, arg := range set.Args {
		if strings.ContainsRune(arg, 0) {
			return nil, errs.Invalid("args", "An argument holds a character 0, which none can.")
		}
		size += len(arg)
	}
	if size > mostEnvironment {
		return nil, errs.New(errs.TooLarge, "Arguments, options and secrets are %d bytes together; %d is the most. Put what is longer into a file beside the program.", size, mostEnvironment).At("option")
	}
	return env, nil
}

// Check asks the program what it is and, where it offers that, whether its system is there. What it did in the past is no part of that: a connection that
// is taken for away is sent to again only when this finds it there, so a fault that only the next change could clear would keep everything back for ever.
func (c *Conn) Check(ctx context.Context) error {
	d, err := c.describe(ctx, true)
	if err != nil {
		return err
	}
	if d.offers("check") {
		select {
		case c.checking <- struct{}{}:
			defer func() { <-c.checking }()
		case <-ctx.Done():
			return errs.New(errs.Unavailable, "The program %s is at work on another check that does not end.", c.program.name).At("program")
		}
		if err := c.ask(ctx, "check", nil, nil); err != nil {
			return err
		}
	}
	if c.set.ReadBack && !d.offers("read") {
		return errs.Invalid("readBack", "The program does not offer to look for one target: its verbs are %s.", strings.Join(d.Verbs, ", "))
	}
	return nil
}

// closing is how long Close waits for processes to be gone.
const closing = 10 * time.Second

// Close ends every process, with what it started. Who waits for an answer gets none.
func (c *Conn) Close() error {
	c.mu.Lock()
	c.closed = true
	waiting := c.queue
	c.queue = nil
	c.mu.Unlock()
	c.kill()
	for _, one := range waiting {
		one.answer(fulfil.Receipt{Outcome: fulfil.Unreachable, Message: "The connection was closed before the change was sent."})
	}
	gone := make(chan struct{})
	go func() { c.runs.Wait(); close(gone) }()
	patience := time.NewTimer(closing)
	defer patience.Stop()
	select {
	case <-gone:
		return nil
	case <-patience.C:
		return fmt.Errorf("a process of %s did not end within %s", c.program.name, closing)
	}
}

// enter counts a run in, unless the connection is closed.
func (c *Conn) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	c.runs.Add(1)
	return true
}
