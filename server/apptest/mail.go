package apptest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Mail is one message as it arrived.
type Mail struct {
	From    string
	To      []string // envelope
	Subject string
	Body    string // as sent, encoded
}

// Mailbox is an SMTP server on loopback (RFC 5321, without extensions) that keeps what it gets.
type Mailbox struct {
	listener net.Listener
	mu       sync.Mutex
	mails    []Mail
}

// MustMailbox starts one; it ends with the test.
func MustMailbox(tb testing.TB) *Mailbox {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listen for mail: %v", err)
	}
	m := &Mailbox{listener: l}
	tb.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go m.talk(conn)
		}
	}()
	return m
}

// Env is the setting that sends a house's mails here.
func (m *Mailbox) Env() string { return "WRIT_SMTP_URL=smtp://" + m.listener.Addr().String() }

// Mails gives what arrived so far.
func (m *Mailbox) Mails() []Mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.mails)
}

// TicketMails gives what arrived about manual orders. Reviewers and administrators get mails of other kinds.
func (m *Mailbox) TicketMails() []Mail {
	return slices.DeleteFunc(m.Mails(), func(one Mail) bool { return !strings.Contains(one.Subject, "to carry out") })
}

// Recipients are the addresses that got a mail about manual orders, sorted, each once.
func (m *Mailbox) Recipients() []string {
	var all []string
	for _, one := range m.TicketMails() {
		all = append(all, one.To...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// talk is one session.
func (m *Mailbox) talk(conn net.Conn) {
	defer conn.Close()
	r := textproto.NewReader(bufio.NewReader(conn))
	say := func(format string, args ...any) { fmt.Fprintf(conn, format+"\r\n", args...) }
	var now Mail
	say("220 apptest ready")
	for {
		line, err := r.ReadLine()
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			say("250 apptest")
		case "MAIL":
			now = Mail{From: address(rest)}
			say("250 ok")
		case "RCPT":
			now.To = append(now.To, address(rest))
			say("250 ok")
		case "DATA":
			if len(now.To) == 0 {
				say("503 who is it for?")
				continue
			}
			say("354 end with a dot")
			text, err := io.ReadAll(r.DotReader())
			if err != nil {
				return
			}
			if err := m.keep(now, string(text)); err != nil {
				say("554 %s", err)
				continue
			}
			say("250 kept")
		case "RSET":
			now = Mail{}
			say("250 ok")
		case "NOOP":
			say("250 ok")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("502 what is %s?", verb)
		}
	}
}

func (m *Mailbox) keep(now Mail, text string) error {
	message, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		return err
	}
	body, err := io.ReadAll(message.Body)
	if err != nil {
		return err
	}
	now.Subject, now.Body = message.Header.Get("Subject"), string(body)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mails = append(m.mails, now)
	return nil
}

// address takes the address out of "FROM:<a@b> SIZE=1".
func address(text string) string {
	_, rest, _ := strings.Cut(text, "<")
	found, _, _ := strings.Cut(rest, ">")
	return found
}
