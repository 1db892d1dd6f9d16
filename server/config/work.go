package config

import "fmt"

// Work says how much a process does at once.
type Work struct {
	HistoryMonths              int  `default:"120" env:"WRIT_HISTORY_MONTHS" help:"How many months past versions of resources and assignments are kept. 0: for ever."`
	DisableIndirectPermissions bool `env:"WRIT_DISABLE_INDIRECT_PERMISSIONS" help:"Leave what people have through others (indirect resource rules) as it is: no complete computation finds or removes any."`
	RiverWorkers               int  `default:"20" env:"WRIT_RIVER_WORKERS" help:"Jobs that this process works on at the same time."`
}

// Validate checks the section.
func (w *Work) Validate() error {
	if w.RiverWorkers < 1 || w.RiverWorkers > 1000 {
		return fmt.Errorf("the number of workers (--river-workers, WRIT_RIVER_WORKERS) must be between 1 and 1000, got %d", w.RiverWorkers)
	}
	if w.HistoryMonths < 0 || w.HistoryMonths > 1200 {
		return fmt.Errorf("the months that history is kept (--history-months, WRIT_HISTORY_MONTHS) must be between 0, which is for ever, and 1200, got %d", w.HistoryMonths)
	}
	return nil
}
