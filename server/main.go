// Command writ is the whole product: see server/cli for its commands and server/app for what it is made of.
package main

import (
	"os"
	_ "time/tzdata" // zones of people and jobs are known wherever this runs

	"writ/server/app"
	"writ/server/cli"
)

func main() {
	os.Exit(cli.Main(os.Args[1:], app.House()))
}
