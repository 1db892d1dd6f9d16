package ldap

import (
	"context"
	"encoding/binary"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/go-ldap/ldap/v3"

	"writ/server/errs"
	"writ/server/fulfil"
)

// What Active Directory does otherwise than other directories, for package ad: its names and numbers, how an account begins, and what it tells in parts.

// Attributes and controls that are meant by their names.
const (
	adGUID        = "objectGUID"
	adPassword    = "unicodePwd"
	adControl     = "userAccountControl"
	adPasswordSet = "pwdLastSet"
	adSignedIn    = "lastLogonTimestamp"

	adDomainScope = "1.2.840.113556.1.4.1339" // no references to other parts of the forest
	adShowDeleted = "1.2.840.113556.1.4.417"

	adDisabled = 2
	adNormal   = 512
)

// uuid is the attribute that the server gives each entry for its whole life.
func (c *Conn) uuid() string {
	if c.ad {
		return adGUID
	}
	return columnUUID
}

// usual are the attributes that a table shows when its settings name none: the classes of Active Directory know hundreds.
var usual = words(strings.ToLower(`objectSid cn ou name sAMAccountName userPrincipalName displayName givenName sn initials middleName mail proxyAddresses telephoneNumber mobile
	homePhone facsimileTelephoneNumber ipPhone pager title department company division description info physicalDeliveryOfficeName streetAddress street postOfficeBox postalCode
	l st c co countryCode employeeID employeeNumber employeeType manager managedBy assistant secretary homeDirectory homeDrive scriptPath profilePath userWorkstations userAccountControl
	accountExpires pwdLastSet lockoutTime unicodePwd primaryGroupID servicePrincipalName wWWHomePage url thumbnailPhoto preferredLanguage personalTitle comment
	groupType member uidNumber gidNumber loginShell unixHomeDirectory gecos extensionAttribute1 extensionAttribute2 extensionAttribute3 extensionAttribute4 extensionAttribute5
	extensionAttribute6 extensionAttribute7 extensionAttribute8 extensionAttribute9 extensionAttribute10 extensionAttribute11 extensionAttribute12 extensionAttribute13
	extensionAttribute14 extensionAttribute15 msDS-cloudExtensionAttribute1 msDS-cloudExtensionAttribute2 whenCreated`))

func adUsual(columns []string) []string {
	return slices.DeleteFunc(slices.Clone(columns), func(name string) bool { return !slices.Contains(usual, strings.ToLower(name)) })
}

// addRules adds what the rules of Active Directory make of each class: attributes of auxiliary classes that its entries have without naming them.
func (s *subschema) addRules(rules []string) {
	for _, text := range rules {
		d := describe(text)
		for _, name := range append(d.words["NAME"], d.oid) {
			if c := s.classes[strings.ToLower(name)]; c != nil {
				c.must, c.may = append(c.must, d.words["MUST"]...), append(c.may, d.words["MAY"]...)
				break
			}
		}
	}
}

// adRules are how values compare. The server does not publish them; what is no text compares as bytes.
var adRules = map[string]string{
	"1.3.6.1.4.1.1466.115.121.1.15": "caseIgnoreMatch", "1.3.6.1.4.1.1466.115.121.1.26": "caseExactMatch", "1.3.6.1.4.1.1466.115.121.1.44": "caseExactMatch",
	"1.2.840.113556.1.4.905": "caseIgnoreMatch", "1.3.6.1.4.1.1466.115.121.1.38": "objectIdentifierMatch", syntaxBoolean: "booleanMatch", syntaxTime: "generalizedTimeMatch",
}

// flags of attributes in the schema of Active Directory.
const (
	adNotReplicated = 1
	adConstructed   = 4
)

// adAttributes adds what the schema of RFC 4512 does not tell: what the server computes, the other ends of links, and how bytes and numbers are written.
func (s *subschema) adAttributes(ctx context.Context, from *session, schema string) error {
	for _, a := range s.attributes {
		a.equality = adRules[a.syntax]
		if a.equality == "" {
			a.equality = "octetStringMatch"
		}
		a.shape = shapes[strings.ToLower(a.name)]
	}
	filter := "(&(objectClass=attributeSchema)(|(linkID=*)(systemFlags:1.2.840.113556.1.4.803:=" + strconv.Itoa(adConstructed) + ")(systemFlags:1.2.840.113556.1.4.803:=" + strconv.Itoa(adNotReplicated) + ")))"
	return from.each(ctx, schema, ldap.ScopeSingleLevel, 500, filter, []string{"lDAPDisplayName", "systemFlags", "linkID"}, func(e *ldap.Entry) error {
		a := s.attribute(e.GetEqualFoldAttributeValue("lDAPDisplayName"))
		if a == nil {
			return nil
		}
		flags, _ := strconv.Atoi(e.GetEqualFoldAttributeValue("systemFlags"))
		link, _ := strconv.Atoi(e.GetEqualFoldAttributeValue("linkID"))
		computed := flags&adConstructed != 0 || link%2 == 1
		a.readOnly = a.readOnly || computed
		a.operational = computed || flags&adNotReplicated != 0
		return nil
	})
}

// adQuoted is a password as the server takes it: in quotation marks, UTF-16, the low byte first.
func adQuoted(password string) string {
	var raw []byte
	for _, unit := range utf16.Encode([]rune(`"` + password + `"`)) {
		raw = binary.LittleEndian.AppendUint16(raw, unit)
	}
	return string(raw)
}

// adPrepare refuses what the server would take otherwise than it is meant.
func (w *writer) adPrepare() error {
	for name, v := range w.change.Changes {
		if !strings.EqualFold(name, adPassword) {
			continue
		}
		if text(v) == "" {
			if w.change.Type == fulfil.Added {
				continue
			}
			return refuse("An account cannot be left without a password: disable it by %s instead.", adControl)
		}
		if _, encrypted := w.s.TLSConnectionState(); !encrypted {
			return refuse("A password is only sent over an encrypted connection: use an address with ldaps://, or leave startTLS on.")
		}
	}
	return nil
}

// heldBack is what a new account gets once it is there, with its password, in one request.
type heldBack struct {
	attribute string
	values    []string
}

// hold takes out of a new account what it gets at the end: it is made disabled, and enabled with its password. An account of which the order does
// not say anything stays disabled.
func (w *writer) hold(given map[string][]string, names map[string]string) (held []heldBack, err error) {
	if !w.t.account {
		return nil, nil
	}
	control, set := strings.ToLower(adControl), strings.ToLower(adPasswordSet)
	wanted := adNormal | adDisabled
	if v := given[control]; len(v) == 1 {
		if wanted, err = strconv.Atoi(v[0]); err != nil {
			return nil, refuse("The value for attribute %s must be a whole number.", adControl)
		}
	}
	given[control], names[control] = []string{strconv.Itoa(wanted | adDisabled)}, adControl
	if password := w.password(); password != nil {
		held = append(held, heldBack{adPassword, []string{adQuoted(*password)}})
		if v := given[set]; len(v) == 1 { // the password would set it
			held = append(held, heldBack{adPasswordSet, v})
			delete(given, set)
		}
	}
	if wanted&adDisabled == 0 {
		held = append(held, heldBack{adControl, []string{strconv.Itoa(wanted)}})
	}
	return held, nil
}

// finish gives a new account what was held back.
func (w *writer) finish(ctx context.Context, dn string, held []heldBack) error {
	if len(held) == 0 {
		return nil
	}
	q := ldap.NewModifyRequest(dn, nil)
	for _, h := range held {
		q.Replace(h.attribute, h.values)
	}
	return w.request(ctx, func() error { return w.s.Modify(q) })
}

// adTouched tell whether an entry was changed since it was made: on this server, and, since times are kept by each server and the first one goes from one
// to the other, on the server that made it.
var adTouched = []string{"whenCreated", "whenChanged", "uSNCreated", "uSNChanged"}

// isUnfinished: an account is disabled, has no password and was never used, as when its creation broke off. pwdLastSet says the same of a password that must
// be changed, so nobody may have touched the account since it was made.
func isUnfinished(e *ldap.Entry) bool {
	control, err := strconv.Atoi(e.GetEqualFoldAttributeValue(adControl))
	set := e.GetEqualFoldAttributeValue(adPasswordSet)
	created, changed, first, last := e.GetEqualFoldAttributeValue(adTouched[0]), e.GetEqualFoldAttributeValue(adTouched[1]), e.GetEqualFoldAttributeValue(adTouched[2]), e.GetEqualFoldAttributeValue(adTouched[3])
	untouched := created != "" && created == changed && first != "" && first == last
	return err == nil && control&adDisabled != 0 && (set == "" || set == "0") && e.GetEqualFoldAttributeValue(adSignedIn) == "" && untouched
}

// isHeld reports whether an attribute differs only because the account is not finished.
func (w *writer) isHeld(e *ldap.Entry, col *column, wanted []string) bool {
	if !w.t.account || !isUnfinished(e) || len(wanted) != 1 {
		return false
	}
	if strings.EqualFold(col.attribute.name, adControl) {
		have, _ := strconv.Atoi(e.GetEqualFoldAttributeValue(adControl))
		want, err := strconv.Atoi(wanted[0])
		return err == nil && want|adDisabled == have
	}
	return strings.EqualFold(col.attribute.name, adPasswordSet) && w.password() != nil
}

// isChosen: -1 says that the password was chosen now. Whenever it was, it was.
func isChosen(a *attribute, have, wanted []string) bool {
	return strings.EqualFold(a.name, adPasswordSet) && a.shape == shapeTime && slices.Equal(wanted, []string{"-1"}) && len(have) == 1 && have[0] != "0"
}

// asksEach reports whether the links of a change are asked for one by one, since the list that they are in may be very long.
func (w *writer) asksEach(col *column) bool {
	if !w.conn.ad || col == nil || col.attribute == nil || !col.attribute.isDN() || col.attribute.single || w.text(col) != nil {
		return false
	}
	return len(w.linksOf(w.change.ChangesAdded, col))+len(w.linksOf(w.change.ChangesRemoved, col)) <= mostAsked
}

// adSignIn are the reasons that stand behind "data" when somebody is not let in.
var adSignIn = map[string]string{
	"525": "there is no such user", "52e": "the password or the user is wrong", "530": "not at this time", "531": "not from this machine", "532": "the password has expired",
	"533": "the account is disabled", "701": "the account has expired", "773": "the password must be changed first", "775": "the account is locked",
}

var adData = regexp.MustCompile(`\bdata ([0-9a-f]+)`)

// adMeaning is what the numbers in a text of the server mean; "": nothing that we know.
func adMeaning(e *ldap.Error) string {
	said := diagnosis(e)
	if m := adData.FindStringSubmatch(said); m != nil && e.ResultCode == ldap.LDAPResultInvalidCredentials {
		return adSignIn[m[1]]
	}
	if strings.HasPrefix(strings.ToUpper(said), "0000052D") {
		return "the password is not as the policy of the domain wants it"
	}
	return ""
}

// isAdMembership: the server says that a value of a link is there already, or that it is not.
func isAdMembership(err error) bool {
	e := answer(err)
	if e == nil {
		return false
	}
	said := diagnosis(e)
	switch e.ResultCode {
	case ldap.LDAPResultUnwillingToPerform:
		return strings.HasPrefix(said, "00000561") || strings.Contains(said, "already deleted for target")
	case ldap.LDAPResultEntryAlreadyExists:
		return strings.HasPrefix(said, "00000562") || strings.Contains(said, "already exists for target")
	}
	return false
}

// isAdTaken: the names of users and of services are unique in a forest (000021C7, 000021C8); Windows says it by these numbers.
func isAdTaken(said string) bool {
	return strings.HasPrefix(said, "000021c7") || strings.HasPrefix(said, "000021c8")
}

// primary reports whether a group is the one that the account with a name has by its primaryGroupID: then it is in it, though no member of it.
func (w *writer) primary(ctx context.Context, group string, a *attribute, account string) (bool, error) {
	if !w.conn.ad || !strings.EqualFold(a.name, "member") {
		return false, nil
	}
	e, err := w.s.entry(ctx, account, "(primaryGroupID=*)", "primaryGroupID", "objectSid")
	if errors.As(err, new(*referral)) || ldap.IsErrorAnyOf(err, ldap.LDAPResultReferral, ldap.LDAPResultInvalidDNSyntax, ldap.LDAPResultNamingViolation) {
		return false, nil // it is of another domain, whose primary groups are there, or no name
	}
	if err != nil || e == nil {
		return false, err
	}
	sid, number := e.GetEqualFoldAttributeValue("objectSid"), e.GetEqualFoldAttributeValue("primaryGroupID")
	id, err := strconv.ParseUint(number, 10, 32)
	if err != nil || len(sid) < 12 {
		return false, nil //nolint:nilerr // it has none
	}
	of := sid[:len(sid)-4] + string(binary.LittleEndian.AppendUint32(nil, uint32(id)))
	return w.holds(ctx, group, &attribute{name: "objectSid"}, of)
}

// refusePrimary refuses to take somebody out of a group that he would stay in.
func (w *writer) refusePrimary(ctx context.Context, group string, a *attribute, account string) error {
	is, err := w.primary(ctx, group, a, account)
	if err == nil && is {
		err = refuse("%s is the primary group of %s, who cannot be taken out of it. Give him another one by primaryGroupID first.", plain(group), plain(account))
	}
	return err
}

// mostParts is how often one list is begun again that changes while it is read.
const mostParts = 3

// ranges reads the rest of the values of which the server gave a part: attribute member, empty, beside member;range=0-1499.
func (s *session) ranges(ctx context.Context, e *ldap.Entry) error {
	for i := 0; i < len(e.Attributes); i++ {
		name, _, part := strings.Cut(strings.ToLower(e.Attributes[i].Name), ";range=")
		if !part {
			continue
		}
		whole, err := s.wholeOf(ctx, e.DN, name)
		if err != nil {
			return err
		}
		e.Attributes = slices.DeleteFunc(e.Attributes, func(a *ldap.EntryAttribute) bool {
			other, _, _ := strings.Cut(strings.ToLower(a.Name), ";range=")
			return other == name
		})
		e.Attributes = append(e.Attributes, whole)
		i = -1
	}
	return nil
}

// wholeOf reads all values of an attribute, part by part. Parts are of one list only while the entry stays as it is.
func (s *session) wholeOf(ctx context.Context, dn, name string) (*ldap.EntryAttribute, error) {
	for range mostParts {
		all := &ldap.EntryAttribute{Name: name}
		version, same := "", true
		for from := 0; same; {
			e, next, err := s.part(ctx, dn, name, from, all)
			if err != nil {
				return nil, err
			}
			usn := e.GetEqualFoldAttributeValue("uSNChanged")
			if from == 0 {
				version = usn
			}
			if same = usn == version; same && next == 0 {
				return all, nil
			}
			from = next
		}
	}
	return nil, errs.New(errs.Unavailable, "%s changes while the list %s of it is read.", plain(dn), name)
}

// part reads values of an attribute from one on, into all. next 0: these were the last.
func (s *session) part(ctx context.Context, dn, name string, from int, all *ldap.EntryAttribute) (_ *ldap.Entry, next int, err error) {
	q := ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{name + ";range=" + strconv.Itoa(from) + "-*", "uSNChanged"}, s.always)
	stop := s.patience(ctx)
	result, err := s.Search(q)
	if late := stop(); err == nil && late != nil {
		err = late
	}
	if err != nil {
		return nil, 0, err
	}
	broken := errs.New(errs.Unavailable, "%s does not give the list %s of %s to its end.", s.at, name, plain(dn))
	if len(result.Entries) != 1 {
		return nil, 0, broken
	}
	e := result.Entries[0]
	for _, a := range e.Attributes {
		given, bounds, part := strings.Cut(strings.ToLower(a.Name), ";range=")
		if given != name || !part && len(a.Values) == 0 {
			continue
		}
		if len(all.Values)+len(a.Values) > s.most {
			return nil, 0, errs.Invalid("maximumRows", "%s gives more than %d values of %s of %s.", s.at, s.most, name, plain(dn))
		}
		all.Values, all.ByteValues = append(all.Values, a.Values...), append(all.ByteValues, a.ByteValues...)
		first, last, _ := strings.Cut(bounds, "-")
		if !part || last == "*" {
			return e, 0, nil
		}
		begin, err1 := strconv.Atoi(first)
		end, err2 := strconv.Atoi(last)
		if err := errors.Join(err1, err2); err != nil || begin != from || end < begin || len(a.Values) != end-begin+1 {
			return nil, 0, broken
		}
		return e, end + 1, nil
	}
	if from == 0 {
		return e, 0, nil // nothing is there any more
	}
	return nil, 0, broken
}
