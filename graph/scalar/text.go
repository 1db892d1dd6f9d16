package scalar

import (
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"writ/server/errs"
)

// MarshalString writes a text.
func MarshalString(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalString reads a text. The null character is VALIDATION: the database stores none.
func UnmarshalString(v any) (string, error) {
	s, err := graphql.UnmarshalString(v)
	if err != nil {
		return "", err
	}
	if strings.ContainsRune(s, 0) {
		return "", errs.Invalid("", "A text cannot contain the null character (U+0000). Please leave it out.")
	}
	return s, nil
}
