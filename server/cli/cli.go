package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"writ/server/config"
	"writ/server/errs"
)

type grammar struct {
	Settings kong.ConfigFlag  `name:"config" env:"WRIT_CONFIG" placeholder:"FILE" help:"YAML file with settings; keys are the names of the flags."`
	Version  kong.VersionFlag `help:"Show the version."`

	Serve   serveCommand   `cmd:"" help:"Run Writ: API, pages, workers."`
	Migrate migrateCommand `cmd:"" help:"Bring the database schema up, take steps back, or show its state."`
}

// environment is what kong hands to the Run methods of the commands.
type environment struct {
	house  House
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
}

// Main runs the command line and gives the exit code: 0 done, 1 failed, 2 wrong usage. An interrupt or SIGTERM ends a
// command cleanly; a second one kills it.
func Main(args []string, house House) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() { // a later second signal finds the default behaviour again
		time.Sleep(sameSignal)
		stop()
	})
	return Run(ctx, args, house, os.Stdout, os.Stderr)
}

// sameSignal is how long signals count as one: a terminal's Ctrl-C reaches us and the task that started us, which hands it on.
const sameSignal = time.Second

// exit carries a code out of kong, which asks to exit after help and version.
type exit int

// Run is Main with everything from outside given.
func Run(ctx context.Context, args []string, house House, stdout, stderr io.Writer) (code int) {
	defer func() {
		if v := recover(); v != nil {
			asked, ok := v.(exit)
			if !ok {
				panic(v)
			}
			code = int(asked)
		}
	}()
	options := []kong.Option{
		kong.Name("writ"),
		kong.Description("Writ works out who should have which account and entitlement, orders the difference, and explains it."),
		kong.Configuration(config.YAML),
		kong.Vars{"version": version()},
		kong.Writers(stdout, stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, Summary: true}),
		kong.ExplicitGroups([]kong.Group{}),
	}
	parser, err := kong.New(&grammar{}, append(options, houseCommands(house)...)...)
	if err != nil {
		fmt.Fprintln(stderr, "writ:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(stderr, "writ:", err)
		return 2
	}
	if err := checkSecretFlags(command, stderr); err != nil {
		fmt.Fprintln(stderr, "writ:", err)
		return 2
	}
	out := &checked{to: stdout}
	err = command.Run(&environment{house: house, stdin: os.Stdin, stdout: out, stderr: stderr})
	if err == nil && out.err != nil && command.Command() != "serve" { // what somebody wants to keep is not there
		err = fmt.Errorf("the output could not be written: %w", out.err)
	}
	switch {
	case err == nil, errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return 0
	case errs.As(err) != nil:
		for _, e := range errs.As(err).All() {
			where := ""
			if e.Field != "" && !strings.Contains(e.Message, e.Field) {
				where = e.Field + ": "
			}
			fmt.Fprintln(stderr, "writ: "+where+e.Message)
		}
	default:
		fmt.Fprintln(stderr, "writ:", err)
	}
	return 1
}

// checked remembers the first failure of an output, for all who print without looking.
type checked struct {
	to  io.Writer
	mu  sync.Mutex
	err error
}

func (c *checked) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.to.Write(b)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

// checkSecretFlags refuses secrets written as flags: everybody on the machine sees them in the list of processes, and shells keep them. The
// password of a database URL is warned of.
func checkSecretFlags(command *kong.Context, stderr io.Writer) error {
	for _, p := range command.Path {
		if p.Flag == nil || p.Resolved {
			continue
		}
		elsewhere := fmt.Sprintf("set %s, or write it into the file that --config names", strings.Join(p.Flag.Envs, ", "))
		switch p.Flag.Name {
		case "secret-key", "audit-key", "metrics-token":
			return fmt.Errorf("--%s must not be a flag, the list of processes would show it: %s", p.Flag.Name, elsewhere)
		case "smtp-url":
			if holdsPassword(p.Flag) {
				return fmt.Errorf("the mail server (--smtp-url) must not hold a password as a flag, the list of processes would show it: %s", elsewhere)
			}
		case "database-url", "database-admin-url", "database-direct-url":
			if holdsPassword(p.Flag) {
				fmt.Fprintf(stderr, "writ: the list of processes shows the password of --%s: better %s\n", p.Flag.Name, elsewhere)
			}
		}
	}
	return nil
}

// holdsPassword also answers yes for what cannot be read as an address.
func holdsPassword(flag *kong.Flag) bool {
	u, err := url.Parse(flag.Target.String())
	if err != nil {
		return true
	}
	_, has := u.User.Password()
	return has || u.Query().Has("password") || u.Query().Has("sslpassword")
}

// houseCommands adds the commands whose part of the house is there.
func houseCommands(h House) (options []kong.Option) {
	add := func(there bool, name, help string, command any) {
		if there {
			options = append(options, kong.DynamicCommand(name, help, "", command))
		}
	}
	add(h.RunJob != nil, "job", "Run a job.", &jobCommand{})
	add(h.Plan != nil, "plan", "Show what applying configuration files would change.", &planCommand{})
	add(h.Apply != nil, "apply", "Apply configuration files.", &applyCommand{})
	add(h.Test != nil, "test", "Test what people must have and must not have, under the configuration in force or another one.", &testCommand{})
	add(h.Export != nil, "export", "Write the configuration in force as files.", &exportCommand{})
	add(h.Explain != nil, "explain", "Explain why somebody has what they have.", &explainCommand{})
	add(h.Verify != nil, "verify", "Check the chain of the event log, and against signed checkpoints.", &verifyCommand{})
	add(h.Conformance != nil, "conformance", "Put a connection through what every connector must do, and grade it.", &conformanceCommand{})
	add(h.AuditHead != nil, "audit", "Sign checkpoints of the event log.", &auditCommand{})
	add(h.RotateKey != nil, "rotate-key", "Seal all secrets with a new key, while servers work.", &rotateCommand{})
	add(h.Restored != nil, "backup", "Write the whole database into a file, while everything runs.", &backupCommand{})
	add(h.Restored != nil, "restore", "Fill an empty database from a backup. Nothing leaves for systems, webhooks or mail until the fence is lifted.", &restoreCommand{})
	add(h.Bench != nil, "bench", "Measure evaluation and fulfilment on generated people.", &benchCommand{})
	return options
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return info.Main.Version + " (" + s.Value[:12] + ")"
		}
	}
	return info.Main.Version
}
