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

static int file;

/* Makes folders in folders, and a file in the last. Its folders go with it
 * where the server has a disk of its own; elsewhere it removes them, and those
 * of a server before it that was ended too early for that. It does so before
 * the server listens: no check ends a server then but the one that only shows
 * that the program can be executed. */
__attribute__((constructor)) static void make_deep_file(void)
{
    const char *top = "/tmp/long-names";
    char name[LENGTH + 1];
    int fds[DEPTH + 1], made = 0;
    memset(name, 'd', LENGTH);
    name[LENGTH] = '\0';
    mkdir(top, 0700);
    fds[0] = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (made < DEPTH &&
           (mkdirat(fds[made], name, 0700) == 0 || errno == EEXIST) &&
           (fds[made + 1] = openat(fds[made], name,
                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC)) >= 0)
        made++;
    file = openat(fds[made], "file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    unlinkat(fds[made], "file", 0);
    while (made > 0) {
        close(fds[made]);
        unlinkat(fds[--made], name, AT_REMOVEDIR);
    }
    close(fds[0]);
    rmdir(top);
}

void ready(int listenfd)
{
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
