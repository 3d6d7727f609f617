package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/forkproof/forkproof/internal/crash"
	"github.com/forkproof/forkproof/targets"
)

// cacheVariable names the environment variable for the folder of built servers;
// without it they are in forkproof/ of the user's cache folder.
const cacheVariable = "FORKPROOF_CACHE"

// A Builder compiles servers. If a server was built before from the same sources,
// with the same compiler and flags, it is in the cache. The zero value is ready.
// Several goroutines may use one Builder, and several processes one cache.
type Builder struct {
	mu       sync.Mutex
	prepared bool
	compiler compiler
	cache    string
}

// Command builds the embedded server of that name and returns the command that
// starts it. Its errors are those of [Find] and [Builder.Build].
func Command(ctx context.Context, name string) (targets.Command, error) {
	server, err := Find(name)
	if err != nil {
		return targets.Command{}, err
	}
	return server.Command(ctx)
}

// Command builds the server and returns the command that starts it. Its errors are
// those of [Builder.Build].
func (s Server) Command(ctx context.Context) (targets.Command, error) {
	program, err := new(Builder).Build(ctx, s)
	if err != nil {
		return targets.Command{}, err
	}
	return targets.Command{Args: append([]string{program}, s.Args...)}, nil
}

// Build compiles a server unless it is in the cache, and returns the path of the
// program. Without a compiler the error is a [*NoCompiler]; otherwise it has the
// compiler's messages.
func (b *Builder) Build(ctx context.Context, s Server) (string, error) {
	if err := b.prepare(ctx); err != nil {
		return "", err
	}
	key, err := b.key(s)
	if err != nil {
		return "", err
	}
	program := filepath.Join(b.cache, key, s.Name)
	if unchanged(program) {
		return program, nil
	}
	if err := b.compile(ctx, s, program); err != nil {
		return "", fmt.Errorf("build the server %s: %w", s.Name, err)
	}
	return program, nil
}

// BuildAll builds servers, one on each processor, and returns their programs by
// name. It stops at the first error.
func (b *Builder) BuildAll(ctx context.Context, servers []Server) (map[string]string, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	programs := make([]string, len(servers))
	tokens := make(chan struct{}, runtime.NumCPU())
	var done sync.WaitGroup
	for i, s := range servers {
		tokens <- struct{}{}
		done.Go(crash.Guarded(func() {
			defer func() { <-tokens }()
			program, err := b.Build(ctx, s)
			if err != nil {
				stop(err) // the first error is the cause
			}
			programs[i] = program
		}))
	}
	done.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	byName := make(map[string]string, len(servers))
	for i, s := range servers {
		byName[s.Name] = programs[i]
	}
	return byName, nil
}

// prepare finds the compiler and the cache, once.
func (b *Builder) prepare(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.prepared {
		return nil
	}
	var err error
	if b.compiler, err = findCompiler(ctx); err != nil {
		return err
	}
	if b.cache, err = cacheFolder(); err != nil {
		return err
	}
	b.prepared = true
	return nil
}

// cacheFolder creates the folder for built servers and returns its path.
func cacheFolder() (string, error) {
	root := os.Getenv(cacheVariable)
	if root == "" {
		folder, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find a folder for built servers: %w: set %s to one", err, cacheVariable)
		}
		root = filepath.Join(folder, "forkproof")
	}
	root, err := filepath.Abs(root)
	if err != nil {
		return "", fmt.Errorf("find the folder for built servers: %w", err)
	}
	cache := filepath.Join(root, "servers")
	err = os.MkdirAll(cache, 0o700)
	if err == nil {
		err = os.Chmod(cache, 0o700) // an older forkproof has let everybody in
	}
	if err != nil {
		return "", fmt.Errorf("make the folder for built servers: %w: set %s to another", err, cacheVariable)
	}
	return cache, nil
}

// key returns the hash of everything that the program depends on.
func (b *Builder) key(s Server) (string, error) {
	hash := sha256.New()
	part := func(text string) { _, _ = fmt.Fprintf(hash, "%d:%s", len(text), text) }
	part(strings.Join(b.compiler.command, " "))
	part(b.compiler.version)
	part(strings.Join(flags, " "))
	for _, file := range slices.Concat(s.included, s.units) {
		text, err := fs.ReadFile(s.sources, file)
		if err != nil {
			return "", fmt.Errorf("read the server %s: %w", s.Name, err)
		}
		part(file)
		part(string(text))
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// compile writes the sources to a new folder, compiles them there, and renames the
// program to its place, which is atomic.
func (b *Builder) compile(ctx context.Context, s Server, program string) (err error) {
	dir, err := os.MkdirTemp(b.cache, "build-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := writeSources(s, dir); err != nil {
		return err
	}
	args := slices.Concat(flags, []string{"-I.", "-I" + path.Join(goodFolder, s.Of), "-o", "program", "-x", "c", "-"})
	if _, err := b.compiler.run(ctx, dir, strings.NewReader(unit(s)), args...); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(program), 0o755); err != nil {
		return err
	}
	built := filepath.Join(dir, "program")
	if err := os.Chmod(built, 0o755); err != nil { // whatever the umask: root's servers run as another user
		return err
	}
	if err := seal(built, filepath.Join(dir, "sum")); err != nil {
		return err
	}
	return errors.Join(os.Rename(filepath.Join(dir, "sum"), sumOf(program)), os.Rename(built, program))
}

// unit returns one source that includes all files of a server: a single run of the
// compiler takes a fifth of the time of one run per file.
func unit(s Server) string {
	var text strings.Builder
	for _, file := range s.units {
		fmt.Fprintf(&text, "#include %q\n", file)
	}
	return text.String()
}

func writeSources(s Server, dir string) error {
	for _, file := range slices.Concat(s.included, s.units) {
		text, err := fs.ReadFile(s.sources, file)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, filepath.FromSlash(file))
		if err := os.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
