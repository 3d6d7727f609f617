package formats

import (
	"encoding/json"
	"io"
	"net/url"

	"github.com/forkproof/forkproof/report"
)

// SARIF 2.1.0, the part of it that code scanning reads.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Full  sarifText `json:"fullDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
	}
	sarifLocation struct {
		Physical *sarifPhysical `json:"physicalLocation,omitempty"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine int `json:"startLine"`
	}
	sarifLogical struct {
		Name string `json:"name"`
		Kind string `json:"kind"`
	}
)

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// writeSARIF writes the causes as results in SARIF, each at its line of the source where
// that is known.
func writeSARIF(w io.Writer, r report.Result) error {
	run := sarifRun{
		Tool:    sarifTool{sarifDriver{Name: "forkproof", Version: report.Line(r.Tool.Version), Rules: []sarifRule{}}},
		Results: []sarifResult{},
	}
	for i, c := range r.Explanations() {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: report.Line(c.ID), Short: sarifText{report.Line(c.Title)}, Full: sarifText{report.Line(rule(c))}, Help: sarifText{report.Line(c.Hint)},
		})
		level := "warning"
		if r.Fails(c) {
			level = "error"
		}
		run.Results = append(run.Results, sarifResult{
			RuleID: report.Line(c.ID), RuleIndex: i, Level: level,
			Message: sarifText{report.Line(c.Title) + "\n" + causeText(c)}, Locations: sarifLocations(c.Where),
		})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{sarifSchema, "2.1.0", []sarifRun{run}})
}

func sarifLocations(where *report.Place) []sarifLocation {
	if where == nil {
		return nil
	}
	var location sarifLocation
	if where.File != "" {
		location.Physical = &sarifPhysical{Artifact: sarifArtifact{(&url.URL{Path: where.File}).String()}}
		if where.Line > 0 {
			location.Physical.Region = &sarifRegion{where.Line}
		}
	}
	if where.Function != "" {
		location.Logical = []sarifLogical{{report.Line(where.Function), "function"}}
	}
	return []sarifLocation{location}
}
