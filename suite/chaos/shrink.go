package chaos

import "slices"

// shrink leaves out of a list what it can, as long as what remains still fails:
// first halves, then smaller and smaller parts, at last single elements (delta
// debugging, Zeller and Hildebrandt 2002). No single element can be left out of
// what it returns, unless fails is tired of being asked.
func shrink[T any](list []T, fails func([]T) bool) []T {
	for size := (len(list) + 1) / 2; size > 0 && len(list) > 1; {
		smaller := false
		for from := 0; from < len(list) && len(list) > 1; {
			rest := slices.Concat(list[:from], list[min(from+size, len(list)):])
			if len(rest) > 0 && fails(rest) {
				list, smaller = rest, true
			} else {
				from += size
			}
		}
		switch {
		case size > 1:
			size = (size + 1) / 2
		case !smaller:
			return list
		}
	}
	return list
}
