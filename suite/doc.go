// Package suite is the catalogue of requirements with the specs that check them.
//
// A requirement and its spec stand together, one call of Require each, in a file per
// chapter; the chapter faults has a file per family of faults. A spec starts a fresh
// server, does something to it in the verbs of package harness, and ends with what is
// expected:
//
//	s := c.Launch()
//	five := s.Serve(5)
//	children := s.Children(five)
//	thaw := s.Parents().Freeze()
//	s.Close(five)
//	s.ChildrenEnd(children)
//	thaw()
//	s.ExpectReaped()
//
// Three verbs judge. Expect holds the server to the requirement. Prove shows that the
// provocation took place; when it did not, forkproof is at fault and the verdict is
// error. Needs asks for what another requirement demands, one that BuildsOn names: a
// server that does not do it fails that one, and this one is not-run.
//
// All three wait for what they want to see, and end when the kernel shows that it
// will never come, so no spec sleeps.
package suite
