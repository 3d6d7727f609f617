package grade

import (
	"fmt"
	"strings"
	"testing"
)

// Every submission is in one shard, whatever the others are.
func TestShards(t *testing.T) {
	for _, n := range []int{1, 2, 7, 60} {
		sizes := make([]int, n)
		for i := range 600 {
			in := 0
			for k := range n {
				if (Shard{k + 1, n}).Has(fmt.Sprintf("student%d", i)) {
					in++
					sizes[k]++
				}
			}
			if in != 1 {
				t.Fatalf("student%d is in %d of %d shards", i, in, n)
			}
		}
		if n == 2 && (sizes[0] < 250 || sizes[1] < 250) {
			t.Errorf("halves of %v", sizes)
		}
	}
}

func TestParseShard(t *testing.T) {
	for _, test := range []struct{ text, env, want string }{
		{"", "", "1/1"},
		{"2/3", "", "2/3"},
		{"auto", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=8", "6/8"},
		{"auto", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=8 SLURM_ARRAY_TASK_MIN=1", "5/8"},
		{"auto", "SLURM_ARRAY_TASK_ID=30 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_STEP=10", "3/4"},
		{"auto", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=1000 FORKPROOF_SHARD_OFFSET=2000 FORKPROOF_SHARDS=2500", "2006/2500"},
		{"auto", "JOB_COMPLETION_INDEX=0 FORKPROOF_SHARDS=4", "1/4"},
		{"auto", "GITLAB_CI=true CI_NODE_INDEX=1 CI_NODE_TOTAL=4", "1/4"},
		{"auto", "GITLAB_CI=true CI_NODE_INDEX=4 CI_NODE_TOTAL=4", "4/4"},
		{"auto", "CIRCLE_NODE_INDEX=3 CIRCLE_NODE_TOTAL=4", "4/4"},
		{"auto", "BUILDKITE_PARALLEL_JOB=0 BUILDKITE_PARALLEL_JOB_COUNT=2", "1/2"},
	} {
		got, err := ParseShard(test.text, environment(test.env))
		if err != nil || got.String() != test.want {
			t.Errorf("%s with %s: %v, %v; want %s", test.text, test.env, got, err, test.want)
		}
	}
}

func TestWrongShards(t *testing.T) {
	for _, test := range []struct{ text, env, want string }{
		{"0/3", "", "from 1/n to n/n"}, {"4/3", "", "from 1/n to n/n"}, {"1", "", "from 1/n to n/n"}, {"a/b", "", "from 1/n to n/n"}, {"1/0", "", "from 1/n to n/n"},
		{"auto", "", "no variable of Slurm"},
		{"auto", "CI_NODE_INDEX=1 CI_NODE_TOTAL=2", "no variable of Slurm"}, // from 0 or from 1?
		{"auto", "JOB_COMPLETION_INDEX=0", "set FORKPROOF_SHARDS"},
		{"auto", "JOB_COMPLETION_INDEX=4 FORKPROOF_SHARDS=4", "there is no part 5 of 4"},
		{"auto", "GITLAB_CI=true CI_NODE_INDEX=0 CI_NODE_TOTAL=4", "there is no part 0 of 4"},
		{"auto", "SLURM_ARRAY_TASK_ID=5 SLURM_ARRAY_TASK_COUNT=8 FORKPROOF_SHARD_OFFSET=x", "is no number"},
	} {
		if _, err := ParseShard(test.text, environment(test.env)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s with %s: %v, want %s", test.text, test.env, err, test.want)
		}
	}
}

// environment returns the variables of a list NAME=VALUE.
func environment(list string) func(string) string {
	values := map[string]string{}
	for _, one := range strings.Fields(list) {
		name, value, _ := strings.Cut(one, "=")
		values[name] = value
	}
	return func(name string) string { return values[name] }
}

func TestRanges(t *testing.T) {
	if got := ranges([]int{1, 3, 4, 8}, 10); got != "2, 5-7, 9-10" {
		t.Error(got)
	}
}
