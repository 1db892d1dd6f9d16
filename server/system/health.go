package system

import (
	"fmt"
	"strings"
)

// Health of a connector in one word.
type Health string

const (
	Healthy       Health = "OK"
	Warned        Health = "WARNING" // works, but a synchronization is blocked, rows were set aside, or records cannot be matched
	Broken        Health = "ERROR"   // cannot be reached, or the last reading broke
	NeverAsked    Health = "UNKNOWN"
	IsDeactivated Health = "DEACTIVATED"
)

// Facts are what the rooms above know of how a connector does: its row tells only of its connections.
type Facts struct {
	WasRead      bool     // a reading ended, well or not
	Failed       *string  // why the last one broke; nil: it did not
	Blocked      []string // what a reading exceeds that waits for a person; empty: none waits
	RowsToMend   int      // rows of it that were set aside
	Unmatched    int      // records of it that cannot be matched with an owner
	WhyUnmatched string   // of one of them
}

// Judge gives how a connector does, the worst thing first, and why. The caller brings the connections.
func (c *Connector) Judge(f Facts) (Health, string) {
	if c.IsDeactivated {
		return IsDeactivated, "Deactivated: nothing is read and nothing is written."
	}
	checked := false
	for _, k := range c.Connections {
		checked = checked || k.LastCheckAt != nil
		if k.LastCheckError != nil {
			return Broken, k.DisplayName + ": " + *k.LastCheckError
		}
	}
	if f.Failed != nil {
		return Broken, *f.Failed
	}
	if len(f.Blocked) > 0 {
		return Warned, "A synchronization is stopped by a limit (" + strings.Join(f.Blocked, "; ") + ")."
	}
	if f.RowsToMend > 0 {
		return Warned, fmt.Sprintf("%d rows cannot be read and were set aside; what was read of them before stays. See Rows to mend.", f.RowsToMend)
	}
	if f.Unmatched > 0 {
		return Warned, fmt.Sprintf("%d records cannot be matched with their owners. %s", f.Unmatched, f.WhyUnmatched)
	}
	if !checked && !f.WasRead {
		return NeverAsked, ""
	}
	return Healthy, ""
}
