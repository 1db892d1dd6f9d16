package notification

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"

	"writ/server/fence"
)

func (b bundle) send(t *testing.T) error {
	t.Helper()
	var id int64
	require.NoError(t, b.DB.NewRaw(`select min(id) from mail`).Scan(b.ctx, &id))
	w := &SendWorker{Mails: b.Service, From: "Writ <writ@x.example>"}
	return w.Work(b.ctx, &river.Job[SendArgs]{Args: SendArgs{MailID: id}})
}

func TestSend(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.mustOpenTickets(t, 1)
	b.mustPump(t)

	require.NoError(t, fence.Raise(b.ctx, b.DB, b.Clock.Now(), "restored"))
	require.ErrorContains(t, b.send(t), "JobSnoozeError", "not behind the fence")
	require.Empty(t, b.box.mails)
	require.Equal(t, "QUEUED", b.state(t))
	_, err := b.DB.ExecContext(b.ctx, "delete from fence")
	require.NoError(t, err)

	b.box.fail = os.ErrDeadlineExceeded
	require.Error(t, b.send(t))
	require.Equal(t, "FAILED", b.state(t))

	b.box.fail = nil
	require.NoError(t, b.send(t))
	require.NoError(t, b.send(t), "a second run finds nothing to do")
	require.Len(t, b.box.mails, 1)
	require.Equal(t, "SENT", b.state(t))
	require.Contains(t, b.box.mails[0], "Message-ID: <mail-")
	require.Contains(t, b.box.mails[0], "text/plain")
	require.Contains(t, b.box.mails[0], "text/html")
}

func (b bundle) state(t *testing.T) (state string) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw(`select state from mail order by id limit 1`).Scan(b.ctx, &state))
	return state
}

func TestFolder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	dir := filepath.Join(t.TempDir(), "mail")
	transport, err := NewTransport(TransportOptions{PickupDir: dir})
	require.NoError(t, err)
	b.Transport = transport
	b.mustOpenTickets(t, 1)
	b.mustPump(t)
	require.NoError(t, b.send(t))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	require.Equal(t, ".eml", filepath.Ext(files[0].Name()))
}

// server is an SMTP listener on loopback: it speaks RFC 5321 without extensions and answers DATA as it is told.
type server struct {
	listener net.Listener
	mu       sync.Mutex
	answers  []string // to DATA's end, one per mail; then 250
	mails    []received
}

type received struct {
	to   []string
	data string
}

func mustListen(t *testing.T, answers ...string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{listener: l, answers: answers}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(conn)
		}
	}()
	return s
}

func (s *server) url() string { return "smtp://" + s.listener.Addr().String() }

func (s *server) got() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received{}, s.mails...)
}

func (s *server) talk(conn net.Conn) {
	defer conn.Close()
	r := textproto.NewReader(bufio.NewReader(conn))
	say := func(line string) { fmt.Fprint(conn, line, "\r\n") }
	say("220 test")
	var now received
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		switch verb, rest, _ := strings.Cut(line, " "); strings.ToUpper(verb) {
		case "RCPT":
			now.to = append(now.to, strings.Trim(rest[len("TO:"):], "<>"))
			say("250 ok")
		case "DATA":
			say("354 go on")
			lines, err := r.ReadDotLines()
			if err != nil {
				return
			}
			now.data = strings.Join(lines, "\n")
			say(s.take(now))
			now = received{}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *server) take(m received) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.answers) > 0 {
		answer := s.answers[0]
		if s.answers = s.answers[1:]; !strings.HasPrefix(answer, "250") {
			return answer
		}
	}
	s.mails = append(s.mails, m)
	return "250 taken"
}

// withServer sends the mails of a bundle to a listener.
func (b bundle) withServer(t *testing.T, s *server) {
	t.Helper()
	transport, err := NewTransport(TransportOptions{SMTPURL: s.url()})
	require.NoError(t, err)
	b.Transport = transport
}

func TestSMTP(t *testing.T) {
	t.Parallel()

	t.Run("Sent", func(t *testing.T) {
		t.Parallel()
		b, s := setup(t), mustListen(t)
		b.withServer(t, s)
		b.mustOpenTickets(t, 1)
		b.mustPump(t)
		require.NoError(t, b.send(t))
		require.Len(t, s.got(), 1)
		require.Equal(t, []string{b.recipient(t)}, s.got()[0].to)
		require.Contains(t, s.got()[0].data, "Subject: 1 manual order to carry out (Person)")
	})

	t.Run("TriedAgain", func(t *testing.T) {
		t.Parallel()
		b, s := setup(t), mustListen(t, "451 busy, come back")
		b.withServer(t, s)
		b.mustOpenTickets(t, 1)
		b.mustPump(t)
		err := b.send(t)
		require.ErrorContains(t, err, "451")
		require.False(t, errors.Is(err, river.JobCancel(nil)), "for now, not for good")
		require.Equal(t, "FAILED", b.state(t))
		require.NoError(t, b.send(t))
		require.Equal(t, "SENT", b.state(t))
		require.Len(t, s.got(), 1)
		var attempts int
		require.NoError(t, b.DB.NewRaw("select attempts from mail order by id limit 1").Scan(b.ctx, &attempts))
		require.Equal(t, 2, attempts)
	})

	t.Run("RefusedForGood", func(t *testing.T) {
		t.Parallel()
		b, s := setup(t), mustListen(t, "554 no such user here")
		b.withServer(t, s)
		b.mustOpenTickets(t, 1)
		b.mustPump(t)
		err := b.send(t)
		require.True(t, errors.Is(err, river.JobCancel(nil)), "got %v", err)
		require.Equal(t, "FAILED", b.state(t))
		var why string
		require.NoError(t, b.DB.NewRaw("select error from mail order by id limit 1").Scan(b.ctx, &why))
		require.Contains(t, why, "554")
	})

	t.Run("Away", func(t *testing.T) {
		t.Parallel()
		b, s := setup(t), mustListen(t)
		require.NoError(t, s.listener.Close())
		b.withServer(t, s)
		b.mustOpenTickets(t, 1)
		b.mustPump(t)
		require.Error(t, b.send(t))
		require.Equal(t, "FAILED", b.state(t))
	})

	t.Run("StartTLSNeeded", func(t *testing.T) {
		t.Parallel()
		b, s := setup(t), mustListen(t)
		transport, err := NewTransport(TransportOptions{SMTPURL: s.url(), Security: StartTLS})
		require.NoError(t, err)
		b.Transport = transport
		b.mustOpenTickets(t, 1)
		b.mustPump(t)
		require.Error(t, b.send(t), "the server offers no TLS: nothing goes in the clear")
		require.Empty(t, s.got())
		_, err = NewTransport(TransportOptions{SMTPURL: s.url(), Security: "some"})
		require.Error(t, err)
	})

	t.Run("Rules", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			rules Rules
			to    []string // nil: dropped
			why   string
		}{
			"Free":          {Rules{}, []string{"operator@x.example"}, ""},
			"Allowed":       {Rules{AllowedDomains: []string{"y.example", "X.example"}}, []string{"operator@x.example"}, ""},
			"NotAllowed":    {Rules{AllowedDomains: []string{"y.example", "example"}}, nil, "The domain of operator@x.example is not among the allowed ones (y.example, example)."},
			"Caught":        {Rules{AllowedDomains: []string{"y.example"}, CatchAll: "all@z.example"}, []string{"all@z.example"}, ""},
			"Copied":        {Rules{CatchAllCC: "copy@z.example"}, []string{"operator@x.example", "copy@z.example"}, ""},
			"CopiedOnce":    {Rules{CatchAll: "all@z.example", CatchAllCC: "ALL@z.example"}, []string{"all@z.example"}, ""},
			"CaughtWithCC":  {Rules{CatchAll: "all@z.example", CatchAllCC: "copy@z.example"}, []string{"all@z.example", "copy@z.example"}, ""},
			"Off":           {Rules{Off: true, CatchAll: "all@z.example"}, nil, "Mail is switched off."},
			"NoCopyDropped": {Rules{AllowedDomains: []string{"y.example"}, CatchAllCC: "copy@z.example"}, nil, "The domain of operator@x.example is not among the allowed ones (y.example)."},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b, s := setup(t), mustListen(t)
				b.withServer(t, s)
				b.Rules = c.rules
				b.mustOpenTickets(t, 1)
				b.mustPump(t)
				_, err := b.DB.ExecContext(b.ctx, "delete from mail where recipient <> 'operator@x.example'")
				require.NoError(t, err)
				require.NoError(t, b.send(t))
				if c.to == nil {
					require.Empty(t, s.got())
					require.Equal(t, "DROPPED", b.state(t))
					var why string
					require.NoError(t, b.DB.NewRaw("select error from mail").Scan(b.ctx, &why))
					require.Equal(t, c.why, why)
					return
				}
				require.Equal(t, "SENT", b.state(t))
				require.Len(t, s.got(), 1)
				require.Equal(t, c.to, s.got()[0].to)
				require.Equal(t, c.rules.CatchAll != "", strings.Contains(s.got()[0].data, "X-Original-To: operator@x.example"))
			})
		}
	})
}

func (b bundle) recipient(t *testing.T) (to string) {
	t.Helper()
	require.NoError(t, b.DB.NewRaw("select recipient from mail order by id limit 1").Scan(b.ctx, &to))
	return to
}

func TestRetries(t *testing.T) {
	t.Parallel()
	w := &SendWorker{}
	var total, last time.Duration
	for attempt := 1; attempt < (SendArgs{}).InsertOpts().MaxAttempts; attempt++ {
		pause := time.Until(w.NextRetry(&river.Job[SendArgs]{JobRow: &rivertype.JobRow{Attempt: attempt}})).Round(time.Second)
		require.GreaterOrEqual(t, pause, last)
		last = pause
		total += pause
	}
	require.Equal(t, 15*time.Minute, last, "nothing waits longer when the mail server is there again")
	require.InDelta(t, keepTrying.Hours(), total.Hours(), 1)
}
