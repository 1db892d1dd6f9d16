package config

import "fmt"

// Work says how much a process does at once.
type Work struct {
	RiverWorkers int `default:"20" env:"WRIT_RIVER_WORKERS" help:"Jobs that this process works on at the same time."`
}

// Validate checks the section.
func (w *Work) Validate() error {
	if w.RiverWorkers < 1 || w.RiverWorkers > 1000 {
		return fmt.Errorf("the number of workers (--river-workers, WRIT_RIVER_WORKERS) must be between 1 and 1000, got %d", w.RiverWorkers)
	}
	return nil
}
