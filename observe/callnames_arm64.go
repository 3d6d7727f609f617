package observe

// olderCalls is empty: arm64 has only the newer ones.
var olderCalls = map[int64]string{}
