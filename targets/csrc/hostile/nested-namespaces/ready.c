/* hostile:      nested-namespaces
 * threat:       Makes namespaces of its own, where it has every capability, to
 *               reach parts of the kernel that it otherwise could not.
 * contained-by: no room for a further user namespace, and no capability for
 *               any other one
 * from:         namespaces
 * expect:       judged
 * source:       user_namespaces(7); unshare(2)
 */
#include "hostile/attempt.h"
#include <sched.h>

static void enter(int flags, const char *name)
{
    pid_t pid = fork();
    if (pid == 0) {
        attempted(unshare(flags), "a new %s namespace", name);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

void ready(int listenfd)
{
    (void)listenfd;
    signal(SIGCHLD, SIG_DFL); /* each is waited for here */
    enter(CLONE_NEWUSER, "user");
    enter(CLONE_NEWUSER | CLONE_NEWNET, "user and network");
    enter(CLONE_NEWPID, "pid");
    enter(CLONE_NEWNS, "mount");
    enter(CLONE_NEWNET, "network");
    enter(CLONE_NEWIPC, "ipc");
    enter(CLONE_NEWUTS, "uts");
    enter(CLONE_NEWCGROUP, "cgroup");
    on_signal();
    all_tried();
}
