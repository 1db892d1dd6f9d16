package evaluation

// Lists is memory for many short lists that are given away one by one and stay where they are. The zero value is ready. Only one list is in
// work at a time.
type Lists[T any] struct{ all []T }

// Begin tells where the next list begins.
func (l *Lists[T]) Begin() int { return len(l.all) }

// Add puts one more at the end of the list that begins at begin, and tells where it begins now: it moves when the memory is full, what was
// given away does not.
func (l *Lists[T]) Add(begin int, x T) int {
	if len(l.all) == cap(l.all) {
		l.all, begin = append(make([]T, 0, max(256, 2*(len(l.all)-begin))), l.all[begin:]...), 0
	}
	l.all = append(l.all, x)
	return begin
}

// Give gives the list that begins at begin away.
func (l *Lists[T]) Give(begin int) []T { return l.all[begin:len(l.all):len(l.all)] }
