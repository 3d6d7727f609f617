package protocol_test

import (
	"github.com/forkproof/forkproof/clients"
	"github.com/forkproof/forkproof/clients/protocol"
)

var _ clients.Payload = protocol.Payload{}
