package config

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
)

// Mail says what mails leave, and where to (provisioning spec 11.4).
type Mail struct {
	Enabled            bool   `name:"mail" default:"true" negatable:"" env:"WRIT_MAIL" help:"Send mails. Switched off, they are only logged."`
	SMTPURL            string `name:"smtp-url" env:"WRIT_SMTP_URL" help:"Mail server, smtp://user:password@host:587 or smtps://host:465. Empty: mails become files in the pickup folder."`
	Security           string `name:"smtp-security" default:"auto" enum:"auto,none,ssl-on-connect,start-tls,start-tls-when-available" env:"WRIT_SMTP_SECURITY" help:"How the connection is secured: auto (smtps from the start, else STARTTLS when offered), none, ssl-on-connect, start-tls, start-tls-when-available."`
	From               string `name:"mail-from" default:"Writ <writ@localhost>" env:"WRIT_MAIL_FROM" help:"Sender of the mails."`
	AllowedDomains     string `name:"mail-allowed-domains" env:"WRIT_MAIL_ALLOWED_DOMAINS" help:"Only recipients in these domains, separated by semicolons; mails to others are dropped and logged. Empty: all."`
	CatchAll           string `name:"mail-catch-all" env:"WRIT_MAIL_CATCH_ALL" help:"Address that gets every mail instead of its recipient."`
	CatchAllCC         string `name:"mail-catch-all-cc" env:"WRIT_MAIL_CATCH_ALL_CC" help:"Address that gets a copy of every mail."`
	PickupDir          string `name:"mail-pickup-dir" env:"WRIT_MAIL_PICKUP_DIR" help:"Folder for .eml files when there is no mail server. Default: mail in the data folder."`
	Templates          string `name:"mail-templates" env:"WRIT_MAIL_TEMPLATES" help:"Folder with templates of your own, which replace single ones of ours. Names as in server/notification/template."`
	ProvisioningErrors bool   `name:"mail-provisioning-errors" env:"WRIT_MAIL_PROVISIONING_ERRORS" help:"Tell reviewers of orders that ended with an error, in digests."`
}

// Domains are the allowed domains; nil: all.
func (m *Mail) Domains() []string {
	var out []string
	for d := range strings.SplitSeq(m.AllowedDomains, ";") {
		if d = strings.TrimPrefix(strings.TrimSpace(d), "@"); d != "" {
			out = append(out, d)
		}
	}
	return out
}

// Validate checks the section.
func (m *Mail) Validate() error {
	if _, err := mail.ParseAddress(m.From); err != nil {
		return fmt.Errorf("the sender (--mail-from, WRIT_MAIL_FROM) must be a mail address, got %q", m.From)
	}
	for setting, address := range map[string]string{"--mail-catch-all, WRIT_MAIL_CATCH_ALL": m.CatchAll, "--mail-catch-all-cc, WRIT_MAIL_CATCH_ALL_CC": m.CatchAllCC} {
		if _, err := mail.ParseAddress(address); address != "" && err != nil {
			return fmt.Errorf("the catch-all (%s) must be a mail address, got %q", setting, address)
		}
	}
	if i := slices.IndexFunc(m.Domains(), func(d string) bool { return strings.ContainsAny(d, "@, ") }); i >= 0 {
		return fmt.Errorf("the allowed domains (--mail-allowed-domains, WRIT_MAIL_ALLOWED_DOMAINS) are separated by semicolons, got %q", m.Domains()[i])
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
