package config

import (
	"fmt"
	"net/mail"
	"net/url"
)

// Mail says where mails go. Without a URL they are only written down, visible under notifications.
type Mail struct {
	SMTPURL string `name:"smtp-url" env:"WRIT_SMTP_URL" help:"Mail server, smtp://user:password@host:587 or smtps://host:465. Empty: no mail leaves."`
	From    string `name:"mail-from" default:"Writ <writ@localhost>" env:"WRIT_MAIL_FROM" help:"Sender of the mails."`
}

// Validate checks the section.
func (m *Mail) Validate() error {
	if _, err := mail.ParseAddress(m.From); err != nil {
		return fmt.Errorf("the sender (--mail-from, WRIT_MAIL_FROM) must be a mail address, got %q", m.From)
	}
	if m.SMTPURL == "" {
		return nil
	}
	u, err := url.Parse(m.SMTPURL)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Host == "" {
		return fmt.Errorf("the mail server (--smtp-url, WRIT_SMTP_URL) must look like smtp://user:password@host:587")
	}
	return nil
}
