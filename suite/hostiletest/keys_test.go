package hostiletest

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// takeKey gives the calling thread a session keyring with a key in it, which
// what it executes inherits: session-keyring(7). The key ends with the last
// process that holds the keyring. A kernel without keys has nothing to steal.
func takeKey() {
	if _, err := unix.KeyctlJoinSessionKeyring("grader"); err != nil {
		return
	}
	kind, name, value := []byte("user\x00"), []byte("grader\x00"), []byte(canary+"-of-the-keyring")
	const sessionKeyring = ^uintptr(2) // KEY_SPEC_SESSION_KEYRING, -3
	_, _, _ = unix.Syscall6(unix.SYS_ADD_KEY, uintptr(unsafe.Pointer(&kind[0])), uintptr(unsafe.Pointer(&name[0])),
		uintptr(unsafe.Pointer(&value[0])), uintptr(len(value)), sessionKeyring, 0)
	runtime.KeepAlive(kind)
}
