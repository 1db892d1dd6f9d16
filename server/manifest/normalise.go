package manifest

// normalised fills in every default, so that a manifest compares with what export gives. The caller's manifest stays as it was.
func (m *Manifest) normalised() *Manifest {
	n := *m
	for _, k := range kinds() {
		k.normalise(&n)
	}
	return &n
}

// completed fills in what a manifest may leave unsaid and then stays as it is: whether a schedule is on and a user disabled, the secrets
// of a connection, and connections that are not named.
func (m *Manifest) completed(current *Manifest) *Manifest {
	c := *m
	for _, k := range kinds() {
		k.complete(&c, current)
	}
	return &c
}

func orElse[T any](v, otherwise *T) *T {
	if v == nil {
		return otherwise
	}
	return v
}

func or(v, fallback string) string {
	if v == "" {
		return fallback
	}
	return v
}

func ptr[T any](v T) *T { return &v }

func orPtr[T any](v *T, fallback T) *T {
	if v == nil {
		return &fallback
	}
	return v
}

func mapped[T any](in []T, f func(T) T) []T {
	if in == nil {
		return nil
	}
	out := make([]T, len(in))
	for i, v := range in {
		out[i] = f(v)
	}
	return out
}
