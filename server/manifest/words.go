package manifest

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"writ/server/errs"
	"writ/server/job"
	"writ/server/rolemodel"
)

// word is one of the values that a field may have.
type word struct{ name, says string }

// wordLists are lists by name, which is their enum in the API, too. Where a room keeps a number, it is the place in the list: the numbers of
// role-model 2.1. A list of one kind stands in its declaration, those of several here.
type wordLists map[string][]word

var (
	gathering sync.Once
	gathered  wordLists
)

// vocabulary holds all lists.
func vocabulary() wordLists {
	gathering.Do(func() {
		gathered = maps.Clone(shared)
		for _, k := range kinds() {
			maps.Copy(gathered, k.about().words)
		}
	})
	return gathered
}

var shared = wordLists{
	"ConnectorMode": {{"continuous", "Changes move on their own within a second."}, {"scheduled", "Moves only inside jobs."}},
	"Deactivation":  {{"none", "It reads and writes."}, {"export", "It does not read."}, {"fulfil", "It does not write: orders stay Pending."}},
	"PropertyType": {{"string", "Text."}, {"bytes", "Bytes, in base 64; at most one MiB."}, {"byte", "A whole number from 0 to 255."}, {"int16", "A whole number of 16 bits."}, {"int32", "A whole number of 32 bits."}, {"int64", "A whole number of 64 bits."}, {"dateTime", "An instant."},
		{"bool", "true or false."}, {"guid", "A globally unique id."}, {"double", "A floating-point number."},
		{"binary", "A file, such as a photo: at most 4 MiB."}, {"foreignKey", "A navigation: points to resources."}},
	"RuleStrength": said(rolemodel.RuleTypeWords, "It gives.", "It fills the basket of a request in advance.", "It suggests in a request."),
	"Comparison": {{"caseSensitive", "Texts are equal when every character is."}, {"ignoreCase", "Case does not count."}, {"ignoreDiacritics", "Neither accents nor case count."},
		{"simplified", "Only letters count, without accents and case."}, {"approximate", "As simplified, and letters that sound alike are equal."}},
	"OffsetReference": said(rolemodel.OffsetReferenceWords, "The rule applies as long as what it stands on.", "Both ends of the period are moved.",
		"The period lies around the beginning.", "The period lies around the end."),
	"EndDateLock":                    said(rolemodel.EndLockWords[:4], endDateLocks...),
	"EndDateLockWithInherited":       said(rolemodel.EndLockWords, append(endDateLocks[:4:4], "As the policy says.")...),
	"CommentActivation":              said(rolemodel.CommentWords[:3], comments...),
	"CommentActivationWithInherited": said(rolemodel.CommentWords, append(comments[:3:3], "As the policy says.")...),
	"ImplicitApproval":               said(rolemodel.ImplicitWords, "As the policy says.", "Every step is taken.", "Steps that the requester could take himself are left out."),
	"Prolongation":                   said(rolemodel.ProlongationWords, "As the policy says.", "An end may be put off without an approval.", "It may not."),
	"RoleState":                      said(rolemodel.RoleMadeWords, "By hand.", "By a role mapping."),
	"ExtensionKind":                  said(rolemodel.ExtensionKindWords, "They may: from what went before, else from what comes next.", "Never: there is nothing then."),
	"TaskType":                       said(job.TaskTypes()), // the schema says what each does
}

var (
	endDateLocks = []string{"An end may be given; none is given unless somebody does.", "The end is that of the context unless somebody gives another.",
		"An end has to be given.", "The end is that of the context."}
	comments = []string{"No comment is asked for.", "A comment may be given.", "A comment has to be given."}
)

// said puts words of a room and what they say together.
func said[W ~string](words []W, says ...string) []word {
	list := make([]word, len(words))
	for i, w := range words {
		list[i].name = string(w)
		if i < len(says) {
			list[i].says = says[i]
		}
	}
	return list
}

// names gives the words of a list; numbers that are not used have none.
func names(list string) []string {
	out := make([]string, 0, len(vocabulary()[list]))
	for _, w := range vocabulary()[list] {
		if w.name != "" {
			out = append(out, w.name)
		}
	}
	return out
}

// number gives the position of a word in its list.
func number(list, wanted, field string) (int16, error) {
	i := slices.IndexFunc(vocabulary()[list], func(w word) bool { return w.name != "" && strings.EqualFold(w.name, wanted) })
	if i < 0 {
		return 0, errs.Invalid(field, "%q is not one of %s.", wanted, strings.Join(names(list), ", "))
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
