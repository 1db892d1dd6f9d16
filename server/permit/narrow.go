package permit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"writ/server/errs"
)

// CheckPath refuses what cannot be a permission path, with a sentence.
func CheckPath(path string) error {
	switch {
	case strings.TrimSpace(path) == "":
		return errors.New("a permission path is missing")
	case strings.ContainsFunc(path, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return fmt.Errorf("the permission %q has blanks in it", path)
	case len(path) > maxPath:
		return fmt.Errorf("a permission path has at most %d bytes", maxPath)
	}
	return nil
}

const maxPath = 400

// Narrowest gives scopes as they are kept: normalised, sorted, and none that another one covers.
func Narrowest(scopes []string) []string {
	var list []string
	for _, s := range scopes {
		list = append(list, Normalise(s))
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool {
		return slices.ContainsFunc(list, func(other string) bool { return other != s && Covers(other, s) })
	})
}

// Within reports whether one of the scopes covers a path.
func Within(scopes []string, path string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return Covers(s, path) })
}

// Cut gives what is left of grants when they are cut to scopes: a grant below a scope stays, one above it is left for what the scope covers. nil
// scopes cut nothing. The order stays.
func Cut(grants []Grant, scopes []string) []Grant {
	if scopes == nil {
		return grants
	}
	var left []Grant
	for _, g := range grants {
		if Within(scopes, g.Path) {
			left = append(left, g)
			continue
		}
		for _, s := range scopes {
			if Covers(g.Path, s) {
				below := g
				below.Path = s
				left = append(left, below)
			}
		}
	}
	return left
}

// InPerson refuses a program, whoever's rights it has: what only somebody who signed in may do.
func InPerson(ctx context.Context) error {
	switch a := From(ctx); {
	case a == nil:
		return SignIn()
	case a.Program:
		return errs.New(errs.Forbidden, "Only somebody who has signed in may do this, not a program with a token.")
	}
	return nil
}

// AsOneself refuses whoever is not signed in, and a token with a part of its account's rights: for changes of what is one's own, which need no permission
// that a token could be cut to.
func AsOneself(ctx context.Context) error {
	if err := SignedIn(ctx); err != nil {
		return err
	}
	if From(ctx).IsCut {
		return errs.New(errs.Forbidden, "This is yours to change, and the token has a part of your rights only. Sign in, or use a token for all you may do.")
	}
	return nil
}

// WithAllRights refuses a token that has a part of its account's rights only: what goes on later, with the account's rights.
func WithAllRights(ctx context.Context) error {
	if a := From(ctx); a != nil && a.IsCut {
		return errs.New(errs.Forbidden, "This goes on with all rights of your account, and the token has a part of them only. Sign in, or use an API client or a token for all you may do.")
	}
	return nil
}
