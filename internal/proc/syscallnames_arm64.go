package proc

// legacyNames is empty: arm64 lacks the older calls.
var legacyNames = [...]string{}
