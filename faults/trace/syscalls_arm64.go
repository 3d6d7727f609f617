package trace

// olderSignatures are system calls that newer architectures lack.
var olderSignatures = map[uint64][]signature{}
