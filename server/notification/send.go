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

// Security is how a connection to the mail server is secured (provisioning spec 11.4).
type Security string

const (
	Auto                  Security = "auto"                     // as the URL says: smtps from the start, smtp with STARTTLS when the server offers it
	NoTLS                 Security = "none"                     // never: only for a server on the same machine
	SSLOnConnect          Security = "ssl-on-connect"           // TLS from the start
	StartTLS              Security = "start-tls"                // STARTTLS, and nothing is sent when the server does not offer it
	StartTLSWhenAvailable Security = "start-tls-when-available" // STARTTLS when the server offers it, else in the clear
)

// TransportOptions say how messages are handed over.
type TransportOptions struct {
	SMTPURL   string   // smtp://user:password@host:port or smtps://; empty: PickupDir
	Security  Security // empty: Auto
	PickupDir string   // .eml files are written here when there is no server
}

// sendTimeout bounds one talk with the mail server.
const sendTimeout = 20 * time.Second

// NewTransport gives SMTP for a URL, and .eml files below the pickup folder without one.
func NewTransport(o TransportOptions) (Transport, error) {
	if o.SMTPURL == "" {
		return folder{o.PickupDir}, nil
	}
	u, err := url.Parse(o.SMTPURL)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	options := []mail.Option{mail.WithTimeout(sendTimeout)}
	security := o.Security
	if security == "" || security == Auto {
		if security = StartTLSWhenAvailable; u.Scheme == "smtps" {
			security = SSLOnConnect
		}
	}
	switch security {
	case NoTLS:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	case SSLOnConnect:
		options = append(options, mail.WithSSL())
	case StartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case StartTLSWhenAvailable:
		options = append(options, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		return nil, fmt.Errorf("mail server: there is no security option %q", o.Security)
	}
	switch port, err := strconv.Atoi(u.Port()); {
	case err == nil:
		options = append(options, mail.WithPort(port))
	case security == SSLOnConnect:
		options = append(options, mail.WithPort(mail.DefaultPortSSL))
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

// folder writes messages as files: development, tests, and the demo without a mail server.
type folder struct{ dir string }

func (f folder) Deliver(_ context.Context, id int64, m *mail.Msg) error {
	if err := os.MkdirAll(f.dir, 0o750); err != nil {
		return err
	}
	name := filepath.Join(f.dir, fmt.Sprintf("%06d.eml", id))
	part := name + ".part"
	if err := m.WriteToFile(part); err != nil {
		_ = os.Remove(part)
		return err
	}
	return os.Rename(part, name) // a reader of the folder never sees half a mail
}
