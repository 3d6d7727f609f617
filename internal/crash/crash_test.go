package crash

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestHandled(t *testing.T) {
	failures := make(chan error, 1)
	Handle(func(err error) { failures <- err })
	defer handler.Store(nil)
	var none []int
	Go(func() { none[3]++ })
	const want = "forkproof failed, which is a defect of forkproof: runtime error: index out of range [3] with length 0 (crash/crash_test.go:"
	if err := <-failures; !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
	var all sync.WaitGroup
	all.Go(Guarded(func() { panic("second") }))
	all.Wait() // the goroutine has ended, and a handler that waits for it may go on
	if err := <-failures; !strings.Contains(err.Error(), ": second (crash/") {
		t.Error(err)
	}
}

func TestWithoutHandler(t *testing.T) {
	defer func() {
		if value := recover(); value != "as it is" {
			t.Errorf("recovered %v", value)
		}
	}()
	Guarded(func() { panic("as it is") })()
}

// TestEveryGoroutineIsGuarded holds that forkproof starts no goroutine but by this
// package. The init of a sandbox is apart: when it ends, so does what is in it, and
// forkproof notices. Programs that are not forkproof are apart, too.
func TestEveryGoroutineIsGuarded(t *testing.T) {
	const root = "../.."
	apart := []string{"internal/crash/", "internal/bench/", "targets/sandbox/inside/", "observe/observetest/"}
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".") && path != root):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		for _, prefix := range apart {
			if strings.HasPrefix(name, prefix) {
				return nil
			}
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if unguarded(n) {
				t.Errorf("%v: a panic in this goroutine ends forkproof without its result: use crash.Go or crash.Guarded", files.Position(n.Pos()))
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// unguarded says whether a node starts a goroutine that is not guarded.
func unguarded(n ast.Node) bool {
	if _, isGo := n.(*ast.GoStmt); isGo {
		return true
	}
	call, isCall := n.(*ast.CallExpr)
	if !isCall || len(call.Args) == 0 {
		return false
	}
	selector, isSelector := call.Fun.(*ast.SelectorExpr)
	if !isSelector || of(selector.X) == "crash" || selector.Sel.Name != "Go" && selector.Sel.Name != "AfterFunc" {
		return false
	}
	guard, isCall := call.Args[len(call.Args)-1].(*ast.CallExpr)
	if !isCall {
		return true
	}
	function, isSelector := guard.Fun.(*ast.SelectorExpr)
	return !isSelector || of(function.X) != "crash" || function.Sel.Name != "Guarded"
}

// of returns the name of an identifier; empty for any other expression.
func of(e ast.Expr) string {
	if name, isName := e.(*ast.Ident); isName {
		return name.Name
	}
	return ""
}
