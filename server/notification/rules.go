package notification

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Rules say what may leave, and where to (provisioning spec 11.4). The zero value lets everything go to whom it is for.
type Rules struct {
	Off            bool     // nothing leaves; mails are only logged
	AllowedDomains []string // only recipients there; empty: anywhere
	CatchAll       string   // everything goes there instead; empty: to whom it is for
	CatchAllCC     string   // a copy of everything goes there; empty: none
}

// route gives where a mail goes; why is not empty when it goes nowhere. What is caught needs no allowed domain: it leaves for one address
// that an administrator chose.
func (r Rules) route(recipient string) (to, cc, why string) {
	if r.Off {
		return "", "", "Mail is switched off."
	}
	if r.CatchAll == "" && !r.allows(recipient) {
		return "", "", fmt.Sprintf("The domain of %s is not among the allowed ones (%s).", recipient, strings.Join(r.AllowedDomains, ", "))
	}
	to = cmp.Or(r.CatchAll, recipient)
	if !strings.EqualFold(to, r.CatchAllCC) {
		cc = r.CatchAllCC
	}
	return to, cc, ""
}

func (r Rules) allows(recipient string) bool {
	domain := recipient[strings.LastIndex(recipient, "@")+1:]
	return len(r.AllowedDomains) == 0 || slices.ContainsFunc(r.AllowedDomains, func(d string) bool { return strings.EqualFold(d, domain) })
}
