package schedule

import (
	"context"
	"slices"

	"github.com/forkproof/forkproof/targets"
)

// NeedOwnNetwork reports whether a rule takes down the server's network, which then
// is not that of the machine.
func NeedOwnNetwork(rules []Rule) bool {
	return slices.ContainsFunc(rules, func(r Rule) bool { return r.Kind.OwnNetwork })
}

// Start starts a server with the streams of a person. It is kept from the machine
// but for the network: that is the machine's, where a person reaches the server,
// unless a rule needs the server to have its own. {port} in the command stands for
// port, or when that is 0 for a free one. Close the host, also after an error, when
// it is not nil.
func Start(ctx context.Context, command targets.Command, port uint16, limits targets.Limits, streams targets.Streams, rules []Rule) (host *targets.Host, server *targets.Server, err error) {
	if NeedOwnNetwork(rules) {
		host, err = targets.NewHost(ctx, limits)
	} else {
		host, err = targets.NewSharedHost(ctx, limits, port)
	}
	if err != nil {
		return nil, nil, err
	}
	server, err = host.StartByHand(ctx, command, streams)
	return host, server, err
}
