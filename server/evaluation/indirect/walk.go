package indirect

// Rule is what one indirect resource rule walks through; what it does not ask for is nil.
type Rule struct {
	Nests     *Graph // what is a member of what
	Twins     *Graph // from there to another system
	TwinNests *Graph // what is a member of what there
	Grants    *Graph // what that grants, which is told of in its place
}

// Where is in which part of a walk something was reached.
type Where int

// The parts.
const (
	Near    Where = iota // where the account is
	Far                  // in the other system
	Granted              // what something in the other system grants
)

// Reached is something that is had through others.
type Reached struct {
	ID    int64
	Where Where
	Path  []int64 // from what the account has itself to it; of a long way the first and the last half of MostNamed
	Steps int     // how many the whole way has
}

// MostNamed is how many resources of a way are kept: a way as long as everything there is would be kept for every step of it.
const MostNamed = 50

// Walker walks; it is kept to use its memory again. Not for two at once.
type Walker struct {
	nodes []node
	seen  [Granted + 1]map[int64]bool
}

type node struct {
	id    int64
	below int32 // through which node it was reached; -1: the account has it itself
	head  int32 // the last node of its way that the first half of MostNamed holds
	steps int32
	where Where
}

// Walk gives what is reached from what an account has itself, which is not among it: each thing once for each part, what is nearest first. Circles
// end where they come to what was seen; the other system never leads back.
func (w *Walker) Walk(rule *Rule, direct []int64) []Reached {
	w.nodes = w.nodes[:0]
	for i := range w.seen {
		if w.seen[i] == nil {
			w.seen[i] = map[int64]bool{}
		}
		clear(w.seen[i])
	}
	for _, id := range direct {
		w.reach(id, -1, Near)
	}
	own := len(w.nodes)
	w.spread(0, rule.Nests, Near)
	near := len(w.nodes)
	for i := range near {
		w.follow(i, rule.Twins, Far)
	}
	w.spread(near, rule.TwinNests, Far)
	far := len(w.nodes)
	told := w.nodes[own:far]
	if rule.Grants != nil {
		for i := near; i < far; i++ {
			w.follow(i, rule.Grants, Granted)
		}
		told = append(append([]node{}, w.nodes[own:near]...), w.nodes[far:]...)
	}
	out := make([]Reached, len(told))
	for i, n := range told {
		out[i] = Reached{ID: n.id, Where: n.where, Path: w.path(n), Steps: int(n.steps)}
	}
	return out
}

// spread walks on from a node and all that comes after it.
func (w *Walker) spread(from int, along *Graph, where Where) {
	for i := from; i < len(w.nodes); i++ {
		w.follow(i, along, where)
	}
}

func (w *Walker) follow(i int, along *Graph, where Where) {
	for _, l := range along.From(w.nodes[i].id) {
		w.reach(l.To, int32(i), where)
	}
}

func (w *Walker) reach(id int64, below int32, where Where) {
	if w.seen[where][id] {
		return
	}
	w.seen[where][id] = true
	n := node{id: id, below: below, head: int32(len(w.nodes)), steps: 1, where: where}
	if below >= 0 {
		n.steps = w.nodes[below].steps + 1
		if n.steps > MostNamed/2 {
			n.head = w.nodes[below].head
		}
	}
	w.nodes = append(w.nodes, n)
}

// path is the way to a node.
func (w *Walker) path(n node) []int64 {
	whole := n.steps <= MostNamed
	out := make([]int64, min(int(n.steps), MostNamed))
	at, last := n, len(out)-1
	for ; last >= 0 && (whole || last >= MostNamed/2); last-- {
		out[last] = at.id
		if at.below >= 0 {
			at = w.nodes[at.below]
		}
	}
	for at = w.nodes[n.head]; last >= 0; last-- {
		out[last] = at.id
		if at.below >= 0 {
			at = w.nodes[at.below]
		}
	}
	return out
}
