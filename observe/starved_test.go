package observe

import "testing"

func TestStarved(t *testing.T) {
	in := func(states ...State) Picture {
		var p Process
		for i, s := range states {
			p.Tasks = append(p.Tasks, Task{TID: i + 1, State: s})
		}
		return Picture{Processes: []Process{{}, p}}
	}
	vforked := Picture{Processes: []Process{{Tasks: []Task{{State: DiskSleep, Call: Call{Name: "vfork"}}}}}}
	for _, test := range []struct {
		name           string
		earlier, later Picture
		want           bool
	}{
		{"asleep", in(Sleeping), in(Sleeping), false},
		{"ready in both", in(Sleeping, Running), in(Running, Sleeping), true},
		{"waits for a disk", in(DiskSleep), in(DiskSleep), true},
		{"ready once", in(Running), in(Sleeping), false},
		{"stopped", in(Stopped), in(Stopped), false},
		{"waits for its child to start a program", vforked, vforked, false},
		{"nobody", Picture{}, Picture{}, false},
	} {
		if got := Starved(test.earlier, test.later); got != test.want {
			t.Errorf("%s: %t, want %t", test.name, got, test.want)
		}
	}
}
