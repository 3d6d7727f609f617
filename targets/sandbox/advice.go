package sandbox

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/internal/proc"
)

// advice says what to change on the machine so that namespaces can be made: the
// errno tells who refused them, and a setting confirms it.
func advice(err error) string {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return ""
	}
	for _, known := range []struct {
		errno  unix.Errno
		path   string
		value  string
		remedy string
	}{
		{errno: unix.ENOSPC, path: "/proc/sys/user/max_user_namespaces", value: "0",
			remedy: "sysctl -w user.max_user_namespaces=10000"},
		{path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", value: "1",
			remedy: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
		{path: "/proc/sys/kernel/unprivileged_userns_clone", value: "0",
			remedy: "sysctl -w kernel.unprivileged_userns_clone=1"},
	} {
		if known.errno != 0 && known.errno != errno {
			continue
		}
		if data, err := os.ReadFile(known.path); err == nil && strings.TrimSpace(string(data)) == known.value {
			return " (" + known.remedy + ")"
		}
	}
	switch {
	case errno == unix.EPERM && seccompFilters():
		return " (a seccomp filter forbids it, as a container's default one does: docker run --security-opt seccomp=unconfined, and for /proc systempaths=unconfined)"
	case errno == unix.EPERM:
		return " (run as root, or with CAP_SYS_ADMIN)"
	case errno == unix.ENOSYS || errno == unix.EINVAL:
		return " (Linux 5.12 is needed)"
	}
	return ""
}

// seccompFilters says whether this process is under a seccomp filter,
// proc_pid_status(5).
func seccompFilters() bool {
	status, err := os.ReadFile("/proc/self/status")
	mode, _ := proc.Line(status, "Seccomp")
	return err == nil && string(mode) == "2"
}
