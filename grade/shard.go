package grade

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// A Shard is a part of a class: part Number, from 1, of so many.
type Shard struct{ Number, Of int }

// Whole is the whole class.
func Whole() Shard { return Shard{1, 1} }

// Has reports whether a submission belongs to the shard. That depends on its name alone,
// so it stays in its shard when others submit, too.
func (s Shard) Has(name string) bool {
	sum := sha256.Sum256([]byte(name))
	return binary.BigEndian.Uint64(sum[:8])%uint64(s.Of) == uint64(s.Number-1)
}

// String returns the shard as --shard takes it.
func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Number, s.Of) }

// mostShards bounds the number of parts.
const mostShards = 1_000_000

// ParseShard reads the value of --shard: i/n, from 1/n to n/n; or auto, for what the
// environment of a scheduler or CI system says.
func ParseShard(text string, env func(string) string) (Shard, error) {
	if text == "" {
		return Whole(), nil
	}
	if text == "auto" {
		return shardOf(env)
	}
	number, of, found := strings.Cut(text, "/")
	s, err := newShard(number, of, 1)
	if !found || err != nil {
		return s, fmt.Errorf("--shard %s: give the part and how many there are, from 1/n to n/n, or auto", text)
	}
	return s, nil
}

// The variables by which a person says what the scheduler does not.
const (
	totalVariable  = "FORKPROOF_SHARDS"
	offsetVariable = "FORKPROOF_SHARD_OFFSET"
)

// A scheduler is a system that runs one job several times, each with a number.
type scheduler struct {
	name, index, total string
	first              int // the number of the first job
	// is is a variable that only this system sets; empty if index is.
	is string
}

// schedulers are tried in this order.
var schedulers = []scheduler{
	{"Slurm", "SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", 0, ""},
	{"Kubernetes", "JOB_COMPLETION_INDEX", "", 0, ""},
	{"GitLab", "CI_NODE_INDEX", "CI_NODE_TOTAL", 1, "GITLAB_CI"},
	{"CircleCI", "CIRCLE_NODE_INDEX", "CIRCLE_NODE_TOTAL", 0, ""},
	{"Buildkite", "BUILDKITE_PARALLEL_JOB", "BUILDKITE_PARALLEL_JOB_COUNT", 0, ""},
}

// shardOf reads the shard from the environment of a scheduler.
func shardOf(env func(string) string) (Shard, error) {
	for _, s := range schedulers {
		index, total := env(s.index), env(s.total)
		if index == "" || s.is != "" && env(s.is) == "" {
			continue
		}
		if s.name == "Slurm" {
			var err error
			if index, err = slurmIndex(index, env); err != nil {
				return Shard{}, err
			}
		}
		if own := env(totalVariable); own != "" {
			total = own
		}
		if total == "" {
			return Shard{}, fmt.Errorf("--shard auto: %s says %s=%s, but not how many there are: set %s", s.name, s.index, index, totalVariable)
		}
		shard, err := newShard(index, total, s.first)
		if err != nil {
			return Shard{}, fmt.Errorf("--shard auto: %s says job %s of %s, from %d: %w", s.name, index, total, s.first, err)
		}
		return shard, nil
	}
	return Shard{}, fmt.Errorf("--shard auto: no variable of Slurm, Kubernetes, GitLab, CircleCI or Buildkite is set: give --shard i/n")
}

// slurmIndex returns the number of an array's task, from 0. An index has a limit
// (MaxArraySize), which several arrays with an offset each get past.
func slurmIndex(index string, env func(string) string) (string, error) {
	number := func(name string, otherwise int) int {
		n, err := strconv.Atoi(env(name))
		if err != nil {
			return otherwise
		}
		return n
	}
	at, err := strconv.Atoi(index)
	step := number("SLURM_ARRAY_TASK_STEP", 1)
	if err != nil || step < 1 {
		return "", fmt.Errorf("--shard auto: SLURM_ARRAY_TASK_ID=%s is no number", index)
	}
	offset := env(offsetVariable)
	if offset == "" {
		return strconv.Itoa((at - number("SLURM_ARRAY_TASK_MIN", 0)) / step), nil
	}
	past, err := strconv.Atoi(offset)
	if err != nil || past < 0 {
		return "", fmt.Errorf("%s=%s is no number from 0", offsetVariable, offset)
	}
	return strconv.Itoa(past + (at-number("SLURM_ARRAY_TASK_MIN", 0))/step), nil
}

func newShard(index, total string, first int) (Shard, error) {
	i, err := strconv.Atoi(index)
	if err != nil {
		return Shard{}, err
	}
	n, err := strconv.Atoi(total)
	if err != nil {
		return Shard{}, err
	}
	s := Shard{i - first + 1, n}
	if n < 1 || n > mostShards || s.Number < 1 || s.Number > n {
		return Shard{}, fmt.Errorf("there is no part %d of %d", s.Number, n)
	}
	return s, nil
}
