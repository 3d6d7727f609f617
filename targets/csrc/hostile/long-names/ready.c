/* hostile:      long-names
 * threat:       Has forty helpers hold a thousand descriptors each, of a
 *               file whose name is as long as a name can be: whoever keeps what
 *               it reads of them is out of memory.
 * contained-by: a bound on the descriptors of one look, and on what is kept of
 *               a name
 * from:         same-uid
 * expect:       judged or error
 * source:       proc_pid_fd(5); open(2), ENAMETOOLONG; limits.h, PATH_MAX
 */
#include "hostile/attempt.h"
#include <sys/stat.h>

enum { HELPERS = 40, DESCRIPTORS = 1000, DEPTH = 15, LENGTH = 250 };

/* Makes folders in folders, and a file in the last. Its folders go with it
 * where the server has a disk of its own; elsewhere it removes them. */
static int deep_file(void)
{
    char name[LENGTH + 1], top[64];
    int fds[DEPTH + 1], made = 0;
    memset(name, 'd', LENGTH);
    name[LENGTH] = '\0';
    snprintf(top, sizeof top, "/tmp/long-names-%d", (int)getpid());
    mkdir(top, 0700);
    fds[0] = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (made < DEPTH && mkdirat(fds[made], name, 0700) == 0 &&
           (fds[made + 1] = openat(fds[made], name,
                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
        made++;
    int file = openat(fds[made], "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    unlinkat(fds[made], "file", 0);
    while (made > 0) {
        close(fds[made]);
        unlinkat(fds[--made], name, AT_REMOVEDIR);
    }
    close(fds[0]);
    rmdir(top);
    return file;
}

void ready(int listenfd)
{
    int file = deep_file();
    for (int helper = 0; helper < HELPERS; helper++) {
        if (fork() != 0)
            continue;
        close(listenfd);
        for (int i = 0; i < DESCRIPTORS; i++)
            if (dup(file) < 0)
                break;
        for (;;)
            pause();
    }
    close(file);
    all_tried();
}
