package unwind

import "testing"

func TestPlainName(t *testing.T) {
	for symbol, want := range map[string]string{
		"serve": "serve", "serve.isra.0": "serve", "main.cold": "main",
		"_ZN3net6Server3runEv": "net::Server::run", "_ZNK3net6Server4portEv": "net::Server::port", "_Z5servei": "serve",
		"_ZN2it4main17hdacb5b4c4e7f4034E": "it::main",
		"_ZNSt6vectorIcE4sizeEv":          "_ZNSt6vectorIcE4sizeEv", "_ZN99xE": "_ZN99xE", "_Z": "_Z", "_ZN": "_ZN",
		"_ZN99999999999999999999xE": "_ZN99999999999999999999xE",
	} {
		if got := plainName(symbol); got != want {
			t.Errorf("%s: got %s, want %s", symbol, got, want)
		}
	}
}

func TestIsLibrary(t *testing.T) {
	for _, c := range []struct {
		names []string
		want  bool
	}{
		{[]string{"wait4", "__wait4"}, true}, {[]string{"usleep"}, true}, {[]string{"serve"}, false},
		{[]string{"_ZN3net6Server3runEv"}, false}, {[]string{"read_all"}, false},
	} {
		if got := isLibrary(c.names); got != c.want {
			t.Errorf("%v: got %v, want %v", c.names, got, c.want)
		}
	}
	if !isStandard("_ZN3std2rt10lang_start17h60ef029782ffe9e9E") || isStandard("std::x") || isStandard("_ZN2it4main17hdacb5b4c4e7f4034E") {
		t.Error("what is of a standard library is not told apart")
	}
}
