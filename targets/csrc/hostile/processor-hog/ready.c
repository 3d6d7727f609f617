/* hostile:      processor-hog
 * threat:       Thirty-two processes that compute without end, with the highest
 *               priority that they can get.
 * contained-by: no capability for priorities; the tree is ended as a whole
 * from:         uid
 * expect:       judged or error
 * source:       sched(7); setpriority(2); getrlimit(2), RLIMIT_CPU, RLIMIT_NICE
 */
#include "hostile/attempt.h"
#include <sched.h>
#include <sys/resource.h>

enum { PROCESSES = 32 };

void ready(int listenfd)
{
    struct sched_param first = {.sched_priority = 1};
    for (int n = 0; n < PROCESSES; n++) {
        if (!attacker(listenfd))
            continue;
        if (n == 0) {
            attempted(setpriority(PRIO_PROCESS, 0, -20), "a high priority");
            attempted(sched_setscheduler(0, SCHED_FIFO, &first),
                      "real-time priority");
            all_tried();
        }
        for (volatile unsigned long turns = 0;; turns++)
            ;
    }
}
