package across

import (
	"writ/server/job"
)

// JobFilter packs the arguments of the list of runs.
func JobFilter(identifier *string, states []job.JobInstanceState, launchedBy *string) *job.JobInstanceFilter {
	return &job.JobInstanceFilter{Job: identifier, States: states, LaunchedBy: launchedBy}
}
