/* hostile:      fork-bomb
 * threat:       Forks without end from the moment it listens: every process
 *               makes another one, until the machine has no process left.
 * contained-by: a limit on the processes of the tree (pids cgroup, or
 *               RLIMIT_NPROC in a user namespace); what outgrows it is ended
 * from:         namespaces
 * expect:       judged or error
 * source:       fork(2), EAGAIN; getrlimit(2), RLIMIT_NPROC
 */
#include "hostile/attempt.h"

void ready(int listenfd)
{
    all_tried();
    if (!attacker(listenfd))
        return;
    for (;;)
        fork();
}
