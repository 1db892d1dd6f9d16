package notification

import "time"

// How long a test waits for what must come, and how often it looks.
const (
	waitLimit = 20 * time.Second
	pollEvery = 20 * time.Millisecond
)
