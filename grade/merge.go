package grade

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/forkproof/forkproof/grade/store"
)

// A MissingError says what a merged class lacks. All that is there was merged.
type MissingError struct{ Reason string }

func (e *MissingError) Error() string { return e.Reason }

// Merge joins the results of the shards of a class in a folder. The error is a
// *MismatchError when they are not of one class, and a *MissingError when shards, or
// submissions of a shard, are missing.
func Merge(into *store.Folder, shards []*store.Folder, rubric []byte) (err error) {
	all, err := joined(into, shards)
	if err != nil {
		return err
	}
	if old, found, err := into.Batch(); err != nil || found && old.Judging != all.Judging {
		return errors.Join(err, &MismatchError{fmt.Sprintf("the results %s are of another rubric: name a new folder", store.Quoted(into.Dir()))})
	}
	if _, err := into.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	var lacking []string
	for _, shard := range shards {
		batch, _, err := shard.Batch()
		if err != nil {
			return err
		}
		for _, name := range batch.Names {
			_, found, err := shard.Record(name)
			if err == nil && found {
				err = into.CopySubmission(shard, name)
			} else if err == nil {
				lacking = append(lacking, name)
			}
			if err != nil {
				return err
			}
		}
	}
	if err := into.WriteBatch(all, rubric); err != nil {
		return err
	}
	return missing(all, lacking)
}

// joined returns the batch that several are parts of.
func joined(into *store.Folder, shards []*store.Folder) (store.Batch, error) {
	var all store.Batch
	from := map[int]*store.Folder{}
	for i, f := range shards {
		b, found, err := f.Batch()
		if err != nil {
			return all, err
		}
		if f.Same(into) {
			return all, &MismatchError{fmt.Sprintf("the results %s cannot be merged into themselves: name a new folder", store.Quoted(f.Dir()))}
		}
		if !found {
			return all, &MismatchError{fmt.Sprintf("the results %s: forkproof grade has written none there", store.Quoted(f.Dir()))}
		}
		if i == 0 {
			all = b
			all.Names, all.Shard = nil, nil
		}
		if reason := apart(all, b); reason != "" {
			return all, &MismatchError{fmt.Sprintf("%s and %s cannot be merged: %s", store.Quoted(shards[0].Dir()), store.Quoted(f.Dir()), reason)}
		}
		for _, n := range b.Shard {
			if other := from[n]; other != nil {
				return all, &MismatchError{fmt.Sprintf("%s and %s are both shard %d of %d: leave one of them out",
					store.Quoted(other.Dir()), store.Quoted(f.Dir()), n, b.Shards)}
			}
			from[n] = f
		}
		all.Shard, all.Names = append(all.Shard, b.Shard...), append(all.Names, b.Names...)
	}
	slices.Sort(all.Shard)
	slices.Sort(all.Names)
	all.Names = slices.Compact(all.Names)
	if len(all.Shard) == all.Shards { // the whole class
		all.Shards, all.Shard = 1, []int{1}
	}
	return all, nil
}

// apart says what keeps two batches from being parts of one class.
func apart(a, b store.Batch) string {
	switch {
	case a.Version != b.Version:
		return fmt.Sprintf("they are of forkproof %s and %s", a.Version, b.Version)
	case a.Rubric != b.Rubric || a.Judging != b.Judging || a.Seed != b.Seed:
		return "they are of different rubrics"
	case a.Shards != b.Shards:
		return fmt.Sprintf("one is of %d shards, the other of %d", a.Shards, b.Shards)
	}
	return ""
}

// missing returns a *MissingError if a class is not whole.
func missing(all store.Batch, names []string) error {
	var parts []string
	if len(all.Shard) < all.Shards {
		parts = append(parts, fmt.Sprintf("of %d shards these are missing: %s", all.Shards, ranges(all.Shard, all.Shards)))
	}
	if len(names) > 0 {
		const most = 10
		text := strings.Join(quotedNames(names[:min(len(names), most)]), ", ")
		if len(names) > most {
			text += fmt.Sprintf(" and %d more", len(names)-most)
		}
		parts = append(parts, "without a result: "+text)
	}
	if parts == nil {
		return nil
	}
	return &MissingError{strings.Join(parts, "; ") + ": run forkproof grade for them again, then merge"}
}

func quotedNames(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = store.Quoted(name)
	}
	return list
}

// ranges returns the numbers from 1 to n that are not in a sorted list: "2, 5-7".
func ranges(there []int, n int) string {
	var parts []string
	for i := 1; i <= n; i++ {
		if _, found := slices.BinarySearch(there, i); found {
			continue
		}
		last := i
		for last < n {
			if _, found := slices.BinarySearch(there, last+1); found {
				break
			}
			last++
		}
		if last == i {
			parts = append(parts, strconv.Itoa(i))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", i, last))
		}
		i = last
	}
	return strings.Join(parts, ", ")
}
