package manifest

import (
	"slices"
	"strings"

	"writ/server/errs"
)

var (
	ruleTypes   = []string{"required", "requestedAutomatically", "suggested"}
	comparisons = []string{"caseSensitive", "ignoreCase", "ignoreDiacritics", "simplified", "approximate"}
	references  = []string{"default", "around", "before", "after"}
)

// number gives the position of a word in its list: the numbers of role-model 2.1.
func number(list []string, word, field string) (int16, error) {
	i := slices.IndexFunc(list, func(w string) bool { return strings.EqualFold(w, word) })
	if i < 0 {
		return 0, errs.Invalid(field, "%q is not one of %s.", word, strings.Join(list, ", "))
	}
	return int16(i), nil
}

func upperSnake(camel string) string {
	var b strings.Builder
	for i, r := range camel {
		if i > 0 && r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(r)
	}
	return strings.ToUpper(b.String())
}

func camel(upper string) string {
	parts := strings.Split(strings.ToLower(upper), "_")
	for i := 1; i < len(parts); i++ {
		parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
	}
	return strings.Join(parts, "")
}
