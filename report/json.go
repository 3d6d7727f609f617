package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// WriteJSON writes the result file: indented, in a fixed order, with a newline at
// its end. Invisible characters become \u escapes, which lose nothing. Bytes that
// are not UTF-8 become U+FFFD, because JSON cannot hold them (RFC 8259, section
// 8.1).
func WriteJSON(w io.Writer, r Result) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(r); err != nil {
		return fmt.Errorf("encode the result as JSON: %w", err)
	}
	if _, err := w.Write(plainJSON(b.Bytes())); err != nil {
		return fmt.Errorf("write the result as JSON: %w", err)
	}
	return nil
}

// plainJSON replaces invisible characters by \u escapes. JSON has such characters
// only in strings.
func plainJSON(data []byte) []byte {
	data = bytes.ReplaceAll(data, []byte("##"), []byte(`#\u0023`))
	out := make([]byte, 0, len(data))
	for i, width := 0, 0; i < len(data); i += width {
		var r rune
		r, width = utf8.DecodeRune(data[i:])
		switch {
		case r == '\n', visible(r):
			out = append(out, data[i:i+width]...)
		default:
			out = appendUTF16(out, r)
		}
	}
	return out
}

// appendUTF16 appends r as JSON escapes: one, or a surrogate pair.
func appendUTF16(out []byte, r rune) []byte {
	if r <= 0xffff {
		return fmt.Appendf(out, `\u%04x`, r)
	}
	high, low := utf16.EncodeRune(r)
	return fmt.Appendf(out, `\u%04x\u%04x`, high, low)
}
