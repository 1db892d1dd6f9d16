package computation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"writ/server/directory"
	"writ/server/evaluation"
	"writ/server/evaluation/model"
	"writ/server/rolemodel"
)

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := directory.Zone(name)
	require.NoError(t, err)
	return zone
}

// TestLastDay: however the end of a position is mapped and computed, the account lives through its last day, and the next position that
// begins the day after takes nothing away.
func TestLastDay(t *testing.T) {
	t.Parallel()
	for name, zone := range map[string]string{"UTC": "UTC", "East": "Europe/Berlin", "West": "America/New_York", "Far": "Pacific/Auckland", "NoMidnight": "Africa/Cairo"} {
		for kind, c := range map[string]struct {
			typ    directory.PropertyType
			write  string // layout of the values as stored
			bind   string
			starts string
		}{
			"Date":       {directory.DateTime, "20060102", "End", "Start"},
			"PlainText":  {directory.String, time.DateOnly, "End", "Start"},
			"Expression": {directory.DateTime, "20060102", "has(record.End) ? record.End : record.Start", "record.Start"},
			"Function":   {directory.String, "02.01.2006", "ParseLocalDate(record.End, 'Europe/Berlin', 'dd.MM.yyyy')", "ParseLocalDate(record.Start, 'Europe/Berlin', 'd.M.yyyy')"},
		} {
			t.Run(name+kind, func(t *testing.T) {
				t.Parallel()
				zone := mustZone(t, zone)
				o := newOrganisation(t)
				o.shape.TimeZone = zone
				o.shape.Properties[52].Type, o.shape.Properties[53].Type = c.typ, c.typ
				o.m.ContextRules[0].ResourcesStartBinding, o.m.ContextRules[0].ResourcesEndBinding = &c.starts, &c.bind
				it, hr := o.thing(department, "IT", 0), o.thing(department, "HR", 0)
				group := o.thing(group, "G", 0)
				typ := o.accounts()
				o.typeRule(typ)
				o.member(typ, "G", 0)
				o.correlation(typ, 100)
				o.compile()
				o.correlate()
				p := o.hire("Ann", "Lee")
				first, second := o.position(p, time.Time{}, time.Time{}, it, 0), o.position(p, time.Time{}, time.Time{}, hr, 0)
				last := time.Date(2026, 4, 23, 0, 0, 0, 0, time.UTC)
				first.Scalars["Start"], first.Scalars["End"] = last.AddDate(-1, 0, 0).Format(c.write), last.Format(c.write)
				second.Scalars["Start"], second.Scalars["End"] = last.AddDate(0, 0, 1).Format(c.write), last.AddDate(0, 0, 4).Format(c.write)
				midnight := directory.FirstInstant(time.Date(2026, 4, 24, 12, 0, 0, 0, zone), zone)
				for _, now := range []time.Time{midnight.Add(-24 * time.Hour), midnight.Add(-time.Second), midnight, midnight.Add(time.Hour), midnight.AddDate(0, 0, 3)} {
					o.now = now
					o.provision(p)
					require.Empty(t, open(o.one(p)), "at %s", now.In(zone))
					require.Contains(t, o.res[o.one(p).TargetID].Links["MemberOf"], group)
				}
				o.now = midnight.Add(-time.Second)
				require.Equal(t, []time.Time{midnight.UTC()}, ends(Evaluate(o.c, &evaluation.Batch{Now: o.now, Force: true, Owners: []*evaluation.Owner{p}, Resources: o.res})[0]))
				gone := directory.FirstInstant(time.Date(2026, 4, 28, 12, 0, 0, 0, zone), zone)
				o.now = gone.Add(-time.Second)
				o.evaluate(p)
				require.Empty(t, open(o.one(p)), "the last second of the last day")
				o.now = gone
				o.evaluate(p)
				require.Contains(t, open(o.one(p)), "DELETE   1", "the first instant after it")
			})
		}
	}
}

func ends(r evaluation.Result) []time.Time {
	var out []time.Time
	for _, c := range r.Contexts {
		if c.End != nil {
			out = append(out, c.End.UTC())
		}
	}
	return out
}

func TestNeverEnds(t *testing.T) {
	t.Parallel()
	o := newOrganisation(t)
	o.shape.TimeZone = mustZone(t, "America/New_York")
	o.typeRule(o.accounts())
	p := o.hire("Ann", "Lee")
	o.position(p, at(-10), time.Time{}, 0, 0).Scalars["End"] = "99991231"
	o.evaluate(p)
	require.Equal(t, []string{"CREATE   1"}, open(o.one(p)))
}

// TestDatesReachTheTarget: the text that goes to the target, by the type and format of its property, and whether it is believed when read back.
func TestDatesReachTheTarget(t *testing.T) {
	t.Parallel()
	zone := mustZone(t, "Europe/Berlin")
	for name, c := range map[string]struct {
		typ              directory.PropertyType
		format           string
		binding          string
		expression       string
		want, sent, read string
	}{
		"DayToText":         {directory.String, "", "Hired", "", "2026-12-05", "2026-12-05", "2026-12-05"},
		"DayToPattern":      {directory.String, "datetime:d.M.yyyy", "Hired", "", "20261205", "5.12.2026", "20261205"},
		"DayToTypedPattern": {directory.DateTime, "date:dd.MM.yyyy", "Hired", "", "20261205", "05.12.2026", "20261205"},
		"DayToDate":         {directory.DateTime, "date", "Hired", "", "20261205", "2026-12-05", "20261205"},
		"DayToInstant":      {directory.DateTime, "datetime", "Hired", "", "20261205", "20261204230000.0Z", "20261204230000"},
		"DayToTimestamp":    {directory.DateTime, "", "Hired", "", "20261205", "2026-12-05", "20261205000000"},
		"DayToTicks":        {directory.DateTime, "1601date", "Hired", "", "20261205", "134408988000000000", "20261204230000"},
		"DayByExpression":   {directory.DateTime, "date", "", "has(source.Hired) ? source.Hired : today()", "20261205", "2026-12-05", "20261205"},
		"DayPlusHours":      {directory.DateTime, "", "", "source.Hired + duration('1h')", "20261205000000", "2026-12-05T00:00:00Z", "20261205000000"},
		"DayPlusDay":        {directory.DateTime, "", "", "source.Hired + duration('24h')", "20261206", "2026-12-06", "20261206"},
		"DayOfMonth":        {directory.String, "", "", "string(source.Hired.getDate())", "5", "5", "5"},
		"Formatted":         {directory.String, "", "Hired", "FormatLocalDate:America/New_York|dd-MMM-yyyy", "05-Dec-2026", "05-Dec-2026", "05-Dec-2026"},
		"Today":             {directory.DateTime, "date", "", "today()", "20260310", "2026-03-10", "20260310"},
		"EndInstant":        {directory.DateTime, "datetime", "assignment.endDate", "", "20261231230000", "20261231230000.0Z", "20261231230000"},
		"EndDay":            {directory.DateTime, "date", "assignment.endDate", "", "20261231", "2026-12-31", "20261231"},
		"EndText":           {directory.String, "", "assignment.endDate", "", "2026-12-31", "2026-12-31", "2026-12-31"},
		"StartDay":          {directory.DateTime, "date", "assignment.startDate", "", "20251231233000", "2026-01-01", "20260101"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOrganisation(t)
			o.shape.TimeZone = zone
			o.shape.Property(account, "Phone").Type = c.typ
			o.shape.PropertyMappings = map[int64]*directory.PropertyMapping{*o.property("Phone"): {PropertyID: *o.property("Phone"), EntityTypeID: account, Format: c.format}}
			typ := o.accounts()
			o.typeRule(typ)
			o.scalar(typ, "Phone", c.binding, c.expression)
			o.correlation(typ, 100)
			o.compile()
			o.correlate()
			p := o.hire("Ann", "Lee")
			p.Resource.Scalars["Hired"] = "20261205"
			r := o.position(p, time.Date(2025, 12, 31, 23, 30, 0, 0, time.UTC), time.Time{}, 0, 0)
			r.Scalars["End"] = "20261231"
			o.provision(p)
			span := o.one(p).Expected.Properties["Phone"][0]
			require.Empty(t, span.Error)
			require.Equal(t, c.want, span.Value)
			sent, err := directory.ToSystem(o.shape.Property(account, "Phone"), c.format, span.Value, "", zone)
			require.NoError(t, err)
			require.Equal(t, c.sent, sent)
			o.res[o.one(p).TargetID].Scalars["Phone"] = c.read
			o.evaluate(p)
			require.Empty(t, open(o.one(p)))
			require.Empty(t, gaps(o.one(p)), "what the system keeps of it is right")
			o.res[o.one(p).TargetID].Scalars["Phone"] = "20200101"
			o.evaluate(p)
			require.NotEmpty(t, append(open(o.one(p)), gaps(o.one(p))...), "another date is seen")
		})
	}
}

// TestTodayBeginsAtMidnightOfTheZone: a condition on today() changes at local midnight, and the owner is looked at then.
func TestTodayBeginsAtMidnightOfTheZone(t *testing.T) {
	t.Parallel()
	zone := mustZone(t, "Europe/Berlin")
	o := newOrganisation(t)
	o.shape.TimeZone = zone
	typ := o.accounts()
	o.typeRule(typ)
	o.scalar(typ, "Phone", "", "source.Hired <= today() ? 'here' : 'not yet'")
	p := o.employ("Ann", "Lee", 0)
	p.Resource.Scalars["Hired"] = "20260311"
	o.evaluate(p)
	require.Equal(t, "not yet", o.one(p).Expected.Properties["Phone"][0].Value)
	midnight := time.Date(2026, 3, 11, 0, 0, 0, 0, zone)
	require.True(t, p.NextAt.Equal(midnight), "looked at again at %s", p.NextAt)
	o.now = midnight
	o.evaluate(p)
	require.Equal(t, "here", o.one(p).Expected.Properties["Phone"][0].Value)
}

// TestDatePatternsAreChecked: a pattern, a zone or minutes that can only fail are refused when the model is compiled.
func TestDatePatternsAreChecked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ binding, expression string }{
		{"Phone", "ParseLocalDate:Europe/Berlin|dd.MM.jjjj"}, {"Phone", "ParseLocalDate:Europe/Nowhere|dd.MM.yyyy"}, {"Phone", "ParseUniversalDate:dd.MM"},
		{"Phone", "ParseLocalDateThenAddMinutes:UTC|yyyy-MM-dd|x"}, {"Phone", "ParseUniversalDateThenAddMinutes:UTC|hh:mm yyyy|5"},
		{"Phone", "FormatLocalDate:UTC|Tag"}, {"", "FormatLocalDate(source.Phone, 'UTC', 'QQ')"}, {"", "source.Floor > 1 ? ParseLocalDate(source.Phone, 'X', 'yyyy') : ''"},
	} {
		o := newOrganisation(t)
		typ := o.accounts()
		o.scalar(typ, "Phone", c.binding, c.expression)
		_, problems := model.Compile(o.m, o.shape, o.keys)
		require.Len(t, problems, 1, c.expression)
		require.Equal(t, rolemodel.SeverityError, problems[0].Severity)
	}
}
