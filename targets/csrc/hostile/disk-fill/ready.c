/* hostile:      disk-fill
 * threat:       Writes 256 MiB, in files of 16 MiB, to each folder that it may
 *               write to, and leaves them there.
 * contained-by: a view of the system that can only be read, with a small tmpfs
 *               where anything may be written
 * from:         namespaces
 * expect:       judged
 * source:       tmpfs(5), size; write(2), ENOSPC; getrlimit(2), RLIMIT_FSIZE
 */
#include "hostile/attempt.h"

enum { BLOCK = 1 << 20, PER_FILE = 16, FILES = 16 };

static long fill(const char *folder)
{
    static char block[BLOCK];
    char name[256];
    for (int file = 0; file < FILES; file++) {
        snprintf(name, sizeof name, "%s/hoard-%d", folder, file);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        for (int n = 0; n < PER_FILE; n++)
            if (write(fd, block, sizeof block) != sizeof block)
                return -1;
        close(fd);
    }
    return 0;
}

void ready(int listenfd)
{
    static const char *const folders[] = {
        ".", "/tmp", "/var/tmp", "/dev/shm", "/run", "/root", GRADER, "/dev",
    };
    if (!mortal_attacker(listenfd))
        return;
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        attempted(fill(folders[i]), "256 MiB in %s", folders[i]);
    _exit(0);
}
