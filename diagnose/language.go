package diagnose

import (
	"path"
	"regexp"
	"strings"
)

// A Language is the language that hints speak.
type Language string

const (
	// C stands for C, and for every language in which the system calls have their names.
	C Language = "c"
	// Python has other names for them.
	Python Language = "python"
)

var python = regexp.MustCompile(`^python[0-9.]*$`)

// LanguageOf returns the language of a server by the command that starts it.
func LanguageOf(command []string) Language {
	for _, word := range command {
		if base := path.Base(word); python.MatchString(base) || strings.HasSuffix(base, ".py") {
			return Python
		}
	}
	return C
}
