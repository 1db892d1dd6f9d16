package notification

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/wneessen/go-mail"
)

// Transport hands a finished message over.
type Transport interface {
	Deliver(ctx context.Context, id int64, m *mail.Msg) error
}

// NewTransport gives SMTP for a URL (smtp://user:password@host:port with STARTTLS when offered, smtps:// with TLS from the start), and
// .eml files below dir without one.
func NewTransport(smtpURL, dir string) (Transport, error) {
	if smtpURL == "" {
		return folder{dir}, nil
	}
	u, err := url.Parse(smtpURL)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	options := []mail.Option{mail.WithTimeout(20 * time.Second), mail.WithTLSPolicy(mail.TLSOpportunistic)}
	if u.Scheme == "smtps" {
		options = append(options, mail.WithSSL())
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		options = append(options, mail.WithPort(port))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	client, err := mail.NewClient(u.Hostname(), options...)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return smtp{client}, nil
}

type smtp struct{ client *mail.Client }

func (s smtp) Deliver(ctx context.Context, _ int64, m *mail.Msg) error {
	return s.client.DialAndSendWithContext(ctx, m)
}

// folder writes messages as files: development and the demo without a mail server.
type folder struct{ dir string }

func (f folder) Deliver(_ context.Context, id int64, m *mail.Msg) error {
	if err := os.MkdirAll(f.dir, 0o750); err != nil {
		return err
	}
	name := filepath.Join(f.dir, fmt.Sprintf("%06d.eml", id))
	part := name + ".part"
	if err := m.WriteToFile(part); err != nil {
		return err
	}
	return os.Rename(part, name) // a reader of the folder never sees half a mail
}
