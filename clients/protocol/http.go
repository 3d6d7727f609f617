package protocol

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/forkproof/forkproof/clients/protocol/response"
)

// HTTP is the protocol of web servers. The ordinary exchange is a GET of HTTP/1.0, after
// whose response the server ends the connection; what else a server of HTTP owes is a
// matter of the chapter http.
type HTTP struct {
	// Path is what is asked for, "/" for example.
	Path string
	// Deferred says that the kernel hands a client to the server only with its first
	// bytes (TCP_DEFER_ACCEPT, tcp(7)).
	Deferred bool
}

// longestGET is how long a request is at most, in bytes: less than the smallest buffers
// that servers read a head into.
const longestGET = 400

// Manner implements Protocol.
func (h HTTP) Manner() Manner {
	return Manner{
		Answers: true, Exchanges: 1, Bounded: true, Framed: true,
		Owes: fmt.Sprintf("GET %s has a complete HTTP response, which is neither 400 nor 5xx", h.Path),
	}
}

// Begin implements Protocol.
func (h HTTP) Begin(seed uint64, client int) Conversation {
	w := &web{HTTP: h, own: NewEcho(seed, client)}
	w.reader.Expect("GET", 0)
	return w
}

// web is a conversation of one exchange. It keeps the head of the response, and of the
// body its beginning.
type web struct {
	HTTP
	own          *Echo // makes what tells this client's request from others
	asked        bool
	held         int64 // bytes of the request that were handed out before it
	queued, sent int64
	reader       response.Reader
}

// Hold returns nothing, or all of the request but its last line end where a client that
// sends nothing never reaches the server. A server that answers what one read returns
// would answer a part of a request.
func (w *web) Hold() (request io.ReaderAt, size int64) {
	if !w.Deferred || w.asked || w.held > 0 {
		return Payload{}, 0
	}
	text := w.head("")
	w.held = int64(len(text))
	return Text(text), w.held
}

// head returns the request line and the fields, without the empty line. A server takes
// no notice of padding.
func (w *web) head(padding string) string {
	if padding != "" {
		padding = "X-Padding: " + padding + "\r\n"
	}
	return fmt.Sprintf("GET %s HTTP/1.0\r\nHost: localhost\r\nUser-Agent: client/%d\r\n%s", w.Path, w.own.client, padding)
}

// Next returns the request; none after it.
func (w *web) Next() (request io.ReaderAt, size int64) { return w.Long(0) }

// Long returns the request, with a field that makes it as long as is asked, or 400 bytes.
func (w *web) Long(size int64) (request io.ReaderAt, length int64) {
	if w.asked {
		return Payload{}, 0
	}
	w.asked = true
	const end = "\r\n"
	if w.held > 0 {
		return Text(end), int64(len(end))
	}
	text := w.head("")
	if room := min(size, longestGET) - int64(len(w.head("x"))-1+len(end)); room > 0 {
		padding := make([]byte, room)
		_, _ = Printable(w.own.own(), room+1).ReadAt(padding, 0) // a payload does not fail within its size
		text = w.head(strings.Map(fieldCharacter, string(padding)))
	}
	return Text(text + end), int64(len(text) + len(end))
}

// fieldCharacter returns a letter for each mark that a log or a shell might take amiss.
func fieldCharacter(r rune) rune {
	if r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
		return r
	}
	return 'x'
}

func (w *web) Queue(_ io.ReaderAt, size int64) { w.queued += size }

func (w *web) Sent(n int64) { w.sent += n }

func (w *web) Receive(b []byte) { w.reader.Receive(b) }

// Heard returns how many bytes arrived. What arrives before the request counts once that
// is sent: a server that answers every client at once answers.
func (w *web) Heard() int64 {
	if !w.asked {
		return 0
	}
	return w.reader.Received()
}

// Part returns the beginning of a response that is not whole.
func (w *web) Part() []byte { return partOf(&w.reader) }

// UntilEnd reports whether the end of the connection ends the response.
func (w *web) UntilEnd() bool { return w.reader.UntilEnd() }

// Reply returns whether the response is complete. It is wrong when it is none of HTTP, or
// says that the request is malformed or that the server has failed.
func (w *web) Reply() (complete bool, wrong error) {
	if m := mismatchOf(&w.reader); m != nil {
		return false, m
	}
	list := w.reader.Responses()
	if len(list) == 0 {
		return !w.asked && w.reader.Received() == 0, nil
	}
	if one := list[len(list)-1]; one.Status == 400 || one.Status >= 500 {
		because := fmt.Sprintf("the server answers GET %s with %d", w.Path, one.Status)
		if saysHTTPS(one) {
			because += ", as its port is one of HTTPS"
		}
		return false, &Mismatch{Offset: int64(len("HTTP/1.0 ")), Got: kept([]byte(one.Line)), Surplus: true, Because: because}
	}
	return w.asked && w.sent == w.queued && w.reader.Answered(), nil
}

// saysHTTPS reports whether a response says that the request should have come by TLS, as
// nginx and Apache do.
func saysHTTPS(r response.Response) bool {
	return r.Status == 400 && (bytes.Contains(r.Beginning, []byte("HTTPS port")) || bytes.Contains(r.Beginning, []byte("SSL-enabled server")))
}

// mismatchOf returns from where on no response can be read; nil while one can.
func mismatchOf(r *response.Reader) error {
	w := r.Wrong()
	if w == nil {
		return nil
	}
	return &Mismatch{Offset: w.Offset, Got: kept(w.Got), Surplus: true, Because: w.Because}
}

// partOf returns the beginning of the response that is not whole.
func partOf(r *response.Reader) []byte {
	list := r.Responses()
	if len(list) == 0 || list[len(list)-1].Complete {
		return nil
	}
	return kept([]byte(list[len(list)-1].Line))
}
