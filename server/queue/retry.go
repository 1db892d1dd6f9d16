package queue

import (
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// MaxAttempts is how often a job is tried before it is discarded, unless its options say otherwise. With the pauses below that is about
// twenty minutes; after that the sweeps remain.
const MaxAttempts = 25

const (
	firstPause   = 250 * time.Millisecond
	longestPause = time.Minute
)

// retryPolicy doubles the pause from a quarter of a second up to a minute, give or take a fifth: most failures are a database or a
// neighbour that is back at once, and people are waiting.
type retryPolicy struct{}

var _ river.ClientRetryPolicy = retryPolicy{}

// NextRetry implements river.ClientRetryPolicy.
func (retryPolicy) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(pauseAfter(len(job.Errors)))
}

// pauseAfter is the pause after a number of earlier failures.
func pauseAfter(failures int) time.Duration {
	p := longestPause
	if failures < 8 {
		p = min(p, firstPause<<max(0, failures))
	}
	return p - p/5 + rand.N(2*p/5)
}
