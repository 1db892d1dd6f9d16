package fulfil_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
)

type everySetting struct {
	Path     string            `setting:"path" required:"true" title:"Folder" help:"Where <it> lies." example:"in"`
	Mode     string            `setting:"mode" default:"mend" oneof:"mend,empty"`
	Encoding string            `setting:"encoding" default:"utf-8" known:"utf-8,latin1"`
	Skip     int               `setting:"skip" default:"2" min:"1" max:"9"`
	Rate     float64           `setting:"rate" max:"1.5"`
	Wait     time.Duration     `setting:"wait" default:"30" min:"1" max:"60"`
	Pause    time.Duration     `setting:"pause" unit:"s" max:"60"`
	Strict   bool              `setting:"strict" default:"true"`
	Trim     []string          `setting:"trim"`
	Queries  map[string]string `setting:"query."`
	Password string            `setting:"password" secret:"true" required:"true"`
}

type everyForm = fulfil.Form[everySetting]

func TestFormReads(t *testing.T) {
	t.Parallel()
	set, err := everyForm{}.Read(fulfil.Settings{Values: map[string]string{"path": "a", "password": "p", "limit.concurrency": "3"}})
	require.NoError(t, err)
	require.Equal(t, everySetting{Path: "a", Mode: "mend", Encoding: "utf-8", Skip: 2, Wait: 30 * time.Second, Strict: true, Queries: map[string]string{}, Password: "p"}, set)
	set, err = everyForm{}.Read(fulfil.Settings{Values: map[string]string{"path": "a", "Password": "p", "MODE": " Empty ", "encoding": "other", "skip": "9", "rate": "1.25",
		"wait": "1", "pause": "0.5", "strict": "FALSE", "trim": "x\ny", "query.person": "select 1"}})
	require.NoError(t, err)
	require.Equal(t, everySetting{Path: "a", Mode: "empty", Encoding: "other", Skip: 9, Rate: 1.25, Wait: time.Second, Pause: 500 * time.Millisecond, Trim: []string{"x", "y"},
		Queries: map[string]string{"person": "select 1"}, Password: "p"}, set)
}

func TestFormRefuses(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ field, value, says string }{
		"Unknown":  {"paht", "a", "There is no setting paht. Known settings: path, mode,"},
		"Missing":  {"path", "", "Setting path is missing."},
		"Secret":   {"password", "", "Setting password is missing."},
		"None":     {"mode", "other", "Setting mode must be mend or empty."},
		"TooSmall": {"skip", "0", "Setting skip must be a whole number from 1 to 9."},
		"TooLarge": {"wait", "61", "Setting wait must be a whole number from 1 to 60."},
		"Fraction": {"wait", "1.5", "Setting wait must be a whole number from 1 to 60."},
		"NaN":      {"rate", "NaN", "Setting rate must be a number from 0 to 1.5."},
		"NoBool":   {"strict", "yes", "Setting strict must be true or false."},
		"NoFamily": {"query", "select 1", "There is no setting query."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{"path": "a", "password": "p"}
			values[tc.field] = tc.value
			_, err := everyForm{}.Read(fulfil.Settings{Values: values})
			require.True(t, errs.Is(err, errs.Validation), "got %v", err)
			require.Equal(t, tc.field, errs.As(err).Field)
			require.Contains(t, err.Error(), tc.says)
		})
	}
}

func TestFormDescribes(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"password"}, everyForm{}.Secrets())
	require.Equal(t, `{"type":"object","required":["path","password"],"properties":{`+
		`"path":{"type":"string","title":"Folder","description":"Where <it> lies."},`+
		`"mode":{"type":"string","default":"mend","enum":["mend","empty"]},`+
		`"encoding":{"type":"string","default":"utf-8","enum":["utf-8","latin1"]},`+
		`"skip":{"type":"integer","default":2,"minimum":1,"maximum":9},`+
		`"rate":{"type":"number","minimum":0,"maximum":1.5},`+
		`"wait":{"type":"integer","default":30,"minimum":1,"maximum":60},`+
		`"pause":{"type":"number","minimum":0,"maximum":60},`+
		`"strict":{"type":"boolean","default":true},`+
		`"trim":{"type":"array","items":{"type":"string"}},`+
		`"query":{"type":"object","additionalProperties":{"type":"string"}},`+
		`"password":{"type":"string","writeOnly":true}},"additionalProperties":false}`, string(everyForm{}.Schema()))
	require.Equal(t, `- identifier: Example
  package: "every"
  settings:
    path: "in" # Where <it> lies.
    # mode: "mend"
    # encoding: "utf-8"
    # skip: 2
    # rate: 0
    # wait: 30
    # pause: 0
    # strict: true
    # trim: []
    # query: {}
  secrets:
    password: env:WRIT_SECRET_PASSWORD
`, everyForm{}.Example("every"))
}

// TestFormsWithMistakes: a mistake in the tags is told of before anybody can enter a setting.
func TestFormsWithMistakes(t *testing.T) {
	t.Parallel()
	for says, check := range map[string]func() error{
		"has no tag setting": fulfil.Form[struct{ A string }]{}.Check,
		"max is \"\"": fulfil.Form[struct {
			A int `setting:"a"`
		}]{}.Check,
		"which a setting cannot have": fulfil.Form[struct {
			A int64 `setting:"a"`
		}]{}.Check,
		"a name that ends in a dot": fulfil.Form[struct {
			A map[string]string `setting:"a"`
		}]{}.Check,
		"fractions begin at 0": fulfil.Form[struct {
			A float64 `setting:"a" min:"1" max:"2"`
		}]{}.Check,
		"begin in lower case": fulfil.Form[struct {
			A string `setting:"A"`
		}]{}.Check,
		"is required and has a default": fulfil.Form[struct {
			A string `setting:"a" required:"true" default:"x"`
		}]{}.Check,
		"its own default is refused": fulfil.Form[struct {
			A string `setting:"a" default:"x" oneof:"y,z"`
		}]{}.Check,
	} {
		require.ErrorContains(t, check(), says)
	}
	require.NoError(t, everyForm{}.Check())
}
