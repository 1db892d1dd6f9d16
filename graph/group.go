package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"writ/graph/across"
	"writ/server/auth"
	"writ/server/permit"
)

// sharedFields are the subscriptions that say nothing at their begin, so that somebody can join one that runs.
var sharedFields = []string{"orderChanged", "jobsChanged", "permissionsChanged", "reconciliationChanged", "miningChanged", "plansChanged", "bulkChangesChanged", "redundancyChanged"}

// impersonal are the types whose fields are the same for everybody with the same rights, but for those named: what else is asked for is shared only
// by the connections of one user.
var impersonal = map[string][]string{
	"OrderChange": nil, "Order": {"isOwn"}, "OrderError": nil, "ResourceType": nil, "JobsChange": nil, "PermissionsChange": nil, "ReconciliationChange": nil, "MiningRunsChange": nil,
	"PlansChange": nil, "BulkChangesChange": nil, "RedundancyChange": nil,
}

// isShared reports whether a subscription can be one for several who ask for the same: it does not go on from a cursor.
func isShared(op *graphql.OperationContext) bool {
	for _, s := range op.Operation.SelectionSet {
		f, ok := s.(*ast.Field)
		if !ok || !slices.Contains(sharedFields, f.Name) {
			return false
		}
		if after := f.ArgumentMap(op.Variables)["after"]; after != nil {
			return false
		}
	}
	return true
}

// isPersonal reports whether somebody else with the same rights may get something else.
func isPersonal(list ast.SelectionSet) bool {
	return slices.ContainsFunc(list, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			if s.ObjectDefinition == nil {
				return true
			}
			isRoot := s.ObjectDefinition.Name == "Subscription"
			personal, known := impersonal[s.ObjectDefinition.Name]
			return !isRoot && (!known || slices.Contains(personal, s.Name)) || isPersonal(s.SelectionSet)
		case *ast.InlineFragment:
			return isPersonal(s.SelectionSet)
		case *ast.FragmentSpread:
			return s.Definition == nil || isPersonal(s.Definition.SelectionSet)
		}
		return true
	})
}

// groups are the subscriptions that several websockets share: those of equal rights who ask for the same get the same bytes, which are read and made
// once. The rights of everybody are looked at before each change is handed out, and every across.CheckEvery.
type groups struct {
	t    *overWebsocket
	mu   sync.Mutex
	open map[string]*group
}

// group is one subscription, for all its members.
type group struct {
	of          *groups
	key, rights string
	query       graphql.RawParams
	exec        graphql.GraphExecutor
	cancel      context.CancelFunc
	ready       chan struct{} // closed when it has begun, or was refused
	began       sync.Once
	refused     *graphql.Response // instead of a beginning
	why         failure           // why it ended before its time
	turn        sync.Mutex        // of those who look and hand out

	// Under groups.mu, with members also under mu.
	coming int // who joins at the moment
	mu     sync.Mutex
	all    map[*member]struct{}
	payer  *member // of all: the one whom the subscription weighs in full
	by     map[string]*session
	isOver bool
}

type groupKey struct{}

// countedKey marks operations whose members are counted instead.
type countedKey struct{}

// session is what members who signed in with the same access token have in common.
type session struct {
	actor   *permit.Actor   // as last looked at
	ctx     context.Context // of one of them, without an end
	members map[*member]struct{}
}

// member is one operation of one connection.
type member struct {
	s      *socket
	id     string
	prefix []byte
	key    string // of its session and access token: the one that ends first must not end what hangs on another
	stop   func() bool
	charge charge
}

// join makes an operation a member of its group until ctx ends, the group does, or its rights are others.
func (gs *groups) join(ctx context.Context, s *socket, id string, op *graphql.OperationContext) {
	refuse := func(err error) {
		s.next(id, &graphql.Response{Errors: gqlerror.List{gs.t.present(ctx, err)}})
		s.finish(id, nil)
	}
	now, err := gs.t.auth.Renew(ctx)
	if err != nil {
		refuse(err)
		return
	}
	actor := permit.From(now)
	rights := across.RightsOf(actor)
	key, err := json.Marshal([]any{rights, op.RawQuery, op.OperationName, op.Variables})
	if err != nil {
		refuse(fmt.Errorf("compare subscriptions: %w", err))
		return
	}
	if isPersonal(op.Operation.SelectionSet) {
		key = fmt.Appendf(key, "%d %d", actor.UserID, actor.ResourceID)
	}
	end, _ := auth.Expires(now)
	m := &member{s: s, id: id, prefix: prefixOf(id), key: fmt.Sprint(actor.SessionID, " ", end.Unix())}
	for isCounted := false; ctx.Err() == nil; {
		g, weight := gs.find(s.exec, string(key), rights, actor, op)
		if !isCounted {
			m.charge.weight = weight
			if err := gs.t.bounds.enter(now, ast.Subscription, &m.charge); err != nil {
				gs.gone(g)
				refuse(err)
				return
			}
			isCounted = true
		}
		select {
		case <-ctx.Done():
			gs.gone(g)
			s.finish(id, nil)
			return
		case <-g.ready:
		}
		if g.refused != nil {
			gs.gone(g)
			s.next(id, g.refused)
			s.finish(id, nil)
			return
		}
		if g.take(ctx, m, actor) {
			return
		}
	}
	s.finish(id, nil)
}

// find gives the group that runs, or begins one, and what that counts. Whoever has it says take or gone.
func (gs *groups) find(exec graphql.GraphExecutor, key, rights string, actor *permit.Actor, op *graphql.OperationContext) (g *group, weight int) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g, weight = gs.open[key], joinedWeight
	if g == nil {
		weight = ownWeight
		ctx, cancel := context.WithCancel(context.Background())
		g = &group{of: gs, exec: exec, key: key, rights: rights, cancel: cancel, ready: make(chan struct{}), all: map[*member]struct{}{}, by: map[string]*session{},
			query: graphql.RawParams{Query: op.RawQuery, OperationName: op.OperationName, Variables: op.Variables}}
		if gs.open == nil {
			gs.open = map[string]*group{}
		}
		gs.open[key] = g
		ctx = context.WithValue(context.WithValue(permit.With(ctx, actor), groupKey{}, g), countedKey{}, true)
		go g.run(across.WithStarted(context.WithValue(ctx, failureKey{}, &g.why), g.begin), op)
	}
	g.coming++
	return g, weight
}

// gone ends a group that nobody has any more.
func (gs *groups) gone(g *group) {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	g.coming--
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leaveIfEmpty()
}

// leaveIfEmpty is under both locks.
func (g *group) leaveIfEmpty() {
	if g.coming == 0 && len(g.all) == 0 {
		g.close()
	}
}

// close takes no more members, under both locks.
func (g *group) close() {
	g.isOver = true
	g.cancel()
	if g.of.open[g.key] == g {
		delete(g.of.open, g.key)
	}
}

func (g *group) begin() { g.began.Do(func() { close(g.ready) }) }

// take makes a member of whoever found the group; false: it is over.
func (g *group) take(ctx context.Context, m *member, actor *permit.Actor) bool {
	g.of.mu.Lock()
	defer g.of.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.coming--
	if g.isOver {
		return false
	}
	g.all[m] = struct{}{}
	g.charge()
	x := g.by[m.key]
	if x == nil {
		x = &session{actor: actor, ctx: context.WithoutCancel(ctx), members: map[*member]struct{}{}}
		g.by[m.key] = x
	}
	x.members[m] = struct{}{}
	m.stop = context.AfterFunc(ctx, func() {
		if g.lose(m) {
			m.s.finish(m.id, nil)
		}
	})
	return true
}

// charge lets one member weigh what the subscription costs when nobody does: who began it may have left. Under both locks.
func (g *group) charge() {
	if g.payer != nil {
		return
	}
	for m := range g.all {
		if g.of.t.bounds.raise(&m.charge) {
			g.payer = m
			return
		}
	}
}

// lose takes a member out. false: it was out already.
func (g *group) lose(m *member) bool {
	g.of.mu.Lock()
	defer g.of.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, is := g.all[m]; !is {
		return false
	}
	delete(g.all, m)
	if g.payer == m {
		g.payer = nil
		g.charge()
	}
	if x := g.by[m.key]; x != nil {
		delete(x.members, m)
		if len(x.members) == 0 {
			delete(g.by, m.key)
		}
	}
	g.leaveIfEmpty()
	return true
}

// run reads what changes and hands it out until the group is over.
func (g *group) run(ctx context.Context, op *graphql.OperationContext) {
	defer g.end()
	defer func() {
		if r := recover(); r != nil {
			g.why.set(g.of.t.present(ctx, op.Recover(ctx, r)))
		}
	}()
	looks := time.NewTicker(across.CheckEvery)
	defer looks.Stop()
	watch, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for {
			select {
			case <-watch.Done():
				return
			case <-looks.C:
				g.turn.Lock()
				g.look(watch)
				g.turn.Unlock()
			}
		}
	}()
	responses, ctx := g.exec.DispatchOperation(ctx, op)
	for response := responses(ctx); response != nil; response = responses(ctx) {
		select {
		case <-g.ready:
		default: // it did not begin
			g.refused = response
			return
		}
		payload, err := json.Marshal(response)
		if err != nil {
			panic(err) // made of JSON
		}
		g.turn.Lock()
		g.look(ctx)
		g.handOut(payload)
		g.turn.Unlock()
	}
}

func (g *group) handOut(payload []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for m := range g.all {
		m.s.push(frameOf(m.prefix, payload))
	}
}

// look takes out whoever has other rights by now. It waits for a database that is away: nobody gets anything on rights that are not known.
func (g *group) look(ctx context.Context) {
	g.mu.Lock()
	list := make([]*session, 0, len(g.by))
	for _, x := range g.by {
		list = append(list, x)
	}
	g.mu.Unlock()
	all := make([]context.Context, len(list))
	for i, x := range list {
		all[i] = x.ctx
	}
	// What else than the database stands against it, Renew tells for each.
	if _ = across.Patiently(ctx, func() error { return g.of.t.auth.Remember(ctx, all) }); ctx.Err() != nil {
		return
	}
	for _, x := range list {
		var now context.Context
		err := across.Patiently(ctx, func() (err error) { now, err = g.of.t.auth.Renew(x.ctx); return err })
		if ctx.Err() != nil {
			return
		}
		actor := permit.From(now)
		switch {
		case err != nil:
			list := gqlerror.List{g.of.t.present(x.ctx, err)}
			g.expel(x, func(m *member) { m.s.finish(m.id, list) })
		case actor == x.actor:
		case across.RightsOf(actor) == g.rights:
			x.actor = actor
		default:
			g.expel(x, func(m *member) { go g.try(x.ctx, m) })
		}
	}
}

// expel takes the members of a session out.
func (g *group) expel(x *session, then func(m *member)) {
	g.mu.Lock()
	var list []*member
	for m := range x.members {
		list = append(list, m)
	}
	g.mu.Unlock()
	for _, m := range list {
		if g.lose(m) {
			m.stop()
			then(m)
		}
	}
}

// try tells a member with other rights whether the subscription is still for him. If so, he comes again with his cursor: what he missed meanwhile is
// for his new rights to say.
func (g *group) try(ctx context.Context, m *member) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	began := make(chan struct{})
	var once sync.Once
	why := &failure{}
	ctx = context.WithValue(context.WithValue(ctx, endsKey{}, &m.s.ends), countedKey{}, true)
	ctx = context.WithValue(across.WithStarted(ctx, func() { once.Do(func() { close(began) }) }), failureKey{}, why)
	op, faults := m.s.exec.CreateOperationContext(graphql.StartOperationTrace(ctx), &g.query)
	if faults != nil {
		m.s.finish(m.id, faults)
		return
	}
	responses, ctx := m.s.exec.DispatchOperation(ctx, op)
	select {
	case <-began:
		m.s.restart()
	default:
		if response := responses(ctx); response != nil {
			m.s.finish(m.id, response.Errors)
			return
		}
		m.s.finish(m.id, why.get())
	}
}

// restart makes all members come again, here or elsewhere.
func (g *group) restart() {
	for _, m := range g.finish() {
		m.s.restart()
	}
}

// finish takes no more members and gives those there are.
func (g *group) finish() []*member {
	g.of.mu.Lock()
	defer g.of.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	list := make([]*member, 0, len(g.all))
	for m := range g.all {
		list = append(list, m)
	}
	clear(g.all)
	g.payer = nil
	clear(g.by)
	g.close()
	return list
}

// end says that the subscription is over.
func (g *group) end() {
	list := g.finish()
	g.begin()
	for _, m := range list {
		m.stop()
		m.s.finish(m.id, g.why.get())
	}
}
