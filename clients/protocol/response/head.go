package response

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	// lenient reads what a client can make sense of, strict what RFC 9112, section 4 allows.
	lenient = regexp.MustCompile(`^HTTP/(\d+)\.(\d+)[ \t]+([1-9]\d\d)(?:[ \t].*)?$`)
	strict  = regexp.MustCompile(`^HTTP/\d\.\d [1-9]\d\d [\t\x20-\x7e\x80-\xff]*$`)
	token   = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	decimal = regexp.MustCompile(`^\d{1,18}$`)
)

// takeWhole reads a whole line, with its end.
func (r *Reader) takeWhole(line []byte) {
	text, ends := strings.CutSuffix(string(line), "\r\n")
	if !ends {
		text = strings.TrimSuffix(string(line), "\n")
	}
	switch r.state {
	case atStatus:
		r.takeStatus(text, ends)
	case atField:
		r.takeField(text, ends)
	default:
		r.takeChunkLine(text, ends)
	}
}

// takeStatus reads a status line.
func (r *Reader) takeStatus(text string, ends bool) {
	m := lenient.FindStringSubmatch(text)
	if m == nil {
		r.fail("the status line cannot be read")
		return
	}
	r.list = append(r.list, Response{Line: text, Sum: basis})
	one := r.last()
	one.Major, _ = strconv.Atoi(m[1]) // digits
	one.Minor, _ = strconv.Atoi(m[2])
	one.Status, _ = strconv.Atoi(m[3])
	switch {
	case !ends:
		one.note(StatusLine, "the status line ends in LF alone, not in CRLF")
	case strings.HasSuffix(text, m[3]):
		one.note(StatusLine, "no space follows the status code, which it must even where no reason does")
	case !strict.MatchString(text):
		one.note(StatusLine, "the status line is not of the form HTTP/1.1 SP 200 SP reason CRLF")
	}
	r.state = atField
}

// takeField reads a field line, or the empty line behind the last.
func (r *Reader) takeField(text string, ends bool) {
	one := r.last()
	if !ends {
		one.note(FieldLines, "a line of the head ends in LF alone, not in CRLF: "+strconv.Quote(text))
	}
	if text == "" {
		one.Headed = true
		r.frame()
		return
	}
	one.addField(text)
}

// addField adds a field line to a response.
func (one *Response) addField(text string) {
	name, value, colon := strings.Cut(text, ":")
	bare := strings.TrimRight(name, " \t")
	switch {
	case strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t"):
		one.note(FieldLines, "a field is continued on the next line (folding): "+strconv.Quote(text))
		return
	case !colon:
		one.note(FieldLines, "a line of the head is no field, as it has no colon: "+strconv.Quote(text))
		return
	case bare != name:
		one.note(FieldLines, "there is a space before the colon: "+strconv.Quote(text))
	case !token.MatchString(name):
		one.note(FieldLines, "the name of a field has characters that it may not: "+strconv.Quote(text))
	case strings.ContainsAny(value, "\x00\r"):
		one.note(FieldLines, "the value of a field has a NUL or a CR in it: "+strconv.Quote(text))
	}
	one.Fields = append(one.Fields, Field{bare, strings.Trim(value, " \t")})
}

// frame decides where the body ends (RFC 9112, section 6.3).
func (r *Reader) frame() {
	one, asked := r.last(), r.expected[0]
	coded, lengths := one.Values("Transfer-Encoding"), one.Values("Content-Length")
	if len(coded) > 0 && len(lengths) > 0 {
		one.note(BodyLength, "it has both Content-Length and Transfer-Encoding")
	}
	if len(coded) > 0 && asked.minor == 0 {
		one.note(BodyLength, "it has Transfer-Encoding, though the request is of HTTP/1.0")
	}
	switch {
	case asked.method == "HEAD", !one.Final(), one.Status == 204, one.Status == 304:
		r.over()
	case one.Says("Transfer-Encoding", "chunked"):
		one.Framing, r.state = Chunked, atSize
	case len(coded) > 0 || len(lengths) == 0:
		one.Framing, r.state, one.Complete = UntilEnd, inBody, true
	case !decimal.MatchString(lengths[0]) || slices.ContainsFunc(lengths, func(l string) bool { return l != lengths[0] }):
		r.fail("Content-Length is no number: %q", strings.Join(lengths, ", "))
	default:
		one.Framing, r.state = Length, inBody
		one.Declared, _ = strconv.ParseInt(lengths[0], 10, 64) // digits
		if r.left = one.Declared; r.left == 0 {
			r.over()
		}
	}
}

// takeChunkLine reads a line of the chunked coding (RFC 9112, section 7.1).
func (r *Reader) takeChunkLine(text string, ends bool) {
	one := r.last()
	if !ends {
		one.note(BodyLength, "a line of the chunked coding ends in LF alone, not in CRLF")
	}
	switch r.state {
	case afterData:
		r.state, r.head = atSize, 0
	case atSize:
		digits, _, _ := strings.Cut(text, ";")
		size, err := strconv.ParseUint(strings.TrimRight(digits, " \t"), 16, 40)
		if err != nil {
			r.fail("the size of a chunk is no hexadecimal number")
			return
		}
		r.left, r.state = int64(size), inChunk
		if size == 0 {
			r.state = atTrailer
		}
	case atTrailer:
		if text == "" {
			r.over()
			return
		}
		one.addField(text)
	}
}
