package exec

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"

	"writ/server/errs"
)

// job is what a process is started for.
type job struct {
	verb    string
	input   [][]byte        // lines with their ends
	begin   func() [][]byte // instead of input: asked when there is a place, just before the start; none: nobody waits for it any more
	moved   func() bool     // whether something was answered since it was asked last: its time begins anew then
	timeout time.Duration
	most    int64              // bytes that it may write
	take    func([]byte) error // gets each line; an error ends the process
}

// ending is how a process ended. Nothing of it is left.
type ending struct {
	err    error  // why it cannot be believed; nil: status 0, and all that it wrote was taken
	began  bool   // it was started
	sent   int    // lines of the input of which at least a byte went to it
	stderr string // what it said beside, cleaned
}

// why is the end in words for a person.
func (e ending) why() string {
	text := "it ended with status 0"
	if e.err != nil {
		text = e.err.Error()
	}
	if e.stderr != "" {
		text += "; it said: " + e.stderr
	}
	return text
}

// errClosed: the connection is closed.
var errClosed = errors.New("it was ended, since the connection was closed")

// errLate: the process took too long.
var errLate = errors.New("it took too long and was ended")

// patience is what a process gets between being asked to end and being killed.
const patience = time.Second

// run starts the program, hands it the input and gives what it writes to take. It returns when the process and all of its group are gone.
func (c *Conn) run(ctx context.Context, j job) ending {
	if !c.enter() {
		return ending{err: errClosed}
	}
	defer c.runs.Done()
	for _, places := range []chan struct{}{c.own, c.places} { // always in this order
		if places == nil {
			continue
		}
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		case <-ctx.Done():
			return ending{err: fmt.Errorf("it was not started: all %d places for programs of this connection, or all %d of this server, were taken", cap(c.own), cap(c.places))}
		case <-c.alive.Done():
			return ending{err: errClosed}
		}
	}
	path, _, err := c.program.find()
	if err != nil {
		return ending{err: err}
	}
	if ctx.Err() != nil {
		return ending{err: errors.New("it was not started: nobody waits for it any more")}
	}
	if j.begin != nil {
		if j.input = j.begin(); j.input == nil {
			return ending{err: errors.New("it was not started: nobody waits for it any more")}
		}
	}
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	late := time.AfterFunc(j.timeout, func() { end(errLate) })
	defer late.Stop()
	defer context.AfterFunc(c.alive, func() { end(errClosed) })()
	p, err := c.start(path, j)
	if err != nil {
		return ending{err: c.program.says(c.clean(strings.ReplaceAll(err.Error(), path, c.program.name)))}
	}
	watched := make(chan struct{})
	go func() { p.watch(ctx); close(watched) }()
	defer func() { end(nil); <-watched }()
	readErr := lines(p.out, int64(c.set.Line)<<10, j.most, func(line []byte) error {
		err := j.take(line)
		if j.moved != nil && j.moved() && ctx.Err() == nil {
			late.Reset(j.timeout)
		}
		return err
	})
	isHeld := errors.Is(readErr, os.ErrDeadlineExceeded)
	if readErr != nil && !isHeld {
		p.signal(syscall.SIGKILL)
	}
	<-p.gone
	e := ending{began: true, sent: p.finish(), stderr: c.clean(p.said.text())}
	switch cause := context.Cause(ctx); {
	case readErr != nil && !isHeld:
		e.err = readErr
	case p.unlimited != nil:
		e.err = errors.New("its limits could not be set, so it was ended")
	case errors.Is(cause, errLate):
		e.err = fmt.Errorf("it took longer than %s and was ended", j.timeout)
	case errors.Is(cause, errClosed):
		e.err = errClosed
	case cause != nil:
		e.err = errors.New("it was ended, since nobody waited for it any more")
	case p.status != nil:
		e.err = errors.New(saysStatus(p.status))
	}
	return e
}

func saysStatus(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if w, ok := exit.Sys().(syscall.WaitStatus); ok && w.Signaled() {
			return "it was ended by signal " + w.Signal().String()
		}
		return fmt.Sprintf("it ended with status %d", exit.ExitCode())
	}
	return "its end could not be told"
}

// busyTries is how often a program is started that somebody is writing in that moment.
const busyTries = 20

// process is a running program.
type process struct {
	cmd       *exec.Cmd
	mark      string // stands in the environment of all that it starts
	out       *os.File
	said      *tail
	gone      chan struct{} // closed when it and its group are gone
	status    error
	unlimited error

	in      *os.File
	written chan int // how many lines of the input went out at least in part
	err     *os.File
	heard   chan struct{}

	mu     sync.Mutex
	reaped bool
}

// start begins a process. Its thread lives as long as the process: the kernel ends the process with it.
func (c *Conn) start(path string, j job) (_ *process, err error) {
	keepFiles()
	var files []*os.File
	defer func() {
		if err != nil {
			for _, f := range files {
				_ = f.Close()
			}
		}
	}()
	pipe := func() (r, w *os.File) {
		if err == nil {
			if r, w, err = os.Pipe(); err == nil {
				files = append(files, r, w)
			}
		}
		return r, w
	}
	inR, inW := pipe()
	outR, outW := pipe()
	errR, errW := pipe()
	if err != nil {
		return nil, errors.New("there is no further file to be had")
	}
	dir, err := os.MkdirTemp("", "writ-program-")
	if err != nil {
		return nil, errors.New("no folder could be made for it to work in")
	}
	p := &process{mark: "WRIT_RUN=" + rand.Text(), out: outR, in: inW, err: errR, said: &tail{}, gone: make(chan struct{}), written: make(chan int, 1), heard: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var err error
		for try := range busyTries {
			p.cmd = exec.Command(path, append(slices.Clone(c.set.Args), j.verb)...)
			p.cmd.Dir, p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = dir, inR, outW, errW, attributes()
			p.cmd.Env = append(slices.Clone(c.env), p.mark, "WRIT_VERB="+j.verb, "HOME="+dir, "TMPDIR="+dir, "WRIT_TIMEOUT="+strconv.Itoa(int(j.timeout/time.Second)))
			if err = p.cmd.Start(); !errors.Is(err, syscall.ETXTBSY) { // somebody is writing it
				break
			}
			time.Sleep(time.Duration(try+1) * time.Millisecond)
		}
		started <- err
		if err == nil {
			p.supervise(c.set)
		}
		_ = os.RemoveAll(dir)
		close(p.gone)
	}()
	if err = <-started; err != nil {
		return nil, err
	}
	for _, f := range []*os.File{inR, outW, errW} {
		_ = f.Close()
	}
	go p.write(j.input)
	go func() {
		defer close(p.heard)
		_, _ = io.Copy(p.said, errR)
	}()
	return p, nil
}

// supervise waits for the end of the process, and ends its group and whoever left it.
func (p *process) supervise(set config) {
	pid := p.cmd.Process.Pid
	if p.unlimited = limit(pid, set); p.unlimited != nil {
		p.signal(syscall.SIGKILL)
	}
	ended(pid)
	p.signal(syscall.SIGKILL) // whoever it left behind
	p.mu.Lock()
	p.reaped = true
	p.status = p.cmd.Wait()
	p.mu.Unlock()
	hunt(p.mark)
}

// signal goes to the whole group, as long as its number is its own.
func (p *process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		_ = syscall.Kill(-p.cmd.Process.Pid, s)
	}
}

// watch ends the process when its time is over: it is asked, and a little later killed. What it wrote until then is still taken, and what somebody holds
// on to who could not be found is let go.
func (p *process) watch(ctx context.Context) {
	<-ctx.Done()
	select {
	case <-p.gone:
	default:
		p.signal(syscall.SIGTERM)
		wait := time.NewTimer(patience)
		defer wait.Stop()
		select {
		case <-p.gone:
		case <-wait.C:
			p.signal(syscall.SIGKILL)
			<-p.gone
		}
	}
	_ = p.out.SetReadDeadline(time.Now().Add(patience))
}

// finish closes what is open and gives how much of the input went out.
func (p *process) finish() (sent int) {
	_ = p.in.Close()
	sent = <-p.written
	_ = p.err.SetReadDeadline(time.Now().Add(patience))
	<-p.heard
	_ = p.err.Close()
	_ = p.out.Close()
	return sent
}

// write hands the input over. A process need not read it.
func (p *process) write(input [][]byte) {
	sent := 0
	for _, line := range input {
		n, err := p.in.Write(line)
		if n > 0 {
			sent++
		}
		if err != nil {
			break
		}
	}
	_ = p.in.Close()
	p.written <- sent
}

// mostSaid is how much of what a program says beside is kept.
const mostSaid = 64 << 10

// tail keeps the first bytes of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
	more bool
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	room := mostSaid - len(t.kept)
	t.more = t.more || len(b) > room
	t.kept = append(t.kept, b[:min(room, len(b))]...)
	return len(b), nil
}

// text ends before a line that was cut: a secret that was cut could not be recognised.
func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := string(t.kept)
	if t.more {
		text = text[:strings.LastIndexByte(text, '\n')+1]
	}
	return text
}

// spellings are the forms in which a secret may turn up in what a program says.
func spellings(secret string) []string {
	if secret == "" {
		return nil
	}
	list := []string{secret, base64.StdEncoding.EncodeToString([]byte(secret)), url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(strconv.Quote(secret), `"`)}
	for line := range strings.SplitSeq(secret, "\n") { // a key in lines, of which one is shown
		if line = strings.TrimSpace(line); len(line) >= 8 {
			list = append(list, line)
		}
	}
	return list
}

// mostShown is how much of what a program says is shown to people.
const mostShown = 2000

// show is the beginning of what a program wrote, cleaned first: the beginning of a secret is not recognised any more.
func (c *Conn) show(text string) string {
	return clip(c.clean(text[:min(len(text), mostSaid)]))
}

// clean takes secrets and control characters out of what a program said, and shortens it.
func (c *Conn) clean(text string) string {
	for _, secret := range c.secrets {
		text = strings.ReplaceAll(text, secret, "***")
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
	if len(text) > mostShown {
		text = strings.ToValidUTF8(text[:mostShown], "") + "…"
	}
	return strings.TrimSpace(text)
}

// unavailable is the failure of a read.
func (c *Conn) unavailable(verb string, e ending) error {
	if known := errs.As(e.err); known != nil {
		return known
	}
	return errs.New(errs.Unavailable, "The program %s did not do what %s asks of it: %s.", c.program.name, verb, strings.TrimSuffix(e.why(), ".")).At("program")
}
