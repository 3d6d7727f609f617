package dialogue

// A finder looks for a text in a stream of bytes (Knuth, Morris and Pratt). It keeps no
// byte of the stream.
type finder struct {
	text string
	fall []int // where to go on after a mismatch, by the bytes matched
	at   int   // bytes of the text that the stream ends with now
}

func find(text string) *finder {
	f := &finder{text: text, fall: make([]int, len(text)+1)}
	for i := 1; i < len(text); i++ {
		at := f.fall[i]
		for at > 0 && text[i] != text[at] {
			at = f.fall[at]
		}
		if text[i] == text[at] {
			at++
		}
		f.fall[i+1] = at
	}
	return f
}

// found takes the next byte and reports whether the text ends with it.
func (f *finder) found(b byte) bool {
	for f.at > 0 && (f.at == len(f.text) || b != f.text[f.at]) {
		f.at = f.fall[f.at]
	}
	if b == f.text[f.at] {
		f.at++
	}
	return f.at == len(f.text)
}
