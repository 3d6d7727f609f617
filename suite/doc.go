// Package harness is the catalogue of requirements and the Ginkgo specs that
// check them.
//
// A requirement and its spec stand together, one call of Require each, grouped
// in a file per chapter. A spec starts a fresh server, says what is done to it
// in a small vocabulary of verbs, and ends with what is expected:
//
//	s := c.Launch()
//	five := s.Serve(5)
//	children := s.Children(five)
//	s.Freeze()
//	s.Close(five)
//	s.Prove(match.Dead(children...))
//	s.Thaw()
//	s.Expect(match.NoZombies())
//
// Three verbs judge. Expect holds the server to the requirement. Prove shows
// that the provocation took place; when it did not, forkproof is at fault and
// the verdict is error. Needs asks for what another requirement demands; when
// the server fails that one, this one is not judged.
//
// All three wait for what they want to see, and give up when the kernel shows
// that it will never come (see await.go), so no spec sleeps.
package suite
