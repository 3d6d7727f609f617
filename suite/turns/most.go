package turns

const (
	// most is where more servers that sleep make no check shorter: the longest requirement
	// does not.
	most = 36
	// memoryShare is the part of the memory that servers may use which sleep, and wake to use
	// all that they may.
	memoryShare = 2. / 3
)

// MostAsleep returns how many requirements may be judged at once while servers sleep that may
// use so many bytes of memory each, of so many in all.
func MostAsleep(all, each uint64) int {
	return int(min(most, memoryShare*float64(all)/float64(max(1, each))))
}
