package inside

import "testing"

func TestResidentSegments(t *testing.T) {
	const table = `       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap
         0          0   600              67108864    12    12      0  1001  1001  1001  1001 1795922754 1795922754 1795922754              67108864                     0
1718579051          1   600                  4096    12     0      0  1001  1001  1001  1001          0          0 1795922754                     0                     0
         0          2   600              67108864    12    12      1  1001  1001  1001  1001 1795922754 1795922754 1795922754               4096                     0
`
	if got, want := residentSegments(table), int64(67108864+4096); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
	for _, none := range []string{"", "key shmid\n1 2\n", "rss\n"} {
		if got := residentSegments(none); got != 0 {
			t.Errorf("%q: %d bytes", none, got)
		}
	}
}
