package exec_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/errs"
	"writ/server/fulfil"
	"writ/server/fulfil/exec"
)

// TestDescriptions: what cannot be used is told, in words of what is wrong.
func TestDescriptions(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		``: "wrote nothing", `hello`: "no JSON object", `[]`: "no JSON object", `{}`: "version 0", `{"protocol":2,"tables":[]}`: "version 2", `{"protocol":1}`: "0 tables",
		`{"protocol":1,"tables":[{"name":""}]}`: "name of table 1", `{"protocol":1,"tables":[{"name":"a","columns":[]}]}`: "0 columns",
		`{"protocol":1,"tables":[{"name":"a","columns":["x","x"]}]}`:                                     "two columns",
		`{"protocol":1,"tables":[{"name":"a","columns":["x"]},{"name":"a","columns":["x"]}]}`:            "two tables",
		`{"protocol":1,"tables":[{"name":"a","columns":["x"],"changes":["added"]}]}`:                     "which are none",
		`{"protocol":1,"tables":[{"name":"a","columns":[""]}]}`:                                          "has no name",
		`{"protocol":1,"tables":[{"name":"a","columns":[1]}]}`:                                           "did not do what describe asks",
		`{"protocol":1,"tables":[{"name":"a","columns":["x\u001b[2J"]}]}`:                                "control characters",
		`{"error":"the CRM is down"}`:                                                                    "says: the CRM is down",
		"{\"protocol\":1,\"tables\":[{\"name\":\"a\",\"columns\":[\"x\"]}]}\n{\"protocol\":1}":           "more after its last line",
		`{"protocol":1,"tables":[{"name":"a","columns":["x"]}]}'; exit 4; echo '`:                        "status 4",
		`{"protocol":1,"verbs":["apply"],"tables":[{"name":"account","columns":["login"],"more":true}]}`: "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			b := mustProgram(t, "#!/bin/sh\nprintf '%s' '"+text+"'\n", nil)
			err := b.Check(t.Context())
			_, schemaErr := b.Exporter.Schema(t.Context())
			if says == "" {
				require.NoError(t, err)
				require.NoError(t, schemaErr)
				return
			}
			require.ErrorContains(t, err, says)
			require.True(t, errs.Is(err, errs.Unavailable))
			require.Error(t, schemaErr)
			require.Equal(t, fulfil.Unreachable, b.Applier.Apply(t.Context(), added("x")).Outcome)
		})
	}
}

// TestVerbs: nothing is asked of a program that it does not offer.
func TestVerbs(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, "#!/bin/sh\n"+`[ $WRIT_VERB = describe ] || : >"$WRIT_OPTION_DATA/ran"
		echo '{"protocol":1,"verbs":[],"tables":[{"name":"account","columns":["login"],"changes":["Deleted"]}]}'`, map[string]string{"readBack": "true"})
	require.ErrorContains(t, b.Check(t.Context()), "does not offer to look")
	for _, err := range b.Exporter.Export(t.Context(), "account") {
		require.ErrorContains(t, err, "does not offer export")
	}
	_, _, err := b.Reader.Read(t.Context(), "account", "login", "x")
	require.ErrorContains(t, err, "does not offer")
	r := b.Applier.Apply(t.Context(), added("x"))
	require.Equal(t, fulfil.Refused, r.Outcome)
	require.NoFileExists(t, b.data+"/ran")
	b.install("program", "#!/bin/sh\n"+`[ $WRIT_VERB = describe ] || : >"$WRIT_OPTION_DATA/ran"
		echo '{"protocol":1,"verbs":["apply"],"tables":[{"name":"account","columns":["login"],"changes":["Deleted"]}]}'`)
	for _, c := range []fulfil.Change{
		added("x"), {Type: fulfil.Deleted, Table: "person", KeyColumn: "login", Key: "x"}, {Type: fulfil.Deleted, Table: "account", KeyColumn: "id", Key: "x"},
		{Type: fulfil.Deleted, Table: "account", KeyColumn: "login", Key: "\xff"}, {Type: fulfil.Deleted, Table: "account", KeyColumn: "login", Key: "x", ChangesRemoved: map[string][]fulfil.Link{"groups": {{Key: "y"}}}},
	} {
		r := b.Applier.Apply(t.Context(), c)
		require.Equal(t, fulfil.Refused, r.Outcome, "%+v", r)
		require.NotEmpty(t, r.Message)
	}
	require.NoFileExists(t, b.data+"/ran")
	require.True(t, b.IsBlind == (b.Reader == nil))
	require.True(t, mustProgram(t, "", nil).IsBlind)
	require.Nil(t, mustProgram(t, "", nil).Reader)
}

// TestExports: a table is taken for whole only when the program says so, and means it.
func TestExports(t *testing.T) {
	t.Parallel()
	const a, end = `{"row":{"login":"a","name":null,"groups":[]}}` + "\n", `{"complete":true,"rows":1}` + "\n"
	for text, says := range map[string]string{
		"": "without saying", a: "without saying", a + `{"complete":true,"rows":2}`: "has 2 rows, and wrote 1", a + `{"complete":true}`: "its last line", a + `{"complete":false,"rows":1}`: "its last line",
		a + end + a: "more after", a + end + end: "more after", a + "oops\n" + end: "no JSON object: oops", a + "{}\n" + end: "neither a row nor the end", a + `{"row":`: "no JSON object",
		a + `{"error":"the CRM is down"}` + "\n": "says: the CRM is down", a + end + "';exit 1;: '": "status 1", a + end + "';kill -9 $$;: '": "signal killed", a + a + a + a + `{"complete":true,"rows":4}`: "maximumRows",
		a + "{\"row\":{\"login\":\"\xff\"}}\n" + end: "not UTF-8", a + end: "", "{\"complete\":true,\"rows\":0}": "", a + `{"complete":true,"rows":1,"row":{}}`: "its last line",
		a + a + "{\"complete\":true,\"rows\":-2}": "has -2",
	} {
		t.Run(fmt.Sprintf("%.60s", text), func(t *testing.T) {
			t.Parallel()
			b := mustProgram(t, describing+"printf '%s' '"+text+"'\n", map[string]string{"maximumRows": "3"})
			var last error
			for e, err := range b.Exporter.Export(t.Context(), "account") {
				require.NoError(t, last, "nothing comes behind an error")
				last = err
				require.True(t, err != nil || e.Row != nil)
			}
			if says == "" {
				require.NoError(t, last)
				return
			}
			require.ErrorContains(t, last, says)
			require.True(t, errs.Is(last, errs.Unavailable))
		})
	}
}

// TestRows: one that cannot be read is set aside, in words of what is wrong, and those behind it follow.
func TestRows(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]struct {
		row fulfil.Row
		why string
	}{
		`{"login":"a","name":"b","groups":["Z","a","B"]}`:               {row: fulfil.Row{"login": "a", "name": "b", "groups": []string{"a", "B", "Z"}}},
		`{"login":7,"name":true,"groups":null}`:                         {row: fulfil.Row{"login": "7", "name": "true", "groups": nil}},
		`{"login":9007199254740993,"name":1.50,"groups":[1,true]}`:      {row: fulfil.Row{"login": "9007199254740993", "name": "1.50", "groups": []string{"1", "true"}}},
		`{"login":"a","name":{"base64":"AP8="},"groups":[]}`:            {row: fulfil.Row{"login": "a", "name": []byte{0, 255}, "groups": []string{}}},
		`{"login":"a\u0000\ud83e\udd8a","name":"\ufffd","groups":null}`: {row: fulfil.Row{"login": "a\x00\U0001f98a", "name": "\ufffd", "groups": nil}},
		`{"login":"a","groups":[]}`:                                     {why: "lacks the column"},
		`{"login":"a","name":null,"groups":[],"mail":"x"}`:              {why: "did not say that the table has this column"},
		`{"login":"a","name":{"x":1},"groups":[]}`:                      {why: "an object is no value"},
		`{"login":"a","name":{"base64":"!"},"groups":[]}`:               {why: "not base64"},
		`{"login":"a","name":{},"groups":[]}`:                           {why: "an object is no value"},
		`{"login":"a","name":[null],"groups":[]}`:                       {why: "no text"},
		`{"login":"a","name":[["x"]],"groups":[]}`:                      {why: "no text"},
		`{"login":"a","name":"\ud83e","groups":[]}`:                     {why: "half of a character"},
		`[]`:     {why: "no JSON object"},
		`"text"`: {why: "no JSON object"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			b := mustProgram(t, describing+"printf '%s\n' '"+`{"row":`+text+"}' "+`'{"fault":{"column":"name","value":"?","why":"odd"}}' '{"row":{"login":"z","name":null,"groups":[]}}' '{"complete":true,"rows":3}'`, nil)
			var all []fulfil.Entry
			for e, err := range b.Exporter.Export(t.Context(), "account") {
				require.NoError(t, err)
				all = append(all, e)
			}
			require.Len(t, all, 3)
			require.Equal(t, "z", all[2].Row["login"])
			require.Equal(t, "odd", all[1].Fault.Why)
			if want.why != "" {
				require.Contains(t, all[0].Fault.Why, want.why)
				return
			}
			require.Nil(t, all[0].Fault)
			require.Equal(t, want.row, all[0].Row)
		})
	}
}

// TestLooks: whether a target is there is believed only when it is said.
func TestLooks(t *testing.T) {
	t.Parallel()
	const a = `{"found":true,"row":{"login":"a","name":null,"groups":[]}}`
	for text, says := range map[string]string{
		a: "", `{"found":false}`: "", `{"found":false,"row":null}`: "", `{"found":true,"row":null}`: "answered neither", ``: "did not say", `{}`: "answered neither", `{"found":true}`: "answered neither", `{"found":false,"row":{"login":"a"}}`: "answered neither", `{"row":{}}`: "answered neither",
		`{"found":true,"row":{"login":"b","name":null,"groups":[]}}`: "another one", `{"found":true,"row":{"login":"a"}}`: "lacks", a + "\n" + a: "more after", a + "';exit 1;:'": "status 1", `{"error":"down"}`: "says: down",
		`{"found":false}` + "';exit 2;:'": "status 2", `no`: "no JSON object",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			b := mustProgram(t, describing+"printf '%s' '"+text+"'\n", map[string]string{"readBack": "true"})
			row, found, err := b.Reader.Read(t.Context(), "account", "login", "a")
			if says == "" {
				require.NoError(t, err)
				require.Equal(t, found, row != nil)
				return
			}
			require.ErrorContains(t, err, says)
			// what will be answered again is no outage: a person has to look
			again := strings.Contains("answered neither, another one, lacks", says)
			require.Equal(t, again, errs.Is(err, errs.Validation), "%v", err)
			require.Equal(t, !again, errs.Is(err, errs.Unavailable), "%v", err)
			require.False(t, found)
		})
	}
}

// TestPastFaults: a connection that is taken for away is sent to again only when a check finds it there, so what the program did before is no part of one.
func TestPastFaults(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing+`if [ -e up ]; then echo '{"change":1,"outcome":"DONE"}'; else echo "stray"; echo '{"change":0,"outcome":"UNREACHABLE","message":"The CRM is down."}'; exit 1; fi`, nil)
	for range 3 {
		require.Equal(t, fulfil.Unreachable, b.Applier.Apply(t.Context(), added("plang")).Outcome)
		require.NoError(t, b.Check(t.Context()))
	}
	b.write("up", "")
	require.Equal(t, fulfil.Done, b.Applier.Apply(t.Context(), added("plang")).Outcome)
}

// TestAnswersWithEveryField: an answer that has a field error is an answer.
func TestAnswersWithEveryField(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`{"change":1,"outcome":"DONE","error":""}`, `{"error":"none","change":1,"outcome":"DONE"}`, `{"change":1,"outcome":"DONE","error":null,"message":""}`} {
		b := mustProgram(t, describing+"echo '"+text+"'", nil)
		require.Equal(t, fulfil.Done, b.Applier.Apply(t.Context(), added("plang")).Outcome, text)
	}
	b := mustProgram(t, describing+`cat >/dev/null; echo '{"error":"no"}'`, nil)
	require.Equal(t, fulfil.Unknown, b.Applier.Apply(t.Context(), added("plang")).Outcome)
}

// TestTimes: a change waits for a process that is at work and then has one of its own, within the time of a call.
func TestTimes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		timeout, call string
		ok            bool
	}{"Default": {"", "", true}, "LongForTheDefault": {"30", "", false}, "Twice": {"30", "60", false}, "More": {"30", "61", true}, "ShortCall": {"", "50", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			values := map[string]string{"program": "p"}
			for name, value := range map[string]string{"timeout": c.timeout, "limit.callTimeout": c.call} {
				if value != "" {
					values[name] = value
				}
			}
			o, err := exec.New(t.TempDir()).Open(t.Context(), fulfil.Settings{Values: values})
			if c.ok {
				require.NoError(t, err)
				require.NoError(t, o.Close())
				return
			}
			require.ErrorContains(t, err, "limit.callTimeout")
			require.True(t, errs.Is(err, errs.Validation))
		})
	}
}

// TestWaitsForAPlace: what waits for a place among the programs of the server was not sent.
func TestWaitsForAPlace(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing+`: >>began; echo '{"change":1,"outcome":"DONE"}'`, nil)
	require.NoError(t, b.Check(t.Context()))
	leave := exec.TakePlaces(b.Applier)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan fulfil.Receipt)
	go func() { answered <- b.Applier.Apply(ctx, added("plang")) }()
	require.Eventually(t, func() bool { return exec.Batched(b.Applier) }, 10*time.Second, 10*time.Millisecond)
	cancel()
	require.Equal(t, fulfil.Throttled, (<-answered).Outcome)
	leave()
	require.NoFileExists(t, filepath.Join(b.data, "began"))
	require.Equal(t, fulfil.Done, b.Applier.Apply(t.Context(), added("other")).Outcome)
}

// TestAnswersOfAStoppingServer: all callers end in the same moment, and what the program answers right after that still counts.
func TestAnswersOfAStoppingServer(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing+`: >began; while [ ! -e go ]; do sleep 0.01; done; echo '{"change":1,"outcome":"DONE"}'`, nil)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan fulfil.Receipt)
	go func() { answered <- b.Applier.Apply(ctx, added("plang")) }()
	require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(b.data, "began")); return err == nil }, 10*time.Second, 10*time.Millisecond)
	b.write("go", "")
	cancel()
	require.Equal(t, fulfil.Done, (<-answered).Outcome)
}

// TestUnknownColumnWhenItCannotBeAsked: a column that the old description lacks is asked for again, and no answer to that is no refusal.
func TestUnknownColumnWhenItCannotBeAsked(t *testing.T) {
	t.Parallel()
	b := mustProgram(t, describing, nil)
	require.NoError(t, b.Check(t.Context()))
	b.install("program", "#!/bin/sh\nexit 3\n")
	c := added("plang")
	c.Changes["phone"] = new("1")
	require.Equal(t, fulfil.Unreachable, b.Applier.Apply(t.Context(), c).Outcome)
}

// TestFaultsWithoutSecrets: what a program says of a row that it cannot read is shown to people.
func TestFaultsWithoutSecrets(t *testing.T) {
	t.Parallel()
	const body = `printf '{"fault":{"column":"%s","value":"%s","why":"%s"}}\n{"row":{"login":{"%s":1},"name":null,"groups":[]}}\n{"complete":true,"rows":2}\n' s3cr3t-token s3cr3t-token s3cr3t-token s3cr3t-token`
	b := mustProgram(t, describing+body, map[string]string{"token": "s3cr3t-token"})
	n := 0
	for e, err := range b.Exporter.Export(t.Context(), "account") {
		require.NoError(t, err)
		n++
		require.NotNil(t, e.Fault)
		require.NotContains(t, fmt.Sprint(e.Fault.Column, e.Fault.Value, e.Fault.Why), "s3cr3t")
	}
	require.Equal(t, 2, n)
}

// TestWayToTheFolder: whoever could lead the way to the programs elsewhere decides what is run.
func TestWayToTheFolder(t *testing.T) {
	t.Parallel()
	const other = 54321
	for name, c := range map[string]struct {
		make func(t *testing.T, base string) error
		says string
	}{
		"Straight": {make: func(_ *testing.T, base string) error { return os.Rename(base+"/real", base+"/way") }},
		"Link":     {make: func(_ *testing.T, base string) error { return os.Symlink("real", base+"/way") }},
		"Around":   {make: func(_ *testing.T, base string) error { return os.Symlink("way", base+"/way") }, says: "leads nowhere"},
		"Nothing":  {make: func(*testing.T, string) error { return nil }, says: "cannot be found"},
		"LinkOfAnother": {make: func(t *testing.T, base string) error {
			return errors.Join(os.Symlink("real", base+"/way"), chown(t, base+"/way", other))
		}, says: "a link on the way"},
		"LinkInAFolderForAll": {make: func(_ *testing.T, base string) error {
			return errors.Join(os.Mkdir(base+"/open", 0o755), os.Chmod(base+"/open", 0o777), os.Symlink("../real", base+"/open/in"), os.Symlink("open/in", base+"/way"))
		}, says: "others may write"},
		"HouseOfAnother": {make: func(t *testing.T, base string) error {
			return errors.Join(os.Mkdir(base+"/house", 0o755), os.Rename(base+"/real", base+"/house/in"), os.Symlink("house/in", base+"/way"), chown(t, base+"/house", other))
		}, says: "above the one for programs belongs"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := t.TempDir()
			require.NoError(t, os.Mkdir(base+"/real", 0o755))
			require.NoError(t, os.WriteFile(base+"/real/program", []byte(describing), 0o755))
			require.NoError(t, c.make(t, base))
			o, err := exec.New(base+"/way").Open(t.Context(), fulfil.Settings{Values: map[string]string{"program": "program", "option.data": base}})
			require.NoError(t, err)
			defer o.Close() //nolint:errcheck // nothing is left to lose
			err = o.Check(t.Context())
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.says)
			require.True(t, errs.Is(err, errs.Unavailable))
			require.NotContains(t, errs.Text(err), base, "where the folder lies is not told to whoever may edit connections")
		})
	}
}

func chown(t *testing.T, path string, to int) error {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	return os.Lchown(path, to, to)
}
