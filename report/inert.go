package report

import (
	"strings"
	"unicode"
)

// A line of a CI log may be a command to the system that collects it. A server
// that is judged must not give such commands.
//
// GitHub Actions: "::name …::text" at the start of a line, and "##[name …]"
// anywhere. Azure Pipelines: "##vso[" anywhere. TeamCity: "##teamcity[".
var hashCommands = strings.NewReplacer(
	"##[", `#\x23[`,
	"##vso[", `#\x23vso[`,
	"##teamcity[", `#\x23teamcity[`,
)

// inert breaks up log commands in one line.
func inert(line string) string {
	line = hashCommands.Replace(line)
	trimmed := strings.TrimLeftFunc(line, unicode.IsSpace)
	name, found := strings.CutPrefix(trimmed, "::")
	if !found || !strings.Contains(name, "::") {
		return line
	}
	return line[:len(line)-len(trimmed)] + `\x3a:` + name
}
