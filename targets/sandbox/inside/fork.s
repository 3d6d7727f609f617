// This file is empty: with it in the package, Go accepts functions without a
// body, which fork.go has from the runtime by linkname.
