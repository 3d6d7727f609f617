package report

import "strings"

// ColorFor reports whether to print colours. --no-color and NO_COLOR disable them
// (no-color.org: set and not empty). Otherwise FORCE_COLOR enables them, or disables
// them if it is 0 or false. Otherwise a terminal has them unless TERM is dumb.
func ColorFor(isTerminal bool, noColorFlag bool, getenv func(string) string) bool {
	if noColorFlag || getenv("NO_COLOR") != "" {
		return false
	}
	switch strings.ToLower(getenv("FORCE_COLOR")) {
	case "":
		return isTerminal && getenv("TERM") != "dumb"
	case "0", "false":
		return false
	default:
		return true
	}
}

// LiveFor reports whether a status line can be rewritten in place.
func LiveFor(isTerminal bool, getenv func(string) string) bool {
	return isTerminal && getenv("TERM") != "dumb"
}

// ASCIIFor reports whether to print only ASCII, because the locale's character set
// is not UTF-8. The first of LC_ALL, LC_CTYPE and LANG that is set counts; with none
// set it is the POSIX locale (locale(7)).
func ASCIIFor(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := getenv(name); value != "" {
			value = strings.ToLower(value)
			return !strings.Contains(value, "utf-8") && !strings.Contains(value, "utf8")
		}
	}
	return true
}
