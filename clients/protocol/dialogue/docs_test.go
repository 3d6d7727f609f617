package dialogue

import (
	"os"
	"regexp"
	"testing"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// TestDocs reads the dialogues in the documentation.
func TestDocs(t *testing.T) {
	for _, page := range []string{"protocols.md", "dialogue.md"} {
		text, err := os.ReadFile("../../../docs/" + page)
		if err != nil {
			t.Fatal(err)
		}
		blocks := yamlBlock.FindAllSubmatch(text, -1)
		if len(blocks) == 0 {
			t.Errorf("%s has no dialogue", page)
		}
		for _, block := range blocks {
			if _, err := Parse(page, block[1]); err != nil {
				t.Error(err)
			}
		}
	}
}
