package oidc

import (
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// Identity is who somebody is to a provider.
type Identity struct {
	Subject string // unique for the provider, and for ever
	SID     string // of the session at the provider; "": it names none
	claims  map[string]any
}

// claim finds a claim by its name, or else by the path to one inside objects: realm_access.roles.
func (i *Identity) claim(path string) any {
	if v, ok := i.claims[path]; ok {
		return v
	}
	at := any(i.claims)
	for part := range strings.SplitSeq(path, ".") {
		object, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = object[part]
	}
	return at
}

// Text is a claim as one text; "" when it is missing, or more than one value. Numbers and truth values are written out.
func (i *Identity) Text(path string) string {
	list := i.Texts(path)
	if len(list) != 1 {
		return ""
	}
	return list[0]
}

// Texts are the values of a claim that is one or a list.
func (i *Identity) Texts(path string) []string {
	var out []string
	add := func(v any) {
		switch v := v.(type) {
		case string:
			out = append(out, v)
		case json.Number:
			out = append(out, v.String())
		case bool:
			out = append(out, strconv.FormatBool(v))
		}
	}
	if list, ok := i.claim(path).([]any); ok {
		for _, v := range list {
			add(v)
		}
		return out
	}
	add(i.claim(path))
	return out
}

// Mail is the mail address that the provider says it has verified; "" when there is none: an address that anybody may enter says nothing of who he is.
func (i *Identity) Mail() string {
	if i.Text("email_verified") != "true" {
		return ""
	}
	mail := i.Text("email")
	if len(mail) > longestMail || strings.ContainsFunc(mail, unicode.IsControl) {
		return ""
	}
	return mail
}

const longestMail = 254

// IsElsewhere reports whether the provider keeps a claim at another place, because it is too large for a token: it is not known then.
func (i *Identity) IsElsewhere(path string) bool {
	names, _ := i.claims["_claim_names"].(map[string]any)
	_, there := names[path]
	return there && i.claim(path) == nil
}

// has reports whether every one of some claims is there.
func (i *Identity) has(paths []string) bool {
	for _, path := range paths {
		if path != "" && i.claim(path) == nil && !i.IsElsewhere(path) {
			return false
		}
	}
	return true
}

// add takes over what the provider says besides. What is known already stays, and what is said of a mail address goes with that address alone.
func (i *Identity) add(more map[string]any) {
	mail, there := i.claims["email"]
	switch {
	case !there:
		delete(i.claims, "email_verified")
	case !reflect.DeepEqual(mail, more["email"]):
		delete(more, "email_verified")
	}
	for name, v := range more {
		if _, there := i.claims[name]; !there {
			i.claims[name] = v
		}
	}
}
