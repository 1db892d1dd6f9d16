package manifest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"writ/server/errs"
	"writ/server/page"
	"writ/server/system"
)

// Connector is one managed system with its connections (provisioning spec 6.1).
type Connector struct {
	// Name in the configuration, unique for its kind; stable, unlike the display name. Letters, digits, _ - . and / only.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// When it moves.
	Mode string `yaml:"mode,omitempty" default:"continuous" words:"ConnectorMode"`
	// How much one reading may change before a person is asked. Default: 100 lines, 5 percent, 1000 links; a part that is left out is off.
	Thresholds *Thresholds `yaml:"thresholds,omitempty"`
	// Its ways into the system. A connection that is not named any more stays.
	Connections []Connection `yaml:"connections,omitempty"`
}

// Thresholds of a connector: more than that in one reading blocks it (provisioning spec 8.2). 0: no limit.
type Thresholds struct {
	// New rows.
	MaximumInsertedLines int `yaml:"maximumInsertedLines" min:"0"`
	// Changed rows.
	MaximumUpdatedLines int `yaml:"maximumUpdatedLines" min:"0"`
	// Rows that are gone.
	MaximumDeletedLines int `yaml:"maximumDeletedLines" min:"0"`
	// New rows in percent of those there were.
	MaxPercentageInsertedLines int `yaml:"maxPercentageInsertedLines" min:"0" max:"100"`
	// Changed rows in percent of those there were.
	MaxPercentageUpdatedLines int `yaml:"maxPercentageUpdatedLines" min:"0" max:"100"`
	// Rows that are gone in percent of those there were.
	MaxPercentageDeletedLines int `yaml:"maxPercentageDeletedLines" min:"0" max:"100"`
	// New links.
	MaximumLinkInsertedLines int `yaml:"maximumLinkInsertedLines" min:"0"`
	// Links that are gone.
	MaximumLinkDeletedLines int `yaml:"maximumLinkDeletedLines" min:"0"`
	// New links in percent of those there were.
	MaxLinkPercentageInsertedLines int `yaml:"maxLinkPercentageInsertedLines" min:"0" max:"100"`
	// Links that are gone in percent of those there were.
	MaxLinkPercentageDeletedLines int `yaml:"maxLinkPercentageDeletedLines" min:"0" max:"100"`
}

// DefaultThresholds are those of provisioning spec 8.2.
func DefaultThresholds() Thresholds {
	return Thresholds{100, 100, 100, 5, 5, 5, 1000, 1000, 5, 5}
}

// Connection is one way into a system: a package with its settings.
type Connection struct {
	// Name, unique among all connections in any case; stable, unlike the display name.
	Identifier string `yaml:"identifier"`
	// Name to show. Default: the identifier.
	DisplayName string `yaml:"displayName,omitempty" default:"=Identifier"`
	// Kind of connection, e.g. csv or postgres.
	Package string `yaml:"package"`
	// What it does not do.
	Deactivated string `yaml:"deactivated,omitempty" default:"none" words:"Deactivation"`
	// Seconds between two looks in continuous mode.
	PollSeconds int `yaml:"pollSeconds,omitempty" default:"1" min:"1"`
	// Settings of the package, by name.
	Settings map[string]string `yaml:"settings,omitempty"`
	// Secrets of the package, by name; replaced as a whole. Left out: as they are. env:NAME and file:NAME say where one lies.
	Secrets map[string]string `yaml:"secrets,omitempty" secret:"true"`

	sealed []byte // as they lie in the database
}

// The names of its API.
type (
	SaveConnectorInput               = SaveInput[Connector]
	ConnectorConfigurationConnection = page.Connection[*Connector]
)

func (c Connector) sealedForm() string {
	var b strings.Builder
	for _, k := range c.Connections {
		b.Write(k.sealed)
	}
	return b.String()
}

func connectorKind() kind {
	d := &declared[Connector]{
		facts: facts{name: "connector", list: "connectors", table: "connector", rights: ofConnector, inside: []string{`delete from connection k where connector_id = ?
			and not exists (select from entity_mapping m where m.connection_id = k.id) and not exists (select from resource_type t where t.connection_id = k.id)
			and not exists (select from provisioning_order o where o.connection_id = k.id)`}},
		in:         func(m *Manifest) *[]Connector { return &m.Connectors },
		identifier: func(c Connector) string { return c.Identifier },
		normal: func(c Connector) Connector {
			c.Mode = strings.ToLower(c.Mode)
			c.Thresholds = orPtr(c.Thresholds, DefaultThresholds())
			for i := range c.Connections {
				c.Connections[i].Deactivated = strings.ToLower(c.Connections[i].Deactivated)
			}
			return c
		},
		completed: completedConnector,
		inner: func(c Connector, add func(what, identifier string)) {
			for _, k := range c.Connections {
				add("connection", strings.ToLower(k.Identifier))
			}
		},
		load: (*reader).connectors,
	}
	d.steps = []func(*writer, []Connector, *change) error{each(d, (*writer).connector)}
	return d
}

// completedConnector: secrets that are not named stay, and so do connections.
func completedConnector(c, current Connector) Connector {
	named := map[string]int{}
	c.Connections = append([]Connection(nil), c.Connections...)
	for n, own := range c.Connections {
		named[strings.ToLower(own.Identifier)] = n
	}
	for _, there := range current.Connections {
		n, ok := named[strings.ToLower(there.Identifier)]
		switch {
		case !ok:
			c.Connections = append(c.Connections, there)
		case c.Connections[n].Secrets == nil:
			c.Connections[n].Secrets = there.Secrets
		}
	}
	return c
}

func (w *writer) connector(c Connector) error {
	if c.Mode != "continuous" && c.Mode != "scheduled" {
		return errs.Invalid("connector/"+c.Identifier+".mode", "mode is continuous or scheduled, not %q.", c.Mode)
	}
	t := c.Thresholds
	id, err := w.upsert("connector", map[string]any{"identifier": c.Identifier}, map[string]any{
		"display_name": c.DisplayName, "mode": c.Mode,
		"maximum_inserted_lines": t.MaximumInsertedLines, "maximum_updated_lines": t.MaximumUpdatedLines, "maximum_deleted_lines": t.MaximumDeletedLines,
		"max_percentage_inserted_lines": t.MaxPercentageInsertedLines, "max_percentage_updated_lines": t.MaxPercentageUpdatedLines,
		"max_percentage_deleted_lines": t.MaxPercentageDeletedLines,
		"maximum_link_inserted_lines":  t.MaximumLinkInsertedLines, "maximum_link_deleted_lines": t.MaximumLinkDeletedLines,
		"max_link_percentage_inserted_lines": t.MaxLinkPercentageInsertedLines, "max_link_percentage_deleted_lines": t.MaxLinkPercentageDeletedLines,
	})
	if err != nil {
		return err
	}
	for _, k := range c.Connections {
		if err := w.connection(id, c.Identifier, k); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) connection(connectorID int64, connector string, k Connection) error {
	field := "connector/" + connector + "." + k.Identifier
	if !slices.Contains(w.s.Packages, k.Package) {
		return errs.Invalid(field+".package", "There is no package %q. Known: %s.", k.Package, strings.Join(w.s.Packages, ", "))
	}
	deactivated := map[string]string{"none": "NONE", "export": "EXPORT", "fulfil": "FULFIL"}[k.Deactivated]
	if deactivated == "" {
		return errs.Invalid(field+".deactivated", "deactivated is none, export or fulfil, not %q.", k.Deactivated)
	}
	settings := k.Settings
	if settings == nil {
		settings = map[string]string{}
	}
	if err := w.s.CheckConnection(w.ctx, k.Package, settings, k.Secrets); err != nil {
		e := errs.As(err)
		if e == nil {
			return fmt.Errorf("check the connection %s: %w", k.Identifier, err)
		}
		return errs.New(e.Kind, "The connection %s cannot be opened like this. %s", k.Identifier, e.Message).At(field + ".settings." + e.Field).Because(err)
	}
	values := map[string]any{"connector_id": connectorID, "identifier": k.Identifier, "display_name": k.DisplayName, "package": k.Package,
		"deactivated": deactivated, "poll_seconds": k.PollSeconds, "settings": jsonb(settings)}
	if len(k.Secrets) > 0 {
		sealed, err := w.s.Keyring.Seal(system.SealedOf(k.Identifier), k.Secrets)
		if err != nil {
			return fmt.Errorf("seal the secrets of %s: %w", k.Identifier, err)
		}
		values["secrets"] = sealed
	}
	_, err := w.upsert("connection", nil, values)
	return err
}

func (r *reader) connectors() (found []Connector, err error) {
	var rows []struct {
		ID                      int64
		Identifier, DisplayName string
		Mode                    string
		T                       []int64 `bun:",array"`
	}
	if err := r.scan(&rows, `select id, identifier, display_name, mode, array[maximum_inserted_lines, maximum_updated_lines, maximum_deleted_lines,
		max_percentage_inserted_lines, max_percentage_updated_lines, max_percentage_deleted_lines, maximum_link_inserted_lines, maximum_link_deleted_lines,
		max_link_percentage_inserted_lines, max_link_percentage_deleted_lines]::bigint[] as t from connector order by id`); err != nil {
		return nil, err
	}
	var links []struct {
		ConnectorID             int64
		Identifier, DisplayName string
		Package, Deactivated    string
		PollSeconds             int
		Settings                json.RawMessage
		Secrets                 []byte
	}
	if err := r.scan(&links, `select connector_id, identifier, display_name, package, lower(deactivated) as deactivated, poll_seconds, settings, secrets from connection order by id`); err != nil {
		return nil, err
	}
	for _, c := range rows {
		t := Thresholds{}
		for i, p := range []*int{&t.MaximumInsertedLines, &t.MaximumUpdatedLines, &t.MaximumDeletedLines, &t.MaxPercentageInsertedLines, &t.MaxPercentageUpdatedLines,
			&t.MaxPercentageDeletedLines, &t.MaximumLinkInsertedLines, &t.MaximumLinkDeletedLines, &t.MaxLinkPercentageInsertedLines, &t.MaxLinkPercentageDeletedLines} {
			*p = int(c.T[i])
		}
		out := Connector{Identifier: c.Identifier, DisplayName: c.DisplayName, Mode: c.Mode, Thresholds: &t}
		for _, l := range links {
			if l.ConnectorID != c.ID {
				continue
			}
			k := Connection{Identifier: l.Identifier, DisplayName: l.DisplayName, Package: l.Package, Deactivated: l.Deactivated, PollSeconds: l.PollSeconds, sealed: l.Secrets}
			if err := json.Unmarshal(l.Settings, &k.Settings); err != nil {
				return nil, err
			}
			if len(l.Secrets) > 0 {
				var err error
				if k.Secrets, err = r.keyring.Open(system.SealedOf(l.Identifier), l.Secrets); err != nil {
					return nil, err
				}
			}
			out.Connections = append(out.Connections, k)
		}
		found = append(found, out)
	}
	return found, nil
}
