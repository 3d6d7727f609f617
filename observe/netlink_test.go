package observe

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNetlinkMessages(t *testing.T) {
	message := func(kind uint16, body ...byte) []byte {
		b := make([]byte, unix.SizeofNlMsghdr, unix.SizeofNlMsghdr+len(body))
		binary.NativeEndian.PutUint32(b, uint32(unix.SizeofNlMsghdr+len(body)))
		binary.NativeEndian.PutUint16(b[4:], kind)
		return append(b, body...)
	}
	denied := binary.NativeEndian.AppendUint32(nil, uint32(0x100000000-int64(unix.EPERM)))
	for _, c := range []struct {
		name string
		data []byte
		done bool
		fail bool
	}{
		{"done", message(unix.NLMSG_DONE, 0, 0, 0, 0), true, false},
		{"error", message(unix.NLMSG_ERROR, denied...), true, true},
		{"too long", []byte{255, 255, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0}, false, true},
		{"a short answer", message(unix.SOCK_DIAG_BY_FAMILY, 1, 2, 3), false, false},
	} {
		var list []Socket
		var done bool
		m, _, err := cutMessage(c.data)
		if err == nil {
			list, done, err = m.appendTo(nil)
		}
		if done != c.done || (err != nil) != c.fail || len(list) != 0 {
			t.Errorf("%s: %v, done %v, %v", c.name, list, done, err)
		}
	}
}
