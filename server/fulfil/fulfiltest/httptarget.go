package fulfiltest

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"sync"
	"time"

	"writ/server/fulfil"
)

// HTTPTarget is an application with the interface that package fake documents, and one to program it:
//
//	GET    /log?after=&key=      the operations, oldest first, applied or not
//	POST   /behaviours           add a Behaviour
//	DELETE /behaviours           forget all
//	PUT    /foreign/{table}      write rows behind Writ's back: [{column: value}]
//	DELETE /foreign/{table}/{key}
//
// With a folder, every operation is a line of operations.jsonl in it before it is answered, and a new target over the same folder begins
// where the old one ended, however that ended.
type HTTPTarget struct {
	mux    *http.ServeMux
	token  string
	tables map[string]HTTPTable

	mu         sync.Mutex
	rows       map[string]map[string]fulfil.Row
	log        []HTTPOperation
	file       *os.File // nil: in memory only
	behaviours []*Behaviour
	used       map[*Behaviour]int
	gone       chan struct{}
	closing    sync.Once
}

// HTTPTable is one table of an HTTPTarget.
type HTTPTable struct {
	Name    string
	Key     string
	Columns []string // with Key and Links
	Unique  []string
	Links   []string // columns with several values
}

// AccountTable is what an HTTPTarget has when it is given no tables.
var AccountTable = HTTPTable{
	Name: "account", Key: "login", Columns: []string{"login", "name", "mail", "enabled", "groups"}, Unique: []string{"mail"}, Links: []string{"groups"},
}

// HTTPOperation is one line of the log.
type HTTPOperation struct {
	ID             int64             `json:"id"`
	At             time.Time         `json:"at"`
	ChangeType     fulfil.ChangeType `json:"changeType"` // of a foreign edit too
	Foreign        bool              `json:"foreign,omitempty"`
	Table          string            `json:"table"`
	Key            string            `json:"key"`
	OrderID        int64             `json:"orderId,string"`
	Attempt        int               `json:"attempt"`
	IdempotencyKey string            `json:"idempotencyKey"`
	Behaviour      string            `json:"behaviour,omitempty"` // that matched
	Outcome        fulfil.Outcome    `json:"outcome"`             // as it would have been answered; UNKNOWN: not answered and not done
	Message        string            `json:"message,omitempty"`
	Applied        bool              `json:"applied"` // the data changed
	After          fulfil.Row        `json:"after,omitempty"`
}

// NewHTTPTarget is an application with those tables (none: AccountTable). folder "" keeps everything in memory. token "" lets everybody in.
func NewHTTPTarget(folder, token string, tables ...HTTPTable) (*HTTPTarget, error) {
	if len(tables) == 0 {
		tables = []HTTPTable{AccountTable}
	}
	t := &HTTPTarget{
		mux: http.NewServeMux(), token: token, tables: map[string]HTTPTable{},
		rows: map[string]map[string]fulfil.Row{}, used: map[*Behaviour]int{}, gone: make(chan struct{}),
	}
	for _, table := range tables {
		t.tables[table.Name] = table
		t.rows[table.Name] = map[string]fulfil.Row{}
	}
	if folder != "" {
		if err := t.load(filepath.Join(folder, "operations.jsonl")); err != nil {
			return nil, err
		}
	}
	t.mux.HandleFunc("GET /tables", t.getTables)
	t.mux.HandleFunc("GET /tables/{table}/rows", t.getRows)
	t.mux.HandleFunc("GET /tables/{table}/rows/{key}", t.getRow)
	t.mux.HandleFunc("GET /token", t.getToken)
	t.mux.HandleFunc("POST /changes", t.postChange)
	t.mux.HandleFunc("GET /log", t.getLog)
	t.mux.HandleFunc("POST /behaviours", t.postBehaviour)
	t.mux.HandleFunc("DELETE /behaviours", t.deleteBehaviours)
	t.mux.HandleFunc("PUT /foreign/{table}", t.putForeign)
	t.mux.HandleFunc("DELETE /foreign/{table}/{key}", t.deleteForeign)
	return t, nil
}

// load reads the log of the target before us. A last line without an end was never answered, so it is cut off.
func (t *HTTPTarget) load(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	var whole int64
	r := bufio.NewReader(f)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
		var o HTTPOperation
		if err := json.Unmarshal(line, &o); err != nil {
			return errors.Join(fmt.Errorf("%s, operation %d: %w", path, len(t.log)+1, err), f.Close())
		}
		whole += int64(len(line))
		t.log = append(t.log, o)
		t.replay(o)
	}
	if err := f.Truncate(whole); err != nil {
		return errors.Join(err, f.Close())
	}
	if _, err := f.Seek(whole, io.SeekStart); err != nil {
		return errors.Join(err, f.Close())
	}
	t.file = f
	return nil
}

func (t *HTTPTarget) replay(o HTTPOperation) {
	rows := t.rows[o.Table]
	switch {
	case !o.Applied || rows == nil:
	case o.ChangeType == fulfil.Deleted:
		delete(rows, o.Key)
	default:
		delete(rows, o.Key)
		rows[fulfil.TextOf(o.After[t.tables[o.Table].Key])] = o.After
	}
}

// Close releases hanging requests and the log file.
func (t *HTTPTarget) Close() error {
	t.closing.Do(func() { close(t.gone) })
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.file == nil {
		return nil
	}
	f := t.file
	t.file = nil
	return f.Close()
}

// ServeHTTP implements http.Handler.
func (t *HTTPTarget) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if t.token != "" && r.Header.Get("Authorization") != "Bearer "+t.token {
		say(w, http.StatusUnauthorized, "the token is missing or wrong")
		return
	}
	t.mux.ServeHTTP(w, r)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // whoever asked is gone
}

func say(w http.ResponseWriter, status int, format string, args ...any) {
	answer(w, status, map[string]string{"message": fmt.Sprintf(format, args...)})
}

// table answers 404 when there is none.
func (t *HTTPTarget) table(w http.ResponseWriter, r *http.Request) (HTTPTable, bool) {
	table, ok := t.tables[r.PathValue("table")]
	if !ok {
		say(w, http.StatusNotFound, "there is no table %s", r.PathValue("table"))
	}
	return table, ok
}

func (t *HTTPTarget) getTables(w http.ResponseWriter, _ *http.Request) {
	tables := []fulfil.Table{}
	for _, name := range slices.Sorted(maps.Keys(t.tables)) {
		tables = append(tables, fulfil.Table{Name: name, Columns: t.tables[name].Columns})
	}
	answer(w, http.StatusOK, tables)
}

func (t *HTTPTarget) getRows(w http.ResponseWriter, r *http.Request) {
	table, ok := t.table(w, r)
	if !ok {
		return
	}
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 {
		limit = 1000
	}
	t.mu.Lock()
	rows := t.rows[table.Name]
	keys := slices.Sorted(maps.Keys(rows))
	begin := sort.SearchStrings(keys, r.URL.Query().Get("after")+"\x00")
	if r.URL.Query().Get("after") == "" {
		begin = 0
	}
	page := []fulfil.Row{}
	next := ""
	for _, key := range keys[begin:] {
		if len(page) == limit {
			next = fulfil.TextOf(page[limit-1][table.Key])
			break
		}
		page = append(page, rows[key])
	}
	t.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"rows": page, "next": next})
}

func (t *HTTPTarget) getRow(w http.ResponseWriter, r *http.Request) {
	table, ok := t.table(w, r)
	if !ok {
		return
	}
	column, key := r.URL.Query().Get("keyColumn"), r.PathValue("key")
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, row := range t.rows[table.Name] {
		if fulfil.TextOf(row[cmp.Or(column, table.Key)]) == key {
			answer(w, http.StatusOK, row)
			return
		}
	}
	say(w, http.StatusNotFound, "there is no row %s", key)
}

func (t *HTTPTarget) getToken(w http.ResponseWriter, _ *http.Request) {
	t.mu.Lock()
	last := int64(0)
	for _, o := range slices.Backward(t.log) {
		if o.Applied {
			last = o.ID
			break
		}
	}
	t.mu.Unlock()
	sum := sha256.Sum256([]byte(strconv.FormatInt(last, 10)))
	answer(w, http.StatusOK, map[string]string{"token": hex.EncodeToString(sum[:8])})
}

func (t *HTTPTarget) getLog(w http.ResponseWriter, r *http.Request) {
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	key := r.URL.Query().Get("key")
	found := []HTTPOperation{}
	for _, o := range t.Log() {
		if o.ID > after && (key == "" || o.Key == key) {
			found = append(found, o)
		}
	}
	answer(w, http.StatusOK, found)
}

// Log gives the operations, oldest first.
func (t *HTTPTarget) Log() []HTTPOperation {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.log)
}

// All gives the rows of a table by key.
func (t *HTTPTarget) All(table string) map[string]fulfil.Row {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := map[string]fulfil.Row{}
	for key, row := range t.rows[table] {
		all[key] = maps.Clone(row)
	}
	return all
}

// Behave adds a behaviour.
func (t *HTTPTarget) Behave(b Behaviour) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.behaviours = append(t.behaviours, &b)
}

// Forget ends all behaviours; what hangs goes on hanging.
func (t *HTTPTarget) Forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.behaviours = nil
}

func (t *HTTPTarget) postBehaviour(w http.ResponseWriter, r *http.Request) {
	var b Behaviour
	dec := json.NewDecoder(r.Body)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		say(w, http.StatusBadRequest, "that is no behaviour: %s", err)
		return
	}
	if !slices.Contains([]string{"refuse", "hang", "slow", "drop", "dropFirst", "conflict", "throttle", "fail", "failAfter"}, b.Action) {
		say(w, http.StatusBadRequest, "there is no action %q", b.Action)
		return
	}
	t.Behave(b)
	answer(w, http.StatusCreated, b)
}

func (t *HTTPTarget) deleteBehaviours(w http.ResponseWriter, _ *http.Request) {
	t.Forget()
	w.WriteHeader(http.StatusNoContent)
}

func (t *HTTPTarget) putForeign(w http.ResponseWriter, r *http.Request) {
	table, ok := t.table(w, r)
	if !ok {
		return
	}
	var rows []fulfil.Row
	if err := json.NewDecoder(r.Body).Decode(&rows); err != nil {
		say(w, http.StatusBadRequest, "those are no rows: %s", err)
		return
	}
	if err := t.Put(table.Name, rows...); err != nil {
		say(w, http.StatusInternalServerError, "%s", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// Put writes rows behind Writ's back; columns that a row does not name are empty.
func (t *HTTPTarget) Put(table string, rows ...fulfil.Row) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	def := t.tables[table]
	for _, row := range rows {
		full := fulfil.Row{}
		for _, column := range def.Columns {
			full[column] = row[column]
		}
		for _, column := range def.Links {
			full[column] = joined(fulfil.ListOf(full[column]))
		}
		o := HTTPOperation{ChangeType: fulfil.Added, Foreign: true, Table: table, Key: fulfil.TextOf(full[def.Key]), Outcome: fulfil.Done, Applied: true, After: full}
		if t.rows[table][o.Key] != nil {
			o.ChangeType = fulfil.Modified
		}
		if err := t.record(o); err != nil {
			return err
		}
	}
	return nil
}

func (t *HTTPTarget) deleteForeign(w http.ResponseWriter, r *http.Request) {
	table, ok := t.table(w, r)
	if !ok {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	o := HTTPOperation{ChangeType: fulfil.Deleted, Foreign: true, Table: table.Name, Key: r.PathValue("key"), Outcome: fulfil.Done, Applied: true}
	if err := t.record(o); err != nil {
		say(w, http.StatusInternalServerError, "%s", err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// record writes the log line first and the data afterwards: what was answered is in the log. The caller holds the lock.
func (t *HTTPTarget) record(o HTTPOperation) error {
	o.ID, o.At = int64(len(t.log))+1, time.Now().UTC()
	if t.file != nil {
		line, err := json.Marshal(o)
		if err != nil {
			return err
		}
		if _, err := t.file.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	t.log = append(t.log, o)
	t.replay(o)
	return nil
}

// joined are several values in their fixed order, each once.
func joined(values []string) []string {
	values = slices.DeleteFunc(append([]string{}, values...), func(v string) bool { return v == "" })
	slices.Sort(values)
	return slices.Compact(values)
}
