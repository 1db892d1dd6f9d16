package app

import "writ/graph"

// resolver hands the rooms to the door.
func (a *App) resolver() *graph.Resolver {
	return &graph.Resolver{Auth: a.Auth, Access: a.Access, Directory: a.Directory}
}
