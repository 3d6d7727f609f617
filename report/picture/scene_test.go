package picture

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/forkproof/forkproof/report"
)

func table(n int) []report.Descriptor {
	list := []report.Descriptor{
		{FD: 0, What: "pipe", Kind: "pipe"}, {FD: 1, What: "pipe", Kind: "pipe"}, {FD: 2, What: "pipe", Kind: "pipe"},
		{FD: 3, What: "listening socket 0.0.0.0:40001", Kind: listening, Object: 1},
	}
	for fd := 4; len(list) < n; fd++ {
		list = append(list, report.Descriptor{
			FD: fd, What: fmt.Sprintf("connection from 127.0.0.1:%d", 50000+fd), Kind: connected, Object: uint64(fd),
			Client: fmt.Sprintf("client %d", fd-3), State: "ESTABLISHED", Wrong: fd == 4,
		})
	}
	return list
}

func rows(p Process) (list []string) {
	for _, r := range p.Rows {
		list = append(list, r.text())
	}
	return list
}

func TestLongTablesAreFolded(t *testing.T) {
	for _, c := range []struct {
		n    int
		want []string
	}{
		{5, []string{"FD 0  pipe", "FD 1  pipe", "FD 2  pipe", "FD 3  listening socket 0.0.0.0:40001", "✗ FD 4  connection from 127.0.0.1:50004"}},
		{205, []string{"FD 0–2  3 pipes", "FD 3  listening socket 0.0.0.0:40001", "✗ FD 4  connection from 127.0.0.1:50004", "FD 5–204  200 connections"}},
	} {
		if diff := cmp.Diff(c.want, rows(Process{Rows: fold(table(c.n))})); diff != "" {
			t.Errorf("%d descriptors (-want +got):\n%s", c.n, diff)
		}
	}
	var mixed []report.Descriptor
	for fd := range 60 {
		mixed = append(mixed, report.Descriptor{FD: fd, What: "x", Kind: []string{"pipe", "file"}[fd%2], Wrong: fd == 50})
	}
	if got := fold(mixed); len(got) != mostRows || got[mostRows-1].text() != "✗ FD 15–59  45 descriptors" {
		t.Errorf("got %d rows, the last %q", len(got), got[len(got)-1].text())
	}
}

// A socket is drawn once, however many descriptors refer to it; those that only long
// tables hold are one.
func TestSocketsAreDrawnOnce(t *testing.T) {
	s := From(&report.Evidence{Processes: []report.Process{
		{PID: 1, State: "sleeping", Descriptors: table(205)},
		{PID: 2, Parent: 1, State: "sleeping", Descriptors: []report.Descriptor{table(205)[5]}},
	}})
	var got []string
	for _, k := range s.Sockets {
		got = append(got, strings.Join(k.Lines, ", "))
	}
	want := []string{
		"LISTENING SOCKET, 0.0.0.0:40001", "✗ CONNECTION, ESTABLISHED, from 127.0.0.1:50004",
		"CONNECTION, ESTABLISHED, from 127.0.0.1:50005", "199 CONNECTIONS, client 3 to client 201",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("sockets (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int{nil, {0}, {1}, {2, 3}, {2}}, append(joined(s.Processes[0]), joined(s.Processes[1])...)); diff != "" {
		t.Errorf("rows and their sockets (-want +got):\n%s", diff)
	}
	if len(s.Clients) != 2 || s.Clients[1].Socket != 2 || s.Clients[1].Lines[0] != "CLIENT 2" {
		t.Errorf("clients: %+v, want those of the two connections that are drawn alone", s.Clients)
	}
}

func joined(p Process) (list [][]int) {
	for _, r := range p.Rows {
		list = append(list, r.Sockets)
	}
	return list
}

// A result of an older version has neither kinds nor sockets' numbers.
func TestOlderEvidence(t *testing.T) {
	held := []report.Descriptor{{FD: 4, What: "connection from 127.0.0.1:50312", Wrong: true}}
	s := From(&report.Evidence{
		Processes: []report.Process{{PID: 1, State: "sleeping", Descriptors: held}, {PID: 2, State: "sleeping", Descriptors: held}},
		Clients:   []report.Client{{Address: "127.0.0.1:50312", End: "open"}},
	})
	if len(s.Sockets) != 1 || len(s.Clients) != 1 || s.Clients[0].Socket != 0 {
		t.Errorf("sockets %+v, clients %+v; want one of each, joined", s.Sockets, s.Clients)
	}
}

func TestManyProcesses(t *testing.T) {
	e := &report.Evidence{Processes: []report.Process{{PID: 1, State: "sleeping"}}}
	for pid := 2; pid <= 60; pid++ {
		p := report.Process{PID: pid, Parent: 1, State: "sleeping"}
		switch pid {
		case 59:
			p.State = zombie
		case 60:
			p.Descriptors = []report.Descriptor{{FD: 4, What: "connection", Wrong: true}}
		}
		e.Processes = append(e.Processes, p)
	}
	s := From(e)
	n := len(s.Processes)
	if n != mostProcesses || s.More != 60-mostProcesses || s.Processes[0].PID != 1 || s.Processes[n-2].PID != 59 || s.Processes[n-1].PID != 60 {
		t.Errorf("%d processes are drawn and %d are not; want the parent, the zombie and the one with what is wrong among them", n, s.More)
	}
	if s := From(nil); len(s.Processes) != 0 {
		t.Errorf("%+v is drawn of nothing", s)
	}
}
