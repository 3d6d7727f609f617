package life

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/forkproof/forkproof/report"
)

// Numbers of fields in Perfetto's messages, and the types of its events. Of each message
// only these are written.
const (
	tracePacket = 1 // of Trace

	packetTime     = 8 // of TracePacket
	packetSequence = 10
	packetEvent    = 11
	packetTrack    = 60

	trackID      = 1 // of TrackDescriptor
	trackName    = 2
	trackProcess = 3
	trackParent  = 5

	processID   = 1 // of ProcessDescriptor
	processName = 6

	eventType        = 9 // of TrackEvent
	eventTrack       = 11
	eventName        = 23
	eventAnnotation  = 4
	eventFlow        = 47
	annotationName   = 10 // of DebugAnnotation
	annotationString = 6

	sliceBegin = 1
	sliceEnd   = 2
	instant    = 3
)

// clientsTrack is the track of the clients.
const clientsTrack = 1

// An event is one of a track, in nanoseconds.
type event struct {
	at, track uint64
	kind      uint64
	name      string
	notes     [][2]string
	flows     []uint64
}

// WritePerfetto writes a life as TrackEvents of Perfetto: a track for each process and
// for the clients, a slice for each call, and flows from a fork to the first step of the
// child and from the FIN of a client to the read that sees it.
func WritePerfetto(w io.Writer, l *Life) error {
	var out []byte
	packet := func(fields ...[]byte) {
		all := slices.Concat(fields...)
		all = protowire.AppendVarint(protowire.AppendTag(all, packetSequence, protowire.VarintType), 1)
		out = appendMessage(out, tracePacket, all)
	}
	packet(appendMessage(nil, packetTrack, appendText(appendNumber(nil, trackID, clientsTrack), trackName, "clients")))
	for _, p := range l.Processes {
		name := l.Name(p.PID)
		process := appendText(appendNumber(nil, processID, uint64(p.PID)), processName, name)
		track := appendMessage(appendText(appendNumber(nil, trackID, trackOf(p.PID, p.PID)), trackName, name), trackProcess, process)
		packet(appendMessage(nil, packetTrack, track))
	}
	threads := map[int]bool{}
	for _, s := range l.Steps {
		if s.TID != s.PID && s.TID != 0 && !threads[s.TID] {
			threads[s.TID] = true
			track := appendText(appendNumber(nil, trackID, trackOf(s.PID, s.TID)), trackName, fmt.Sprintf("thread %d", s.TID))
			packet(appendMessage(nil, packetTrack, appendNumber(track, trackParent, trackOf(s.PID, s.PID))))
		}
	}
	for _, e := range events(l) {
		text := appendNumber(appendNumber(nil, eventType, e.kind), eventTrack, e.track)
		if e.name != "" {
			text = appendText(text, eventName, e.name)
		}
		for _, n := range e.notes {
			text = appendMessage(text, eventAnnotation, appendText(appendText(nil, annotationName, n[0]), annotationString, n[1]))
		}
		for _, f := range e.flows {
			text = protowire.AppendFixed64(protowire.AppendTag(text, eventFlow, protowire.Fixed64Type), f)
		}
		packet(appendNumber(nil, packetTime, e.at), appendMessage(nil, packetEvent, text))
	}
	_, err := w.Write(out)
	return err
}

// trackOf returns the id of the track of a thread.
func trackOf(pid, tid int) uint64 { return uint64(pid)<<32 | uint64(tid) | 1<<63 }

// events returns the events of a life in the order of their times. Slices of one track
// follow each other.
func events(l *Life) []event {
	var list []event
	free := map[uint64]uint64{}   // from when on a track has no slice
	born := map[int]uint64{}      // the flow from a fork, by child
	leaves := map[string]uint64{} // the flow from a FIN, by client
	for i, s := range l.Steps {
		e := event{at: uint64(max(s.AtUS, 0)) * 1000, track: clientsTrack, kind: instant, name: report.Line(s.Text)}
		if s.PID != 0 {
			e.track = trackOf(s.PID, max(s.TID, s.PID))
			if s.TID != 0 {
				e.track = trackOf(s.PID, s.TID)
			}
		}
		if s.Place != nil {
			e.notes = append(e.notes, [2]string{"place", report.Line(s.Place.String())})
		}
		for _, c := range s.Changes {
			e.notes = append(e.notes, [2]string{"table", describe(c)})
		}
		flow := uint64(i + 1)
		switch {
		case s.Kind == Came && strings.Contains(s.Text, "FIN"):
			leaves[s.Client] = flow
			e.flows = append(e.flows, flow)
		case s.Result != nil && *s.Result == 0 && (s.Call == "read" || strings.HasPrefix(s.Call, "recv")) && leaves[s.Client] != 0:
			e.flows = append(e.flows, leaves[s.Client])
			delete(leaves, s.Client)
		}
		if f := born[s.PID]; f != 0 {
			e.flows = append(e.flows, f)
			delete(born, s.PID)
		}
		if s.Kind == Fork {
			born[s.Child] = flow
			e.flows = append(e.flows, flow)
		}
		if s.Kind != Call && s.Kind != Fork {
			list = append(list, e)
			continue
		}
		end := max(e.at, free[e.track]+1)
		e.kind, e.at = sliceBegin, max(uint64(max(s.BeganUS, 0))*1000, free[e.track])
		end = max(end, e.at+1)
		free[e.track] = end
		list = append(list, e, event{at: end, track: e.track, kind: sliceEnd})
	}
	slices.SortStableFunc(list, func(a, b event) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		case a.track == b.track && a.kind == sliceEnd && b.kind != sliceEnd:
			return -1
		case a.track == b.track && b.kind == sliceEnd && a.kind != sliceEnd:
			return 1
		}
		return 0
	})
	return list
}

// describe says in words what a change is: "812: FD 4 closed, connection from 127.0.0.1:5000".
func describe(c Change) string {
	switch {
	case c.State != "":
		return fmt.Sprintf("%d is %s", c.PID, c.State)
	case c.Closed:
		return fmt.Sprintf("%d: FD %d closed, %s", c.PID, c.FD, report.Line(c.What))
	}
	return fmt.Sprintf("%d: FD %d is a %s", c.PID, c.FD, report.Line(c.What))
}

func appendNumber(b []byte, field protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
}

func appendText(b []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

func appendMessage(b []byte, field protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), message)
}
