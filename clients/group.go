package clients

import (
	"context"
	"fmt"
)

// A Group is some clients, in the order of their indices. Its verbs are those
// of Client, done by all at the same moment.
type Group []*Client

// ConnectAll opens n connections at the same moment: all dial when a barrier
// opens. When one fails, those that were made are closed; the error says how
// many were and wraps that of the first that was not.
func ConnectAll(ctx context.Context, d Dialer, n int, opts ...Option) (Group, error) {
	g := make(Group, max(n, 0))
	atOnce(len(g), func(i int) {
		g[i] = StartConnect(ctx, d, opts...)
		<-g[i].dialed
	})
	connected, failed := 0, error(nil)
	for _, c := range g {
		h := c.History()
		if h.IsConnected() {
			connected++
		} else if failed == nil {
			failed = h.EndErr
		}
	}
	if failed != nil {
		g.Close()
		return nil, fmt.Errorf("%d of %d clients connected; the first that did not: %w", connected, n, failed)
	}
	return g, nil
}

// Say has each client send a payload of its own, chosen by its index.
func (g Group) Say(what func(i int) Payload) {
	atOnce(len(g), func(i int) { g[i].Send(what(i)) })
}

// Send has all clients send the same payload.
func (g Group) Send(p Payload) { g.each(func(c *Client) { c.Send(p) }) }

// Dribble has all clients send the same payload, one byte per segment.
func (g Group) Dribble(p Payload) { g.each(func(c *Client) { c.Dribble(p) }) }

// Coalesce has all clients send the same payloads, each with one write.
func (g Group) Coalesce(ps ...Payload) { g.each(func(c *Client) { c.Coalesce(ps...) }) }

// HalfClose has all clients send their FIN and go on reading.
func (g Group) HalfClose() { g.each((*Client).HalfClose) }

// Close has all clients close their connections.
func (g Group) Close() { g.each((*Client).Close) }

// Reset has all clients reset their connections.
func (g Group) Reset() { g.each((*Client).Reset) }

// StartReading has all clients read from now on.
func (g Group) StartReading() { g.each((*Client).StartReading) }

// Histories are what the connections saw so far, in the order of the group.
func (g Group) Histories() []History {
	all := make([]History, len(g))
	for i, c := range g {
		all[i] = c.History()
	}
	return all
}

// Wait waits until the history of each client meets cond; see Client.Wait.
// The error is that of the first client that does not.
func (g Group) Wait(ctx context.Context, awaited string, cond func(History) bool) ([]History, error) {
	all := make([]History, len(g))
	for i, c := range g {
		h, err := c.Wait(ctx, awaited, cond)
		if err != nil {
			return g.Histories(), fmt.Errorf("client %d of %d: %w", i+1, len(g), err)
		}
		all[i] = h
	}
	return all, nil
}

func (g Group) each(do func(*Client)) { atOnce(len(g), func(i int) { do(g[i]) }) }
