/* hostile:      inode-fill
 * threat:       Makes 100,000 empty files in each folder that it may write to:
 *               no byte of a disk, and every inode of it.
 * contained-by: a view of the system that can only be read, with a tmpfs of
 *               few inodes where anything may be written
 * from:         namespaces
 * expect:       judged
 * source:       tmpfs(5), nr_inodes; open(2), ENOSPC
 */
#include "hostile/attempt.h"

enum { FILES = 100000 };

static long fill(const char *folder)
{
    char name[256];
    for (int file = 0; file < FILES; file++) {
        snprintf(name, sizeof name, "%s/empty-%d", folder, file);
        int fd = open(name, O_WRONLY | O_CREAT, 0600);
        if (fd < 0)
            return -1;
        close(fd);
    }
    return 0;
}

void ready(int listenfd)
{
    static const char *const folders[] = {".", "/tmp", "/var/tmp", "/dev/shm"};
    if (!mortal_attacker(listenfd))
        return;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        attempted(fill(folders[i]), "%d files in %s", FILES, folders[i]);
    _exit(0);
}
