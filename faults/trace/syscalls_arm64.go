package trace

// oldForms are system calls that newer architectures do without.
var oldForms = map[uint64][]form{}
