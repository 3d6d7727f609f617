/* hostile:      child-of-the-init
 * threat:       Makes its children with CLONE_PARENT: they are not its own but
 *               those of whoever started it, who never asked for them.
 * contained-by: the init reaps whatever ends below it and reports only what
 *               it started
 * from:         same-uid
 * expect:       judged
 * source:       clone(2), CLONE_PARENT
 */
#include "hostile/attempt.h"
#include <sched.h>

pid_t make_child(int connfd)
{
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (pid < 0) {
        perror("clone");
        close(connfd);
    }
    if (pid > 0)
        all_tried();
    return pid;
}
