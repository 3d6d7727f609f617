/* hostile:      leaves-set-user-id
 * threat:       Leaves a file with the set-user-ID bit, with which anybody on
 *               the machine becomes the server's user later: that may be root,
 *               or the person who runs forkproof.
 * contained-by: a /tmp of its own with nosuid; elsewhere a seccomp filter
 *               that refuses the bit
 * from:         same-uid
 * expect:       judged
 * source:       chmod(2); inode(7); fchmodat2 of Linux 6.6; openat2(2)
 */
#include "hostile/attempt.h"
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static const char left[] = "/tmp/left-by-a-server";

/* Says whether the file has the bit, where it counts, and removes it. */
static void look(const char *how)
{
    struct stat file;
    struct statvfs disk;
    int found = stat(left, &file) == 0 &&
                (file.st_mode & (S_ISUID | S_ISGID)) != 0 &&
                statvfs(left, &disk) == 0 && (disk.f_flag & ST_NOSUID) == 0;
    unlink(left);
    errno = EPERM;
    attempted(found ? 0 : -1, "the set-user-ID bit by %s", how);
}

enum { CREATE = O_CREAT | O_WRONLY | O_CLOEXEC };

static void ordinary(void) { close(open(left, CREATE, 0755)); }

void ready(int listenfd)
{
    (void)listenfd;
    umask(0);
    ordinary();
    chmod(left, 04755);
    look("chmod");
    ordinary();
    fchmodat(AT_FDCWD, left, 02755, 0);
    look("fchmodat");
    ordinary();
    syscall(SYS_fchmodat2, AT_FDCWD, left, 04755, 0);
    look("fchmodat2");
    int fd = open(left, CREATE, 0755);
    fchmod(fd, 06755);
    close(fd);
    look("fchmod");
    close(open(left, CREATE, 04755));
    look("open");
    close(creat(left, 04755));
    look("creat");
    mknod(left, S_IFREG | 04755, 0);
    look("mknod");
    struct open_how how = {.flags = CREATE, .mode = 04755};
    close((int)syscall(SYS_openat2, AT_FDCWD, left, &how, sizeof how));
    look("openat2");
    all_tried();
}
