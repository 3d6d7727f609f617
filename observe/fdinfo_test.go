package observe

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestBlocking(t *testing.T) {
	for text, want := range map[string]bool{
		"pos:\t0\nflags:\t02000002\nmnt_id:\t9\n": true,
		"pos:\t0\nflags:\t02004002\nmnt_id:\t9\n": false,
	} {
		got, err := isBlocking([]byte(text))
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "flags:\tzero\n"} {
		if _, err := isBlocking([]byte(text)); err == nil {
			t.Errorf("%q is taken for flags", text)
		}
	}
}

func TestEdgeTriggered(t *testing.T) {
	const fdinfo = "pos:\t0\nflags:\t02\n" +
		"tfd:        8 events: 8000201d data: 7f08a4000b70  pos:0 ino:2a sdev:8\n" +
		"tfd:        9 events:       19 data:                9  pos:0 ino:2b sdev:8\n"
	for fd, want := range map[int]bool{8: true, 9: false, 7: false} {
		if parseInterest([]byte(fdinfo))[fd]&unix.EPOLLET != 0 != want {
			t.Errorf("descriptor %d: not %v", fd, want)
		}
	}
}
