/* hostile:      chroot-escape
 * threat:       Leaves its root folder by the classical way: a second chroot
 *               with the working folder outside of it, and up from there.
 * contained-by: pivot_root with nothing above, and no CAP_SYS_CHROOT
 * from:         uid
 * expect:       judged
 * source:       chroot(2), NOTES; pivot_root(2)
 */
#include "hostile/attempt.h"
#include <sys/stat.h>

static void escape(void)
{
    mkdir("/tmp/jail", 0700);
    if (!attempted(chroot("/tmp/jail"), "another root folder"))
        return;
    for (int up = 0; up < 64; up++)
        if (chdir("..") < 0)
            break;
    attempted(chroot("."), "the topmost folder");
    attempted(open(GRADER "/canary", O_RDONLY), "the grader's file");
}

void ready(int listenfd)
{
    (void)listenfd;
    signal(SIGCHLD, SIG_DFL);
    pid_t pid = fork();
    if (pid == 0) {
        escape();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    rmdir("/tmp/jail");
    on_signal();
    all_tried();
}
