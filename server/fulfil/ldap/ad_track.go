package ldap

import (
	"context"
	"encoding/hex"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"
)

// Active Directory numbers the changes that one server made or took over (uSNChanged). The numbers are of that server, and of its database: one that was
// restored gets another invocationId. A moment is the one and the other, and of another moment nothing can be told.

var adMoment = regexp.MustCompile(`^[0-9a-f]{32}/\d{1,19}$`)

// adMomentsOf reads a moment; nil: it is none.
func adMomentsOf(text string) []string {
	if _, _, ok := adNumber(text); !ok {
		return nil
	}
	return []string{text}
}

func adNumber(moment string) (of string, usn int64, ok bool) {
	if !adMoment.MatchString(moment) {
		return "", 0, false
	}
	of, number, _ := strings.Cut(moment, "/")
	usn, err := strconv.ParseInt(number, 10, 64)
	return of, usn, err == nil
}

// seeingDeleted is the session with questions that concern deleted entries, too.
func (s *session) seeingDeleted() *session {
	other := *s
	other.always = append(slices.Clip(s.always), ldap.NewControlString(adShowDeleted, true, ""))
	return &other
}

// adMoment reads where the server stands. nil: we may not see what is deleted, so that nothing can be told.
func (s *session) adMoment(ctx context.Context, at string) ([]string, error) {
	root, err := s.entry(ctx, "", "(objectClass=*)", "highestCommittedUSN", "dsServiceName")
	if err != nil || root == nil {
		return nil, err
	}
	server, err := s.entry(ctx, root.GetEqualFoldAttributeValue("dsServiceName"), "(objectClass=*)", "invocationId")
	if err != nil || server == nil {
		return nil, err
	}
	deleted, err := s.seeingDeleted().entry(ctx, "CN=Deleted Objects,"+at, "(objectClass=*)", "1.1")
	if err != nil || deleted == nil {
		if answer(err) != nil {
			return nil, nil //nolint:nilerr // a no is a no
		}
		return nil, err
	}
	moment := hex.EncodeToString([]byte(server.GetEqualFoldAttributeValue("invocationId"))) + "/" + root.GetEqualFoldAttributeValue("highestCommittedUSN")
	return adMomentsOf(moment), nil
}

func adSince(usn int64) string { return "(uSNChanged>=" + strconv.FormatInt(usn+1, 10) + ")" }

// adQuiet reports whether nothing happened where a table looks since a moment. What happens elsewhere is told the next time.
func (s *session) adQuiet(ctx context.Context, t *table, moment []string) (bool, error) {
	_, usn, _ := adNumber(moment[0])
	found := false
	err := s.each(ctx, t.base, t.scope, 2, adSince(usn), []string{"1.1"}, func(*ldap.Entry) error {
		found = true
		return errStopped
	})
	if errors.Is(err, errStopped) {
		err = nil
	}
	return !found && err == nil, err
}

// leaves are classes below whose entries nothing stands that a table shows.
var leaves = []string{"user", "group", "contact", "computer", "foreignsecurityprincipal"}

// adNews asks what changed below a base since a moment of its naming context. nil: the server cannot tell, since it is another, or an older one.
func (s *session) adNews(ctx context.Context, at, base string, from []string, most int) (*news, error) {
	of, usn, ok := adNumber(from[0])
	now, err := s.adMoment(ctx, at)
	if err != nil || !ok || now == nil {
		return nil, err
	}
	is, last, _ := adNumber(now[0])
	if is != of || last < usn {
		return nil, nil
	}
	n := &news{moment: now}
	if last == usn {
		return n, nil
	}
	var containers []int
	wide := s.seeingDeleted()
	err = wide.each(ctx, base, ldap.ScopeWholeSubtree, 500, adSince(usn), []string{adGUID, "isDeleted", "objectClass", "uSNCreated"}, func(e *ldap.Entry) error {
		uuid := e.GetEqualFoldAttributeValue(adGUID)
		if strings.EqualFold(e.GetEqualFoldAttributeValue("isDeleted"), "TRUE") {
			n.gone = append(n.gone, uuid)
		} else {
			leaf := slices.ContainsFunc(e.GetEqualFoldAttributeValues("objectClass"), func(c string) bool { return slices.Contains(leaves, strings.ToLower(c)) })
			created, err := strconv.ParseInt(e.GetEqualFoldAttributeValue("uSNCreated"), 10, 64)
			if !leaf && (err != nil || created <= usn) && !strings.EqualFold(e.DN, base) {
				containers = append(containers, len(n.entries))
			}
			n.entries = append(n.entries, toldEntry{dn: e.DN, uuid: uuid})
		}
		if len(n.entries)+len(n.gone) > most {
			return errStopped
		}
		return nil
	})
	if errors.Is(err, errStopped) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, i := range containers { // it may have another name, and so have those below it
		err := s.each(ctx, n.entries[i].dn, ldap.ScopeSingleLevel, 2, "(objectClass=*)", []string{"1.1"}, func(*ldap.Entry) error {
			n.entries[i].above = true
			return errStopped
		})
		if err != nil && !errors.Is(err, errStopped) {
			return nil, err
		}
	}
	return n, nil
}
