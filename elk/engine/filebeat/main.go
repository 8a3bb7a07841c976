// Filebeat from its vendor's published source, with the open-source inputs, the journald input among them.
package main

import (
	"os"

	"github.com/elastic/beats/v7/filebeat/cmd"
	_ "github.com/elastic/beats/v7/filebeat/include"
	inputs "github.com/elastic/beats/v7/filebeat/input/default-inputs"
)

func main() {
	if err := cmd.Filebeat(inputs.Init, cmd.FilebeatSettings()).Execute(); err != nil {
		os.Exit(1)
	}
}
