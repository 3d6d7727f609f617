package targets

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/forkproof/forkproof/targets/sandbox"
)

// PortWord is replaced by the port in every argument of a command.
const PortWord = sandbox.PortWord

// A Command is how a server is started.
type Command struct {
	// Args is the program and its arguments; PortWord in any of them stands for the port.
	Args []string
	// Dir is the working directory; empty means forkproof's own.
	Dir string
	// Show are files and directories that the server may read besides those that
	// Args name, Writable such that it may change, too.
	Show, Writable []string
	// Conditions are what the server inherits at its start; the zero value is
	// the ordinary start.
	Conditions Conditions
}

// Conditions are what a server inherits at its start.
type Conditions = sandbox.Conditions

// String gives the command as a person would type it.
func (c Command) String() string { return strings.Join(c.Args, " ") }

// Short is the command with the program's name alone, without its folder.
func (c Command) Short() string {
	return strings.Join(append([]string{filepath.Base(c.Args[0])}, c.Args[1:]...), " ")
}

// TakesPort says whether the command has a place for the port.
func (c Command) TakesPort() bool {
	return slices.ContainsFunc(slices.Concat(c.Args[min(1, len(c.Args)):], c.Conditions.Env), func(word string) bool {
		return strings.Contains(word, PortWord)
	})
}

// withPort returns arguments, or an environment, with the port in its place.
func withPort(words []string, port uint16) []string {
	list := make([]string, len(words))
	for i, word := range words {
		list[i] = strings.ReplaceAll(word, PortWord, strconv.Itoa(int(port)))
	}
	return list
}

// program is the command as a sandbox runs it; path is what Program found.
func (c Command) program(path string, port uint16, stdin, output *os.File) sandbox.Program {
	conditions := c.Conditions
	conditions.Env = withPort(conditions.Env, port)
	return sandbox.Program{
		Path: path, Args: withPort(c.Args, port), Typed: c.Args, Dir: c.Dir, Show: c.Show, Writable: c.Writable, Conditions: conditions,
		Stdin: stdin, Output: output,
	}
}

// Program finds the file that the command runs, the way a shell does. The
// error is one sentence for the person who typed the command.
func (c Command) Program() (string, error) {
	if len(c.Args) == 0 || c.Args[0] == "" {
		return "", errors.New("no server was given: name its program after --")
	}
	name := c.Args[0]
	path, err := exec.LookPath(name)
	if err == nil {
		if err := isProgram(path); err != nil {
			return "", err
		}
		return path, nil
	}
	info, statErr := os.Stat(name)
	switch {
	case statErr == nil && compiled[filepath.Ext(name)] != "":
		return "", fmt.Errorf("%q is source text: compile it first, as in %s, and give the program", name, fmt.Sprintf(compiled[filepath.Ext(name)], name))
	case !strings.Contains(name, "/") && statErr == nil && !info.IsDir():
		return "", fmt.Errorf("%q is not in PATH: to run the file in this directory, write ./%s", name, name)
	case statErr == nil && info.IsDir():
		return "", fmt.Errorf("%q is a directory: name the server's program", name)
	case statErr == nil && info.Mode()&0o111 == 0:
		return "", fmt.Errorf("%q is not executable: chmod +x it, or name the program that runs it", name)
	case errors.Is(statErr, fs.ErrNotExist) && len(c.Args) == 1 && strings.Contains(name, " "):
		return "", fmt.Errorf("no such file %q: the command is several words, so do not quote it as a whole: write -- %s", name, name)
	case errors.Is(statErr, fs.ErrNotExist) && !strings.Contains(name, "/"):
		return "", fmt.Errorf("no program %q in PATH: check the name, or give its path", name)
	case errors.Is(statErr, fs.ErrNotExist):
		return "", fmt.Errorf("no such file %q: build the server first, or check the path", name)
	}
	return "", fmt.Errorf("cannot run %q: %w", name, errors.Unwrap(err))
}

// compiled has, for source text of a language, the command that compiles a file of it.
var compiled = map[string]string{
	".c": "cc -g -o server %s", ".cc": "c++ -g -o server %s", ".cpp": "c++ -g -o server %s",
	".go": "go build -o server %s", ".rs": "rustc -g -o server %s",
}

// mostProgramBytes is larger than any server's program. A sparse file of some
// terabytes would keep forkproof reading for ever.
const mostProgramBytes = 2 << 30

// isProgram says why a file cannot be a program, before it is opened.
func isProgram(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("cannot run %q: %w", path, errors.Unwrap(err))
	case !info.Mode().IsRegular():
		return fmt.Errorf("%q is no regular file: name the server's program", path)
	case info.Size() > mostProgramBytes:
		return fmt.Errorf("%q has %d bytes, more than the %d of the largest program that forkproof runs", path, info.Size(), int64(mostProgramBytes))
	}
	return nil
}

// Hash returns the SHA-256 of the program in hexadecimal digits; empty when it
// cannot be read.
func (c Command) Hash() string {
	path, err := c.Program()
	if err != nil {
		return ""
	}
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	sum := sha256.New()
	if n, err := io.Copy(sum, io.LimitReader(file, mostProgramBytes+1)); err != nil || n > mostProgramBytes {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// notRunnable words the errno of a failed execve(2).
func notRunnable(path string, errno unix.Errno) error {
	switch errno {
	case unix.ENOEXEC:
		return fmt.Errorf("%q is not a program this machine can run (a script needs a #! line): %w", path, errno)
	case unix.ENOENT:
		return fmt.Errorf("%q cannot be started: its interpreter or loader is missing: %w", path, errno)
	}
	return fmt.Errorf("%q cannot be started: %w", path, errno)
}
