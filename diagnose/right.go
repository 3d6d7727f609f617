package diagnose

import (
	_ "embed" // the moments of the reference
	"encoding/json"
	"fmt"
	"sync"

	"github.com/forkproof/forkproof/report"
	"github.com/forkproof/forkproof/targets/catalog"
)

// A Moment is what the reference server showed while it was judged, when so many steps
// were taken.
type Moment struct {
	Steps    int              `json:"steps"`
	Evidence *report.Evidence `json:"evidence"`
}

// momentsText holds the moments of the reference by requirement; make golden writes it.
//
//go:embed moments.json
var momentsText []byte

// Moments returns the moments of the reference by requirement, in order. The error is a
// mistake in the file.
var Moments = sync.OnceValues(func() (map[string][]Moment, error) {
	var list map[string][]Moment
	if err := json.Unmarshal(momentsText, &list); err != nil {
		return nil, fmt.Errorf("diagnose/moments.json: %w", err)
	}
	return list, nil
})

// addRight adds to a cause how the reference does it right, at the moment at which the
// nearest requirement was judged. A cause that neither is known of stays as it is.
func addRight(c *report.Cause, nearest report.Requirement) error {
	var right report.Right
	servers, err := catalog.Servers()
	if err != nil {
		return err
	}
	for _, s := range servers {
		if s.Kind == catalog.Bad && s.Name == c.ID {
			if right.Difference, err = catalog.Mend(s); err != nil {
				return err
			}
		}
	}
	moments, err := Moments()
	if err != nil {
		return err
	}
	if nearest.Evidence != nil && len(nearest.Evidence.Processes) > 0 {
		for _, m := range moments[nearest.ID] {
			if right.Evidence == nil || m.Steps <= len(nearest.Done) {
				right.Evidence = m.Evidence
			}
		}
	}
	if right != (report.Right{}) {
		c.Right = &right
	}
	return nil
}
