package targets

import "embed"

// Sources holds the C sources of the servers that forkproof ships: the folder
// csrc with server.h, main.c, ref, bad and good. Package catalog reads it.
//
//go:embed csrc
var Sources embed.FS
