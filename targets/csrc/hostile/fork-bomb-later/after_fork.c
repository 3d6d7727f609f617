/* hostile:      fork-bomb-later
 * threat:       Behaves until its first client was served, and then forks
 *               without end, each process in a session of its own.
 * contained-by: a limit on the processes of the tree (pids cgroup, or
 *               RLIMIT_NPROC in a user namespace); what outgrows it is ended
 * from:         namespaces
 * expect:       judged or error
 * source:       fork(2), EAGAIN; setsid(2)
 */
#include "hostile/attempt.h"

void after_fork(int connfd, pid_t pid)
{
    static int clients;
    close(connfd);
    if (clients++ > 0)
        return;
    waitpid(pid, NULL, WNOHANG);
    all_tried();
    if (fork() != 0)
        return;
    for (;;) {
        fork();
        setsid();
    }
}
