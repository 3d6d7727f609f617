package denial

import (
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/faults/trace"
	"github.com/forkproof/forkproof/targets/sandbox"
)

// rights are the capabilities that calls need which no server in the sandbox may
// make, capabilities(7).
var rights = map[string]struct {
	capability int
	does       string
}{
	"setuid": {unix.CAP_SETUID, "become another user"}, "setreuid": {unix.CAP_SETUID, "become another user"},
	"setresuid": {unix.CAP_SETUID, "become another user"},
	"setgid":    {unix.CAP_SETGID, "join another group"}, "setregid": {unix.CAP_SETGID, "join another group"},
	"setresgid": {unix.CAP_SETGID, "join another group"}, "setgroups": {unix.CAP_SETGID, "set its groups"},
	"setpriority": {unix.CAP_SYS_NICE, "raise its priority"}, "mount": {unix.CAP_SYS_ADMIN, "mount a file system"},
	"unshare": {unix.CAP_SYS_ADMIN, "make namespaces"}, "sethostname": {unix.CAP_SYS_ADMIN, "name the machine"},
	"mlock": {unix.CAP_IPC_LOCK, "lock memory"}, "mlockall": {unix.CAP_IPC_LOCK, "lock memory"},
}

// harmless are those of them whose refusal keeps no server from listening: one that
// ends after it ends for another reason.
var harmless = []string{"setpriority", "sethostname"}

// right judges a call that needs a capability.
func (o outside) right(call trace.Call) *Denial {
	needed, known := rights[call.Name]
	refused := call.Errno == unix.EPERM || call.Name == "setpriority" && call.Errno == unix.EACCES
	if !known || !refused || !o.rules(needed.capability) && !o.isItself(call) {
		return nil
	}
	d := &Denial{What: needed.does + ", " + call.Name, Remedy: "No flag allows it: a server under test has no rights of root"}
	if needed.capability == unix.CAP_SETUID || needed.capability == unix.CAP_SETGID {
		d.What = needed.does + ", " + call.Name + "(" + number(call.Args[0]) + ")"
	}
	if o.isItself(call) {
		d.Remedy = "--isolation same-uid allows it"
	}
	return d
}

// isItself says whether a process asks for the user or group that forkproof has: at
// same-uid it has that already.
func (o outside) isItself(call trace.Call) bool {
	switch call.Name {
	case "setuid":
		return int(int32(call.Args[0])) == o.uid
	case "setgid":
		return int(int32(call.Args[0])) == unix.Getegid()
	}
	return false
}

// pathRemedy says which flag lets a server do something with a file.
func pathRemedy(call trace.Call, path string, tier sandbox.Tier, writes bool) string {
	flag, shown := "--show ", path
	if writes {
		flag = "--writable "
		if !exists(path) {
			shown = filepath.Dir(path)
		}
	}
	switch {
	case call.Name == "chroot":
		return "No flag allows it: a server under test has no rights of root"
	case tier == sandbox.SameUID || othersMay(shown, writes):
		return flag + shown + " allows it"
	case writes && tier != sandbox.OtherUID && call.Name != "chown" && call.Name != "lchown" && call.Name != "fchownat":
		return flag + shown + " allows it; the change is gone with the server"
	}
	return "--isolation same-uid " + flag + shown + " allows it: another user owns it"
}

// othersMay says whether a user that is neither root nor the owner may read or write
// a file.
func othersMay(path string, writes bool) bool {
	var stat unix.Stat_t
	bits := uint32(unix.S_IROTH)
	if writes {
		bits = unix.S_IWOTH
	}
	return unix.Stat(path, &stat) == nil && (stat.Mode&bits == bits || unix.Geteuid() != 0)
}
