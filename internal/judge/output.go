package judge

import "strings"

const (
	maxResult   = 16 << 20 // bytes of a result; more is an error
	maxMessages = 64 << 10 // bytes of messages; the last are kept
)

// A head keeps the first bytes that are written to it, up to its limit.
type head struct {
	limit    int
	data     []byte
	exceeded bool
}

// Write never fails: a child whose output is not read would block.
func (h *head) Write(p []byte) (int, error) {
	room := min(len(p), h.limit-len(h.data))
	h.data = append(h.data, p[:room]...)
	h.exceeded = h.exceeded || room < len(p)
	return len(p), nil
}

// A tail keeps the last bytes that are written to it, up to its limit.
type tail struct {
	limit int
	data  []byte
}

// Write never fails, as that of head.
func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p[max(len(p)-t.limit, 0):]...)
	t.data = append(t.data[:0], t.data[max(len(t.data)-t.limit, 0):]...)
	return len(p), nil
}

// String returns the kept bytes as UTF-8: a character that the limit has cut is
// dropped.
func (t *tail) String() string { return strings.ToValidUTF8(string(t.data), "") }
