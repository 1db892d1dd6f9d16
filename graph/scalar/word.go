package scalar

import (
	"io"
	"strings"

	"github.com/99designs/gqlgen/graphql"

	"writ/server/errs"
	"writ/server/evaluation"
	"writ/server/job"
	"writ/server/order"
)

// MarshalWord writes a word of a configuration file as a value of an enum: requestedAutomatically is REQUESTED_AUTOMATICALLY.
func MarshalWord(word string) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) {
		var b strings.Builder
		for i, r := range word {
			if i > 0 && r >= 'A' && r <= 'Z' && word[i-1] >= 'a' {
				b.WriteByte('_')
			}
			b.WriteRune(r)
		}
		_, _ = io.WriteString(w, `"`+strings.ToUpper(b.String())+`"`)
	})
}

// UnmarshalWord reads a value of an enum as the word of a configuration file.
func UnmarshalWord(v any) (string, error) {
	text, ok := v.(string)
	if !ok {
		return "", errs.Invalid("", "This must be one of the words of its enum.")
	}
	parts := strings.Split(strings.ToLower(text), "_")
	for i := 1; i < len(parts); i++ {
		if parts[i] != "" {
			parts[i] = strings.ToUpper(parts[i][:1]) + parts[i][1:]
		}
	}
	return strings.Join(parts, ""), nil
}

// MarshalTaskType writes ComputeRoleModel as COMPUTE_ROLE_MODEL.
func MarshalTaskType(t job.TaskType) graphql.Marshaler { return MarshalWord(string(t)) }

// UnmarshalTaskType reads what MarshalTaskType wrote.
func UnmarshalTaskType(v any) (job.TaskType, error) {
	word, err := UnmarshalWord(v)
	if err != nil || word == "" {
		return "", err
	}
	return job.TaskType(strings.ToUpper(word[:1]) + word[1:]), nil
}

// MarshalTaskCounter writes nullKeys as NULL_KEYS.
func MarshalTaskCounter(c job.TaskCounter) graphql.Marshaler { return MarshalWord(string(c)) }

// UnmarshalTaskCounter reads what MarshalTaskCounter wrote.
func UnmarshalTaskCounter(v any) (job.TaskCounter, error) {
	word, err := UnmarshalWord(v)
	return job.TaskCounter(word), err
}

// MarshalWaitReason writes not_due as NOT_DUE.
func MarshalWaitReason(r evaluation.WaitReason) graphql.Marshaler { return MarshalWord(string(r)) }

// UnmarshalWaitReason reads what MarshalWaitReason wrote.
func UnmarshalWaitReason(v any) (evaluation.WaitReason, error) {
	text, err := UnmarshalString(v)
	return evaluation.WaitReason(strings.ToLower(text)), err
}

// MarshalOrderAction writes time_out as TIME_OUT.
func MarshalOrderAction(a order.Action) graphql.Marshaler { return MarshalWord(string(a)) }

// UnmarshalOrderAction reads what MarshalOrderAction wrote.
func UnmarshalOrderAction(v any) (order.Action, error) {
	text, err := UnmarshalString(v)
	return order.Action(strings.ToLower(text)), err
}
