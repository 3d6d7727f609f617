package report

import "testing"

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestColorFor(t *testing.T) {
	for name, c := range map[string]struct {
		terminal, flag bool
		env            func(string) string
		want           bool
	}{
		"terminal":              {true, false, env("TERM", "xterm"), true},
		"pipe":                  {false, false, env("TERM", "xterm"), false},
		"dumb terminal":         {true, false, env("TERM", "dumb"), false},
		"flag":                  {true, true, env(), false},
		"flag before FORCE":     {true, true, env("FORCE_COLOR", "1"), false},
		"NO_COLOR":              {true, false, env("NO_COLOR", "1"), false},
		"NO_COLOR before FORCE": {true, false, env("NO_COLOR", "1", "FORCE_COLOR", "1"), false},
		"FORCE_COLOR in a pipe": {false, false, env("FORCE_COLOR", "1"), true},
		"FORCE_COLOR, dumb":     {true, false, env("FORCE_COLOR", "3", "TERM", "dumb"), true},
		"FORCE_COLOR is 0":      {true, false, env("FORCE_COLOR", "0"), false},
		"FORCE_COLOR is false":  {true, false, env("FORCE_COLOR", "False"), false},
		"empty variables":       {true, false, env("NO_COLOR", "", "FORCE_COLOR", ""), true},
	} {
		if got := ColorFor(c.terminal, c.flag, c.env); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestLiveFor(t *testing.T) {
	if !LiveFor(true, env("TERM", "xterm")) || LiveFor(true, env("TERM", "dumb")) || LiveFor(false, env("TERM", "xterm")) {
		t.Error("a status line is for terminals that can rewrite a line, and for no others")
	}
}

func TestASCIIFor(t *testing.T) {
	for name, c := range map[string]struct {
		env  func(string) string
		want bool
	}{
		"nothing set":             {env(), true},
		"LANG":                    {env("LANG", "de_DE.UTF-8"), false},
		"C.utf8":                  {env("LANG", "C.utf8"), false},
		"LC_ALL before LANG":      {env("LC_ALL", "C", "LANG", "en_US.UTF-8"), true},
		"LC_CTYPE before LANG":    {env("LC_CTYPE", "en_US.UTF-8", "LANG", "C"), false},
		"other character set":     {env("LANG", "de_DE.ISO-8859-1"), true},
		"an empty LC_ALL is none": {env("LC_ALL", "", "LANG", "en_US.UTF-8"), false},
	} {
		if got := ASCIIFor(c.env); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
