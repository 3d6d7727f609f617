package life

// olderCalls are those that this architecture lacks.
var olderCalls map[uint64]spec
