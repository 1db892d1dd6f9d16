package assignment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/server/evaluation"
)

// mostValues is how many values of one account the picture of an explanation shows one by one; more become one node.
const mostValues = 24

// ExplainNodeKind is what a node of an explanation stands for, in the order in which one leads to the next.
type ExplainNodeKind string

const (
	NodeRule         ExplainNodeKind = "RULE"
	NodeContext      ExplainNodeKind = "CONTEXT"
	NodeRecord       ExplainNodeKind = "RECORD"
	NodeRole         ExplainNodeKind = "ROLE"
	NodeAccount      ExplainNodeKind = "ACCOUNT"
	NodeValue        ExplainNodeKind = "VALUE"
	NodeOrder        ExplainNodeKind = "ORDER"
	NodeAttempt      ExplainNodeKind = "ATTEMPT"
	NodeVerification ExplainNodeKind = "VERIFICATION"
)

// ExplainNode is one thing that an explanation speaks of. The sentences are those of the steps.
type ExplainNode struct {
	ID         string
	Kind       ExplainNodeKind
	Title      string
	Texts      []string
	Matched    bool       // false: it does not apply, or it is lacking
	Since      *time.Time // of rules: from when on they are as they are; else from when it holds; nil: since ever, or not kept
	Count      int        // how many values it stands for; 1: itself
	ResourceID *int64     // of a record or an account; nil: none, or not the reader's to know
	// Identifiers of the role, and of the resource type of an account or value; nil: it is none.
	Role, ResourceType *string
	OrderID            *int64 // of an order, attempt or verification; nil: none
}

// ExplainLink says that one thing leads to another.
type ExplainLink struct{ From, To string }

// picture makes nodes and edges of the steps of an explanation.
type picture struct {
	w     *wording
	nodes []*ExplainNode
	at    map[string]*ExplainNode
	edges []*ExplainLink
	seen  map[ExplainLink]bool
}

// draw gives what the steps speak of as nodes: rule, context, record, role, account, value, order, attempt, verification. asked is the node of the
// role or resource type that the explanation is about; empty: everything.
func (w *wording) draw(steps []evaluation.Step, asked string) ([]*ExplainNode, []*ExplainLink) {
	p := &picture{w: w, at: map[string]*ExplainNode{}, seen: map[ExplainLink]bool{}}
	values, verdicts := map[int64]int{}, map[string]bool{}
	for _, s := range steps {
		switch s.Kind {
		case evaluation.StepProperty:
			if s.Matched && !s.Overruled && !s.Denied {
				values[s.ResourceTypeID]++
			}
		case evaluation.StepRole, evaluation.StepType:
			verdicts[p.result(s)] = s.Matched
		}
	}
	for i := range steps {
		p.step(&steps[i], values, verdicts)
	}
	p.prune(asked)
	return p.nodes, p.edges
}

// prune leaves out what does not apply, but for what leads to the thing asked about when that is lacking.
func (p *picture) prune(asked string) {
	keep := map[string]bool{}
	if n := p.at[asked]; n != nil && !n.Matched {
		keep[asked] = true
		for grown := true; grown; {
			grown = false
			for _, e := range p.edges {
				if keep[e.To] && !keep[e.From] {
					keep[e.From], grown = true, true
				}
			}
		}
	}
	gone := func(id string) bool {
		switch n := p.at[id]; n.Kind {
		case NodeOrder, NodeAttempt, NodeVerification: // that they failed is what one wants to see
			return false
		default:
			return !n.Matched && !keep[id]
		}
	}
	p.edges = slices.DeleteFunc(p.edges, func(e *ExplainLink) bool { return gone(e.From) || gone(e.To) })
	p.nodes = slices.DeleteFunc(p.nodes, func(n *ExplainNode) bool { return gone(n.ID) })
}

// node finds or adds a node and gives it one more sentence.
func (p *picture) node(id string, kind ExplainNodeKind, title string, s *evaluation.Step) *ExplainNode {
	n := p.at[id]
	if n == nil {
		n = &ExplainNode{ID: id, Kind: kind, Title: title, Count: 1}
		p.at[id], p.nodes = n, append(p.nodes, n)
	}
	if s != nil {
		n.Matched = n.Matched || s.Matched
		n.Texts = append(n.Texts, s.Text)
	}
	return n
}

func (p *picture) edge(from, to string) {
	e := ExplainLink{from, to}
	if from == to || p.at[from] == nil || p.at[to] == nil || p.seen[e] {
		return
	}
	p.seen[e] = true
	p.edges = append(p.edges, &e)
}

// result is the node of what rules come to.
func (p *picture) result(s evaluation.Step) string {
	if s.Kind == evaluation.StepRole || s.Kind == evaluation.StepSingleRole || s.Kind == evaluation.StepCompositeRole {
		return fmt.Sprint("role/", s.RoleID)
	}
	return fmt.Sprint("account/", s.ResourceTypeID)
}

func (p *picture) role(id int64) string {
	key := fmt.Sprint("role/", id)
	n := p.node(key, NodeRole, p.w.role(id), nil)
	if r := p.w.m.Role(id); r != nil {
		n.Role = &r.Identifier
	}
	return key
}

func (p *picture) account(id int64) string {
	key := fmt.Sprint("account/", id)
	p.node(key, NodeAccount, p.w.typeName(id), nil).ResourceType = p.typeOf(id)
	return key
}

func (p *picture) step(s *evaluation.Step, values map[int64]int, verdicts map[string]bool) {
	switch s.Kind {
	case evaluation.StepContext:
		p.context(s)
	case evaluation.StepCompositeRole, evaluation.StepSingleRole, evaluation.StepResourceType:
		if !s.Matched && verdicts[p.result(*s)] {
			return // something else gives it
		}
		to := p.account
		id := s.ResourceTypeID
		if s.Kind != evaluation.StepResourceType {
			to, id = p.role, s.RoleID
		}
		p.rule(s, to(id))
	case evaluation.StepRole:
		p.verdict(p.role(s.RoleID), s)
	case evaluation.StepType:
		p.verdict(p.account(s.ResourceTypeID), s)
	case evaluation.StepCorrelation:
		account := p.account(s.ResourceTypeID)
		n := p.at[account]
		n.Texts = append(n.Texts, s.Text)
		if s.Matched {
			n.Title, n.ResourceID = p.w.typeName(s.ResourceTypeID)+" "+p.w.resource(s.ResourceID), &s.ResourceID
		}
	case evaluation.StepProperty:
		if s.Matched && !s.Overruled && !s.NotComputed {
			p.value(s, values[s.ResourceTypeID] > mostValues)
		}
	case evaluation.StepIndirect:
		p.throughOthers(s)
	case evaluation.StepBlocked, evaluation.StepRedundant:
		id := ""
		if s.RoleID != 0 {
			id = p.role(s.RoleID)
		} else {
			id = p.account(s.ResourceTypeID)
		}
		p.at[id].Texts = append(p.at[id].Texts, s.Text)
	case evaluation.StepAutomation:
		p.automation(s)
	case evaluation.StepRecord, evaluation.StepDifference:
		n := p.at[p.account(s.ResourceTypeID)]
		n.Texts = append(n.Texts, s.Text)
	default:
		p.done(s)
	}
}

// automation adds the automation rule that decided, or will; of one that is gone only its sentence is left.
func (p *picture) automation(s *evaluation.Step) {
	to := ""
	if s.RoleID != 0 {
		to = p.role(s.RoleID)
	} else {
		to = p.account(s.ResourceTypeID)
	}
	if s.RuleID == 0 {
		p.at[to].Texts = append(p.at[to].Texts, s.Text)
		return
	}
	key := fmt.Sprint("rule/", tableOf(s.Kind), s.RuleID)
	n := p.node(key, NodeRule, s.Rule, s)
	n.Matched, n.Since = true, s.RuleSince // also one that declines is what decides
	p.edge(key, to)
}

func (p *picture) verdict(id string, s *evaluation.Step) {
	n := p.at[id]
	n.Matched, n.Since = s.Matched, s.From
	n.Texts = append(n.Texts, s.Text)
}

// context adds a context, the record it is named after and those behind its sections.
func (p *picture) context(s *evaluation.Step) {
	if !s.Matched {
		p.node(fmt.Sprint("context/", s.RuleID), NodeContext, p.w.m.contextRule(s.RuleID), s)
		return
	}
	key := contextKey(s)
	title := p.w.dimensions(s.Values)
	if title == "" {
		title = p.w.m.contextRule(s.RuleID)
	}
	n := p.node(key, NodeContext, title, s)
	n.Since = s.From
	records := []int64{s.ResourceID}
	for _, c := range s.Sections {
		records = append(records, c.RecordID)
	}
	for _, id := range records {
		if id == 0 || id == p.w.owner.ID {
			continue
		}
		record := fmt.Sprint("record/", id)
		n := p.node(record, NodeRecord, p.w.thing(id), nil)
		n.Matched = true
		if len(n.Texts) == 0 {
			n.Texts = []string{s.Text}
		}
		if !p.w.hidden[id] {
			n.ResourceID = &id
		}
		p.edge(key, record)
	}
}

func contextKey(s *evaluation.Step) string {
	return fmt.Sprint("context/", s.RuleID, "/", s.ResourceID, "/", s.From)
}

// rule adds a rule and leads from it to what it gives: by the contexts that fulfil its criteria and their records, and by the role it asks for.
func (p *picture) rule(s *evaluation.Step, to string) {
	key := fmt.Sprint("rule/", tableOf(s.Kind), s.RuleID)
	title := s.Rule
	if s.Denied {
		title += " (forbids)"
	}
	n := p.node(key, NodeRule, title, s)
	n.Since = s.RuleSince
	if s.NeedsRoleID != 0 {
		p.edge(p.role(s.NeedsRoleID), to)
	}
	through := false
	if s.Matched && len(s.Criteria) > 0 {
		for _, c := range p.nodes {
			if c.Kind != NodeContext || !c.Matched || !strings.HasPrefix(c.ID, "context/") || !p.fulfils(c, s) {
				continue
			}
			p.edge(key, c.ID)
			for _, e := range p.edges {
				if e.From == c.ID && strings.HasPrefix(e.To, "record/") {
					through = true
					p.edge(e.To, to)
				}
			}
		}
	}
	if !through {
		p.edge(key, to)
	}
}

// fulfils reports whether a context is of the record for which a rule applies; of one record there is one context only.
func (p *picture) fulfils(c *ExplainNode, s *evaluation.Step) bool {
	return s.OfRecord == 0 || strings.Contains(c.ID, fmt.Sprint("/", s.OfRecord, "/"))
}

// value adds a value of an account, with the rule that computes it.
func (p *picture) value(s *evaluation.Step, many bool) {
	account := p.account(s.ResourceTypeID)
	property := p.w.property(s.ResourceTypeID, s.Property)
	key, title := fmt.Sprint("value/", s.ResourceTypeID, "/", s.Property, "/", s.ResourceID), property+" = "+s.Value
	if many {
		key = fmt.Sprint("value/", s.ResourceTypeID)
	}
	n := p.at[key]
	if n == nil {
		n = p.node(key, NodeValue, title, s)
		n.ResourceType, n.Since = p.typeOf(s.ResourceTypeID), s.From
	} else if n.Texts = append(n.Texts, s.Text); many {
		n.Count++
		n.Title = fmt.Sprintf("%d values", n.Count)
	}
	p.edge(account, key)
	if s.NeedsRoleID != 0 {
		p.edge(p.role(s.NeedsRoleID), key)
	}
	if !many {
		p.rule(s, key)
	}
}

// done adds what was done: orders, the attempts to carry them out, and whether the system shows it.
func (p *picture) done(s *evaluation.Step) {
	account := p.account(s.ResourceTypeID)
	if s.OrderID == nil {
		key := fmt.Sprint("read/", s.ResourceTypeID)
		p.node(key, NodeVerification, "Already there", s).Since = s.From
		p.edge(account, key)
		return
	}
	order := fmt.Sprint("order/", *s.OrderID)
	switch s.Kind {
	case evaluation.StepAttempt:
		key := fmt.Sprint("attempt/", *s.OrderID, "/", s.From)
		n := p.node(key, NodeAttempt, firstWords(s.Text, 2), s)
		n.OrderID, n.Since = s.OrderID, s.From
		p.edge(order, key)
	case evaluation.StepVerification:
		key := fmt.Sprint("read/", s.ResourceTypeID, "/", *s.OrderID)
		title := "Not seen yet"
		if s.Matched {
			title = "Verified"
		}
		n := p.node(key, NodeVerification, title, s)
		n.OrderID, n.Since = s.OrderID, s.From
		from := order
		for _, e := range p.edges {
			if e.From == order && strings.HasPrefix(e.To, "attempt/") {
				from = e.To // the last of them
			}
		}
		p.edge(from, key)
	default:
		n := p.node(order, NodeOrder, fmt.Sprint("Order ", *s.OrderID), s)
		if s.Kind == evaluation.StepOrder {
			n.Matched, n.Since, n.OrderID = s.Matched, s.From, s.OrderID
			p.edge(account, order)
		}
		if s.Kind == evaluation.StepLine {
			p.lead(s, order)
		}
	}
}

// lead leads from the values of a line to its order.
func (p *picture) lead(s *evaluation.Step, order string) {
	property := fmt.Sprint("value/", s.ResourceTypeID, "/", s.Property, "/")
	for _, n := range p.nodes {
		if n.Kind == NodeValue && (strings.HasPrefix(n.ID, property) && (strings.HasSuffix(n.Title, " = "+s.Value) || s.Value == "") || n.ID == fmt.Sprint("value/", s.ResourceTypeID)) {
			p.edge(n.ID, order)
		}
	}
}

func firstWords(text string, n int) string {
	words := strings.Fields(text)
	return strings.Join(words[:min(n, len(words))], " ")
}

func (p *picture) typeOf(id int64) *string {
	if t := p.w.m.ResourceType(id); t != nil {
		return &t.Identifier
	}
	return nil
}
