package suite_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"testing"

	"golang.org/x/tools/go/packages"
)

// TestNoSharedState holds that no package variable is written while servers are
// judged: what one requirement learns of a server would otherwise reach the next in
// a way that depends on their order. Require alone writes one, at initialisation.
func TestNoSharedState(t *testing.T) {
	const mode = packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo | packages.NeedImports
	list, err := packages.Load(&packages.Config{Mode: mode}, ".", "./harness", "./run", "./chaos", "./match")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, p := range list {
		for _, file := range p.Syntax {
			for _, declaration := range file.Decls {
				function, ok := declaration.(*ast.FuncDecl)
				if !ok || function.Body == nil {
					continue
				}
				ast.Inspect(function.Body, func(n ast.Node) bool {
					for _, written := range writes(n) {
						v, ok := p.TypesInfo.Uses[written].(*types.Var)
						if !ok || v.Parent() != p.Types.Scope() {
							continue
						}
						seen++
						if function.Name.Name != "Require" {
							t.Errorf("%v: %s writes the package variable %s: put it into harness.Run",
								p.Fset.Position(n.Pos()), function.Name.Name, v.Name())
						}
					}
					return true
				})
			}
		}
	}
	if seen == 0 {
		t.Error("the write in Require was not seen: the test sees nothing")
	}
}

// writes returns the identifiers at the root of what a node may write.
func writes(n ast.Node) []*ast.Ident {
	var targets []ast.Expr
	switch n := n.(type) {
	case *ast.AssignStmt:
		targets = n.Lhs
	case *ast.IncDecStmt:
		targets = []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			targets = []ast.Expr{n.X}
		}
	}
	var roots []*ast.Ident
	for _, target := range targets {
		for root := target; root != nil; {
			switch x := root.(type) {
			case *ast.Ident:
				roots, root = append(roots, x), nil
			case *ast.SelectorExpr:
				root = x.X
			case *ast.IndexExpr:
				root = x.X
			case *ast.StarExpr:
				root = x.X
			case *ast.ParenExpr:
				root = x.X
			default:
				root = nil
			}
		}
	}
	return roots
}
